"""Sending a request: what becomes of the answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.operations_offices import add_office, close_office
from app.clients import operations_intake as operations
from app.clients.models import (
    Case,
    CaseMove,
    CaseStatus,
    ChannelKind,
    Consent,
    CriticalDate,
    IntakeDraft,
    NameWord,
    OpeningStatus,
    PartyRole,
    PriorityLevel,
)
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.core.sealed import word_hashes
from app.tasks.models import Task
from tests import factories

from .asking import KEPT, full_draft, place_of

NOW = datetime(2026, 11, 18, 16, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(app: Flask):
    with clock.at(NOW):
        yield


def send(**changes) -> Case:
    with transaction():
        programme = factories.programme()
        factories.coordinator(programme)
        return operations.send_request(full_draft(programme, **changes), actor=None)


def test_a_request_becomes_a_case_in_prescreen_with_everything_that_was_told():
    case = send()
    assert case.status is CaseStatus.PRESCREEN
    assert case.number == "26-00001"
    assert case.office_id is None
    assert (case.problem_code, case.forum, case.licence, case.county) == ("63", "state_court", "WI", "55025")
    assert case.narrative == "The owner wants us out by the end of the month."
    assert case.address == "4 Elm Street, Madison"
    assert case.access_needs == "Large print; I hear badly on the phone."
    assert case.other_side_has_lawyer is True
    assert case.circumstances == ["child_at_home"]
    assert case.client.person.name == "Yesenia Marrón"
    assert case.client.person.other_names == ["Yesenia Olmos", "Yesi Marrón"]


def test_income_is_kept_as_typed_and_as_cents_a_year():
    facts = send().at_intake
    assert facts["gross_income"] == 1_440_000
    assert (facts["income_typed"], facts["income_period"]) == ("1,200", "month")
    assert facts["assets"] == 0
    assert facts["household_size"] == 3


@pytest.mark.parametrize(
    ("period", "yearly"),
    [("week", 5_200), ("two_weeks", 2_600), ("half_month", 2_400), ("month", 1_200), ("year", 100)],
)
def test_each_period_is_reckoned_to_a_year(period: str, yearly: int):
    case = send(income={"income": 100, "income_typed": "1", "income_period": period})
    assert case.at_intake["gross_income"] == yearly


def test_channels_carry_what_is_safe_and_unsure_is_not_safe():
    channels = {each.kind: each for each in send().client.channels}
    assert channels[ChannelKind.CALL].safe is True
    assert channels[ChannelKind.CALL].safe_hours == "after 4 pm"
    assert channels[ChannelKind.CALL].may_be_said == "neutral"
    assert channels[ChannelKind.TEXT].safe is False
    assert channels[ChannelKind.VOICEMAIL].safe is None
    assert channels[ChannelKind.EMAIL].value == "yesenia@example.net"
    assert channels[ChannelKind.POST].safe is False
    assert ChannelKind.TRUSTED_PERSON not in channels


def test_every_name_of_the_other_side_is_a_party_to_search_for():
    case = send()
    others = [party for party in case.parties if party.role is PartyRole.ADVERSE]
    assert [party.name for party in others] == ["Birchwood Lettings LLC", "Carl Winding"]
    assert others[0].is_organisation
    assert others[0].aliases == ["Birchwood Homes"]
    hashes = set(session.scalars(select(NameWord.word_hash)))
    assert {*word_hashes("Birchwood"), *word_hashes("olmos"), *word_hashes("marron")} <= hashes


def test_an_unknown_other_side_makes_no_party():
    case = send(other_side={"other_kind": "unknown", "other_name": ""})
    assert [party.role for party in case.parties] == [PartyRole.CLIENT]


def test_a_date_not_known_is_an_open_question_and_never_none():
    case = send()
    known, asked = sorted(session.scalars(select(CriticalDate)), key=lambda each: each.on_day is None)
    assert (known.kind, known.on_day, known.standing) == ("hearing", date(2026, 12, 4), "confirmed")
    assert known.is_told
    assert (asked.kind, asked.on_day, asked.standing) == ("answer_due", None, "open_question")
    assert case.next_critical_on == date(2026, 12, 4)


def test_not_being_sure_of_a_date_is_an_open_question_too():
    case = send(dates={"has_dates": "unsure"})
    assert [each.standing for each in case.critical_dates] == ["open_question"]


def test_a_request_goes_to_the_open_office_of_its_county():
    with transaction():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        for name, county in (("Kenosha", "55059"), ("Old Madison", "55025"), ("Madison", "55025")):
            office = add_office(programme, name, county, actor=staff)
            close_office(programme, office, closed=name.startswith("Old"), actor=staff)
        case = operations.send_request(full_draft(programme), actor=None)
        assert (case.county, case.office_id) == ("55025", office.id)


def test_a_yes_to_sharing_names_is_a_consent_and_a_no_is_none():
    given = session.scalars(select(Consent).where(Consent.case_id == send().id)).one()
    assert (given.kind, given.given_how, given.language) == ("share_names", "form", "en")
    refused = send(consent={"share_names": "no"})
    assert session.scalars(select(Consent).where(Consent.case_id == refused.id)).all() == []


def test_somebody_answers_for_the_case_at_once_the_one_who_has_fewest():
    with transaction():
        programme = factories.programme()
        busy, free = factories.coordinator(programme), factories.coordinator(programme)
        factories.case(programme, owner=busy)
        case = operations.send_request(full_draft(programme), actor=None)
    assert case.custody.user_id == free.id
    assert case.lead_opening.status is OpeningStatus.NOT_LISTED
    task = session.scalars(select(Task).where(Task.case_id == case.id)).one()
    assert (task.cause, task.owner_id) == ("screen", free.id)
    assert "Marrón" not in task.title


def test_priority_is_reckoned_at_once():
    case = send(urgent={"emergencies": ["lockout"], "harms": ["home"]})
    assert case.priority_level is PriorityLevel.CRITICAL


def test_matters_of_safety_are_marked_as_sensitive():
    assert send(problem={"problem": "hurt"}).sensitive
    assert not send().sensitive


def test_the_move_and_the_audit_are_written_and_name_nobody():
    case = send()
    move = session.scalars(select(CaseMove).where(CaseMove.case_id == case.id)).one()
    assert (move.from_status, move.to_status, move.operation) == (None, "prescreen", "clients.submit_request")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "request.send")).one()
    assert (entry.actor_kind, entry.case_id) == ("public", case.id)
    assert "Yesenia" not in str(session.scalars(select(AuditEntry.after)).all())


def test_sending_twice_gives_the_same_case_and_one_mail():
    with transaction():
        programme = factories.programme()
        factories.coordinator(programme)
        draft = full_draft(programme)
        first = operations.send_request(draft, actor=None).id
    with transaction():
        again = operations.send_request(session.get_one(IntakeDraft, draft.id), actor=None).id
    assert first == again
    assert session.scalar(select(func.count(Case.id))) == 1
    assert session.scalar(select(func.count(Mail.id))) == 1


def test_two_browsers_sending_at_the_same_moment_make_one_case(app: Flask):
    with transaction():
        programme = factories.programme()
        factories.coordinator(programme)
        draft_id = full_draft(programme).id

    def send_at_once(_n: int) -> int:
        with app.app_context(), transaction():
            return operations.send_request(session.get_one(IntakeDraft, draft_id), actor=None).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send_at_once, range(4)))) == 1
    session.rollback()
    assert session.scalar(select(func.count(Case.id))) == 1


def test_the_draft_keeps_no_facts_after_sending():
    send()
    draft = session.scalars(select(IntakeDraft)).one()
    assert set(draft.answers) == {"sent"}


def test_what_is_missing_is_named_and_nothing_is_sent():
    with transaction():
        programme = factories.programme()
        factories.coordinator(programme)
        draft = full_draft(programme, household={"adults": 1, "children": None})
        with pytest.raises(operations.Incomplete) as refused:
            operations.send_request(draft, actor=None)
    assert [str(detail) for detail in refused.value.details] == ["Your household"]
    assert session.scalar(select(func.count(Case.id))) == 0


def test_zero_income_counts_as_an_answer_and_nothing_typed_does_not():
    assert send(income={"income": 0, "income_typed": "0", "income_period": "month"}).at_intake["gross_income"] == 0
    with pytest.raises(operations.Incomplete):
        send(income={"income": None, "income_typed": "", "income_period": "month"})


def test_a_programme_without_staff_takes_no_requests():
    with pytest.raises(operations.NobodyThere), transaction():
        operations.send_request(full_draft(factories.programme()), actor=None)


def test_what_was_said_about_an_address_does_not_hold_for_a_new_one():
    with transaction():
        draft = full_draft(factories.programme())
        operations.save_answers(draft, "reach", {**KEPT["reach"], "email": "other@example.net"}, actor=None)
        assert "email_safe" not in draft.answers["safe"]
        assert draft.answers["safe"]["call_safe"] == "yes"


def test_each_programme_numbers_its_own_cases():
    with transaction():
        programme = factories.programme(last_case_number=41)
        factories.coordinator(programme)
        case = operations.send_request(full_draft(programme), actor=None)
        assert case.number == "26-00042"
        assert operations.reference(case) == f"{programme.prefix}-26-00042"
        assert place_of(programme).startswith("55025:")
