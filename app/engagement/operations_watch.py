"""What staff see as a critical date comes near: one task a date, raised in urgency, that ends when the date does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.accounts import calendars
from app.clients.court_days import WATCH, WATCH_BY_ATTORNEY, is_hearing
from app.clients.models import OPEN, CaseStatus, CriticalDate
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.i18n import when_day
from app.tasks.models import Task
from app.tasks.operations import finish_task, open_task

from . import escalation_people as people
from . import queries_reminders as queries
from .models_reminders import DateReminder
from .reminder_days import CLIENT, LAST, PASSED, STAFF, THE_DAY, VOLUNTEER, due_for_staff

TIME_FOR: dict[int, dict[str, int]] = {  # business time to see to it
    14: {"days": 3}, 7: {"days": 2}, 3: {"days": 1}, 1: {"hours": 4}, THE_DAY: {"hours": 1}, PASSED: {"days": 1},
}  # fmt: skip


def watch(row: CriticalDate) -> bool:
    """Take the staff's step that is due for a date; False where there is none or it was taken before."""
    case = row.case
    if row.on_day is None or row.done_at is not None or case.status not in OPEN:
        return False
    step = due_for_staff(row.on_day, calendars.today(case.programme),
                         lambda day: calendars.is_business_day(day, case.programme))  # fmt: skip
    if step is None or not _take(row, step):
        return False
    title = _title(row, step)
    if title is not None:
        _raise(row, title, step)
    if step == LAST and not is_kept(row):
        _tell_attorney(row)
    audit.record("date.watch", row, actor=None, after={"step": step})
    return True


def _take(row: CriticalDate, step: int) -> bool:
    taken = insert_unless_exists(
        DateReminder, critical_date_id=row.id, audience=STAFF, step=step, for_day=row.on_day,
        taken_at=clock.now(), how="task",
    )  # fmt: skip
    return taken is not None


def _title(row: CriticalDate, step: int) -> str | None:
    """What is to be seen to; None on a day of which everybody was reminded."""
    number, day = row.case.number, when_day(row.on_day)
    if step == PASSED:
        return f"{number} had a date on {day} of which nobody was reminded: see what became of it"
    if step == THE_DAY:
        missed = not_reminded(row)
        return f"{number} has a date today and {' and '.join(missed)} not reminded: call now" if missed else None
    seen = "see that it is right" if row.standing == "suggested" else "see that it is kept"
    return f"{number} has a date on {day}: {seen}"


def not_reminded(row: CriticalDate) -> list[str]:
    """Who was to be reminded of a date and was not."""
    case = row.case
    if row.standing != "confirmed" or case.status is CaseStatus.PRESCREEN or case.paused_at is not None:
        return []
    missed = []
    lead = queries.lead_on(case)
    if lead and not queries.docketing_of(row, lead) and not queries.was_reminded(row, VOLUNTEER):
        missed.append("its lawyer was")
    if is_hearing(row.kind) and not queries.was_reminded(row, CLIENT):
        missed.append("its client was")
    return missed


def say_away(row: CriticalDate) -> None:
    """The lead is away and nobody stands in: staff see to the date."""
    title = f"{row.case.number} has a date on {when_day(row.on_day)} and its lawyer is away: see who keeps it"
    _raise(row, title, LAST)


def _raise(row: CriticalDate, title: str, step: int) -> None:
    """Open the date's task, or let the one that is open say what is so now, and sooner."""
    case = row.case
    due = _due_at(row, step)
    opened = open_task(
        WATCH, row, programme=case.programme, case=case, actor=None, title=title, due_at=due,
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip
    found = _open_watch(row) if opened is None else None
    if found is None:
        return
    task = lock(found)
    if task.done_at is None:
        task.title, task.due_at = title, min(task.due_at, calendars.due_before(due, case.next_critical_on,
                                                                              case.programme))  # fmt: skip
        audit.record("task.raise", task, actor=None, case=case, after={"cause": WATCH})


def _due_at(row: CriticalDate, step: int) -> datetime:
    return calendars.add_business_time(clock.now(), row.case.programme, **TIME_FOR[step])


def _open_watch(row: CriticalDate) -> Task | None:
    found = select(Task).where(
        Task.record_kind == row.__tablename__, Task.record_id == row.id, Task.cause == WATCH, Task.done_at.is_(None)
    )
    return session.scalars(found).one_or_none()


def is_kept(row: CriticalDate) -> bool:
    """Did anybody say that the date is kept: the lead's firm, or staff who saw to it?"""
    lead = queries.lead_on(row.case)
    return bool(lead and queries.docketing_of(row, lead)) or queries.somebody_saw_to(row)


def _tell_attorney(row: CriticalDate) -> None:
    case: Any = row.case
    open_task(
        WATCH_BY_ATTORNEY, row, programme=case.programme, case=case, actor=None, due_at=_due_at(row, LAST),
        title=f"{case.number} has a date on {when_day(row.on_day)} and nobody said that it is kept",
        owner=people.attorney_of(case), owner_role=Role.SUPERVISING_ATTORNEY,
    )  # fmt: skip


def end_watch(task: Task) -> bool:
    """End a task about a date that was met, has moved or belongs to a case that has ended."""
    task = lock(task)
    if task.done_at is not None:
        return False
    finish_task(task, actor=None, outcome="settled")
    return True
