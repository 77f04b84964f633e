"""When something was last heard of a case: kept on the case, so that silence is found without asking every table.

Heard is: it was placed with a lead, somebody answered a check-in, the client was reached, hours or a note were kept.
Whoever writes such a row says so here in the same transaction, and names its table once in its package's wiring.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all, update
from sqlalchemy.orm.attributes import set_committed_value

from app.core.db import lock, session

from .models import Case


class Kind(NamedTuple):
    """A kind of row that tells something of a case: its case, its moment, and which of the rows count."""

    of: Any
    at: Any
    counts: tuple[ColumnElement[bool], ...]


_kinds: dict[str, Kind] = {}


def count_as_heard(name: str, of: Any, at: Any, *counts: ColumnElement[bool]) -> None:
    """Name a kind of row that tells something of a case."""
    _kinds[name] = Kind(of, at, counts)


def kinds() -> tuple[str, ...]:
    """The kinds of row that count."""
    return tuple(sorted(_kinds))


def hear_of(case: Case, at: datetime) -> None:
    """Something was heard of the case at a moment; only the latest is kept, and nobody's edit becomes stale."""
    session.flush()
    earlier = or_(Case.heard_at.is_(None), Case.heard_at < at)
    _keep(case, at, earlier)


def hear_again(case: Case) -> None:
    """Reckon anew when something was last heard, because what was heard has been taken back."""
    lock(case)
    _keep(case, session.execute(last_heard(case.id)).scalar_one())


def last_heard(case_id: Any) -> Select[Any]:
    """The latest moment of every kind of row that counts, for one case."""
    told = union_all(*(select(kind.at.label("at")).where(kind.of == case_id, *kind.counts) for kind in _kinds.values()))
    return select(func.max(told.subquery().c.at))


def _keep(case: Case, at: datetime | None, *where: Any) -> None:
    values = {"heard_at": at, "changed_at": Case.changed_at}  # hearing of a case is no change of it
    said = update(Case).where(Case.id == case.id, *where).values(values).returning(Case.heard_at)
    kept = session.execute(said.execution_options(synchronize_session=False, not_on_docket=True)).one_or_none()
    if kept is not None:
        set_committed_value(case, "heard_at", at)
