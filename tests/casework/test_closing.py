"""How a case ends: the report, its rules, staff's answer, and the other ways out and back in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.casework import closing, operations, operations_closing, operations_reopening, queries
from app.casework.models import AmountKind, ClosingReport, ClosingStatus
from app.casework.operations_closing import Amount
from app.clients.mails import tell_client
from app.clients.models import (
    OPEN,
    CaseStatus,
    Channel,
    ChannelKind,
    ClientLetter,
    CriticalDate,
    OpeningStatus,
    Party,
    PartyRole,
)
from app.clients.queries import visible_cases
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.core.mail import Mail, MailStatus
from app.matching.models import Bar, Referral, ReferralStatus, ReferralWay
from app.matching.queries import count_used_slots
from app.volunteers.models import Organisation
from tests import factories
from tests.casework.conftest import TODAY, Work, begin, closing_with

Send = Callable[..., ClosingReport]

WHOLE = {
    "main_benefit": "6305", "decision": "Eviction denied", "decided_on": TODAY, "counsel_of_record": True,
    "settlement_documented": True,
}  # fmt: skip
LACKING = [
    ("A", {}, []),
    ("B", {}, []),
    ("A", {"hours": 0}, ["hours"]),
    ("K", {}, ["main_benefit"]),
    ("L", {}, ["main_benefit"]),
    ("L", {"main_benefit": "6305"}, []),
    ("F", WHOLE, []),
    ("F", {**WHOLE, "settlement_documented": False}, ["settlement_documented"]),
    ("G", {**WHOLE, "settlement_documented": False, "main_benefit": None}, ["settlement_documented", "main_benefit"]),
    ("H", WHOLE, []),
    ("H", {**WHOLE, "counsel_of_record": False}, ["counsel_of_record"]),
    ("IA", {**WHOLE, "decided_on": None}, ["decided_on"]),
    ("IB", {**WHOLE, "decision": None}, ["decided_on"]),
    ("IC", {"main_benefit": "6305"}, ["counsel_of_record", "decided_on"]),
    ("IB", {**WHOLE, "decided_on": TODAY + timedelta(days=1)}, ["decided_on"]),
    ("A", {"work_ended_on": TODAY + timedelta(days=1)}, ["work_ended_on"]),
    ("E", {}, ["closing_code"]),
    ("Z", {}, ["closing_code"]),
]


@pytest.mark.parametrize(("code", "said", "wrong"), LACKING)
def test_each_closing_code_asks_for_what_it_needs(
    work: Work, code: str, said: dict[str, Any], wrong: list[str]
) -> None:
    report = closing_with(closing_code=code, **said)
    found = closing.problems_with(report, represents_self=False, today=TODAY)
    assert [field for field, _sentence in found] == wrong


@pytest.mark.parametrize("code", ["F", "G"])
def test_a_settlement_does_not_fit_clients_who_represented_themselves(work: Work, code: str) -> None:
    found = closing.problems_with(closing_with(closing_code=code, **WHOLE), represents_self=True, today=TODAY)
    assert [field for field, _sentence in found] == ["closing_code"]


def test_every_code_with_a_rule_is_tried_above() -> None:
    assert {code for code, *_rest in LACKING} >= set(closing.closing_codes())


def test_benefits_of_the_own_problem_come_first() -> None:
    assert next(iter(closing.main_benefits("63"))).startswith("63")
    assert "0000" in closing.main_benefits("63")


def test_a_report_waits_for_staff_and_frees_the_slot(work: Work, report: Send) -> None:
    assert count_used_slots(work.user.volunteer) == 1
    report()
    assert work.case.status is CaseStatus.CLOSING
    assert count_used_slots(work.user.volunteer) == 0
    assert work.lead.ended_at is None
    assert work.tasks() == {"closing": None}


@pytest.mark.parametrize(("logged", "reported", "total"), [(0, 200, 200), (150, 200, 200), (300, 200, 300)])
def test_hours_are_topped_up_to_the_volunteers_own_total(
    work: Work, report: Send, logged: int, reported: int, total: int
) -> None:
    with transaction():
        operations.add_time(work.case, on_day=TODAY, hundredths=600, actor=work.staff)
        if logged:
            operations.add_time(work.case, on_day=TODAY, hundredths=logged, actor=work.user)
    report(hours=reported)
    assert queries.hours_of(work.case, by=work.user) == total
    assert queries.hours_of(work.case, by=work.staff) == 600


def test_amounts_keep_their_kinds(work: Work, report: Send) -> None:
    report(Amount(AmountKind.LUMP_SUM, 120_000), Amount(AmountKind.MONTHLY, 40_000, months=12))
    kept = queries.waiting_report(work.case).amounts
    assert [(a.kind, a.cents, a.months) for a in kept] == [
        (AmountKind.LUMP_SUM, 120_000, None),
        (AmountKind.MONTHLY, 40_000, 12),
    ]


@pytest.mark.parametrize(
    ("amount", "field"),
    [
        (Amount(AmountKind.MONTHLY, 40_000), "months"),
        (Amount(AmountKind.AVOIDED, 40_000, months=3), "months"),
        (Amount(AmountKind.AWARDED, 0), "awarded"),
    ],
)
def test_amounts_that_cannot_be_are_refused(work: Work, report: Send, amount: Amount, field: str) -> None:
    with pytest.raises(operations_closing.CannotClose) as refused:
        report(amount)
    assert [f for f, _sentence in refused.value.details] == [field]
    assert work.case.status is CaseStatus.IN_SERVICE


def test_a_report_is_sent_once(work: Work, report: Send) -> None:
    report()
    with pytest.raises(operations_closing.AlreadyReported):
        report()
    assert session.query(ClosingReport).count() == 1


@pytest.mark.parametrize("status", [CaseStatus.PRESCREEN, CaseStatus.AVAILABLE, CaseStatus.CLOSED])
def test_only_a_placed_case_is_reported(app: Flask, status: CaseStatus) -> None:
    other = begin(status)
    with pytest.raises(operations.WorkIsOver), transaction():
        operations_closing.report_closing(other.case, closing_with(), amounts=[], actor=other.staff)


def test_a_placed_case_may_be_closed_without_a_first_contact(app: Flask) -> None:
    placed = begin(CaseStatus.PLACED)
    with transaction():
        operations_closing.report_closing(placed.case, closing_with(), amounts=[], actor=placed.user)
    assert placed.case.status is CaseStatus.CLOSING


def test_approval_closes_thanks_and_tells(work: Work, report: Send) -> None:
    report()
    with transaction():
        operations_closing.approve_closing(queries.waiting_report(work.case), actor=work.staff)
    assert work.case.status is CaseStatus.CLOSED
    assert (work.case.closed_at, work.lead.end_reason) == (clock.now(), "closed")
    assert work.case.custody is None
    assert {o.status for o in work.case.openings} == {OpeningStatus.CLOSED}
    assert work.tasks() == {"closing": "closed"}
    assert work.mails() == ["client.closing", "casework.thanks", "client.closed"]
    assert not session.execute(visible_cases(work.user)).all()


def test_a_report_is_answered_once_and_by_staff_only(work: Work, report: Send) -> None:
    report()
    with pytest.raises(NotAllowed), transaction():
        operations_closing.approve_closing(queries.waiting_report(work.case), actor=work.user)
    with transaction():
        operations_closing.approve_closing(queries.waiting_report(work.case), actor=work.staff)
    for again in (
        lambda r: operations_closing.approve_closing(r, actor=work.staff),
        lambda r: operations_closing.return_closing(r, reason="late", actor=work.staff),
    ):
        with pytest.raises(operations_closing.NothingToApprove), transaction():
            again(queries.closing_report(work.case))
    assert work.mails().count("casework.thanks") == 1


def test_a_returned_report_goes_on_whatever_the_volunteers_slots(work: Work, report: Send) -> None:
    report()
    with transaction():
        person = work.user.volunteer
        person.capacity = 1
        factories.case(work.case.programme, CaseStatus.IN_SERVICE, owner=work.staff, lead=person)
    with transaction():
        operations_closing.return_closing(queries.waiting_report(work.case), reason="Which code?", actor=work.staff)
    assert work.case.status is CaseStatus.IN_SERVICE
    assert count_used_slots(work.user.volunteer) == 2
    assert work.tasks() == {"closing": "returned"}
    assert work.mails() == ["client.closing", "casework.closing_returned"]
    with pytest.raises(operations_closing.NothingToApprove), transaction():
        operations_closing.approve_closing(queries.closing_report(work.case), actor=work.staff)
    report(hours=300)
    with transaction():
        operations_closing.approve_closing(queries.waiting_report(work.case), actor=work.staff)
    assert [r.status for r in session.query(ClosingReport).order_by(ClosingReport.id)] == [
        ClosingStatus.RETURNED, ClosingStatus.APPROVED,
    ]  # fmt: skip


@pytest.mark.parametrize("status", OPEN)
def test_a_case_is_withdrawn_from_every_open_status(app: Flask, status: CaseStatus) -> None:
    other = begin(status)
    with transaction():
        operations_closing.withdraw_case(other.case, reason="client_wish", actor=other.staff)
    assert other.case.status is CaseStatus.WITHDRAWN
    assert other.case.custody is None
    assert other.lead.end_reason == "withdrawn"
    assert "client.withdrawn" in other.mails()
    with pytest.raises(operations.WorkIsOver), transaction():
        operations_closing.withdraw_case(other.case, reason="client_wish", actor=other.staff)


def test_only_staff_withdraw(work: Work) -> None:
    with pytest.raises(NotAllowed), transaction():
        operations_closing.withdraw_case(work.case, reason="client_wish", actor=work.user)


def test_withdrawing_ends_holds_with_a_word_and_the_waiting_report(work: Work, report: Send) -> None:
    with transaction():
        listed = factories.case(work.case.programme, CaseStatus.AVAILABLE, owner=work.staff)
        session.add(Referral(opening=listed.lead_opening, volunteer=factories.volunteer(), way=ReferralWay.CLAIM,
                             status=ReferralStatus.HELD, held_at=clock.now()))  # fmt: skip
        session.flush()
        operations_closing.withdraw_case(listed, reason="solved", actor=work.staff)
    assert session.query(Referral).one().status is ReferralStatus.WITHDRAWN
    assert "matching.gone" in work.mails()
    report()
    with transaction():
        operations_closing.withdraw_case(work.case, reason="solved", actor=work.staff)
    assert session.query(ClosingReport).one().superseded_at is not None


def test_a_dormant_case_is_closed_by_staff_and_both_sides_hear(work: Work) -> None:
    with pytest.raises(NotAllowed), transaction():
        operations_closing.close_dormant(work.case, actor=work.user)
    with transaction():
        operations_closing.close_dormant(work.case, actor=work.staff)
    assert work.case.status is CaseStatus.ADMINISTRATIVELY_CLOSED
    assert (work.lead.end_reason, work.case.custody) == ("dormant", None)
    assert work.mails() == ["casework.case_dormant", "client.closed"]
    with pytest.raises(operations.WorkIsOver), transaction():
        operations_closing.close_dormant(work.case, actor=work.staff)


@pytest.fixture
def closed(work: Work, report: Send) -> Work:
    """A case that was closed in the ordinary way."""
    report()
    with transaction():
        operations_closing.approve_closing(queries.waiting_report(work.case), actor=work.staff)
    return work


def reopen(of: Work, *, with_lead: bool) -> None:
    with transaction():
        operations_reopening.reopen_case(of.case, reason="new_facts", with_lead=with_lead, actor=of.staff)


def test_a_case_is_reopened_with_the_volunteer_who_agreed(closed: Work) -> None:
    with transaction():
        closed.case.assignments[0].cut_off_at = closed.case.closed_at  # over a name that was taken out again
    reopen(closed, with_lead=True)
    assert closed.case.status is CaseStatus.IN_SERVICE
    assert (closed.lead.ended_at, closed.lead.uses_slot, closed.case.closed_at) == (None, True, None)
    assert closed.case.lead_opening.status is OpeningStatus.FILLED
    assert closed.case.custody is not None
    assert closed.case.custody.user_id == closed.staff_id
    assert session.execute(visible_cases(closed.user)).all()
    assert closed.tasks()["reopened"] is None
    assert "casework.case_reopened" in closed.mails()


def test_a_client_whose_case_is_open_again_is_not_told_that_it_is_over(closed: Work) -> None:
    with transaction():
        kept = {"kind": ChannelKind.POST, "value": "9 Quince Road", "value_hash": "x", "safe": True}
        session.add(Channel(client=closed.case.client, **kept))
        tell_client(closed.case, "closed", once="again")
    reopen(closed, with_lead=True)
    (mail,) = session.query(Mail).filter_by(kind="client.closed").order_by(Mail.id.desc()).limit(1)
    assert (mail.status, mail.drop_reason) == (MailStatus.DROPPED, "no_longer_true")
    assert [each.drop_reason for each in session.query(ClientLetter)] == ["no_longer_true"]
    assert closed.tasks()["post_letter"] == "no_longer_true"


def test_a_case_is_reopened_without_the_volunteer_to_be_placed_anew(closed: Work) -> None:
    reopen(closed, with_lead=False)
    assert closed.case.status is CaseStatus.ACCEPTED
    assert closed.lead.ended_at is not None
    assert closed.case.lead_opening.status is OpeningStatus.NOT_LISTED
    assert closed.case.custody is not None
    assert "casework.case_reopened" not in closed.mails()


def test_a_reopened_case_can_be_closed_again(closed: Work, report: Send) -> None:
    reopen(closed, with_lead=True)
    report(hours=500)
    with transaction():
        operations_closing.approve_closing(queries.waiting_report(closed.case), actor=closed.staff)
    assert closed.case.status is CaseStatus.CLOSED
    live = session.query(ClosingReport).filter(ClosingReport.superseded_at.is_(None))
    assert [r.status for r in live] == [ClosingStatus.APPROVED]
    for kind in ("casework.thanks", "client.closed"):
        assert session.query(Mail).filter_by(kind=kind).count() == 2


def test_only_a_closed_case_is_reopened_and_only_by_staff(closed: Work) -> None:
    with pytest.raises(NotAllowed), transaction():
        operations_reopening.reopen_case(closed.case, reason="error", with_lead=False, actor=closed.user)
    reopen(closed, with_lead=False)
    with pytest.raises(operations_reopening.NotClosed):
        reopen(closed, with_lead=False)


@pytest.mark.parametrize("hindrance", ["barred", "their firm barred", "a party's name", "lapsed", "parties", "unread"])
def test_a_volunteer_who_may_not_have_the_case_does_not_get_it_back(closed: Work, hindrance: str) -> None:
    with transaction():
        person = closed.user.volunteer
        if hindrance == "barred":
            session.add(Bar(case_id=closed.case_id, volunteer_id=person.id, reason="conflict"))
        elif hindrance == "their firm barred":
            firm = factories.add(Organisation(name="Orchard and Vale LLP"))
            factories.member(person.id, firm.id)
            session.add(Bar(case_id=closed.case_id, organisation_id=firm.id, reason="conflict"))
        elif hindrance == "a party's name":
            session.add(Party(case=closed.case, role=PartyRole.ADVERSE, name=person.name))
        elif hindrance == "lapsed":
            for credential in person.credentials:
                credential.valid_until = date(2026, 1, 1)
        else:
            read = 1 if hindrance == "parties" else None
            cleared = Referral(opening=closed.case.lead_opening, volunteer=person, way=ReferralWay.CLAIM,
                               status=ReferralStatus.CONFIRMED, attested_version=read)  # fmt: skip
            session.add(cleared)
            session.flush()
            closed.lead.referral_id, closed.case.parties_version = cleared.id, 2
    with pytest.raises(operations_reopening.LeadCannotReturn):
        reopen(closed, with_lead=True)
    assert closed.case.status is CaseStatus.CLOSED


def test_open_dates_do_not_stop_a_closing(work: Work, report: Send) -> None:
    with transaction():
        session.add(CriticalDate(case=work.case, kind="hearing", on_day=TODAY, standing="confirmed"))
    report()
    assert work.case.status is CaseStatus.CLOSING
