"""What the application takes from the reminders of critical dates."""

from __future__ import annotations

from flask import Flask

from app.core import bounces, delivery, mail

from . import operations_unkept as unkept
from .mails_reminders import KINDS, TO_ATTORNEY
from .operations_reminders import came_back, let_drop, still_wanted, wait_for_hearings
from .queries_reminders import docketings_on


def init_app(app: Flask) -> None:
    """Register the last look at each mail, what follows where one is not sent, and what pages ask."""
    for kind in KINDS:
        mail.check_before_sending(kind, still_wanted)
        mail.wait_before_sending(kind, wait_for_hearings)
    mail.check_before_sending(TO_ATTORNEY, unkept.still_wanted)
    delivery.tell_a_person(let_drop)
    bounces.when_stopped(came_back)
    app.jinja_env.globals["docketings_on"] = docketings_on
