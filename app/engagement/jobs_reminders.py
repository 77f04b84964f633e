"""Reminders of critical dates by the clock; each in its own change, whatever else runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.court_days import is_hearing
from app.clients.models import WITH_VOLUNTEER, CriticalDate
from app.core import clock
from app.core.alone import alone
from app.core.db import session, transaction
from app.tasks.models import Task

from . import operations_reminders as operations
from . import queries_reminders as queries
from .operations_unkept import tell_attorneys
from .operations_watch import end_watch, watch
from .reminder_days import CLIENT, PASSED, STAFF, STEPS, VOLUNTEER, due_for_staff, due_step

Taken = set[tuple[int, str, int, date]]


def remind() -> int:
    """Take every step that is due before a critical date; how many there were. Any number of processes may run it.

    What is due is only read, so that a look at thousands of dates keeps nobody from writing.
    """
    programmes = session.scalars(select(Programme.id).order_by(Programme.id)).all()
    return _end_watches() + sum(_of_programme(programme_id) for programme_id in programmes)


def _of_programme(programme_id: int) -> int:
    programme = session.get_one(Programme, programme_id)
    today = calendars.today(programme)
    rows, taken = queries.near_dates(programme, today), queries.taken(programme, today)
    docketed, is_open = queries.docketed(programme, today), calendars.in_business_hours(clock.now(), programme)
    works = _Works(programme)
    watched = [row.id for row in rows if _is_to_be_watched(row, taken, today, works)]
    clients = [row.id for row in rows if is_open and _client_is_due(row, taken, today, works)]
    wanted = [row for row in rows if is_open and (row.id, row.on_day) not in docketed]
    leads = {row.volunteer_id for row in wanted if _lead_is_due(row, taken, today, works)}
    session.rollback()
    done = _each(watched, watch) + _attorneys(programme_id) + _each(clients, operations.remind_client)
    return done + sum(_alone(partial(operations.remind_volunteer, lead, programme_id)) for lead in sorted(leads))


def _attorneys(programme_id: int) -> int:
    waits = session.scalars(queries.unkept(session.get_one(Programme, programme_id)).limit(1)).first() is not None
    session.rollback()
    return _alone(partial(tell_attorneys, programme_id)) if waits else 0


class _Works:
    """Is the programme at work on a day? Each day is reckoned once."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.known: dict[date, bool] = {}

    def __call__(self, day: date) -> bool:
        if day not in self.known:
            self.known[day] = calendars.is_business_day(day, self.programme)
        return self.known[day]


def _is_to_be_watched(row: Any, taken: Taken, today: date, works: _Works) -> bool:
    step = due_for_staff(row.on_day, today, works)
    if step is None or (row.id, STAFF, step, row.on_day) in taken:
        return False
    if step != PASSED:
        return True
    return row.created_at.date() <= row.on_day and not any(of[0] == row.id and of[3] == row.on_day for of in taken)


def _lead_is_due(row: Any, taken: Taken, today: date, works: _Works) -> bool:
    wanted = row.volunteer_id is not None and row.status in WITH_VOLUNTEER and _is_told(row, today)
    step = due_step(row.on_day, today, STEPS[VOLUNTEER], works) if wanted else None
    return step is not None and row.on_day > today and (row.id, VOLUNTEER, step, row.on_day) not in taken


def _client_is_due(row: Any, taken: Taken, today: date, works: _Works) -> bool:
    wanted = is_hearing(row.kind) and row.status in operations.OURS and _is_told(row, today)
    step = due_step(row.on_day, today, STEPS[CLIENT], works) if wanted else None
    return step is not None and (row.id, CLIENT, step, row.on_day) not in taken


def _is_told(row: Any, today: date) -> bool:
    """Does anybody outside the office hear of a date?"""
    return row.on_day >= today and row.standing == "confirmed" and row.paused_at is None


def _each(ids: list[int], act: Callable[[CriticalDate], bool]) -> int:
    return sum(_alone(partial(_of_date, act, date_id)) for date_id in ids)


def _of_date(act: Callable[[CriticalDate], bool], date_id: int) -> int:
    return act(session.get_one(CriticalDate, date_id))


def _alone(act: Callable[[], int]) -> int:
    """In a change of its own: a date with which something is wrong is logged, and keeps no other from being seen."""

    def changed() -> int:
        with transaction():
            return act()

    return alone(changed, "dates.failed")


def _end_watches() -> int:
    ids = session.scalars(queries.watches_to_end()).all()
    session.rollback()
    return sum(_alone(partial(_end, task_id)) for task_id in ids)


def _end(task_id: int) -> int:
    return end_watch(session.get_one(Task, task_id))
