"""A month's figures, added up from its days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select

from app.core.db import session

from .models import DayFigure
from .rows import Values


def last_of(month: date) -> date:
    """The last day of a month."""
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def sum_month(programme_id: int, month: date, kept_open: Collection[str]) -> Values:
    """The stored days of a month together; of what is still open, how many on which day."""
    columns = (
        DayFigure.on_day, DayFigure.grant_id, DayFigure.measure, DayFigure.dimension, DayFigure.member,
        DayFigure.value, DayFigure.histogram,
    )  # fmt: skip
    of = (DayFigure.programme_id == programme_id, DayFigure.on_day.between(month, last_of(month)))
    summed: Values = {}
    for day, *key, value, histogram in session.execute(select(*columns).where(*of)):
        grant_id, measure, dimension, member = key
        cell = summed.setdefault((month, grant_id, measure, dimension, member), [0, None])
        cell[0] += value
        more = {str(day.day): value} if measure in kept_open else histogram
        if more:
            into = cell[1] = cell[1] or {}
            for days, n in more.items():
                into[days] = into.get(days, 0) + n
    return summed
