"""A funder sees published totals, and no hidden count can be worked out from them."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from scipy.optimize import linprog

from app.accounts.models import Grant, Programme, RoleGrant, User
from app.clients.models import CaseGrant
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.metrics import publishing, publishing_draft, survey_results
from app.metrics.figures import period_name, period_of
from app.metrics.hiding_choice import Choice
from app.metrics.hiding_system import System
from app.metrics.models import PublishedPeriod, StoredFigure
from app.metrics.publishing_page import page_of
from tests import factories
from tests.metrics.test_rollup import a_docket

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


def bounds(rows: list[list[object]], total: int, member: str) -> tuple[float, float]:
    """What a linear program can say of one hidden count, given every label, zero, shown count and the total.

    A hidden count is a whole number of at least one, since zeros are shown.
    """
    hidden = [row[0] for row in rows if row[1] is None]
    rest = total - sum(int(row[1]) for row in rows if row[1] is not None)
    aim = np.array([1.0 if name == member else 0.0 for name in hidden])
    limits = {"A_eq": np.ones((1, len(hidden))), "b_eq": [rest], "bounds": [(1, None)] * len(hidden)}
    low, high = linprog(aim, **limits), linprog(-aim, **limits)
    return low.fun, -high.fun


def attack(tables: int, seed: int) -> tuple[int, int]:
    """How many hidden counts there were in generated tables, and how many were pinned or known to be small."""
    chance = random.Random(seed)
    hidden = pinned = 0
    for _ in range(tables):
        cells = {f"m{i}": chance.choice([0, 0, 1, 1, 2, 3, 4, 5, 9, 12, 40]) for i in range(chance.randrange(1, 9))}
        small = chance.choice([5, 11])
        total = sum(cells.values())
        secret = None if 0 < total < small else survey_results.quarters_hidden(cells, small)
        rows = [] if secret is None else [[m, None if m in secret else n] for m, n in cells.items()]
        for member, value in rows:
            if value is None:
                hidden += 1
                low, high = bounds(rows, total, str(member))
                pinned += high - low < 1 or (cells[str(member)] < small and high < small)
            else:
                assert value == 0 or value >= small
    return hidden, pinned


def check_tables(tables: int, seed: int, least: int) -> None:
    hidden, pinned = attack(tables, seed)
    print(f"{tables} generated tables, {hidden} hidden counts: {pinned} pinned by a linear program")  # noqa: T201
    assert hidden > least
    assert pinned == 0


def test_no_hidden_count_is_pinned() -> None:
    check_tables(60, seed=1, least=40)


def test_hiding_only_the_small_ones_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a lone hidden count follows from the total."""
    low, high = bounds([["a", None], ["b", 40]], 43, "a")
    assert low == high == 3

    def only_small(system: System) -> Choice:
        return Choice({key: "small" for key, figure in system.figures.items() if figure.is_small})

    monkeypatch.setattr(survey_results, "choose", only_small)
    with pytest.raises(AssertionError):
        check_tables(60, seed=1, least=40)


@pytest.fixture
def world(app: Flask) -> tuple[Programme, Grant, User]:
    programme = a_docket(60, seed=3)
    with transaction():
        grant = session.query(Grant).filter_by(programme_id=programme.id).first()
        staff = factories.coordinator(programme)
    return programme, grant, staff


def test_a_running_period_cannot_be_signed_off(world: tuple[Programme, Grant, User]) -> None:
    _programme, grant, staff = world
    with clock.at(NOW), pytest.raises(publishing.PeriodRunning), transaction():
        publishing.sign_off(session.merge(grant), date(2026, 10, 1), actor=staff)


def late(grant: Grant, n: int) -> None:
    """Cases entered late: accepted in the quarter and counted only now."""
    with transaction():
        for dimension, member in (("all", "all"), ("category", "Housing")):
            of = {"months": 1, "grant_id": grant.id, "measure": "accepted", "dimension": dimension, "member": member}
            session.query(StoredFigure).filter_by(**of).order_by(StoredFigure.starts_on).first().value += n


def test_a_period_is_published_once_and_restated_openly(world: tuple[Programme, Grant, User]) -> None:
    _programme, grant, staff = world
    with clock.at(NOW):
        with transaction():
            first = publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff)
            first_id = first.id
        with pytest.raises(publishing.AlreadyPublished), transaction():
            publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff)
        with pytest.raises(publishing_draft.NothingToCorrect), transaction():
            publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff, restate=True)
        late(session.merge(grant), 4)
        with pytest.raises(publishing_draft.NothingToCorrect), transaction():
            publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff, restate=True)
        late(session.merge(grant), 20)
        with transaction():
            again = publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff, restate=True)
            assert again.restates_id == first_id
            before = session.get_one(PublishedPeriod, first_id)
            assert again.figures["counts"]["accepted"] == before.figures["counts"]["accepted"] + 24
            assert again.figures["counts"]["closed"] == before.figures["counts"]["closed"]
            assert publishing.live_one([again], before.public_id) is again  # an address kept from before
            assert publishing.live_one([], before.public_id) is None
    assert session.query(PublishedPeriod).filter_by(replaced_at=None).count() == 1


def test_who_signs_off_is_told_what_else_the_reader_can_put_beside_it(
    world: tuple[Programme, Grant, User], client: FlaskClient
) -> None:
    """Small counts are hidden within a grant; another one of the same cases, read by the same person, is said."""
    programme, grant, staff = world
    with transaction():
        other = factories.grant(session.merge(programme), name="Bar fund")
        one = factories.user(Role.FUNDER, grant=session.merge(grant))
        factories.user(Role.FUNDER, grant=other)
        paid = session.query(CaseGrant).filter_by(grant_id=grant.id).first()
        session.add(CaseGrant(case_id=paid.case_id, grant_id=other.id, from_on=paid.from_on))
    with clock.at(NOW):
        desk = factories.sign_in(client, session.merge(staff))
        page = f"/reports/publish/{session.merge(grant).public_id}?first=2026-01-01"
        assert "Who reads this also reads" not in desk.get(page).text, "two people"
        with transaction():
            session.add(RoleGrant(user=session.merge(one), role=Role.FUNDER, grant_id=session.merge(other).id))
        assert "Who reads this also reads Bar fund" in desk.get(page).text
        with transaction():
            session.query(CaseGrant).filter_by(grant_id=session.merge(other).id).delete()
        assert "Who reads this also reads" not in desk.get(page).text, "no case in common"


def test_what_is_signed_off_is_what_was_looked_at(world: tuple[Programme, Grant, User], client: FlaskClient) -> None:
    """A night's count between looking and signing off is not signed unseen."""
    _programme, grant, staff = world
    page = f"/reports/publish/{session.merge(grant).public_id}"
    with clock.at(NOW):
        desk = factories.sign_in(client, session.merge(staff))

        def looked_at() -> dict[str, str]:
            shown = desk.get(f"{page}?first=2026-01-01").text
            return dict(re.findall(r'name="(first|kind|seen)" value="([^"]+)"', shown))

        seen = looked_at()
        late(session.merge(grant), 20)
        answer = desk.post(page, data=seen)
        assert answer.status_code == 409
        assert "have changed since you looked" in answer.text
        assert session.query(PublishedPeriod).count() == 0
        assert desk.post(page, data=looked_at()).status_code == 303
        assert session.query(PublishedPeriod).count() == 1


def test_a_funder_reads_own_grants_only(world: tuple[Programme, Grant, User], client: FlaskClient) -> None:
    programme, grant, staff = world
    with clock.at(NOW), transaction():
        period = publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff)
        pays = factories.user(Role.FUNDER, programme=programme, grant=grant)
        other = factories.user(Role.FUNDER, programme=programme, grant=factories.grant(programme, name="Other"))
        address = f"/impact?period={period.public_id}"
    assert factories.sign_in(client, pays).get(address).status_code == 200
    foreign = client.application.test_client()
    assert "Nothing is published yet" in factories.sign_in(foreign, other).get(address).text
    assert "Basic field grant" not in foreign.get(address).get_data(as_text=True)


def test_the_funders_file_holds_no_small_count(world: tuple[Programme, Grant, User], client: FlaskClient) -> None:
    programme, grant, staff = world
    with clock.at(NOW), transaction():
        publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff)
        pays = factories.user(Role.FUNDER, programme=programme, grant=grant)
    lines = factories.sign_in(client, pays).get("/impact?format=csv").get_data(as_text=True).splitlines()[1:]
    counts = [line.split(",") for line in lines if not line.startswith(("rates", "counts,hours"))]
    assert counts
    for cells in counts:
        value = cells[-3]
        assert value == "hidden" or int(value) == 0 or int(value) >= 5, cells


def test_a_funder_is_kept_from_reports_and_cases(world: tuple[Programme, Grant, User], client: FlaskClient) -> None:
    programme, grant, _ = world
    with transaction():
        pays = factories.user(Role.FUNDER, programme=programme, grant=grant)
    factories.sign_in(client, pays)
    for address in ("/reports", "/reports/closed/cases", "/docket", "/intake", "/checkins"):
        assert client.get(address).status_code in (403, 404), address


def test_quarters_wait_until_they_are_signed_off(world: tuple[Programme, Grant, User]) -> None:
    _programme, grant, _staff = world
    with clock.at(NOW):
        waiting = publishing.unpublished_periods(session.merge(grant))
        assert waiting[-1] == (date(2026, 7, 1), date(2026, 9, 30))
        assert len({first for first, _last in waiting}) == len(waiting) == 8
        assert all(last - first > timedelta(days=88) for first, last in waiting)
        with transaction():
            session.merge(grant).ends_on = date(2026, 2, 14)
        assert publishing.unpublished_periods(session.merge(grant))[-1] == (date(2026, 1, 1), date(2026, 3, 31))


def test_a_public_page_is_off_until_switched_on_and_hides_more(
    world: tuple[Programme, Grant, User], client: FlaskClient
) -> None:
    programme, grant, staff = world
    with clock.at(NOW), transaction():
        period = publishing.sign_off(session.merge(grant), date(2026, 1, 1), actor=staff)
        shown, told = period.public, period.figures
        home, grant_id = f"/impact/{programme.slug}", grant.public_id
    assert client.get(home).status_code == client.get(f"{home}/figures.csv").status_code == 404
    desk = factories.sign_in(client.application.test_client(), staff)
    desk.post(f"/reports/publish/{grant_id}/public-page")
    assert client.get(home).status_code == 404, "nobody ticked that everybody may read it"
    desk.post(f"/reports/publish/{grant_id}/public-page", data={"sure": "1"})
    page = client.get(home)
    assert page.status_code == 200
    assert "A count from 1 to 10 protects people" in page.get_data(as_text=True)
    assert f"/reports/publish/{grant_id}?first=2026-01-01&amp;kind=quarter&amp;restate=1" in desk.get(
        f"/reports/publish?programme={programme.slug}"
    ).get_data(as_text=True), "the first quarter is the shortest, and no month"
    file = client.get(f"{home}/figures.csv")
    assert file.headers["Cache-Control"] == "public, max-age=3600"
    rows = list(csv.DictReader(io.StringIO(file.get_data(as_text=True))))
    for row in rows:
        if row["table"] != "rates" and row["member"] != "hours" and row["value"] != "hidden":
            assert int(row["value"]) == 0 or int(row["value"]) > 10, row
    assert all(v is None or v == told["counts"][k] for k, v in shown["counts"].items())
    described = client.get(f"{home}/datapackage.json").get_json()["resources"][0]
    assert [f["name"] for f in described["schema"]["fields"]] == list(rows[0])
    assert "hidden" in described["schema"]["missingValues"]
    picture = client.get(f"{home}/picture.svg")
    assert picture.mimetype == "image/svg+xml"
    assert "<title" in picture.get_data(as_text=True)
    desk.post(f"/reports/publish/{grant_id}/public-page", data={"off": "1"})
    assert client.get(home).status_code == 404


@pytest.mark.parametrize(("kind", "months"), [("month", (1, 2, 3)), ("quarter", (1, 4, 7)), ("half", (1, 7))])
def test_a_trend_holds_every_period_of_its_kind(app: Flask, kind: str, months: tuple[int, ...]) -> None:
    """February has as few days as no other month, and the first quarter fewer than the others."""
    figures = {"counts": {"accepted": 9, "closed": 7}, "tables": {"closed_by_county": []}, "placement_rate": None}
    spans = [period_of(date(2026, month, 1), kind) for month in months]
    others = [period_of(date(2026, 1, 1), each) for each in ("month", "quarter", "half") if each != kind]
    read = [(*span, figures) for span in (*spans[:-1], *others)]
    assert page_of(figures, spans[-1], read).labels == [period_name(*span) for span in spans]
