"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.clients.hearing import count_as_heard
from app.core import delivery, mail

from .mail_hours import leaves_at
from .models import Checkin
from .operations import call_instead, still_wanted
from .queries import next_checkin, next_package_checkin
from .views import bp


def init_app(app: Flask) -> None:
    """Register pages, what counts as having heard of a case, and the last look before a check-in leaves."""
    app.register_blueprint(bp)
    app.jinja_env.globals["next_checkin"] = next_checkin
    app.jinja_env.globals["next_package_checkin"] = next_package_checkin
    count_as_heard("answer", Checkin.case_id, Checkin.answered_at)
    mail.check_before_sending("engagement.checkin", still_wanted)
    delivery.tell_a_person(call_instead)
    mail.when_mails_leave(leaves_at)
