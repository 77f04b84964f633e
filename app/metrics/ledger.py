"""On which days each case counted: a case that changes touches the days it leaves and those it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, update

from app.core import clock
from app.core.db import session, transaction

from .facts import only_facts
from .models import CountedMonth
from .window import Fact, Window, in_turn

Months = dict[tuple[int, date], int]
AT_ONCE = 2_000


def month_of(day: date) -> date:
    """The first of a day's month."""
    return day.replace(day=1)


def marks(facts: Iterable[Fact]) -> Months:
    """For each case and month, a bit for each day it counts on."""
    found: Months = {}
    for fact in facts:
        key = (fact.case_id, month_of(fact.on_day))
        found[key] = found.get(key, 0) | 1 << (fact.on_day.day - 1)
    return found


def days_of(window: Window, cases: Sequence[int]) -> set[date]:
    """The days some cases counted on at the last roll-up, and those they count on now."""
    found: set[date] = set()
    for ids in in_turn(cases, AT_ONCE):
        for (_case_id, month), bits in marks(_facts(window, ids)).items():
            found |= _days(month, bits)
        stored = select(CountedMonth.month_on, CountedMonth.days).where(CountedMonth.case_id.in_(ids))
        for month, bits in session.execute(stored):
            found |= _days(month, bits)
    return found


def _facts(window: Window, ids: Sequence[int]) -> Iterable[Fact]:
    return only_facts(Window(window.programme, cases=ids))


def _days(month: date, bits: int) -> set[date]:
    return {month + timedelta(days=n) for n in range(31) if bits >> n & 1}


def keep(window: Window, cases: Sequence[int]) -> None:
    """Note where some cases count now, after those days were counted."""
    for ids in in_turn(cases, AT_ONCE):
        now = marks(_facts(window, ids))
        with transaction():
            _write(window.programme.id, now, CountedMonth.case_id.in_(ids))


def write_month(programme_id: int, month: date, facts: Iterable[Fact]) -> None:
    """Note which cases count in a month."""
    _write(programme_id, marks(facts), CountedMonth.month_on == month)


def _write(programme_id: int, now: Months, which: Any) -> None:
    columns = (CountedMonth.id, CountedMonth.case_id, CountedMonth.month_on, CountedMonth.days)
    stored = select(*columns).where(CountedMonth.programme_id == programme_id, which)
    gone, changed = [], []
    for row_id, case_id, month, days in session.execute(stored).all():
        bits = now.pop((case_id, month), None)
        if bits is None:
            gone.append(row_id)
        elif bits != days:
            changed.append({"id": row_id, "days": bits})
    for n in range(0, len(gone), AT_ONCE):
        session.execute(delete(CountedMonth).where(CountedMonth.id.in_(gone[n : n + AT_ONCE])))
    if changed:
        session.execute(update(CountedMonth), changed)
    if now:
        stamp = {"programme_id": programme_id, "created_at": clock.now()}
        rows = [{**stamp, "case_id": case, "month_on": month, "days": bits} for (case, month), bits in now.items()]
        session.execute(insert(cast(Table, CountedMonth.__table__)), rows)


def last_day(window: Window) -> date | None:
    """The last month anything counts in."""
    found = select(func.max(CountedMonth.month_on)).where(CountedMonth.programme_id == window.programme.id)
    return session.execute(found).scalar()
