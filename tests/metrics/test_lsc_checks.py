"""Before a case service summary goes out, staff read which cases it should not hold as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus, TimeEntry
from app.clients.models import Case, CaseGrant, CaseStatus, Client
from app.core import clock
from app.core.db import session, transaction
from app.metrics import lsc_checks
from tests import factories

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
CLOSED_AT = datetime(2026, 11, 2, 18, tzinfo=UTC)


def closed(of: Programme, code: str, accepted: date, ended: date, *, led: bool = False, **more: object) -> Case:
    """A case closed on 2 November 2026."""
    at = datetime(accepted.year, accepted.month, accepted.day, 18, tzinfo=UTC)
    with clock.at(at):
        case = factories.case(of, CaseStatus.CLOSED, received_at=at, accepted_at=at, **more)
    session.add(ClosingReport(
        case=case, reported_by_id=factories.coordinator(of).id, reported_at=at, work_ended_on=ended, closing_code=code,
        status=ClosingStatus.APPROVED, approved_at=CLOSED_AT,
    ))  # fmt: skip
    if led:
        factories.assignment(case, factories.volunteer(), ended_at=NOW, end_reason="closed")
    session.flush()
    return case


def told(programme: Programme, grant_id: int | None = None) -> dict[str, set[int]]:
    found = lsc_checks.checks(programme, date(2026, 7, 1), date(2026, 12, 31), grant_id)
    return {check.key: {each.case_id for each in check.found} for check in found}


def test_closings_that_belong_into_an_earlier_year_are_listed(app: Flask) -> None:
    spring, autumn, this = date(2025, 9, 30), date(2025, 10, 1), date(2026, 2, 1)
    with clock.at(NOW), transaction():
        programme = factories.programme()
        late_advice = closed(programme, "A", spring, this)
        closed(programme, "B", autumn, this)
        late_work = closed(programme, "L", spring, date(2025, 12, 31))
        closed(programme, "L", spring, date(2026, 1, 1))
        late_help = closed(programme, "A", spring, date(2024, 12, 31), led=True)
        closed(programme, "L", spring, date(2025, 1, 1), led=True)
        grant = factories.grant(programme)
        session.add(CaseGrant(case=late_work, grant_id=grant.id, from_on=spring))
        session.flush()
        found = told(programme)
        assert found["staff_limited"] == {late_advice.id}
        assert found["staff_extended"] == {late_work.id}
        assert found["volunteers"] == {late_help.id}
        of_grant = told(programme, grant.id)
        assert {case for some in of_grant.values() for case in some} == {late_work.id}


def test_one_client_with_one_problem_is_one_case_at_the_highest_level(app: Flask, client: FlaskClient) -> None:
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            staff = factories.coordinator(programme)
            advice, work, other = (
                closed(programme, code, date(2026, 2, 1), date(2026, 6, 1), problem_code=problem)
                for code, problem in (("A", "63"), ("L", "63"), ("A", "32"))
            )
            people = [
                session.scalars(select(Client).where(Client.case_id == c.id)).one() for c in (advice, work, other)
            ]
            for one in people[1:]:
                one.identity_id = people[0].identity_id
            session.flush()
            assert told(programme)["counted_twice"] == {advice.id}
        factories.sign_in(client, staff)
        page = client.get("/reports/files/lsc/check?from=2026-07-01&to=2026-12-31").text
        assert "1 closed case breaks a rule" in page
        assert f"beside {work.number}" in page
        file = client.get("/reports/files/lsc/check?from=2026-07-01&to=2026-12-31&format=csv").text
        assert f"Same client and problem in one year,{advice.number},2026-11-02,A,beside {work.number}" in file


def test_open_cases_without_time_in_ninety_days_are_listed(app: Flask) -> None:
    with clock.at(NOW), transaction():
        programme = factories.programme()
        today = date(2026, 11, 20)
        cases = []
        for days_open, quiet in ((200, None), (200, 91), (200, 90), (89, None)):
            with clock.at(NOW - timedelta(days=days_open)):
                case = factories.case(programme, CaseStatus.IN_SERVICE, received_at=clock.now())
            if quiet is not None:
                user = factories.coordinator(programme)
                day = today - timedelta(days=quiet)
                session.add(TimeEntry(case=case, user_id=user.id, role="lead", hundredths=50, on_day=day))
            cases.append(case)
        factories.case(programme, CaseStatus.CLOSED, received_at=NOW - timedelta(days=300))
        session.flush()
        assert told(programme)["no_time"] == {cases[0].id, cases[1].id}
