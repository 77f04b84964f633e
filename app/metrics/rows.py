"""Writing figures: what is the same stays untouched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update

from app.core import clock
from app.core.db import session

from .models import DayFigure, MonthFigure

Key = tuple[date, int | None, str, str, str]  # day, grant, measure, dimension, member
Values = dict[Key, list[Any]]  # to the value and the histogram
NAMES = ("on_day", "grant_id", "measure", "dimension", "member")
AT_ONCE = 2_000


def write_differences(
    kind: type[DayFigure | MonthFigure], programme_id: int, days: Sequence[date], counted: Values
) -> int:
    """Make the stored figures of some days equal to those counted; how many rows were written."""
    columns = (
        kind.id,
        kind.on_day,
        kind.grant_id,
        kind.measure,
        kind.dimension,
        kind.member,
        kind.value,
        kind.histogram,
    )
    stored = select(*columns).where(kind.programme_id == programme_id, kind.on_day.in_(days))
    gone, changed, left = [], [], dict(counted)
    for row_id, *key, value, histogram in session.execute(stored).all():
        now = left.pop(tuple(key), None)  # type: ignore[call-overload]
        if now is None:
            gone.append(row_id)
        elif now[0] != value or now[1] != histogram:
            changed.append({"id": row_id, "value": now[0], "histogram": now[1]})
    for n in range(0, len(gone), AT_ONCE):
        session.execute(delete(kind).where(kind.id.in_(gone[n : n + AT_ONCE])))
    if changed:
        session.execute(update(kind), changed)
    if left:
        stamp = {"programme_id": programme_id, "created_at": clock.now()}
        rows = [
            {**stamp, **dict(zip(NAMES, key, strict=True)), "value": value, "histogram": histogram}
            for key, (value, histogram) in sorted(left.items(), key=_order)
        ]
        session.execute(insert(cast(Table, kind.__table__)), rows)  # many at once: a mapped insert goes row by row
    return len(gone) + len(changed) + len(left)


def _order(item: tuple[Key, Any]) -> tuple[date, str, str, str, int]:
    (day, grant_id, measure, dimension, member), _values = item
    return day, measure, dimension, member, grant_id or 0
