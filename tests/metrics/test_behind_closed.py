"""Every figure of the reports, of gaps and of waits opens its records: page, records and CSV say the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Grant, Programme, User
from app.accounts.queries import find_user
from app.casework.models import AmountKind, ClosingAmount, ClosingReport
from app.clients.models import Case, CaseGrant, CaseStatus, Opening
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.demo import load as demo
from app.matching.docket_jobs import place_docket_now
from app.matching.models import Assignment, DocketRun, RunStatus
from app.metrics import operations_goals, operations_rates, rollup, waits
from app.metrics.rates import Rate, days_without
from app.volunteers.models import Volunteer
from app.volunteers.models_shifts import Shift, ShiftKind
from tests import factories
from tests.metrics.following import CHECKS, Reader, links, pages_of
from tests.metrics.lives import Lives

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
FIRST, LAST = date(2026, 1, 1), date(2026, 11, 21)
DAYS = f"from={FIRST}&to={LAST}"
MORE = 60  # cases of one code: more than stand on a page


class World(NamedTuple):
    """A programme whose figures are read, and somebody of its staff."""

    programme: Programme
    grant: Grant
    staff: User


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """Random cases, some led by volunteers to their end, with codes of every kind, rates, money and a goal."""
    with clock.at(NOW):
        with transaction():
            programme = factories.programme(slug="lakeshore")
            lives = Lives(programme, seed=11)
            lives.some(90)
            _codes_and_money(lives)
            _hours_cost_more(lives)
            for n, hundredths in enumerate((250, 125)):
                factories.add(Shift(
                    programme=programme, volunteer=lives.helpers[n], kind=ShiftKind.CLINIC, on_day=LAST,
                    hundredths=hundredths, created_by_id=lives.staff.id,
                ))  # fmt: skip
            for _n in range(3):
                factories.case(programme, CaseStatus.AVAILABLE, received_at=NOW - timedelta(days=9), problem_code=None)
            operations_goals.set_goal(
                programme, "closed", FIRST, date(2026, 12, 31), 90, None, actor=lives.staff, grant=lives.grant
            )
            lives.helpers[0].capacity, lives.helpers[1].languages = 40, ["en", "es"]
            factories.volunteer(areas={"Housing": "competent", "63": "experienced"}, counties=["55025"], capacity=2)
        with transaction():
            _two_runs(programme)
        rollup.refresh(programme.id)
        yield World(programme, lives.grant, lives.staff)


def _codes_and_money(lives: Lives) -> None:
    """Problem codes that nobody knows, local ones and none; months of two lengths; many cases of one code."""
    reports = session.query(ClosingReport).order_by(ClosingReport.id).all()
    for n, report in enumerate(reports):
        report.case.problem_code = ["63", "63b", "02", None, "zz", "32"][n % 6]
        lead = session.query(Assignment).filter_by(case_id=report.case_id, role="lead").one()
        lead.end_reason = "closed" if n % 3 else "left"
        kind = list(AmountKind)[n % len(AmountKind)]
        months = 6 + 6 * (n % 2) if kind is AmountKind.MONTHLY else None
        session.add(ClosingAmount(report=report, kind=kind, cents=100_050 + n, months=months))
        if n % 4 == 0:  # another grant paid at first
            paid = session.query(CaseGrant).filter_by(case_id=report.case_id).one()
            paid.until_on = report.approved_at.date() - timedelta(days=n % 8)
    for n in range(MORE):
        _closed_by_staff(lives, datetime(2026, 9, 1, 15, tzinfo=UTC) + timedelta(hours=n))


def _closed_by_staff(lives: Lives, at: datetime) -> None:
    case = factories.case(lives.programme, CaseStatus.CLOSED, owner=lives.staff, received_at=at, problem_code="73")
    session.add(ClosingReport(
        case=case, reported_by_id=lives.staff.id, status="approved", closing_code="B", work_ended_on=at.date(),
        reported_at=at, approved_at=at,
    ))  # fmt: skip


def _hours_cost_more(lives: Lives) -> None:
    """No rate at first, one from February on, another from April on."""
    for first, cents in ((date(2026, 2, 1), 3479), (date(2026, 4, 1), 3600)):
        operations_rates.enter_rate(lives.programme, role="lead", cents=cents, first=first, last=None,
                                    source="Published for 2024", actor=lives.staff)  # fmt: skip


def _two_runs(programme: Programme) -> None:
    """Two runs a week apart that wanted somebody for some of the listed cases."""
    listed = session.query(Opening).join(Case).filter(Case.programme_id == programme.id).order_by(Opening.id)
    ids = [opening.public_id for opening in listed.limit(5)]
    want = {"area": "Housing", "level": "competent", "language": "es", "licence": "WI", "role": "attorney",
            "credentials": "", "trainings": "", "county": "55025", "remote": "no"}  # fmt: skip
    for weeks, openings in ((1, [ids[:2]]), (0, [ids[:3], ids[2:]])):  # the newer one wants two alike
        done = NOW - timedelta(weeks=weeks)
        session.add(DocketRun(status=RunStatus.DONE, slot=f"t{weeks}", as_of=done.date(), finished_at=done, prices={},
                              wanted=[{**want, "openings": some} for some in openings]))  # fmt: skip
        session.flush()


def test_every_number_opens_as_many_records(client: FlaskClient, world: World) -> None:
    programme, grant, staff = world
    reader = Reader(factories.sign_in(client, session.merge(staff)))
    for page in pages_of(programme, [grant], FIRST, LAST):
        reader.follow(page)
    assert set(reader.followed) == set(CHECKS), "every kind of record was opened"
    told = {key for address in reader.pages for key in parse_qs(urlsplit(address).query)}
    assert {"problem", "code", "category", "who", "months", "grant"} <= told
    many = f"/reports/closed-cases?programme=lakeshore&{DAYS}&problem=73"
    assert len(reader.listed(many)) == MORE
    assert reader.get(many).count('<tr role="row"><td') == 50


SMALL, WHOLE = (36, 14, 18), (demo.CASES, demo.RECENT, demo.VOLUNTEERS)


@pytest.mark.parametrize("size", [SMALL, pytest.param(WHOLE, marks=pytest.mark.full)])
def test_every_number_of_the_demo_opens_as_many_records(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int, int]
) -> None:
    for name, n in zip(("CASES", "RECENT", "VOLUNTEERS"), size, strict=True):
        monkeypatch.setattr(demo, name, n)
    if size is SMALL:
        monkeypatch.setattr(demo, "set_the_scene", lambda cast, end: None)  # needs a hundred cases
    demo.load(NOW)
    with clock.at(NOW):
        place_docket_now()
        staff = find_user("coordinator@demo.test")
        reader = Reader(factories.sign_in(client, staff))
        for programme_id in find_user("coordinator@demo.test").programme_ids(Role.COORDINATOR):
            rollup.refresh(programme_id)
            programme = session.get_one(Programme, programme_id)
            grants = session.query(Grant).filter_by(programme_id=programme_id).order_by(Grant.id).all()
            for page in [*pages_of(programme, grants, LAST - timedelta(days=500), LAST)]:
                reader.follow(page)
    assert set(reader.followed) == set(CHECKS), "every kind of record was opened"
    assert sum(reader.followed.values()) > 500


def test_a_case_of_two_codes_in_turn_is_behind_the_one_it_has(client: FlaskClient, world: World) -> None:
    """What was closed, opened again and closed by others is behind the newer closing alone."""
    _programme, _grant, staff = world
    with transaction():
        lead = session.query(Assignment).filter_by(role="lead", end_reason="closed").join(
            ClosingReport, ClosingReport.case_id == Assignment.case_id
        ).filter(ClosingReport.superseded_at.is_(None), ClosingReport.approved_at.is_not(None)).first()  # fmt: skip
        last = session.query(ClosingReport).filter_by(case_id=lead.case_id, superseded_at=None).one()
        number, code = session.get_one(Case, lead.case_id).number, last.closing_code
        lead.ended_at = datetime(2026, 1, 5, tzinfo=UTC)
        session.add(ClosingReport(
            case_id=last.case_id, reported_by_id=last.reported_by_id, status=last.status, closing_code="G",
            work_ended_on=date(2026, 1, 4), reported_at=lead.ended_at, approved_at=lead.ended_at,
            superseded_at=datetime(2026, 1, 9, tzinfo=UTC),
        ))  # fmt: skip
    reader = Reader(factories.sign_in(client, session.merge(staff)))

    def numbers(asked: str) -> set[str]:
        return {row["case"] for row in reader.rows(f"/reports/closed-cases?programme=lakeshore&{DAYS}{asked}")}

    assert number in numbers(f"&code={code}&who=staff")
    assert number not in numbers("&who=pai") | numbers("&code=G")
    assert numbers("&who=pai") | numbers("&who=staff") == numbers("")
    assert not numbers("&who=pai") & numbers("&who=staff")


RECORDS = (
    "closed-cases?",
    "closed-cases?code=B&who=staff&",
    "money?kind=lump_sum&",
    "gaps/places?",
    "waits/available?",
)


def test_only_the_staff_of_a_programme_read_its_records(app: Flask, world: World) -> None:
    programme, grant, staff = world
    run = session.query(DocketRun).order_by(DocketRun.id).first()
    pages = [*RECORDS, f"gaps/wanted?run={run.public_id}&"]
    with transaction():
        other = factories.programme(slug="ridge")
        of_other = factories.grant(other)
        people = {
            200: session.merge(staff), 404: factories.coordinator(other),
            403: factories.user(Role.FUNDER, programme=programme, grant=session.merge(grant)),
        }  # fmt: skip
    for status, person in people.items():
        desk = factories.sign_in(app.test_client(), person)
        for page in pages:
            for form in ("", "&format=csv"):
                assert desk.get(f"/reports/{page}programme=lakeshore{form}").status_code == status, (status, page)
    desk = factories.sign_in(app.test_client(), session.merge(people[200]))
    for wrong in (
        f"closed-cases?programme=lakeshore&grant={of_other.public_id}", "closed-cases?programme=lakeshore&who=judge",
        "money?programme=lakeshore", "money?programme=lakeshore&kind=gold", "money?programme=lakeshore&kind=monthly",
        "money?programme=lakeshore&kind=avoided&months=6", "gaps/places?programme=lakeshore&by=colour",
        "gaps/wanted?programme=lakeshore&run=none", "waits/available?programme=lakeshore&by=colour",
        "waits/closed?programme=lakeshore",
    ):  # fmt: skip
        assert desk.get(f"/reports/{wrong}").status_code == 404, wrong
    told = desk.get("/reports/closed-cases?programme=lakeshore&from=2026-05-01&to=2026-04-01")
    assert "The period ended before it began" in told.text
    assert desk.get("/reports/closed-cases?programme=lakeshore&from=2026-05-01&to=2026-04-01&format=csv"
                    ).status_code == 422  # fmt: skip


def test_a_wanted_case_of_another_programme_stays_there(client: FlaskClient, world: World) -> None:
    """A run places every programme's cases; each reads its own."""
    with transaction():
        other = factories.programme(slug="ridge")
        case = factories.case(other, CaseStatus.AVAILABLE)
        run = session.query(DocketRun).order_by(DocketRun.id.desc()).first()
        run.wanted = [{**run.wanted[0], "openings": [*run.wanted[0]["openings"], case.lead_opening.public_id]}]
        staff, number = factories.coordinator(other), case.number
    reader = Reader(factories.sign_in(client, staff))
    found = [link for link in links(reader.get("/reports/gaps?programme=ridge")) if "/wanted" in link.address]
    assert [link.shown for link in found] == ["1"]
    assert [row["case"] for row in reader.rows(found[0].address)] == [number]


def test_the_days_without_a_rate_are_known() -> None:
    def rate(first: date, last: date | None, role: str = "lead") -> Rate:
        return Rate(role, 1, first, last, "S")

    year = (date(2026, 1, 1), date(2026, 12, 31))
    assert days_without("lead", [rate(date(2026, 2, 1), None, "mentor")], *year) == [year]
    assert days_without("lead", [rate(date(2025, 2, 1), None)], *year) == []
    assert days_without("lead", [rate(date(2026, 6, 1), None), rate(date(2026, 2, 1), date(2026, 3, 31))], *year) == [
        (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 4, 1), date(2026, 5, 31)),
    ]  # fmt: skip
    assert days_without("lead", [rate(date(2025, 2, 1), date(2026, 12, 30))], *year) == [(year[1], year[1])]
    assert days_without("lead", [rate(date(2027, 2, 1), None)], *year) == [year]


def test_a_case_that_waits_stands_under_one_member_of_each_heading(world: World) -> None:
    programme = session.merge(world.programme)
    every = waits.cases_waiting(programme, "available")
    assert len(every) > 5
    for heading, members in (("county", ("55025", "55079")), ("language", ("en", "es"))):
        parts = [waits.cases_waiting(programme, "available", heading, member) for member in members]
        assert sorted(row for part in parts for row in part) == sorted(every), heading


def test_places_are_those_of_people_with_one_free(client: FlaskClient, world: World) -> None:
    """Whoever is full is not listed, and a part that uses no place takes none."""
    reader = Reader(factories.sign_in(client, session.merge(world.staff)))
    before = {row["volunteer"]: row for row in reader.rows("/reports/gaps/places?programme=lakeshore")}
    with transaction():
        programme = session.merge(world.programme)
        full, spare = factories.volunteer(capacity=1), factories.volunteer(capacity=1)
        factories.case(programme, CaseStatus.IN_SERVICE, lead=full)
        led = factories.case(programme, CaseStatus.IN_SERVICE, lead=spare)
        session.query(Assignment).filter_by(case_id=led.id).one().uses_slot = False
        names = full.name, spare.name
    again = Reader(reader.desk)
    after = {row["volunteer"]: row for row in again.rows("/reports/gaps/places?programme=lakeshore")}
    assert names[0] not in after
    assert after.pop(names[1]) == {"volunteer": names[1], "capacity": "1", "taken": "0", "free": "1"}
    assert after == before
    assert len(after) == session.query(Volunteer).count() - 2
