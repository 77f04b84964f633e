"""Writing figures: what is the same stays untouched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update

from app.core import clock
from app.core.db import Base, session

from .models import StoredFigure
from .spans import Key, Stored, Values

AT_ONCE = 2_000
KEY = ("grant_id", "measure", "dimension", "member")


def write_differences(programme_id: int, months: int, starts_on: date, counted: Values) -> None:
    """Make the stored figures of a span equal to those counted."""
    kind = StoredFigure
    columns = (kind.id, *(getattr(kind, name) for name in KEY), kind.value, kind.histogram, kind.by_day)
    of = (kind.programme_id == programme_id, kind.months == months, kind.starts_on == starts_on)
    gone, changed, left = [], [], dict(counted)
    for row_id, grant_id, measure, dimension, member, *was in session.execute(select(*columns).where(*of)).all():
        now = left.pop((grant_id, measure, dimension, member), None)
        if now is None:
            gone.append(row_id)
        elif now != tuple(was):
            changed.append({"id": row_id, **now._asdict()})
    span = {"programme_id": programme_id, "months": months, "starts_on": starts_on}
    new = ({**span, **dict(zip(KEY, key, strict=True)), **now._asdict()} for key, now in _ordered(left))
    write(StoredFigure, gone, changed, new)


def _ordered(values: Mapping[Key, Stored]) -> list[tuple[Key, Stored]]:
    """In the order in which they are read, so that what is read together lies together."""
    return sorted(values.items(), key=lambda item: (item[0][2], item[0][0] or 0, item[0][1], item[0][3]))


def write(kind: type[Base], gone: list[int], changed: list[dict[str, Any]], new: Iterable[dict[str, Any]]) -> None:
    """Delete, change and add rows, many at once."""
    for n in range(0, len(gone), AT_ONCE):
        session.execute(delete(kind).where(kind.id.in_(gone[n : n + AT_ONCE])))
    if changed:
        session.execute(update(kind), changed)
    stamp = clock.now()
    rows = [{**row, "created_at": stamp} for row in new]
    if rows:
        session.execute(insert(cast(Table, kind.__table__)), rows)  # a mapped insert goes row by row
