"""Hours are worth what the programme entered, with its source, and nothing where it entered nothing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.models import Programme, User
from app.casework.models import TimeEntry
from app.clients.models import CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import BadInput, NotAllowed, Refusal
from app.metrics import operations_rates, rates, rollup
from app.metrics.models_reports import HourRate
from app.metrics.rates import Rate, value_of
from tests import factories

NOW = datetime(2026, 8, 20, 16, tzinfo=UTC)
SOURCE = "Independent Sector, value for 2024"
DAY = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _now(app: Flask):
    with clock.at(NOW):
        yield


@pytest.fixture
def staff(app: Flask) -> User:
    with transaction():
        return factories.coordinator(factories.programme(slug="lakeshore"))


def enter(staff: User, **changes: object) -> HourRate:
    values = {"role": "lead", "cents": 3479, "first": DAY, "last": None, "source": SOURCE, **changes}
    with transaction():
        programme = session.get_one(Programme, staff.grants[0].programme_id)
        return operations_rates.enter_rate(programme, actor=session.merge(staff), **values)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 2400)), max_size=30), st.integers(1, 500_000))
def test_every_hour_is_under_one_rate_or_under_none(entries: list[tuple[int, int]], cents: int) -> None:
    known = [Rate("lead", cents, DAY, DAY + timedelta(days=29), SOURCE),
             Rate("lead", cents + 1, DAY + timedelta(days=60), None, SOURCE)]  # fmt: skip
    hours = [("lead", DAY + timedelta(days=after), n) for after, n in entries]
    found = value_of(hours, known)
    assert found.hundredths == sum(n for _after, n in entries)
    assert found.unrated == sum(n for after, n in entries if 30 <= after < 60)
    if not any(after < 30 or after >= 60 for after, _n in entries):
        assert found.cents is None
    else:
        exact = sum(n * (cents if after < 30 else cents + 1) for after, n in entries if not 30 <= after < 60) / 100
        assert abs((found.cents or 0) - exact) <= 1


def test_a_rate_without_a_source_is_refused_with_a_sentence(client: FlaskClient, staff: User) -> None:
    with pytest.raises(BadInput, match="BadInput"):
        enter(staff, source="  \u200b ")
    desk = factories.sign_in(client, session.merge(staff))
    typed = {"role": "lead", "amount": "34.79", "first-month": "7", "first-day": "1", "first-year": "2026"}
    answer = desk.post("/reports/rates?programme=lakeshore", data=typed)
    assert answer.status_code == 422
    assert "Write where the rate comes from" in answer.text
    assert session.query(HourRate).count() == 0
    kept = desk.post("/reports/rates?programme=lakeshore", data={**typed, "source": SOURCE})
    assert kept.status_code == 303
    assert "$34.79" in desk.get("/reports/rates").text
    back = {**typed, "source": SOURCE, "last-month": "6", "last-day": "1", "last-year": "2026"}
    assert "The last day lies before the first one." in desk.post("/reports/rates", data=back).text


def test_a_new_rate_ends_the_open_one_and_never_overlaps(staff: User) -> None:
    first = enter(staff)
    with pytest.raises(operations_rates.RateOverlaps):
        enter(staff, first=DAY + timedelta(days=10), last=DAY + timedelta(days=20))
    second = enter(staff, first=DAY + timedelta(days=40), cents=4000)
    assert session.get_one(HourRate, first.id).valid_until == DAY + timedelta(days=39)
    for clash in ({"first": DAY - timedelta(days=5)}, {"first": DAY, "last": DAY}, {"first": DAY + timedelta(days=40)}):
        with pytest.raises(operations_rates.RateOverlaps):
            enter(staff, **clash)
    with transaction():
        operations_rates.take_out_rate(session.get_one(HourRate, second.id), actor=session.merge(staff))
    assert enter(staff, first=DAY + timedelta(days=40)).cents == 3479


def test_only_the_programmes_coordinators_and_administrators_enter_rates(client: FlaskClient, staff: User) -> None:
    rate = enter(staff)
    with transaction():
        other = factories.coordinator(factories.programme())
        admin = factories.user(Role.ADMIN)
        lawyer = factories.user(Role.SUPERVISING_ATTORNEY, programme=session.merge(staff).grants[0].programme)
    for stranger in (other, lawyer):
        with pytest.raises(NotAllowed), transaction():
            operations_rates.take_out_rate(session.get_one(HourRate, rate.id), actor=session.merge(stranger))
    browser = factories.sign_in(client.application.test_client(), session.merge(other))
    assert browser.post(f"/reports/rates/{rate.public_id}/take-out").status_code == 404
    assert factories.sign_in(client, session.merge(admin)).get("/reports/rates").status_code == 200


def test_of_many_at_once_one_rate_holds(app: Flask, staff: User) -> None:
    """Two open rates for one role and day would make a value that depends on chance."""

    def try_once(n: int) -> bool:
        with app.app_context(), clock.at(NOW):
            try:
                enter(session.get_one(User, staff.id), cents=1000 + n)
            except Refusal:
                return False
            return True

    staff_id = staff.id
    session.remove()
    assert staff_id
    with ThreadPoolExecutor(6) as many:
        won = list(many.map(try_once, range(6)))
    assert sum(won) == 1
    assert session.query(HourRate).count() == 1


def test_value_stands_beside_each_total_with_rate_and_source(client: FlaskClient, staff: User) -> None:
    with transaction():
        programme = session.get_one(Programme, staff.grants[0].programme_id)
        helper = factories.volunteer()
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=session.merge(staff), lead=helper)
        for role, hundredths in (("lead", 1250), ("lead", 333), ("interpreter", 200)):
            session.add(TimeEntry(case=case, user_id=helper.user_id, volunteer_id=helper.id, on_day=date(2026, 7, 5),
                                  hundredths=hundredths, role=role))  # fmt: skip
    programme_id = session.get_one(User, staff.id).grants[0].programme_id
    rollup.refresh(programme_id)
    desk = factories.sign_in(client, session.merge(staff))
    address = "/reports/hours?from=2026-07-01&to=2026-07-31"
    assert "No rate is entered for these hours" in desk.get(address).text
    enter(session.merge(staff))
    words = re.sub(r"<[^>]+>|\s+", " ", desk.get(address).text)
    assert "$550.73" in words  # 15.83 hours at $34.79
    assert f"{SOURCE}; from Jul 1, 2026 on" in words
    assert "The value is that of 15.83 hours; 2 hours have no rate." in words
    assert rates.rates_of(session.get_one(Programme, programme_id))[0].source == SOURCE
    text = desk.get(f"{address}&format=csv").get_data(as_text=True)
    assert "Hours and their value,In all,Value,550.73,money" in text
