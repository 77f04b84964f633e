"""In which months each case counted: a case that changes touches those it leaves and those it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.core.db import session, transaction

from .facts import only_facts
from .models import CountedYear
from .rows import write
from .window import Fact, Window, in_turn

Marks = dict[tuple[int, int], int]  # case and year: a bit for each month
AT_ONCE = 2_000


def marks(facts: Iterable[Fact]) -> Marks:
    """For each case and year, a bit for each month it counts in."""
    found: Marks = {}
    for fact in facts:
        key = (fact.case_id, fact.on_day.year)
        found[key] = found.get(key, 0) | 1 << (fact.on_day.month - 1)
    return found


def months_of(window: Window, cases: Sequence[int]) -> set[date]:
    """The months some cases counted in at the last roll-up, and those they count in now."""
    found: set[date] = set()
    for ids in in_turn(cases, AT_ONCE):
        for (_case_id, year), bits in marks(_facts(window, ids)).items():
            found |= _months(year, bits)
        stored = select(CountedYear.year, CountedYear.months).where(CountedYear.case_id.in_(ids))
        for year, bits in session.execute(stored):
            found |= _months(year, bits)
    return found


def _facts(window: Window, ids: Sequence[int]) -> Iterable[Fact]:
    return only_facts(Window(window.programme, cases=ids))


def _months(year: int, bits: int) -> set[date]:
    return {date(year, n + 1, 1) for n in range(12) if bits >> n & 1}


def keep(window: Window, cases: Sequence[int]) -> None:
    """Note where some cases count now, after those months were counted."""
    for ids in in_turn(cases, AT_ONCE):
        now = marks(_facts(window, ids))
        with transaction():
            _write(window.programme.id, now, CountedYear.case_id.in_(ids))


def write_year(programme_id: int, year: int, months: Mapping[int, int]) -> None:
    """Note which cases count in a year, and in which of its months."""
    _write(programme_id, {(case_id, year): bits for case_id, bits in months.items()}, CountedYear.year == year)


def _write(programme_id: int, now: Marks, which: Any) -> None:
    columns = (CountedYear.id, CountedYear.case_id, CountedYear.year, CountedYear.months)
    stored = select(*columns).where(CountedYear.programme_id == programme_id, which)
    gone, changed = [], []
    for row_id, case_id, year, months in session.execute(stored).all():
        bits = now.pop((case_id, year), None)
        if bits is None:
            gone.append(row_id)
        elif bits != months:
            changed.append({"id": row_id, "months": bits})
    of = {"programme_id": programme_id}
    new = ({**of, "case_id": case_id, "year": year, "months": bits} for (case_id, year), bits in now.items())
    write(CountedYear, gone, changed, new)


def years(programme_id: int) -> tuple[int, int] | None:
    """The first and the last year anything counts in."""
    found = select(func.min(CountedYear.year), func.max(CountedYear.year))
    low, high = session.execute(found.where(CountedYear.programme_id == programme_id)).one()
    return None if low is None else (low, high)
