"""A person's dates as a calendar: neutral, at a secret address, and ended with the access."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.clients.models import Case, CaseStatus, CriticalDate
from app.core import clock
from app.core.db import session, transaction
from app.core.links import Link
from app.desk import operations_calendar as operations
from app.desk.calendar_feed import feed_of, moment_of
from app.matching.models import Assignment
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Any:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def lead(app: Flask) -> User:
    """A volunteer who leads a case with a hearing and a deadline."""
    with transaction():
        case = factories.case(factories.programme(), CaseStatus.PLACED, lead=factories.volunteer(), number="26-00012")
        for kind, day, at in (("protective_order_hearing", 20, "9:30 am"), ("answer_due", 9, None)):
            session.add(CriticalDate(case=case, kind=kind, on_day=date(2026, 3, day), at_time=at, paper="Summons"))
        session.add(CriticalDate(case=case, kind="other", on_day=date(2026, 3, 11), standing="suggested"))
        user = case.assignments[0].volunteer.user
        assert user is not None
    return user


def events(of: User) -> dict[str, Any]:
    session.rollback()
    calendar = icalendar.Calendar.from_ical(feed_of(session.get_one(User, of.id)))
    return {f"{e['summary']} {e['dtstart'].dt}": e for e in calendar.walk("VEVENT")}


def path_for(user: User) -> str:
    with transaction():
        made = session.get_one(User, user.id)
        return f"/calendar/{operations.new_address(made, actor=made)}.ics"


def test_entries_are_neutral_days_stay_days_and_hours_are_exact(lead: User) -> None:
    found = events(lead)
    assert {name for name in found if "check-in" not in name} == {
        "Case 26-00012: hearing 2026-03-20 14:30:00+00:00", "Case 26-00012: date 2026-03-09",
    }  # fmt: skip
    assert any("check-in" in name for name in found)
    text = feed_of(lead).decode()
    for fact in ("Castro", "Cottonwood", "Eviction", "Summons", "protective", "Housing", "Lakeshore"):
        assert fact not in text


@pytest.mark.parametrize(
    ("day", "at", "utc_hour"),
    [(date(2026, 3, 6), "9 am", 15), (date(2026, 3, 9), "9:00 am", 14), (date(2026, 11, 2), "13:30", 19),
     (date(2026, 7, 1), "12 am", 5), (date(2026, 7, 1), "", None)],
)  # fmt: skip
def test_an_hour_is_the_programmes_through_summer_and_winter(day: date, at: str, utc_hour: int | None) -> None:
    moment = moment_of(day, at, "America/Chicago")
    assert (moment.hour if moment else None) == utc_hour


def test_a_change_keeps_the_entry_and_counts_on_and_what_is_done_vanishes(lead: User) -> None:
    before = events(lead)["Case 26-00012: date 2026-03-09"]
    with clock.at(MONDAY + timedelta(hours=1)), transaction():
        row = session.query(CriticalDate).filter_by(kind="answer_due").one()
        row.on_day = date(2026, 3, 10)
        session.query(CriticalDate).filter_by(kind="protective_order_hearing").one().done_at = clock.now()
    found = events(lead)
    after = found["Case 26-00012: date 2026-03-10"]
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"].dt > before["last-modified"].dt
    assert not any("hearing" in name for name in found)


def test_access_ends_at_the_next_fetch(lead: User, client: FlaskClient) -> None:
    path = path_for(lead)
    first = client.get(path)
    assert (first.status_code, first.mimetype) == (200, "text/calendar")
    assert "noindex" in first.headers["X-Robots-Tag"]
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with transaction():
        session.query(Assignment).one().ended_at = clock.now()
    assert b"VEVENT" not in client.get(path).data
    with transaction():
        session.get_one(User, lead.id).deactivated_at = clock.now()
    assert client.get(path).status_code == 404


def test_a_new_address_ends_the_one_before_and_is_shown_once(lead: User, client: FlaskClient) -> None:
    old = path_for(lead)
    factories.sign_in(client, lead)
    made = client.post("/account/calendar")
    token = made.text.split("/calendar/")[1].split(".ics")[0]
    assert client.get(old).status_code == 404
    assert client.get(f"/calendar/{token}.ics").status_code == 200
    assert token not in client.get("/account/calendar").text
    assert not [row for row in session.query(Link) if token in row.token_hash]
    assert client.post("/account/calendar/end").status_code == 303
    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_of_many_new_addresses_at_once_one_works(lead: User, app: Flask) -> None:
    start, made = Barrier(5), []

    def click() -> None:
        with app.app_context():
            start.wait()
            made.append(path_for(lead))

    clicks = [Thread(target=click) for _ in range(5)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    browser = app.test_client()
    assert sorted(browser.get(path).status_code for path in made) == [200, 404, 404, 404, 404]


def test_an_address_is_asked_for_so_often_and_no_oftener(lead: User, client: FlaskClient) -> None:
    path, other = path_for(lead), "/calendar/nobody.ics"
    assert {client.get(other).status_code for _ in range(61)} == {404, 429}
    assert client.get(path).status_code == 200


def test_staff_see_what_they_answer_for(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        mine, colleague = factories.coordinator(programme), factories.coordinator(programme)
        for owner in (mine, colleague):
            case: Case = factories.case(programme, CaseStatus.ACCEPTED, owner=owner)
            session.add(CriticalDate(case=case, kind="filing_due", on_day=date(2026, 4, 1)))
    assert len(events(mine)) == len(events(colleague)) == 1
    assert events(mine).keys() != events(colleague).keys()
