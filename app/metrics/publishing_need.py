"""Whom the whole programme turned away, as need: no grant pays for a case before it is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from app.accounts.models import Programme
from app.core.db import session

from .hiding_choice import choose
from .models import PublishedPeriod, StoredFigure
from .publishing_cells import Months, month_key, months_of, name_of
from .publishing_draft import Draft, exposed_now, floors_at, reasons
from .publishing_system import Published, Version
from .spans import MONTH

MEASURE = "rejected"
TURNED_AWAY = name_of(MEASURE)


def add_need(draft: Draft) -> None:
    """Say in each version how many were turned away, or that it stays hidden.

    The figure is the same whichever grant it is published with, so it is chosen as if one reader had every publication
    of the programme, by the strict floor. Where it could be worked out even so it is left out.
    """
    programme = draft.grant.programme
    first, last = (limit(v.span[n] for v in draft.versions) for n, limit in ((0, min), (1, max)))
    rows = _told(programme, first, last)
    months = _months(programme, rows, first, last)
    turns = {moment: n for n, moment in enumerate(sorted({row.signed_off_at for row in rows}))}
    past = [_as_told(row, turns) for row in rows]
    new = [_to_tell(version, months, len(turns)) for version in draft.versions]
    strict = draft.floors.strict
    seen = Published([*past, *new], strict)
    choice = choose(seen.system)
    if exposed_now(choice, seen, Published(past, strict)):
        return
    for version, mine in zip(draft.versions, new, strict=True):
        told = {"months": mine.exact["months"], "hidden": TURNED_AWAY in reasons(seen, mine, choice)}
        version.exact = {**version.exact, "need": told}


def _told(programme: Programme, first: date, last: date) -> list[PublishedPeriod]:
    """Every publication of the programme that told of it, in the calendar years of some days."""
    near = select(PublishedPeriod).where(
        PublishedPeriod.programme_id == programme.id,
        PublishedPeriod.starts_on >= date(first.year, 1, 1),
        PublishedPeriod.ends_on <= date(last.year, 12, 31),
    )
    return [row for row in session.scalars(near.order_by(PublishedPeriod.id)) if (row.exact or {}).get("need")]


def _months(programme: Programme, rows: Sequence[PublishedPeriod], first: date, last: date) -> Months:
    """The number of each month as it was first published, or as it is counted."""
    kind = StoredFigure
    counted = select(kind.starts_on, kind.value).where(
        kind.programme_id == programme.id, kind.grant_id.is_(None), kind.months == MONTH, kind.measure == MEASURE,
        kind.dimension == "all", kind.starts_on.between(first, last),
    )  # fmt: skip
    found: Months = {month_key(month): {TURNED_AWAY: 0} for month, _last in months_of(first, last)}
    found |= {month_key(month): {TURNED_AWAY: n} for month, n in session.execute(counted)}
    for row in rows:
        found |= (row.exact or {})["need"]["months"]
    return found


def _as_told(row: PublishedPeriod, turns: Mapping[datetime, int]) -> Version:
    need, began = (row.exact or {})["need"], turns[row.signed_off_at]
    ended = None if row.replaced_at is None else turns.get(row.replaced_at, began + 1)
    hidden = frozenset([TURNED_AWAY] if need["hidden"] else [])
    exact, floors = {"months": need["months"], "once": {}}, floors_at(row).strict
    return Version(row.starts_on, row.ends_on, exact, began, ended, hidden, floors=floors)


def _to_tell(version: Version, months: Months, turn: int) -> Version:
    mine = {month_key(month): months[month_key(month)] for month, _last in months_of(*version.span)}
    return Version(*version.span, {"months": mine, "once": {}}, turn, is_new=True)
