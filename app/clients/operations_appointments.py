"""Telling a client that a time is arranged."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import today
from app.core.errors import BadInput, NotAllowed, refuse_if

from . import policy
from .mails import tell_client
from .models import Case
from .operations_parties import refuse_unless_open

if TYPE_CHECKING:
    from app.accounts.models import User


class DayIsOver(BadInput):
    """A time is arranged ahead."""

    message = _l("That day is over. Write a day to come.")


def tell_appointment(case: Case, on_day: date, at_time: str, *, actor: User) -> None:
    """Tell a client the day and hour of an appointment, the safe way; the newest replaces one not yet sent.

    :raises NotAllowed: the actor does not work for the programme
    :raises DayIsOver: it lies in the past
    :raises CaseIsOver: the case has ended
    """
    refuse_if(not policy.may_screen(actor, case), NotAllowed)
    refuse_unless_open(case)
    refuse_if(on_day < today(case.programme), DayIsOver)
    hour = at_time.strip()
    tell_client(case, "appointment", actor=actor, once=f"appointment/{on_day}/{hour}", by=on_day, at=hour or None)
