"""A programme raises the numbers below which counts are hidden, and lowers them again: what was told keeps its own."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Grant, User
from app.accounts.operations_programmes import set_small_counts
from app.casework.models import TimeEntry
from app.clients.models import CaseGrant
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.metrics import operations_public, publishing, rollup
from app.metrics.firm_impact import group_of
from app.metrics.models import PublishedPeriod, StoredFigure
from app.metrics.publishing_system import Floors
from benchmarks.leaks_floors import judge
from tests import factories
from tests.metrics.test_publishing_race import NOW, told

KINDS = ("Housing", "Family", "Consumer/Finance")
ACCEPTED = {1: (30, 7, 0), 2: (20, 14, 0), 3: (25, 0, 0), 4: (40, 15, 6), 5: (20, 12, 0), 6: (33, 21, 0)}


@pytest.fixture
def grant(app: Flask) -> tuple[int, int]:
    """A grant with half a year of accepted cases, some of few kinds; and who signs off."""
    with transaction():
        programme = factories.programme()
        of, staff = factories.grant(programme), factories.coordinator(programme)
        for month, counts in ACCEPTED.items():
            count(of, month, "all", "all", sum(counts))
            for kind, n in zip(KINDS, counts, strict=True):
                count(of, month, "category", kind, n)
        return of.id, staff.id


def count(grant: Grant, month: int, dimension: str, member: str, n: int) -> None:
    factories.add(StoredFigure(
        programme_id=grant.programme_id, months=1, starts_on=date(2026, month, 1), grant_id=grant.id,
        measure="accepted", dimension=dimension, member=member, value=n,
    ))  # fmt: skip


def limits(grant_id: int, small: int, crossed: int) -> None:
    """An administrator sets them."""
    with transaction():
        programme = session.get_one(Grant, grant_id).programme
        seen = programme.floors
        set_small_counts(programme, small, crossed, seen=seen, actor=factories.user(Role.ADMIN))


def signed(grant: tuple[int, int], month: int, kind: str, *, restate: bool = False, hour: int = 0) -> dict[str, Any]:
    """What the funder reads of a period; None where hidden."""
    with clock.at(NOW + timedelta(hours=hour)), transaction():
        of, staff = session.get_one(Grant, grant[0]), session.get_one(User, grant[1])
        made = publishing.sign_off(of, date(2026, month, 1), kind=kind, actor=staff, restate=restate)
        return dict(made.figures or {})


def publish(grant: tuple[int, int], month: int, kind: str, *, restate: bool = False, hour: int = 0) -> dict[str, int]:
    """The kinds of matter that the funder reads."""
    figures = signed(grant, month, kind, restate=restate, hour=hour)
    return {member: n for member, _label, n in figures["tables"]["accepted_by_category"]}


def hours(grant: tuple[int, int], month: int, kind: str, hour: int) -> int | None:
    """The hours that the funder reads."""
    return signed(grant, month, kind, hour=hour)["counts"]["hours"]  # type: ignore[no-any-return]


def worked_out() -> int:
    """How many counts a reader of everything knows that were small by the limits of the version that hid them."""
    rows = session.query(PublishedPeriod).order_by(PublishedPeriod.id).all()
    versions, turns = told(rows), [row.signed_off_at for row in rows]
    for version, row in zip(versions, rows, strict=True):
        version.floors = Floors(*row.figures["floors"])
        version.began = turns.index(row.signed_off_at)
        version.ended = turns.index(row.replaced_at) if row.replaced_at else None
    found = judge(versions)
    return int(found.pinned + found.narrow + found.shown)


@pytest.mark.promise(14)
def test_what_was_shown_stays_shown_when_the_limits_rise_and_nothing_stands_still(
    grant: tuple[int, int], client: FlaskClient
) -> None:
    for month in (1, 2, 3):
        publish(grant, month, "month", hour=month)
    with transaction():
        reader = factories.user(Role.FUNDER, grant=session.get_one(Grant, grant[0]))
    assert "by lower limits" not in factories.sign_in(client, reader).get("/impact").text
    limits(grant[0], 25, 25)
    assert publish(grant, 1, "quarter", hour=4) == {"Housing": 75, "Family": 21}, "the months tell it"
    quarter = session.query(PublishedPeriod).order_by(PublishedPeriod.id.desc()).first()
    page = client.get(f"/impact?period={quarter.public_id}").text
    assert "What was shown before, by lower limits, stays shown." in page
    april = publish(grant, 4, "month", hour=5)
    assert (april["Consumer/Finance"], april["Family"]) == (None, None), "six and fifteen, by the limits of today"
    for month in (5, 6):
        publish(grant, month, "month", hour=month + 1)
    publish(grant, 1, "half", hour=8)
    assert worked_out() == 0


@pytest.mark.promise(14)
def test_what_was_hidden_stays_hidden_when_the_limits_fall(grant: tuple[int, int]) -> None:
    limits(grant[0], 10, 20)
    january = publish(grant, 1, "month", hour=1)
    assert january["Family"] is None, "seven"
    limits(grant[0], 5, 11)
    with transaction():
        of = {"grant_id": grant[0], "starts_on": date(2026, 1, 1)}
        for row in session.query(StoredFigure).filter_by(**of).filter(StoredFigure.member.in_(("all", "Housing"))):
            row.value += 30
    assert publish(grant, 1, "month", restate=True, hour=2)["Family"] is None, "corrected beside it"
    assert publish(grant, 2, "month", hour=3) == {"Housing": 20, "Family": 14}
    assert publish(grant, 3, "month", hour=4)["Housing"] == 25
    publish(grant, 1, "quarter", hour=5)
    publish(grant, 4, "quarter", hour=6)
    publish(grant, 1, "half", hour=7)
    assert worked_out() == 0


@pytest.mark.promise(14)
def test_judging_what_was_told_by_the_limits_of_today_would_be_found(
    grant: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: seven were hidden by the limits of their day, and a quarter less two months tells them."""
    monkeypatch.setattr("app.metrics.publishing_draft.floors_at", lambda row: None)
    limits(grant[0], 10, 20)
    assert publish(grant, 1, "month", hour=1)["Family"] is None
    limits(grant[0], 5, 11)
    for n, (month, kind) in enumerate(((2, "month"), (3, "month"), (1, "quarter"))):
        publish(grant, month, kind, hour=n + 2)
    assert worked_out() > 0


def test_what_was_looked_at_before_the_limits_changed_is_looked_at_again(grant: tuple[int, int]) -> None:
    with clock.at(NOW):
        of, staff = session.get_one(Grant, grant[0]), session.get_one(User, grant[1])
        mark = publishing.mark_of(publishing.draft_of(of, date(2026, 2, 1), "month", actor=staff))
        limits(grant[0], 6, 12)
        with pytest.raises(publishing.NotAsSeen), transaction():
            of, staff = session.get_one(Grant, grant[0]), session.get_one(User, grant[1])
            publishing.sign_off(of, date(2026, 2, 1), kind="month", actor=staff, seen=mark)


def test_open_data_says_by_which_limits_it_was_signed_off(grant: tuple[int, int], client: FlaskClient) -> None:
    publish(grant, 2, "month", hour=1)
    with clock.at(NOW), transaction():
        of, staff = session.get_one(Grant, grant[0]), session.get_one(User, grant[1])
        operations_public.switch_on(of, actor=staff)
        home = f"/impact/{of.programme.slug}"
    limits(grant[0], 5, 20)
    assert "Counts below 11, and" in json.loads(client.get(f"{home}/datapackage.json").text)["description"]
    publish(grant, 3, "month", hour=2)
    said = json.loads(client.get(f"{home}/datapackage.json").text)["description"]
    assert "Counts below 11 to 20 (the limit at each sign-off), and" in said


def test_a_firms_groups_are_made_of_whole_groups_of_a_lower_limit() -> None:
    sizes = [group_of(small) for small in range(51)]
    assert all(group >= small for small, group in enumerate(sizes))
    assert sorted(set(sizes)) == [5, 10, 20, 40, 80]
    assert not any(big % little for little in set(sizes) for big in set(sizes) if big > little)


@pytest.fixture
def worked(app: Flask) -> tuple[int, int]:
    """A grant with seven cases on which a volunteer works in each of three months; and who signs off."""
    with clock.at(NOW), transaction():
        programme = factories.programme()
        of, staff, helper = factories.grant(programme), factories.coordinator(programme), factories.volunteer()
        for n in range(7):
            case = factories.case(programme)
            factories.add(CaseGrant(case=case, grant_id=of.id, from_on=date(2026, 1, 1)))
            for month in (1, 2, 3):
                factories.add(TimeEntry(case=case, user=helper.user, volunteer_id=helper.id, role="lead",
                                        on_day=date(2026, month, 9 + n), hundredths=100 * month))  # fmt: skip
        ids, number = (of.id, staff.id), programme.id
    with clock.at(NOW):
        rollup.refresh(number)
    return ids


@pytest.mark.promise(14)
def test_hours_of_few_cases_stay_hidden_when_the_limits_fall(worked: tuple[int, int]) -> None:
    limits(worked[0], 10, 20)
    assert hours(worked, 1, "month", 1) is None, "of seven cases"
    limits(worked[0], 5, 11)
    assert [hours(worked, month, "month", month) for month in (2, 3)] == [1400, 2100]
    assert hours(worked, 1, "quarter", 4) is None, "less February and March it would be January's"


@pytest.mark.promise(14)
def test_hours_of_a_quarter_stay_hidden_from_its_months_when_the_limits_fall(worked: tuple[int, int]) -> None:
    limits(worked[0], 10, 20)
    assert hours(worked, 1, "quarter", 1) is None
    limits(worked[0], 5, 11)
    assert [hours(worked, month, "month", month + 1) for month in (1, 2, 3)] == [700, 1400, None]


def test_hours_shown_before_the_limits_rose_keep_no_others_hidden(worked: tuple[int, int]) -> None:
    assert [hours(worked, month, "month", month) for month in (1, 2, 3)] == [700, 1400, 2100]
    limits(worked[0], 10, 20)
    assert hours(worked, 1, "quarter", 4) == 4200, "the months tell it"
