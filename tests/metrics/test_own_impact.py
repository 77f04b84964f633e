"""Own hours and certificates: only one's own, genuine by a code that nobody guesses, and nothing of clients."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.accounts.models import Programme, RoleGrant, User
from app.casework.models import TimeEntry
from app.clients.models import Case, CaseStatus, Client, EligibilityDecision
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.matching.models import Assignment, Referral, ReferralStatus, ReferralWay
from app.metrics import firm_impact, operations_rates, own_impact
from app.metrics import own_impact_certificates as certificates
from app.metrics.models_reports import Certificate
from app.volunteers.models import Organisation, Volunteer
from tests import factories

NOW = datetime(2026, 8, 20, 16, tzinfo=UTC)
YEAR = {"first-month": "1", "first-day": "1", "first-year": "2026", "last-month": "8", "last-day": "20",
        "last-year": "2026"}  # fmt: skip


@pytest.fixture(autouse=True)
def _now(app: Flask):
    with clock.at(NOW):
        yield


def gave(programme: Programme, helper: Volunteer, *, hundredths: int, household: int = 1, closed: bool = True) -> Case:
    """A case led by a volunteer, with hours, and closed a week ago."""
    case = factories.case(programme, CaseStatus.IN_SERVICE, lead=helper)
    session.add(TimeEntry(case=case, user_id=helper.user_id, volunteer_id=helper.id, on_day=date(2026, 7, 5),
                          hundredths=hundredths, role="lead"))  # fmt: skip
    lead = session.query(Assignment).filter_by(case_id=case.id).one()
    if closed:
        lead.ended_at, lead.end_reason = NOW - timedelta(days=7), "closed"
    grant = factories.grant(programme)
    staff = factories.coordinator(programme)
    session.add(EligibilityDecision(
        case_id=case.id, grant_id=grant.id, ruleset="lsc", guideline_year=2026, gross_income=0, assets=0, percent=0,
        household_size=household, eligible=True, reason="income", decided_by_id=staff.id, decided_at=NOW,
    ))  # fmt: skip
    session.flush()
    return case


@pytest.fixture
def helper(app: Flask) -> Volunteer:
    with transaction():
        programme = factories.programme(slug="lakeshore")
        helper = factories.volunteer(family_name="Orchard", given_name="Sam")
        gave(programme, helper, hundredths=1250, household=4)
        gave(programme, helper, hundredths=300, household=2, closed=False)
        gave(programme, factories.volunteer(), hundredths=9900, household=9)
    return helper


def test_own_figures_are_one_s_own(client: FlaskClient, helper: Volunteer) -> None:
    found = own_impact.own_impact(session.merge(helper).user)
    assert (found.taken, found.closed, found.people, found.hundredths) == (2, 1, 4, 1550)
    assert [(year.year, year.hundredths, year.closed) for year in found.years] == [(2026, 1550, 1)]
    assert found.programmes[0].value.cents is None
    browser = factories.sign_in(client, session.merge(helper).user)
    assert "no rate is entered for them" in browser.get("/my/impact").text
    with transaction():
        programme = session.query(Programme).filter_by(slug="lakeshore").one()
        operations_rates.enter_rate(programme, role="lead", cents=3000, first=date(2026, 1, 1), last=None,
                                    source="State bar, 2026", actor=factories.coordinator(programme))  # fmt: skip
    page = browser.get("/my/impact").text
    assert "$465" in page
    assert "State bar, 2026" in page


def certify(browser: FlaskClient, **changes: str):
    programme = session.query(Programme).filter_by(slug="lakeshore").one()
    typed = {"programme": programme.public_id, "name": "Sam Orchard", "agreed": "y", **YEAR, **changes}
    return browser.post("/my/impact/certificate", data={k: v for k, v in typed.items() if v})


def test_a_certificate_is_checked_by_its_code_and_withdrawn(client: FlaskClient, helper: Volunteer) -> None:
    browser = factories.sign_in(client, session.merge(helper).user)
    assert certify(browser).status_code == 303
    made = session.query(Certificate).one()
    with transaction():
        made.programme.time_zone, made.created_at = "Pacific/Honolulu", datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
    words = "".join(p.extract_text() for p in PdfReader(io.BytesIO(_pdf(browser, made))).pages)
    assert made.code in words
    assert "Aug 19, 2026" in words
    assert "15.5 hours" in words
    with transaction():
        staff = factories.coordinator(made.programme)
    there = factories.sign_in(client.application.test_client(), staff).get("/reports/certificates").text
    assert re.search(r"Sam Orchard</span></td>.*Made by\"><a[^>]*>Sam Orchard</a>", there), "and who chose the name"
    anybody = client.application.test_client()
    for typed in (made.code, made.code.lower().replace("-", " ")):
        page = anybody.post("/certificates", data={"code": typed}).text
        assert "This certificate is genuine" in page
        assert "Sam Orchard" in page
        assert "Aug 19, 2026" in page, "the day on the certificate, where the programme is"
        assert "15.5" in page
        assert not re.search(r"Castro|26-0000|Eviction", page)
    with transaction():
        somebody = factories.volunteer().user
    other = factories.sign_in(client.application.test_client(), somebody)
    assert other.get(f"/my/impact/certificates/{made.public_id}.pdf").status_code == 404
    assert other.post(f"/certificates/{made.public_id}/withdraw").status_code == 404
    assert "This cannot be taken back" in browser.get(f"/certificates/{made.public_id}/withdraw").text
    assert browser.post(f"/certificates/{made.public_id}/withdraw").status_code == 303
    gone = anybody.post("/certificates", data={"code": made.code}).text
    assert "This certificate was withdrawn" in gone
    assert "Sam Orchard" not in gone
    assert browser.get(f"/my/impact/certificates/{made.public_id}.pdf").status_code == 410
    assert "No certificate has this code" in anybody.post("/certificates", data={"code": "AAAA"}).text
    assert "Type the code" in anybody.post("/certificates", data={"code": " "}).text
    assert len({certificates.new_code() for _ in range(1000)}) == 1000


def _pdf(browser: FlaskClient, made: Certificate) -> bytes:
    return browser.get(f"/my/impact/certificates/{made.public_id}.pdf").data


def test_what_cannot_be_certified_is_said(client: FlaskClient, helper: Volunteer) -> None:
    browser = factories.sign_in(client, session.merge(helper).user)
    for changes, said in (
        ({"agreed": ""}, "Say that anybody with the code may read this name"),
        ({"name": "  "}, "Write the name as it should stand"),
        ({"name": "李 Sam"}, "We cannot print this name."),
        ({"last-year": "2027"}, "The last day lies in the future."),
        ({"last-year": "2025"}, "The last day lies before the first one."),
        ({"first-month": "8"}, "No hours are logged at this programme for these days"),
    ):
        answer = certify(browser, **changes)
        assert answer.status_code == 422, said
        assert said in answer.text
    assert session.query(Certificate).count() == 0


def test_a_firm_reads_people_in_groups_and_nobody_elses_hours(client: FlaskClient, helper: Volunteer) -> None:
    with transaction():
        firm = factories.add(Organisation(name="Orchard Firm"))
        answers = factories.user()
        factories.add(RoleGrant(user=answers, role=Role.FIRM_COORDINATOR, organisation=firm))
        programme = session.query(Programme).filter_by(slug="lakeshore").one()
        sam = session.merge(helper)
        cases = [gave(programme, sam, hundredths=100, household=n) for n in (3, 4, 1, 2, 5, 1, 7)]
        clients = session.query(Client).filter(Client.case_id.in_([case.id for case in cases[:2]])).all()
        clients[1].identity_id = clients[0].identity_id
        for case in cases:
            through(firm, case)
    answers = session.merge(answers)
    found = firm_impact.firm_impact(answers)
    assert (found.impact.taken, found.impact.closed, found.impact.hundredths) == (7, 7, 700)
    assert (found.counted, found.people) == (6, 13), "who came twice counts once; the sixth household waits for others"
    assert found.impact.people == 20
    page = factories.sign_in(client, answers).get("/firm/impact").text
    assert "Your people gave 7 hours" in page
    assert not re.search(r"Castro|Eviction|26-0000", page)


def through(firm: Organisation, case: Case) -> None:
    """The case was placed through the firm."""
    lead = session.query(Assignment).filter_by(case_id=case.id).one()
    lead.referral_id = factories.add(
        Referral(opening=case.lead_opening, volunteer_id=lead.volunteer_id, organisation_id=firm.id,
                 status=ReferralStatus.CONFIRMED, way=ReferralWay.CLAIM)
    ).id  # fmt: skip


def test_somebody_without_hours_is_told_so(client: FlaskClient) -> None:
    with transaction():
        who: User = factories.volunteer().user
    browser = factories.sign_in(client, who)
    assert "Nothing to count yet" in browser.get("/my/impact").text
    assert "No hours are logged yet" in browser.get("/my/impact/certificate").text
