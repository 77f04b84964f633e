"""Whoever staffs a clinic or an advice shift counts as whoever takes a case does, in figures and in their records."""

from __future__ import annotations

import csv
import html
import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.accounts.models import Programme, User
from app.casework import volunteer_milestones as milestones
from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.matching.models import Assignment
from app.metrics import goals, people, reports_files
from app.metrics.figures import read_period
from app.metrics.firms import belongs
from app.metrics.models_reports import Certificate, ReportKind
from app.metrics.own_impact import own_impact
from app.volunteers.models import Organisation, Volunteer
from app.volunteers.models_shifts import Shift, ShiftKind
from tests import factories

NOW = datetime(2026, 8, 20, 16, tzinfo=UTC)
LAST = date(2026, 8, 20)
YEAR = (date(2026, 1, 1), LAST)


@pytest.fixture(autouse=True)
def _now(app: Flask):
    with clock.at(NOW):
        yield


def staffed(programme: Programme, helper: Volunteer, on_day: date, **changes: Any) -> Shift:
    values: dict[str, Any] = {"kind": ShiftKind.CLINIC, "hundredths": 250, "created_by_id": helper.user_id}
    return factories.add(Shift(programme=programme, volunteer=helper, on_day=on_day, **{**values, **changes}))


def counted(programme: Programme, first: date = YEAR[0], last: date = LAST) -> dict[str, int]:
    return {key: sum(by_firm.values()) for key, by_firm in people.figures(programme, (first, last))[0].items()}


KINDS = ("volunteers_active", "volunteers_returning", "volunteers_lapsing")


@pytest.mark.parametrize(
    ("days", "stands"),
    [
        ((date(2025, 8, 21),), (1, 0, 0)),  # the first of the 12 months
        ((date(2025, 8, 20),), (0, 0, 1)),  # the day before
        ((date(2024, 8, 21),), (0, 0, 1)),  # the first of 12 to 24 months ago
        ((date(2024, 8, 20),), (0, 0, 0)),
        ((LAST,), (1, 0, 0)),
        ((date(2025, 12, 31), date(2026, 1, 1)), (1, 1, 0)),  # the last day before the period, and its first
        ((date(2026, 1, 1), date(2026, 1, 2)), (1, 0, 0)),
        ((date(2026, 8, 21),), (0, 0, 0)),  # after the period
    ],
)
def test_a_shift_counts_on_its_own_day(app: Flask, days: tuple[date, ...], stands: tuple[int, ...]) -> None:
    with transaction():
        programme, helper = factories.programme(), factories.volunteer()
        for day in days:
            staffed(programme, helper, day)
        staffed(programme, factories.volunteer(), LAST, removed_at=NOW)
        staffed(factories.programme(), factories.volunteer(), LAST)
    found = counted(programme)
    assert tuple(found[key] for key in KINDS) == stands
    assert found["shifts"] == sum(YEAR[0] <= day <= LAST for day in days)


def test_a_shift_and_a_part_on_a_case_make_one_volunteer(app: Flask) -> None:
    """A case long ago and a clinic now: somebody returns; a clinic long ago and a case now: too. Neither lapses."""
    with transaction():
        programme = factories.programme()
        one, other, gone = (factories.volunteer() for _n in range(3))
        long_ago = datetime(2025, 3, 1, 18, tzinfo=UTC)
        for helper, began in ((one, long_ago), (other, NOW), (gone, long_ago)):
            case = factories.case(programme, CaseStatus.IN_SERVICE, lead=helper)
            session.query(Assignment).filter_by(case_id=case.id).one().started_at = began
        staffed(programme, one, date(2026, 7, 1))
        staffed(programme, other, date(2025, 2, 1))
    found = counted(programme)
    assert (found["volunteers_active"], found["volunteers_returning"], found["volunteers_lapsing"]) == (2, 2, 1)
    behind = people.BEHIND["volunteers_lapsing"](programme, *YEAR)
    assert session.scalars(behind).all() == [gone.id], "of whom nobody said that they staff the clinic"


def test_figures_are_their_records_on_random_lives(app: Flask) -> None:
    """Of each of many periods, what one query adds up is what the records behind it are, volunteer by volunteer."""
    chance = random.Random(7)
    with transaction():
        programme, second = factories.programme(), factories.programme()
        firm = factories.add(Organisation(name="Vale and Vale")).id
        for n, helper in enumerate([factories.volunteer() for _n in range(12)]):
            if n % 3 == 0:
                factories.member(helper.id, firm)
            for ago in chance.sample(range(1100), chance.randrange(7)):
                taken = {"kind": chance.choice(list(ShiftKind)), "hundredths": chance.randrange(10, 900)}
                removed = NOW if chance.random() < 0.2 else None
                where = chance.choice([programme, second])
                staffed(where, helper, LAST - timedelta(days=ago), removed_at=removed, **taken)
            for _n in range(chance.randrange(2)):
                case = factories.case(chance.choice([programme, second]), CaseStatus.IN_SERVICE, lead=helper)
                began = NOW - timedelta(days=chance.randrange(1100), hours=chance.randrange(24))
                session.query(Assignment).filter_by(case_id=case.id).one().started_at = began
    told = 0
    periods = [
        (LAST - timedelta(days=a + b), LAST - timedelta(days=b)) for a in (0, 30, 364) for b in (0, 13, 200, 500)
    ]
    for found, days in zip(people.figures(programme, *periods), periods, strict=True):
        for member in ("none", str(firm)):
            for key in KINDS:
                ids = session.scalars(people.BEHIND[key](programme, *days).where(belongs(Volunteer.id, member))).all()
                assert len(ids) == len(set(ids)) == found[key].get(member, 0), (key, days)
                told += len(ids)
            mine = (Shift.programme_id == programme.id, Shift.removed_at.is_(None), Shift.on_day.between(*days))
            rows = session.query(Shift).filter(*mine, belongs(Shift.volunteer_id, member)).all()
            assert found["shifts"].get(member, 0) == len(rows)
            assert found["shift_hours"].get(member, 0) == sum(row.hundredths for row in rows)
            told += len(rows)
    assert told > 60


@pytest.fixture
def clinic(app: Flask) -> tuple[Programme, User, list[Volunteer]]:
    """Sixty shifts of a programme by three volunteers, and one elsewhere."""
    with transaction():
        programme = factories.programme(slug="lakeshore", name="Lakeshore Legal Aid")
        helpers = [factories.volunteer(given_name=name, family_name="Vale") for name in ("Ana", "Bo", "Cleo")]
        for n in range(60):
            kind = ShiftKind.ADVICE if n % 2 else ShiftKind.CLINIC
            staffed(programme, helpers[n % 3], LAST - timedelta(days=n), kind=kind, hundredths=100 + n,
                    people_served=n if n % 5 else None)  # fmt: skip
        staffed(factories.programme(), helpers[0], LAST, hundredths=999)
        return programme, factories.coordinator(programme), helpers


def test_page_records_and_file_say_the_same(
    app: Flask, client: FlaskClient, clinic: tuple[Programme, User, list[Volunteer]]
) -> None:
    programme, staff, _helpers = clinic
    desk = factories.sign_in(client, session.merge(staff))
    days = "programme=lakeshore&from=2026-07-01&to=2026-08-20"
    now = read_period(programme, date(2026, 7, 1), LAST, dimensions=())
    goals.add_people(programme, now)
    assert (now.value("shifts"), now.value("shift_hours")) == (51, sum(100 + n for n in range(51)))
    report = desk.get(f"/reports?{days}").text
    assert "Hours at clinics and on advice shifts" in report
    for key, said in (("shifts", "51"), ("shift_hours", "63.75")):
        assert re.search(rf"/reports/{key}/cases[^\"]*\"[^>]*>{said}<", report), key
        page = desk.get(f"/reports/{key}/cases?{days}").text
        assert f": {said}</h1>" in page
        assert "1 to 50 of 51" in page
        assert page.count("Vale</a>") == 50
        assert desk.get(f"/reports/{key}/cases?{days}&page=2").text.count("Vale</a>") == 1
        text = desk.get(f"/reports/{key}/cases?{days}&format=csv").text.lstrip("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == 51
        assert round(100 * sum(float(row["hours"]) for row in rows)) == now.value("shift_hours")
    active = desk.get(f"/reports/volunteers_active/cases?{days}").text
    assert active.count("Vale</a>") == 3
    assert desk.get(f"/reports/shifts/cases?{days}&by=county&member=55025").status_code == 404
    with transaction():
        stranger = factories.coordinator(factories.programme())
    theirs = factories.sign_in(app.test_client(), session.merge(stranger))
    assert theirs.get(f"/reports/shifts/cases?{days}").status_code == 404


def test_hours_without_a_case_stand_beneath_those_with_one(client: FlaskClient, app: Flask) -> None:
    """On the page of hours and value, in its files and in the board report; a grant pays for none."""
    with transaction():
        programme, helper = factories.programme(), factories.volunteer()
        grant = factories.grant(programme)
        staffed(programme, helper, LAST)
        staffed(programme, helper, LAST, kind=ShiftKind.ADVICE, hundredths=125)
        staffed(factories.programme(slug="other"), helper, LAST, hundredths=999)
        factories.sign_in(client, factories.coordinator(programme))
    page = client.get(f"/reports/hours?from={YEAR[0]}&to={LAST}").text
    assert "no rate gives them a value" in page
    told = re.findall(r'<a href="(/reports/shift[^"]*)">([^<]*)<', page)
    assert [shown for _address, shown in told] == ["2", "3.75"]
    for address, shown in told:
        assert f": {shown}</h1>" in client.get(html.unescape(address)).text
    rows = csv.DictReader(io.StringIO(client.get(f"/reports/pages/hours?from={YEAR[0]}&to={LAST}&format=csv").text))
    assert ("Hours", "3.75", "hours") in {(row["column"], row["value"], row["unit"]) for row in rows}
    board = reports_files.build(ReportKind.BOARD, programme, *YEAR)
    assert [table.rows[0][2].plain for table in board.tables if table.key == "shifts"] == [3.75]
    paid = reports_files.build(ReportKind.GRANT, programme, *YEAR, grant)
    assert "shifts" not in {table.key for table in paid.tables}


def test_a_volunteer_s_hours_hold_them_and_a_certificate_names_them(
    client: FlaskClient, clinic: tuple[Programme, User, list[Volunteer]]
) -> None:
    programme, _staff, (ana, *_others) = clinic
    with transaction():
        session.execute(Shift.__table__.update().where(Shift.volunteer_id == ana.id).values(hundredths=300))  # type: ignore[attr-defined]
    found = own_impact(session.merge(ana).user)
    assert (found.taken, found.hundredths, found.at_shifts) == (0, 6300, 6300)
    assert {each.programme.id: each.value.hundredths for each in found.programmes}[programme.id] == 6000
    browser = factories.sign_in(client, session.merge(ana).user)
    page = browser.get("/my/impact").text
    assert "of these 63 at clinics and on advice shifts" in page
    typed = {"programme": session.merge(programme).public_id, "name": "Ana Vale", "agreed": "y", "first-month": "1",
             "first-day": "1", "first-year": "2026", "last-month": "8", "last-day": "20",
             "last-year": "2026"}  # fmt: skip
    assert browser.post("/my/impact/certificate", data=typed).status_code == 303
    made = session.query(Certificate).one()
    assert (made.hundredths, made.clinic_hundredths, made.advice_hundredths) == (6000, 3000, 3000)
    file = browser.get(f"/my/impact/certificates/{made.public_id}.pdf").data
    words = " ".join("".join(p.extract_text() for p in PdfReader(io.BytesIO(file)).pages).split())
    assert "60 hours" in words
    assert "(of these 30 at clinics, 30 on advice shifts)" in words
    checked = client.application.test_client().post("/certificates", data={"code": made.code}).text
    assert "60 (of these 30 at clinics, 30 on advice shifts)" in checked
    assert "63 hours" not in words
    reached = {each.kind for each in milestones.missing() if each.volunteer_id == ana.id}
    assert reached == {"hours_50"}
