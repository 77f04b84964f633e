"""Dashboard, drill-down and file tell the same figure, to the unit."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus, TimeEntry
from app.clients.models import CaseGrant, CaseMove, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.metrics import figures, rollup
from app.metrics.measures import COUNTS, within_days
from app.metrics.models import DayFigure
from tests import factories

START = datetime(2026, 1, 5, 16, tzinfo=UTC)
ENDS = [CaseStatus.PLACED, CaseStatus.NOT_PLACED, CaseStatus.RETURNED_TO_STAFF, CaseStatus.WITHDRAWN, None]


def a_docket(of: Programme, size: int, seed: int) -> None:
    """Cases with random lives over a hundred days."""
    chance = random.Random(seed)
    grant = factories.grant(of)
    helper = factories.volunteer()
    for _ in range(size):
        received = START + timedelta(days=chance.randrange(100), hours=chance.randrange(12))
        with clock.at(received):
            case = factories.case(of, problem_code=chance.choice(["63", "32", "02"]), received_at=received,
                                  county=chance.choice(["55025", "55079"]))  # fmt: skip
            session.add(CaseGrant(case=case, grant_id=grant.id, from_on=received.date()))
        _life(case, chance, received, helper)


def _life(case, chance: random.Random, at: datetime, helper) -> None:
    def move(to: CaseStatus, days: int) -> datetime:
        when = at + timedelta(days=days)
        session.add(
            CaseMove(case=case, from_status=case.status, to_status=to, at=when, recorded_at=when, operation="t")
        )
        case.status = to
        return when

    if chance.random() < 0.2:
        move(CaseStatus.REJECTED, 2)
        return
    move(CaseStatus.ACCEPTED, 1)
    move(CaseStatus.AVAILABLE, 3)
    end = chance.choice(ENDS)
    if end is not None:
        move(end, 3 + chance.randrange(20))
    if end is CaseStatus.PLACED:
        closed_at = move(CaseStatus.CLOSED, 60)
        user = helper.user
        session.add(TimeEntry(case=case, user_id=user.id, volunteer_id=helper.id, on_day=closed_at.date(),
                              hundredths=chance.randrange(10, 900), role="lead"))  # fmt: skip
        session.add(ClosingReport(case=case, reported_by_id=user.id, status=ClosingStatus.APPROVED, closing_code="L",
                                  work_ended_on=closed_at.date(), reported_at=closed_at,
                                  approved_at=closed_at))  # fmt: skip


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        made = factories.programme()
        a_docket(made, 60, seed=7)
    rollup.refresh(made.id)
    return made


FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


def test_every_figure_equals_the_cases_behind_it(programme: Programme) -> None:
    read = figures.read_period(programme, FIRST, LAST)
    compared = 0
    for measure in COUNTS:
        for dimension in measure.dimensions:
            for member, value in read.by(measure.key, dimension).items():
                rows = figures.cases_behind(programme, measure.key, FIRST, LAST, dimension=dimension, member=member)
                amounts = {f.person_id: 1 for _c, f in rows} if measure.key == "clients_helped" else None
                assert value == (sum(f.amount for _c, f in rows) if amounts is None else len(amounts)), measure.key
                compared += 1
    assert compared > 40


def test_the_file_equals_the_page(programme: Programme, client: FlaskClient) -> None:
    with transaction():
        who = factories.coordinator(programme)
    factories.sign_in(client, who)
    answer = client.get(f"/reports?from={FIRST}&to={LAST}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    read = figures.read_period(programme, FIRST, LAST)
    assert rows
    for row in rows:
        value = read.by(row["measure"], row["dimension"])[row["member"]]
        assert float(row["value"]) == (value / 100 if row["unit"] == "hours" else value)


def test_the_last_day_counts_and_the_next_does_not(programme: Programme) -> None:
    whole = figures.read_period(programme, FIRST, LAST).count("requests")
    middle = date(2026, 2, 14)
    left = figures.read_period(programme, FIRST, middle).count("requests")
    right = figures.read_period(programme, middle + timedelta(days=1), LAST).count("requests")
    assert left + right == whole == 60


def test_a_second_roll_up_changes_nothing(programme: Programme) -> None:
    def everything() -> list[tuple[object, ...]]:
        columns = (DayFigure.on_day, DayFigure.grant_id, DayFigure.measure, DayFigure.dimension, DayFigure.member)
        rows = session.query(*columns, DayFigure.value).all()
        session.rollback()
        return sorted(map(tuple, rows), key=str)

    before = everything()
    rollup.refresh(programme.id)
    rollup.refresh(programme.id, whole=True)
    assert everything() == before
    assert len(before) > 200


def test_a_late_change_corrects_its_day(programme: Programme) -> None:
    before = figures.read_period(programme, FIRST, LAST).count("hours")
    with transaction():
        entry = session.query(TimeEntry).first()
        taken = entry.hundredths
        entry.removed_at = clock.now()
    assert rollup.refresh(programme.id) > 0
    assert figures.read_period(programme, FIRST, LAST).count("hours") == before - taken


def test_a_day_is_the_programmes_day(app: Flask) -> None:
    late_evening_in_chicago = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    with transaction():
        programme = factories.programme()
        factories.case(programme, received_at=late_evening_in_chicago)
    rollup.refresh(programme.id)
    assert figures.read_period(programme, date(2026, 3, 1), date(2026, 3, 1)).count("requests") == 1


def test_waiting_cases_are_not_dropped_from_the_days() -> None:
    assert within_days({10: 2}, {}, 0.5) == 10
    assert within_days({10: 2}, {30: 2}, 0.5) == 10
    assert within_days({10: 1}, {30: 2}, 0.5) is None
    assert within_days({}, {}, 0.5) is None
    assert within_days({5: 1, 20: 1}, {7: 1, 9: 1}, 0.5) == 20


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-06-30&to=2026-01-01", "ended before it began"),
        ("from=2999-01-01&to=2999-02-01", "has not begun yet"),
        ("from=soon&to=later", "could not read the period"),
        ("from=1990-01-01&to=2026-01-01", "five years at most"),
    ],
)
def test_a_bad_period_gets_a_sentence(app: Flask, client: FlaskClient, query: str, sentence: str) -> None:
    with transaction():
        who = factories.coordinator(factories.programme())
    factories.sign_in(client, who)
    answer = client.get(f"/reports?{query}")
    assert answer.status_code == 200
    assert sentence in answer.get_data(as_text=True)
