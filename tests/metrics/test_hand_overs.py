"""Trends of the ways out: every number is its cases, by quarter, in the programme's own days."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.accounts.models import Programme, User
from app.casework import operations_transfer
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Court
from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import engine, session, transaction
from app.metrics import handovers
from tests import factories

NOW = datetime(2026, 5, 20, 16, tzinfo=UTC)
GIVEN = Checklist("Filed.", "Call.")


@pytest.fixture(autouse=True)
def _now(app: Flask):
    with clock.at(NOW):
        yield


@pytest.fixture
def staff(app: Flask) -> User:
    with transaction():
        return factories.coordinator(factories.programme(slug="lakeshore"))


def gone(
    staff: User, *, days_ago: int, placed_for: int, at_once: bool = False, cause: str = "", code: str = "63"
) -> None:
    """A lead who went early."""
    moment = NOW - timedelta(days=days_ago)
    with clock.at(moment - timedelta(days=placed_for)), transaction():
        programme = session.get_one(Programme, staff.grants[0].programme_id)
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=factories.volunteer(),
                              problem_code=code)  # fmt: skip
        case_id = case.id
    with clock.at(moment), transaction():
        lead = session.get_one(factories.Case, case_id).assignments[0]
        if at_once:
            made = operations_transfer.leave_at_once(lead, "illness", court=Court.NO, actor=staff)
        else:
            made = operations_transfer.hand_back(lead, "no_time", GIVEN, actor=staff)
        if cause:
            operations_transfer.record_cause(made, cause, actor=staff)


@pytest.fixture
def laid(staff: User) -> User:
    """Four leads who went early, in three quarters."""
    gone(staff, days_ago=1, placed_for=3, cause="no_time")
    gone(staff, days_ago=10, placed_for=20, at_once=True, cause="illness", code="32")
    gone(staff, days_ago=100, placed_for=60)
    gone(staff, days_ago=330, placed_for=200, cause="no_time")
    return staff


def programme_of(staff: User) -> Programme:
    return session.get_one(Programme, staff.grants[0].programme_id)


def test_each_dimension_counts_every_change_once_in_its_quarter(laid: User) -> None:
    spans = handovers.quarters(date(2026, 5, 20))
    assert [first for first, _last in spans] == [
        date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1),
    ]  # fmt: skip
    found = handovers.changes(programme_of(laid), spans[0][0], spans[-1][1])
    assert handovers.table(found, "kind", spans) == {"hand_back": [1, 0, 0, 1, 1], "mandatory": [0, 0, 0, 0, 1]}
    assert handovers.table(found, "cause", spans) == {
        "no_time": [1, 0, 0, 0, 1], "illness": [0, 0, 0, 0, 1], "open": [0, 0, 0, 1, 0],
    }  # fmt: skip
    assert handovers.table(found, "time", spans) == {
        "later": [1, 0, 0, 0, 0], "month": [0, 0, 0, 0, 1], "quarter": [0, 0, 0, 1, 0], "week": [0, 0, 0, 0, 1],
    }  # fmt: skip
    for dimension in handovers.DIMENSIONS:
        rows = handovers.table(found, dimension, spans)
        assert sum(map(sum, rows.values())) == 4, dimension
        assert all(handovers.member_name(dimension, member) for member in rows)


def test_every_number_opens_its_cases(client: FlaskClient, laid: User) -> None:
    desk = factories.sign_in(client, laid)
    page = desk.get("/reports/hand-overs?by=cause").text
    assert "4 leads went early" in page
    url = "/reports/hand-overs/cases?by=cause&member=no_time&from=2026-04-01&to=2026-06-30"
    assert url.replace("&", "&amp;").split("?")[0] in page
    behind = desk.get(url).text
    assert "Leads who went early, The volunteer" in behind.replace("&#39;", "'")
    assert behind.count("/transfers/") == 1


def test_the_file_has_a_row_for_each_change(client: FlaskClient, laid: User) -> None:
    desk = factories.sign_in(client, laid)
    text = desk.get("/reports/hand-overs?format=csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 4
    assert rows[0]["days since placement"] == "3"
    assert rows[0]["root cause"].startswith("The volunteer")


def test_nothing_yet_is_said_so(client: FlaskClient, staff: User) -> None:
    desk = factories.sign_in(client, staff)
    assert "No lead went early" in desk.get("/reports/hand-overs").text
    assert "No case counts here" in desk.get("/reports/hand-overs/cases").text


def test_another_programme_counts_nothing_of_this_one(app: Flask, laid: User) -> None:
    with transaction():
        other = factories.coordinator(factories.programme())
    desk = factories.sign_in(app.test_client(), other)
    assert "No lead went early" in desk.get("/reports/hand-overs").text
    assert desk.get("/reports/hand-overs?programme=lakeshore").status_code == 404


def test_more_changes_ask_the_database_no_more(client: FlaskClient, laid: User) -> None:
    desk, asked = factories.sign_in(client, laid), []

    def listen(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN":
            asked.append(statement)

    event.listen(engine(), "before_cursor_execute", listen)
    desk.get("/reports/hand-overs")
    asked.clear()
    desk.get("/reports/hand-overs")
    few = len(asked)
    for _ in range(3):
        gone(session.merge(laid), days_ago=2, placed_for=5)
    asked.clear()
    desk.get("/reports/hand-overs")
    event.remove(engine(), "before_cursor_execute", listen)
    assert len(asked) == few
