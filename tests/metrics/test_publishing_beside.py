"""Two grants that count the same cases: nobody reads of both what could be subtracted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from flask import Flask

from app.accounts import operations as accounts
from app.accounts.models import Grant, RoleGrant, User
from app.clients.models import CaseGrant
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.metrics import operations_public, publishing
from app.metrics.models import PublishedPeriod, StoredFigure
from tests import factories
from tests.matching.test_race import at_once
from tests.metrics.test_publishing_race import APRIL, NOW, WHOLE, given_away, grant, signing, told

__all__ = ["grant"]
MAY = date(2026, 5, 1)
TOGETHER = ((WHOLE, "half"), (WHOLE, "quarter"), (APRIL, "month"))


class Both(NamedTuple):
    """Two grants, who signs off, and who reads."""

    one: int
    other: int
    staff: int
    reader: int


@pytest.fixture
def both(grant: tuple[int, int]) -> Both:
    """A second grant that pays for the very same cases, who signs off, and a funder of the first."""
    with transaction():
        one = session.get_one(Grant, grant[0])
        other = factories.grant(one.programme, name="Bar fund")
        for row in session.query(StoredFigure).filter_by(grant_id=one.id).all():
            told = {"programme_id": row.programme_id, "months": 1, "starts_on": row.starts_on, "value": row.value}
            told |= {"measure": row.measure, "dimension": row.dimension, "member": row.member}
            factories.add(StoredFigure(**told, grant_id=other.id))
        case = factories.case(one.programme)
        for each in (one, other):
            factories.add(CaseGrant(case_id=case.id, grant_id=each.id, from_on=WHOLE, until_on=None))
        reader = factories.user(Role.FUNDER, grant=one)
        session.flush()
        return Both(one.id, other.id, grant[1], reader.id)


def gives(both: Both, grant_id: int, *, away: bool = False) -> str:
    """Give the funder a grant to read, or take it; what was said."""
    try:
        with clock.at(NOW + timedelta(days=1)), transaction():
            change = accounts.revoke_role if away else accounts.grant_role
            change(session.get_one(User, both.reader), Role.FUNDER, grant=session.get_one(Grant, grant_id), actor=None)
    except accounts.MustNotRead as no:
        return str(no.details[0])
    return ""


def on_public_page(grant_id: int, staff_id: int) -> str:
    try:
        with clock.at(NOW), transaction():
            operations_public.switch_on(session.get_one(Grant, grant_id), actor=session.get_one(User, staff_id))
    except Refusal as no:
        return type(no).__name__
    return "on"


def apart(both: Both) -> list[str]:
    """The half of one grant; its first quarter and April of the other."""
    one, other, staff, _reader = both
    return [signing(one if kind == "half" else other, staff, first, kind) for first, kind in TOGETHER]


def published() -> list[PublishedPeriod]:
    return session.query(PublishedPeriod).order_by(PublishedPeriod.id).all()


@pytest.mark.promise(14)
def test_a_half_of_one_grant_does_not_stand_beside_its_quarter_of_another(both: Both) -> None:
    assert gives(both, both.other) == ""
    assert apart(both) == ["half", *["ReadTogether"] * 2]
    assert given_away(told(published())) == 0


@pytest.mark.promise(14)
def test_without_that_look_the_next_month_would_be_told(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: each grant alone is safe."""
    gives(both, both.other)
    monkeypatch.setattr(publishing, "refuse_beside", lambda draft: None)
    assert apart(both) == [kind for _first, kind in TOGETHER]
    rows = published()
    assert given_away(told(rows[:1])) == given_away(told(rows[1:])) == 0
    assert given_away(told(rows)) > 0


@pytest.mark.promise(14)
def test_the_same_periods_in_the_same_order_are_read_of_both(both: Both) -> None:
    one, other, staff, _reader = both
    gives(both, other)
    for first, kind in ((WHOLE, "quarter"), (APRIL, "quarter"), (WHOLE, "half")):
        assert [signing(each, staff, first, kind) for each in (one, other)] == [kind] * 2
    assert [row.figures for row in published()[::2]] == [row.figures for row in published()[1::2]]
    assert signing(other, staff, APRIL, "month") == "month", "the one holds nothing but what the other tells"
    assert signing(one, staff, MAY, "month") == "ReadTogether"
    assert given_away(told([row for row in published() if row.grant_id == other])) == 0, "all that there is to read"


@pytest.mark.promise(14)
def test_who_reads_or_has_read_one_is_not_given_the_other(both: Both) -> None:
    one, other, staff, _reader = both
    with transaction():
        factories.user(Role.FUNDER, grant=session.get_one(Grant, other))
    assert apart(both) == [kind for _first, kind in TOGETHER], "two accounts"
    assert "Basic field grant" in gives(both, other)
    gives(both, one, away=True)
    assert "Open another account" in gives(both, other), "what was read is known"
    assert session.query(RoleGrant).filter_by(user_id=both.reader).count() == 0
    assert gives(both, one) == ""
    assert on_public_page(one, staff) == "ReadTogether", "the funder of the other would read it too"


@pytest.mark.promise(14)
def test_the_public_page_is_read_beside_every_grant(both: Both) -> None:
    one, other, staff, _reader = both
    assert signing(one, staff, WHOLE, "half") == "half"
    assert on_public_page(one, staff) == "on"
    assert signing(other, staff, APRIL, "month") == "ReadTogether"
    assert signing(other, staff, date(2026, 7, 1), "quarter") == "quarter", "no day is shared"


@pytest.mark.promise(14)
def test_grants_without_a_case_in_common_are_free(both: Both) -> None:
    one, other, _staff, _reader = both
    gives(both, other)
    with transaction():
        of = session.query(CaseGrant)
        of.filter_by(grant_id=one).one().until_on = APRIL
        of.filter_by(grant_id=other).one().from_on = APRIL
    assert apart(both) == ["half", "quarter", "ReadTogether"], "on one day in April both paid for the case"
    with transaction():
        session.query(CaseGrant).filter_by(grant_id=other).one().from_on = MAY
    assert apart(both)[2] == "month", "in April the case was paid for by the one alone"


@pytest.mark.promise(14)
def test_two_who_sign_off_both_grants_at_once_are_not_both_let(app: Flask, both: Both) -> None:
    one, other, staff, _reader = both
    gives(both, other)
    session.rollback()
    works: list[Callable[[], str]] = [
        lambda: signing(one, staff, WHOLE, "half"), lambda: signing(other, staff, APRIL, "month"),
    ]  # fmt: skip
    assert Counter(at_once(app, works))["ReadTogether"] == 1
    assert len(published()) == 1
