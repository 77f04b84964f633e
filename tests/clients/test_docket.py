"""Listing a case, its referral clock, and every way off the docket."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.clients import jobs, operations
from app.clients.listing import copies, faults, names_somebody
from app.clients.models import Case, CaseStatus, Consent, ConsentKind, OpeningStatus, PartyRole, PriorityLevel
from app.clients.operations_consent import NotGiven
from app.clients.operations_docket import BadClock, BadListing, ChooseReason, NotAccepted, NotOnDocket
from app.clients.operations_pauses import NotPaused
from app.clients.operations_screening import NoOtherHelp, NotReady
from app.clients.priority import clock_end, refresh_priority
from app.core import clock
from app.core.db import session
from app.core.mail import Mail
from app.tasks.models import Task
from tests import factories as make

from .screened import LISTING, accepted, clear, fund, listed

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)  # a Wednesday
CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def work(app: Flask):
    with clock.at(NOON):
        of = make.programme()
        staff = make.coordinator(of)
        yield of, staff, fund(of)


def lacks(case: Case, staff: object) -> list[str]:
    with pytest.raises(NotReady) as no:
        operations.list_case(case, actor=staff, **LISTING)
    return [lack.key for lack in no.value.lacks]


def count_mails(kind: str) -> int:
    return len(session.scalars(select(Mail).where(Mail.kind == kind)).all())


def test_listing_opens_the_case_starts_the_clock_and_tells_the_client(work) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant)
    operations.list_case(case, actor=staff, **LISTING)
    operations.list_case(case, actor=staff, **LISTING)
    assert (case.status, case.listed_at, case.hours) == (CaseStatus.AVAILABLE, NOON, 1200)
    assert (case.lead_opening.status, case.lead_opening.hours) == (OpeningStatus.LISTED, 1200)
    assert case.clock_ends_at is not None
    assert count_mails("client.looking") == 1


def test_listing_needs_consent_clearance_merits_and_a_fund(work) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant)
    consent = session.scalars(select(Consent).where(Consent.case_id == case.id)).one()
    consent.withdrawn_at = NOON
    operations.add_party(case, role=PartyRole.ADVERSE, name="Ruth Amsel", actor=staff)
    assert lacks(case, staff) == ["conflict", "consent"]
    clear(case, staff)
    assert lacks(case, staff) == ["consent"]
    consent.withdrawn_at, consent.expires_on = None, date(2026, 11, 17)
    session.flush()
    assert lacks(case, staff) == ["consent"]
    consent.expires_on = date(2026, 11, 18)
    session.flush()
    operations.list_case(case, actor=staff, **LISTING)
    assert case.status is CaseStatus.AVAILABLE


def test_staff_record_a_yes_and_one_that_ran_out_is_renewed(work) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant)
    first = session.scalars(select(Consent).where(Consent.case_id == case.id)).one()
    assert operations.record_consent(case, ConsentKind.SHARE_NAMES, "phone", actor=staff) is first
    first.expires_on = date(2026, 11, 17)
    session.flush()
    with pytest.raises(NotGiven):
        operations.record_consent(case, ConsentKind.SHARE_NAMES, "telepathy", actor=staff)
    made = operations.record_consent(case, ConsentKind.SHARE_NAMES, "interpreter", actor=staff)
    assert (made.given_how, made.recorded_by_id, made.given_at) == ("interpreter", staff.id, NOON)
    operations.list_case(case, actor=staff, **LISTING)
    assert case.status is CaseStatus.AVAILABLE


def test_only_an_accepted_case_is_listed(work) -> None:
    of, staff, _grant = work
    with pytest.raises(NotAccepted):
        operations.list_case(make.case(of, owner=staff), actor=staff, **LISTING)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "}, {"text": ""}, {"hours": 0}, {"level": "wizard"}, {"title": "x" * 81},
        {"text": "Maribel must leave."}, {"text": "Against Cottonwood Row Holdings."}, {"title": "Call 608-555-0143"},
        {"text": "Write to her at client@example.net."},
        {"text": "Tenant says the landlord came and changed the lock on the door."},
    ],
)  # fmt: skip
def test_a_listing_that_says_too_much_or_too_little_is_refused(work, changes: dict[str, object]) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant, narrative="On Monday the landlord came and changed the lock on the door.")
    with pytest.raises(BadListing):
        operations.list_case(case, actor=staff, **{**LISTING, **changes})
    assert case.status is CaseStatus.ACCEPTED


def test_everyday_words_are_names_only_where_written_as_names() -> None:
    assert not names_somebody("The hearing will be in May.", "Will Hearing", False)
    assert names_somebody("The tenant, Will, asks for help.", "Will Hearing", False)
    assert not names_somebody("A hearing on rent in a house.", "Green House Rent LLC", True)
    assert names_somebody("Green house rent claims arrears.", "Green House Rent LLC", True)
    assert names_somebody("Núñez asks for help.", "José Nunez", False)
    assert faults("A tenant faces removal.", [("José Nunez", False)], None) == []


def test_six_words_in_a_row_of_the_story_are_a_copy() -> None:
    story = "He came at night and broke the door with a hammer."
    assert copies("Landlord came at night and broke the door.", story)
    assert not copies("The door was broken at night.", story)
    assert not copies("Anything", None)


@pytest.mark.parametrize(
    ("level", "ends"),
    [
        (PriorityLevel.CRITICAL, datetime(2026, 11, 19, 17, tzinfo=CHICAGO)),
        (PriorityLevel.HIGH, datetime(2026, 11, 23, 17, tzinfo=CHICAGO)),
        (PriorityLevel.NORMAL, datetime(2026, 12, 9, 17, tzinfo=CHICAGO)),
        (PriorityLevel.LOW, datetime(2027, 1, 2, 17, tzinfo=CHICAGO)),
    ],
)
def test_the_referral_clock_runs_by_level(work, level: PriorityLevel, ends: datetime) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff, priority_level=level)
    assert clock_end(case, NOON) == ends


def test_half_the_time_to_the_next_date_ends_the_clock_sooner(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff, priority_level=PriorityLevel.NORMAL, next_critical_on=date(2026, 11, 28))
    until = datetime(2026, 11, 28, 17, tzinfo=CHICAGO)
    assert clock_end(case, NOON) == NOON + (until - NOON) / 2
    case.next_critical_on = date(2026, 11, 17)
    assert clock_end(case, NOON) == NOON


def test_a_case_that_becomes_more_urgent_waits_less_and_never_longer(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    low = case.clock_ends_at
    operations.change_triage(
        case, circumstances=[], harms=[], emergencies=["lockout"], other_side_has_lawyer=None, actor=staff
    )
    soon = case.clock_ends_at
    assert soon < low
    operations.change_triage(case, circumstances=[], harms=[], emergencies=[], other_side_has_lawyer=None, actor=staff)
    refresh_priority(case)
    assert case.clock_ends_at == soon


def test_the_clock_is_extended_with_a_reason_before_the_next_date(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    operations.add_critical_date(case, kind="hearing", on_day=date(2026, 12, 10), actor=staff)
    for day in (date(2026, 11, 18), date(2026, 12, 10)):
        with pytest.raises(BadClock):
            operations.extend_clock(case, day, "offer_out", actor=staff)
    with pytest.raises(ChooseReason):
        operations.extend_clock(case, date(2026, 12, 9), "because", actor=staff)
    operations.extend_clock(case, date(2026, 12, 9), "offer_out", actor=staff)
    operations.extend_clock(case, date(2026, 12, 9), "offer_out", actor=staff)
    assert case.clock_ends_at == datetime(2026, 12, 9, 17, tzinfo=CHICAGO)
    assert count_mails("client.still_looking") == 1


def test_when_the_clock_ends_a_person_decides(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    session.commit()
    assert not jobs.ask_about_clock_one()
    with clock.at(case.clock_ends_at):
        assert jobs.ask_about_clock_one()
        assert not jobs.ask_about_clock_one()
        task = session.scalars(select(Task).where(Task.cause == "decide_clock")).one()
        assert task.owner_id == staff.id
        operations.tell_not_placed(case, "County bar, 608-555-0143", actor=staff)
        assert task.done_at is not None


def test_not_placed_tells_the_client_with_other_help_and_ends_the_case(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    with pytest.raises(NoOtherHelp):
        operations.tell_not_placed(case, "", actor=staff)
    operations.tell_not_placed(case, "County bar, 608-555-0143", actor=staff)
    operations.tell_not_placed(case, "County bar, 608-555-0143", actor=staff)
    session.refresh(case)
    assert (case.status, case.custody, case.clock_ends_at) == (CaseStatus.NOT_PLACED, None, None)
    assert case.lead_opening.status is OpeningStatus.CLOSED
    assert count_mails("client.not_placed") == 1


def test_taken_off_the_docket_a_case_can_be_listed_again(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    with pytest.raises(ChooseReason):
        operations.take_off_docket(case, "boredom", actor=staff)
    operations.take_off_docket(case, "facts_changed", actor=staff)
    assert (case.status, case.lead_opening.status) == (CaseStatus.ACCEPTED, OpeningStatus.NOT_LISTED)
    assert case.clock_ends_at is None
    operations.list_case(case, actor=staff, **LISTING)
    assert case.lead_opening.status is OpeningStatus.LISTED


def test_kept_with_staff_somebody_still_answers_for_it_and_the_client_is_told(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    operations.keep_with_staff(case, "staff_expertise", actor=staff)
    operations.keep_with_staff(case, "staff_expertise", actor=staff)
    session.refresh(case)
    assert case.status is CaseStatus.RETURNED_TO_STAFF
    assert case.custody is not None
    assert len(session.scalars(select(Mail).where(Mail.kind == "client.kept")).all()) == 1
    assert "tell_kept" not in session.scalars(select(Task.cause)).all()


def test_kept_with_staff_somebody_calls_where_no_way_to_write_is_safe(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    case.client.channels[0].safe = None
    operations.keep_with_staff(case, "staff_expertise", actor=staff)
    (call,) = session.scalars(select(Task).where(Task.cause == "call_client")).all()
    assert call.owner_id == staff.id
    assert "Somebody from our own office will help you themselves." in call.script


def test_steps_off_the_docket_start_on_it(work) -> None:
    of, staff, _grant = work
    case = make.case(of, owner=staff)
    with pytest.raises(NotOnDocket):
        operations.take_off_docket(case, "mistake", actor=staff)
    with pytest.raises(NotOnDocket):
        operations.keep_with_staff(case, "urgent", actor=staff)
    with pytest.raises(NotOnDocket):
        operations.tell_not_placed(case, "Bar", actor=staff)
    with pytest.raises(NotOnDocket):
        operations.extend_clock(case, date(2026, 12, 1), "offer_out", actor=staff)


def test_a_paused_cases_clock_stands_still_and_runs_on_after(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant)
    end = case.clock_ends_at
    with pytest.raises(NotPaused):
        operations.resume_case(case, actor=staff)
    with pytest.raises(BadClock):
        operations.pause_case(case, "court_stayed", date(2026, 11, 18), actor=staff)
    operations.pause_case(case, "court_stayed", date(2026, 12, 1), actor=staff)
    session.commit()
    with clock.at(end + timedelta(days=1)):
        assert not jobs.ask_about_clock_one()
    with clock.at(NOON + timedelta(days=5)):
        operations.resume_case(case, actor=staff)
        assert case.clock_ends_at == end.replace(day=6)  # three business days after a Saturday
    assert session.scalars(select(Task.done_at).where(Task.cause == "review_pause")).one() is not None
