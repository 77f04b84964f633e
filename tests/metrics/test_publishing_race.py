"""Of several who sign off periods of one grant at once each sees what the others published, or is refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app.accounts.models import Grant, User
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.metrics import publishing
from app.metrics.models import PublishedPeriod, StoredFigure
from app.metrics.publishing_cells import name_of
from app.metrics.publishing_system import Version
from benchmarks.leaks import CATEGORIES, Reader, everything_read
from tests import factories
from tests.matching.test_race import at_once

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
APRIL, WHOLE = date(2026, 4, 1), date(2026, 1, 1)
COUNTS = {1: (20, 9, 6), 2: (14, 3, 8), 3: (9, 17, 7), 4: (30, 12, 1), 5: (8, 25, 1), 6: (11, 6, 1)}


@pytest.fixture
def grant(app: Flask) -> tuple[int, int]:
    """A grant with half a year of accepted cases, few of them of one kind; and who signs off."""
    with transaction():
        programme = factories.programme()
        of, staff = factories.grant(programme), factories.coordinator(programme)
        for month, counts in COUNTS.items():
            cells = {("all", "all"): sum(counts)}
            cells |= {("category", kind): n for kind, n in zip(CATEGORIES, counts, strict=False)}
            for (dimension, member), n in cells.items():
                factories.add(StoredFigure(
                    programme_id=programme.id, months=1, starts_on=date(2026, month, 1), grant_id=of.id,
                    measure="accepted", dimension=dimension, member=member, value=n,
                ))  # fmt: skip
        return of.id, staff.id


def signing(grant_id: int, staff_id: int, first: date, kind: str) -> str:
    """One press of the button."""
    try:
        with clock.at(NOW), transaction():
            of, who = session.get_one(Grant, grant_id), session.get_one(User, staff_id)
            publishing.sign_off(of, first, kind=kind, actor=who)
    except Refusal as no:
        return type(no).__name__
    return kind


def told(rows: list[PublishedPeriod]) -> list[Version]:
    """What its readers have of each."""
    turns = sorted(row.id for row in rows)
    return [
        Version(row.starts_on, row.ends_on, row.exact or {}, turns.index(row.id),
                hidden=frozenset((row.exact or {})["hidden"]))
        for row in rows
    ]  # fmt: skip


def given_away(versions: list[Version]) -> int:
    """How many small counts a reader of all of them works out, or knows to be small."""
    reader, found = Reader(everything_read(versions)), 0
    for version in versions:
        for name, value in version.cells.items():
            if 0 < value < 5:
                low, high = reader.range_of({(name, version.span): 1})
                found += high - low < 1 or high < 5
    return found


@pytest.mark.promise(14)
def test_periods_that_overlap_are_safe_together_though_signed_off_at_once(app: Flask, grant: tuple[int, int]) -> None:
    wanted = [(APRIL, "month"), (APRIL, "quarter"), (WHOLE, "quarter"), (WHOLE, "half"), (APRIL, "quarter")]
    session.rollback()
    said = at_once(app, [lambda w=w: signing(*grant, *w) for w in wanted])  # type: ignore[misc]
    again = Counter(said)["AlreadyPublished"]
    assert 0 < again + Counter(said)["WouldTell"] < 4
    rows = session.query(PublishedPeriod).order_by(PublishedPeriod.id).all()
    spans = [(row.starts_on, row.ends_on) for row in rows]
    assert len(spans) == len(set(spans)) == 5 - again - Counter(said)["WouldTell"]
    assert any(0 < n < 5 for version in told(rows) for n in version.cells.values())
    assert given_away(told(rows)) == 0


@pytest.mark.promise(14)
def test_publishing_without_looking_at_the_others_would_be_found(grant: tuple[int, int]) -> None:
    """The planted fault: each period is chosen as if it were alone."""
    alone = []
    for first, kind in ((WHOLE, "half"), (WHOLE, "quarter"), (APRIL, "quarter")):
        with pytest.raises(ZeroDivisionError), clock.at(NOW), transaction():
            of, who = session.get_one(Grant, grant[0]), session.get_one(User, grant[1])
            alone += told([publishing.sign_off(of, first, kind=kind, actor=who)])
            raise ZeroDivisionError  # nothing of it is kept for the next to see
    assert any(name_of("accepted", "category", CATEGORIES[2]) in version.hidden for version in alone)
    assert given_away(alone) > 0
