"""Stored spans: whole years, whole months, and the days at the ends of a period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from app.core.db import session

from .models import StoredFigure

MONTH, YEAR = 1, 12  # how many months a stored figure spans
KEPT_OPEN = ("listed_waiting", "placed_working")  # of them the days count on; their histogram tells on which day
Key = tuple[int | None, str, str, str]  # grant, measure, dimension, member
Days = dict[str, Any]  # day of the month: how many, or their histogram


class Stored(NamedTuple):
    """One figure of a span as it is kept."""

    value: int
    histogram: dict[str, int] | None = None
    by_day: Days | None = None


Values = dict[Key, Stored]


class Spans(NamedTuple):
    """A period in as few stored spans as hold it, and the days that are part of a month."""

    years: tuple[date, date] | None
    months: tuple[tuple[date, date], ...]  # the first months of each row of whole months: from, to
    edges: tuple[tuple[date, date], ...]  # days of one month each


def month_of(day: date) -> date:
    """The first of a day's month."""
    return day.replace(day=1)


def last_of(month: date) -> date:
    """The last day of a month."""
    return next_month(month) - timedelta(days=1)


def next_month(month: date) -> date:
    """The first of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def spans(first: date, last: date) -> Spans:
    """Whole years, whole months beside them, and what is left at both ends."""
    begin = first if first.day == 1 else next_month(month_of(first))
    end = month_of(last) if last == last_of(month_of(last)) else month_of(month_of(last) - timedelta(days=1))
    if begin > end:
        return Spans(None, (), _by_month(first, last))
    edges = (*_by_month(first, begin - timedelta(days=1)), *_by_month(last_of(end) + timedelta(days=1), last))
    january = begin if begin.month == 1 else date(begin.year + 1, 1, 1)
    december = end if end.month == 12 else date(end.year - 1, 12, 1)
    if january > december:
        return Spans(None, ((begin, end),), edges)
    beside = ((begin, month_of(january - timedelta(days=1))), (next_month(december), end))
    years = (january, date(december.year, 1, 1))
    return Spans(years, tuple((low, high) for low, high in beside if low <= high), edges)


def _by_month(low: date, high: date) -> tuple[tuple[date, date], ...]:
    found = []
    while low <= high:
        until = min(high, last_of(month_of(low)))
        found.append((low, until))
        low = until + timedelta(days=1)
    return tuple(found)


def sum_year(programme_id: int, year: int) -> Values:
    """The stored months of a year together; of what is still open, how many on which of its days."""
    january = date(year, 1, 1)
    columns = (
        StoredFigure.starts_on, StoredFigure.grant_id, StoredFigure.measure, StoredFigure.dimension,
        StoredFigure.member, StoredFigure.value, StoredFigure.histogram,
    )  # fmt: skip
    months = StoredFigure.starts_on.between(january, date(year, 12, 1))
    of = (StoredFigure.programme_id == programme_id, StoredFigure.months == MONTH, months)
    values: dict[Key, int] = {}
    histograms: dict[Key, dict[str, int]] = {}
    for month, grant_id, measure, dimension, member, value, histogram in session.execute(select(*columns).where(*of)):
        key = (grant_id, measure, dimension, member)
        values[key] = values.get(key, 0) + value
        if histogram:
            later = (month - january).days if measure in KEPT_OPEN else 0
            _add(histograms.setdefault(key, {}), histogram, later)
    return {key: Stored(value, histograms.get(key)) for key, value in values.items()}


def _add(into: dict[str, int], histogram: Mapping[str, int], later: int) -> None:
    for days, n in histogram.items():
        name = str(int(days) + later) if later else days
        into[name] = into.get(name, 0) + n
