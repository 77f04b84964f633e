"""Supervising attorneys are written of the dates of the next day that nobody said are kept, of each date once."""

from __future__ import annotations

from collections import defaultdict
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.clients.models import OPEN, CriticalDate
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, session
from app.core.mail import Mail

from . import escalation_people as people
from . import mails_reminders as mails
from . import queries_reminders as queries
from .models_reminders import DateReminder
from .operations_watch import is_kept
from .reminder_days import ATTORNEY, LAST


def tell_attorneys(programme_id: int) -> int:
    """Write of every date that waits for it, in office hours as long as there are any before the day; how many."""
    programme = session.get_one(Programme, programme_id)
    found: dict[tuple[int, ...], list[DateReminder]] = defaultdict(list)
    taken = [made for row in session.scalars(queries.unkept(programme)).all()
             if _is_time(row, programme) and (made := _take(row)) is not None]  # fmt: skip
    for made in taken:
        owner = people.attorney_of(made.critical_date.case)
        whom = [owner] if owner else people.holders(programme, Role.SUPERVISING_ATTORNEY)
        found[tuple(each.id for each in whom)].append(made)
    for ids, reminders in found.items():
        _write(ids, reminders)
    for made in taken:
        audit.record("date.remind", made.critical_date, actor=None, after={"audience": ATTORNEY, "step": LAST})
    return len(taken)


def _is_time(row: CriticalDate, programme: Programme) -> bool:
    """Is there something to write of, and is the office open, or not open again before the day?"""
    if row.on_day is None or _against(row) is not None:
        return False
    opens = calendars.next_business_moment(clock.now(), programme)
    return opens <= clock.now() or opens.astimezone(ZoneInfo(programme.time_zone)).date() >= row.on_day


def _take(row: CriticalDate) -> DateReminder | None:
    return insert_unless_exists(
        DateReminder, critical_date_id=row.id, audience=ATTORNEY, step=LAST, for_day=row.on_day,
        taken_at=clock.now(), how="mail",
    )  # fmt: skip


def _write(ids: tuple[int, ...], reminders: list[DateReminder]) -> None:
    whom = session.scalars(select(User).where(User.id.in_(ids)).order_by(User.id)).all()
    sent = [made for to in whom if (made := mails.dates_unkept(to, reminders)) is not None]
    for each in reminders:
        each.mail_id = sent[0].id if sent else None


def _against(row: CriticalDate) -> str | None:
    """What speaks against telling an attorney of a date."""
    if row.done_at is not None:
        return "met"
    if row.on_day is None or row.case.status not in OPEN:
        return "closed"
    if row.on_day <= calendars.today(row.case.programme):
        return "late"
    if is_kept(row):
        return "docketed"
    return None if queries.is_with_attorney(row) else "answered"


def still_wanted(mail: Mail) -> str | None:
    """Just before it leaves: is one of its days still ahead, and still nobody's?"""
    found = queries.reminders_behind(mail)
    reasons = [_against(each.critical_date) if each.critical_date.on_day == each.for_day else "moved" for each in found]
    return next(iter(reasons), "gone") if None not in reasons else None
