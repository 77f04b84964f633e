"""A lead says that their firm keeps a date: the volunteer's reminders of it end, the staff's watch never does."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients.models import CriticalDate
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock
from app.core.errors import NotAllowed, Refusal
from app.matching.models import Assignment

from . import queries_reminders as queries
from .models_reminders import DateDocketing


class NothingToDocket(Refusal):
    """The date has passed, was met, or is not certain."""

    message = _l("This date has passed, was met or is not settled, so nobody is reminded of it.")


def docket_date(row: CriticalDate, *, actor: User) -> None:
    """Note that the firm of whoever leads the case keeps a date, for the day it has now; twice changes nothing.

    :raises NotAllowed: the actor does not lead the case
    :raises NothingToDocket: the day has passed, was met or is not settled
    """
    row = lock(row)
    part = _part_of(row, actor)
    day = row.on_day
    if day is None or row.done_at is not None or row.standing != "confirmed" or day < calendars.today(
        row.case.programme
    ):  # fmt: skip
        raise NothingToDocket
    made = insert_unless_exists(
        DateDocketing, critical_date_id=row.id, assignment_id=part.id, for_day=day, docketed_at=clock.now(),
        docketed_by_id=actor.id,
    )  # fmt: skip
    if made is not None:
        audit.record("date.docket", row, actor=actor, after={"on_day": day.isoformat()})


def undo_docketing(row: CriticalDate, *, actor: User) -> None:
    """The firm does not keep a date after all: its lead is reminded again; twice changes nothing.

    :raises NotAllowed: the actor does not lead the case
    """
    row = lock(row)
    found = queries.docketing_of(row, _part_of(row, actor))
    if found is None:
        return
    found.undone_at, found.undone_by_id = clock.now(), actor.id
    audit.record("date.undo_docketing", row, actor=actor, after={"on_day": found.for_day.isoformat()})


def _part_of(row: CriticalDate, actor: User) -> Assignment:
    lead = queries.lead_on(row.case)
    if lead is None or actor.volunteer is None or lead.volunteer_id != actor.volunteer.id:
        raise NotAllowed
    return lead
