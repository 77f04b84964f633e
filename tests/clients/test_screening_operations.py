"""Answering a request: accepted, asked again, rejected or closed, each with its preconditions named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.clients import jobs, operations
from app.clients.models import Case, CaseStatus, Consent, CriticalDate, OpeningStatus, PartyRole
from app.clients.operations_dates import NeedsDay, suggested_day
from app.clients.operations_screening import (
    NoOtherHelp,
    NothingNamed,
    NotInPrescreen,
    NotReady,
    OnlySupervisingAttorney,
)
from app.clients.problems import DeadlineRule, asked_by_forum, deadline_rules, is_selectable, usual_forum
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.errors import BadInput
from app.core.mail import Mail
from app.tasks.models import Task
from app.tasks.operations import finish_task
from tests import factories as make

from .screened import accepted, attorney, clear, eligible, fund, screened

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)


@pytest.fixture
def work(app: Flask):
    with clock.at(NOON):
        of = make.programme()
        staff = make.coordinator(of)
        yield of, staff, fund(of)


def lacks(case: Case, staff: object, *grants: int) -> list[str]:
    with pytest.raises(NotReady) as no:
        operations.accept_case(case, grant_ids=grants, actor=staff)
    return [lack.key for lack in no.value.lacks]


def mails(kind: str) -> list[Mail]:
    return list(session.scalars(select(Mail).where(Mail.kind == kind)))


def task(case: Case, cause: str) -> Task | None:
    return session.scalars(
        select(Task).where(Task.case_id == case.id, Task.cause == cause).order_by(Task.id.desc())
    ).first()


def test_accepting_names_every_decision_that_is_missing(work) -> None:
    of, staff, grant = work
    case = make.case(of, owner=staff, problem_code=None)
    assert lacks(case, staff, grant.id) == ["problem", "conflict", "eligible", "merits"]
    operations.change_matter(
        case, problem_code="63", forum="state_court", forum_state="WI", county="55025", actor=staff
    )
    clear(case, staff)
    assert lacks(case, staff, grant.id) == ["eligible", "merits"]
    eligible(case, grant, staff)
    operations.judge_merits(case, "weak", "Nothing to argue.", actor=attorney(of))
    assert lacks(case, staff, grant.id) == ["merits"]
    operations.judge_merits(case, "fair", "A defence after all.", actor=attorney(of))
    assert lacks(case, staff) == ["grant"]
    operations.accept_case(case, grant_ids=[grant.id], actor=staff)
    assert case.status is CaseStatus.ACCEPTED


def test_acceptance_moves_the_case_pays_it_and_tells_the_client_once(work) -> None:
    of, staff, grant = work
    case = screened(of, staff, grant)
    operations.accept_case(case, grant_ids=[grant.id], actor=staff)
    operations.accept_case(case, grant_ids=[grant.id], actor=staff)
    session.refresh(case)
    assert [(paid.grant_id, paid.from_on) for paid in case.grants] == [(grant.id, date(2026, 11, 18))]
    assert len(mails("client.accepted")) == 1
    assert case.accepted_at == NOON
    assert case.custody is not None
    last = session.scalars(
        select(AuditEntry.action).where(AuditEntry.case_id == case.id).order_by(AuditEntry.id.desc())
    ).first()
    assert last == "case.accept_case"


def test_a_fund_that_cannot_pay_does_not(work) -> None:
    of, staff, grant = work
    other = fund(of, name="Strict fund")
    case = screened(of, staff, grant)
    eligible(case, other, staff, gross_income=20_000_000)
    assert lacks(case, staff, grant.id, other.id) == ["grant"]


def test_merits_are_a_supervising_attorneys_of_the_same_programme(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    for who in (staff, attorney(make.programme())):
        with pytest.raises(OnlySupervisingAttorney):
            operations.judge_merits(case, "fair", None, actor=who)
    with pytest.raises(BadInput):
        operations.judge_merits(case, "splendid", None, actor=attorney(of))


def test_rejecting_ends_the_request_with_other_help_and_keeps_the_names(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    with pytest.raises(NoOtherHelp):
        operations.reject_case(case, "out_of_area", " ", actor=staff)
    operations.reject_case(case, "conflict", "County bar referral line, 608-555-0143.", actor=staff)
    operations.reject_case(case, "conflict", "County bar referral line, 608-555-0143.", actor=staff)
    session.refresh(case)
    assert (case.status, case.rejected_reason, case.custody) == (CaseStatus.REJECTED, "conflict", None)
    assert {opening.status for opening in case.openings} == {OpeningStatus.CLOSED}
    [letter] = mails("client.rejected")
    assert "608-555-0143" in letter.text
    assert "onflict" not in letter.text
    after = make.case(of, owner=staff)
    operations.add_party(after, role=PartyRole.ADVERSE, name=case.client.person.name, actor=staff)
    assert case.number in [hit["number"] for hit in operations.search_conflicts(after, actor=staff).hits]


def test_a_request_is_answered_once(work) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant)
    with pytest.raises(NotInPrescreen):
        operations.reject_case(case, "out_of_area", "Bar", actor=staff)
    with pytest.raises(NotInPrescreen):
        operations.ask_for_missing(case, ["court_papers"], actor=staff)


def test_missing_things_are_asked_for_and_marked_as_they_come(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    for items in ([], ["a unicorn"]):
        with pytest.raises(NothingNamed):
            operations.ask_for_missing(case, items, actor=staff)
    operations.ask_for_missing(case, ["court_papers", "income_proof"], actor=staff)
    operations.ask_for_missing(case, ["income_proof", "court_papers"], actor=staff)
    assert len(mails("client.missing")) == 1
    operations.receive_missing(case, ["court_papers"], actor=staff)
    assert (case.missing_items, case.missing_asked_at) == (["income_proof"], NOON)
    operations.receive_missing(case, ["income_proof"], actor=staff)
    assert (case.missing_items, case.missing_asked_at) == ([], None)
    assert task(case, "screen") is not None


def run_tries() -> list[bool]:
    session.commit()
    return [jobs.try_again_one(), jobs.close_incomplete_one()]


def test_after_an_outage_the_calls_still_come_one_at_a_time(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    operations.ask_for_missing(case, ["court_papers"], actor=staff)
    with clock.at(NOON + timedelta(days=12)):
        assert run_tries() == [True, False]
        assert run_tries() == [False, False]
        assert task(case, "missing_try_3") is None
        finish_task(task(case, "missing_try_2"), actor=staff)
        assert run_tries() == [True, False]
        assert task(case, "missing_try_3") is not None


def test_three_tries_in_ten_business_days_then_closed_with_a_way_back(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    operations.ask_for_missing(case, ["court_papers"], actor=staff)
    with clock.at(NOON + timedelta(days=2)):
        assert run_tries() == [False, False]
    with clock.at(NOON + timedelta(days=5)):  # third business day
        assert run_tries() == [True, False]
        assert run_tries() == [False, False]
        second = task(case, "missing_try_2")
        assert second is not None
        finish_task(second, actor=staff)
    with clock.at(NOON + timedelta(days=13)):
        assert run_tries() == [True, False]
    with clock.at(NOON + timedelta(days=40)):
        assert run_tries() == [False, False]  # nobody made the last call yet
        third = task(case, "missing_try_3")
        assert third is not None
        finish_task(third, actor=staff)
        assert run_tries() == [False, True]
        assert run_tries() == [False, False]
    session.refresh(case)
    assert (case.status, case.custody) == (CaseStatus.ADMINISTRATIVELY_CLOSED, None)
    assert len(mails("client.closed")) == 1


def test_what_came_in_stops_the_tries(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    operations.ask_for_missing(case, ["court_papers"], actor=staff)
    with clock.at(NOON + timedelta(days=6)):
        assert run_tries() == [True, False]
        operations.receive_missing(case, ["court_papers"], actor=staff)
        second = task(case, "missing_try_2")
        assert second is not None
        assert second.done_at is not None
        assert run_tries() == [False, False]


def test_the_forum_decides_licence_and_credentials_unless_corrected(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    facts = {"forum_state": "WI", "county": "55025", "actor": staff}
    operations.change_matter(case, problem_code="77", forum="va", **facts)
    assert (case.licence, case.credentials) == ("any", ["va"])
    operations.change_matter(case, problem_code="63b", forum="state_court", **facts)
    assert (case.licence, case.credentials) == ("WI", [])
    operations.change_matter(case, problem_code="63", forum="state_court", licence="any", credentials=["va"], **facts)
    assert (case.licence, case.credentials) == ("any", ["va"])
    for wrong in ({"problem_code": "11"}, {"problem_code": "zz"}, {"forum": "moon"}, {"county": "99999"}):
        with pytest.raises(BadInput):
            operations.change_matter(case, **{"problem_code": "63", "forum": "state_court", **facts, **wrong})


def test_problem_codes_roll_up_and_reserved_ones_are_not_chosen() -> None:
    assert [is_selectable(code) for code in ("63", "63b", "11", "98", "00", None)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert [usual_forum(code) for code in ("01", "77", "81", "75", "63")] == [
        "bankruptcy_court",
        "va",
        "immigration_agency",
        "ssa",
        "state_court",
    ]
    assert asked_by_forum("federal_court", "MN") == ("MN", ["court_admission"])


def test_an_unknown_date_is_somebodys_task_until_it_is_known(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    row = operations.add_critical_date(case, kind="hearing", on_day=None, actor=staff)
    ask = task(case, "ask_date")
    assert (row.standing, ask.done_at) == ("open_question", None)
    with pytest.raises(NeedsDay):
        operations.settle_critical_date(row, actor=staff)
    operations.settle_critical_date(row, on_day=date(2026, 12, 1), actor=staff)
    assert (row.standing, case.next_critical_on) == ("confirmed", date(2026, 12, 1))
    assert ask.done_at is not None


def test_a_date_the_client_told_is_confirmed_by_who_has_seen_the_paper(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    row = CriticalDate(case=case, kind="hearing", on_day=date(2026, 12, 1))
    session.add(row)
    session.commit()
    assert row.is_told
    operations.settle_critical_date(row, actor=staff)
    assert not row.is_told


def test_a_date_that_is_done_no_longer_counts(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    row = operations.add_critical_date(case, kind="hearing", on_day=date(2026, 11, 19), actor=staff)
    assert operations.add_critical_date(case, kind="hearing", on_day=date(2026, 11, 19), actor=staff) is row
    assert case.points == 50
    operations.finish_critical_date(row, actor=staff)
    operations.finish_critical_date(row, actor=staff)
    assert (case.points, case.next_critical_on) == (0, None)


def test_a_suggestion_carries_its_authority_and_is_not_confirmed(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    rule = deadline_rules()["fed_civil_answer"]
    row = operations.suggest_critical_date(case, rule, date(2026, 11, 10), kind="answer_due", actor=staff)
    assert (row.standing, row.on_day) == ("suggested", date(2026, 12, 1))
    assert "FRCP" in (row.authority or "")


def test_periods_in_years_end_on_the_same_day() -> None:
    rule = DeadlineRule("x", "m", "e", 1, "years", "a", "c")
    assert suggested_day(rule, date(2024, 2, 29)) == date(2025, 2, 28)
    assert suggested_day(rule, date(2026, 3, 1)) == date(2027, 3, 1)
    assert "dv_hearing" not in deadline_rules()
    assert "bia_appeal" not in deadline_rules()


def test_consent_taken_back_does_not_undo_acceptance(work) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant)
    consent = session.scalars(select(Consent).where(Consent.case_id == case.id)).one()
    consent.withdrawn_at = NOON
    session.flush()
    assert case.status is CaseStatus.ACCEPTED
