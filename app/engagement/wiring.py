"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.clients.hearing import count_as_heard
from app.clients.operations_pauses import stand_still_with
from app.core import delivery, mail

from . import wiring_escalations, wiring_reminders, wiring_surveys
from .mail_days import not_its_turn_before
from .mail_hours import leaves_at
from .mails import KINDS
from .models import Checkin
from .operations import call_instead, still_wanted
from .operations_ladder import wait_for_hearings
from .operations_planning import case_paused, case_resumed
from .queries import next_checkin, next_package_checkin
from .views import bp


def init_app(app: Flask) -> None:
    """Register pages, what counts as having heard of a case, and the last look before a check-in leaves."""
    app.register_blueprint(bp)
    app.jinja_env.globals["next_checkin"] = next_checkin
    app.jinja_env.globals["next_package_checkin"] = next_package_checkin
    count_as_heard("answer", Checkin.case_id, Checkin.answered_at)
    for kind in KINDS:
        mail.check_before_sending(kind, still_wanted)
        mail.wait_before_sending(kind, wait_for_hearings)
    stand_still_with("series", paused=case_paused, resumed=case_resumed)
    delivery.tell_a_person(call_instead)
    wiring_escalations.init_app()
    wiring_surveys.init_app()
    wiring_reminders.init_app(app)
    mail.when_mails_leave(leaves_at)
    mail.take_turns_with(not_its_turn_before)
