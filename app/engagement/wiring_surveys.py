"""What the application takes from this package about surveys."""

from __future__ import annotations

from app.core import bounces, delivery, mail

from .mails_surveys import KIND
from .operations_surveys import ask_elsewhere, ask_instead, still_asked
from .unreachable import volunteer_unreachable
from .views import surveys

PAGES = (surveys,)  # named so that they are imported before the blueprint is registered


def init_app() -> None:
    """Register the last look before a survey leaves, and who follows up where none may."""
    mail.check_before_sending(KIND, still_asked)
    delivery.tell_a_person(ask_instead)
    bounces.when_stopped(ask_elsewhere)
    volunteer_unreachable()
