"""Handing a case back and leaving it at once: who is responsible when, who is told, and what is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import operations as accounts
from app.casework import operations, operations_closing, operations_transfer, transfer_queries
from app.casework import operations_transfer_steps as steps
from app.casework.models import ClosingReport, Note, TimeEntry
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Court, Transfer, TransferKind, TransferStatus
from app.casework.transfer_refusals import AlreadyOpen, ReportIsChecked, TransferOver
from app.casework.transfer_words import MANDATORY_REASONS, root_causes
from app.clients.models import (
    CaseStatus,
    Consent,
    ConsentKind,
    CriticalDate,
    Custody,
    OpeningStatus,
    Party,
    PartyRole,
    Priority,
)
from app.clients.queries import visible_cases
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.core.mail import Mail
from app.matching.models import Bar
from app.tasks.models import Task
from tests import factories
from tests.casework.conftest import TODAY, Work, begin, closing_with

S, K = TransferStatus, TransferKind


def memo(**changes: Any) -> Checklist:
    """A checklist with everything in it."""
    values: dict[str, Any] = {"done": "The answer is filed.", "next": "Call the clerk.", "last_contact_on": TODAY}
    return Checklist(**{**values, **changes})


def hand_back(work: Work, *, actor: str = "user", reason: str = "no_time", **changes: Any) -> Transfer:
    with transaction():
        who = getattr(work, actor)
        return operations_transfer.hand_back(work.lead, reason, memo(**changes), actor=who)


def leave(work: Work, reason: str, *, actor: str = "user", court: Court = Court.NO) -> Transfer:
    with transaction():
        return operations_transfer.leave_at_once(work.lead, reason, court=court, actor=getattr(work, actor))


def newest(work: Work) -> Transfer:
    session.rollback()
    return transfer_queries.transfers_of(work.case)[0]


def date_in(work: Work, days: int) -> None:
    """A date of the case so many days from today."""
    day = TODAY + timedelta(days=days)
    with transaction():
        session.add(CriticalDate(case=work.case, kind="hearing", on_day=day, standing="confirmed"))
        work.case.next_critical_on = day


def custodians(work: Work) -> list[int]:
    session.rollback()
    found = select(Custody.user_id).where(Custody.case_id == work.case_id, Custody.until_at.is_(None))
    return list(session.execute(found).scalars())


def steps_of(work: Work) -> list[str]:
    return [step.step for step in newest(work).steps]


def test_a_hand_back_without_a_near_date_completes_at_once(work: Work) -> None:
    hand_back(work)
    made = newest(work)
    assert (made.status, made.outcome, made.kind) == (S.LEFT, "available", K.HAND_BACK)
    assert work.case.status is CaseStatus.AVAILABLE
    assert work.case.lead_opening.status is OpeningStatus.LISTED
    assert work.lead.ended_at == made.left_at
    assert not session.execute(visible_cases(work.user)).all()
    assert steps_of(work) == ["opened", "sent", "left"]


def test_everybody_is_told_of_a_hand_back_and_the_memo_is_among_the_notes(work: Work) -> None:
    hand_back(work)
    assert work.mails() == ["client.hand_over", "casework.handed_back"]
    assert work.tasks() == {"handed_back": None, "transfer_cause": None, "update_client": None}
    note = session.query(Note).one()
    assert "The answer is filed." in note.text
    assert "Call the clerk." in note.text
    assert note.author_id == work.user_id


@pytest.mark.parametrize("days", [10, 3, 0, -1])
def test_with_a_date_within_ten_days_a_coordinator_takes_custody_first(work: Work, days: int) -> None:
    date_in(work, days)
    hand_back(work)
    assert newest(work).status is S.WAITING
    assert work.lead.ended_at is None
    assert session.execute(visible_cases(work.user)).all(), "the volunteer is still responsible"
    task = session.query(Task).filter_by(cause="take_custody").one()
    assert task.due_at == clock.now()
    assert "casework.hand_back_waits" in work.mails()
    colleague = _colleague(work)
    with transaction():
        operations_transfer.take_custody(newest(work), actor=colleague)
    assert newest(work).status is S.LEFT
    assert custodians(work) == [colleague.id]
    assert work.case.status is CaseStatus.AVAILABLE
    assert work.tasks()["take_custody"] == "done"
    assert session.query(Note).one().author_id == work.user_id


def _colleague(work: Work) -> Any:
    with transaction():
        return factories.coordinator(work.case.programme)


def test_a_date_that_only_the_volunteer_knows_of_counts_too(work: Work) -> None:
    hand_back(work, next_date_on=TODAY + timedelta(days=5))
    assert newest(work).status is S.WAITING


def test_eleven_days_are_not_near(work: Work) -> None:
    date_in(work, 11)
    hand_back(work)
    assert newest(work).status is S.LEFT


def test_staff_who_hand_back_for_the_volunteer_take_custody_in_the_same_act(work: Work) -> None:
    date_in(work, 2)
    hand_back(work, actor="attorney")
    assert newest(work).status is S.LEFT
    assert custodians(work) == [work.attorney_id]


def test_only_staff_take_custody_and_only_while_it_waits(work: Work) -> None:
    date_in(work, 2)
    hand_back(work)
    with pytest.raises(NotAllowed), transaction():
        operations_transfer.take_custody(newest(work), actor=work.user)
    with transaction():
        operations_transfer.take_back(newest(work), actor=work.user)
    with pytest.raises(TransferOver), transaction():
        operations_transfer.take_custody(newest(work), actor=work.staff)


def test_leave_of_the_court_is_waited_for(work: Work) -> None:
    hand_back(work, court=Court.NEEDED)
    assert newest(work).status is S.WAITING
    assert work.tasks() == {"court_leave": None}
    with pytest.raises(operations.CannotKeep), transaction():
        operations_transfer.grant_court_leave(newest(work), TODAY + timedelta(days=1), actor=work.staff)
    with transaction():
        operations_transfer.grant_court_leave(newest(work), TODAY, actor=work.staff)
    assert newest(work).status is S.LEFT
    assert work.tasks()["court_leave"] == "granted"
    assert newest(work).court_granted_on == TODAY


def test_custody_and_court_are_both_waited_for(work: Work) -> None:
    date_in(work, 4)
    hand_back(work, court=Court.NEEDED)
    with transaction():
        operations_transfer.take_custody(newest(work), actor=work.staff)
    assert newest(work).status is S.WAITING
    assert work.lead.ended_at is None
    with transaction():
        operations_transfer.grant_court_leave(newest(work), TODAY, actor=work.staff)
    assert newest(work).status is S.LEFT


@pytest.mark.parametrize("who", ["user", "staff"])
def test_a_hand_back_is_taken_back_before_it_is_complete(work: Work, who: str) -> None:
    date_in(work, 4)
    hand_back(work)
    with transaction():
        operations_transfer.take_back(newest(work), actor=getattr(work, who))
    assert newest(work).status is S.WITHDRAWN
    assert work.tasks()["take_custody"] in ("withdrawn", "revoked")
    assert work.lead.ended_at is None
    assert ("casework.transfer_revoked" in work.mails()) is (who == "staff")
    with transaction():
        operations_transfer.take_back(newest(work), actor=getattr(work, who))
    hand_back(work)
    assert session.query(Transfer).count() == 2


def test_nothing_is_taken_back_after_the_end(work: Work) -> None:
    hand_back(work)
    with pytest.raises(TransferOver), transaction():
        operations_transfer.take_back(newest(work), actor=work.staff)
    with pytest.raises(NotAllowed), transaction():
        operations_transfer.take_back(newest(work), actor=work.user)


def test_a_draft_keeps_what_was_typed_and_changes_nothing(work: Work) -> None:
    with transaction():
        operations_transfer.save_draft(work.lead, "skill", Checklist("Half of it", ""), actor=work.user)
    draft = newest(work)
    assert (draft.status, draft.checklist) == (S.DRAFT, {"done": "Half of it", "next": ""})
    assert work.mails() == []
    assert work.case.status is CaseStatus.IN_SERVICE
    hand_back(work)
    assert session.query(Transfer).one().status is S.LEFT


@pytest.mark.parametrize("field", ["done", "next"])
def test_a_hand_back_needs_its_memo(work: Work, field: str) -> None:
    with pytest.raises(operations.CannotKeep) as no:
        hand_back(work, **{field: "  "})
    assert no.value.field == field
    session.rollback()
    assert session.query(Transfer).count() == 0


@pytest.mark.parametrize(
    ("field", "day"), [("last_contact_on", TODAY + timedelta(days=1)), ("next_date_on", TODAY - timedelta(days=1))]
)
def test_days_of_the_checklist_lie_where_they_can(work: Work, field: str, day: date) -> None:
    with pytest.raises(operations.CannotKeep) as no:
        hand_back(work, **{field: day})
    assert no.value.field == field


def test_the_last_hours_are_logged_with_the_hand_back_and_none_after(work: Work) -> None:
    hand_back(work, hours=150, hours_on=TODAY)
    entry = session.query(TimeEntry).one()
    assert (entry.hundredths, entry.role) == (150, "lead")
    with pytest.raises(operations.NotOnTheCase), transaction():
        operations.add_time(work.case, on_day=TODAY, hundredths=50, actor=work.user)


def test_a_hand_back_sent_twice_has_one_effect(work: Work) -> None:
    date_in(work, 4)
    hand_back(work)
    hand_back(work)
    assert session.query(Transfer).count() == 1
    assert session.query(Task).filter_by(cause="take_custody").count() == 1


def test_a_stranger_hands_nothing_back(work: Work) -> None:
    other = begin()
    with pytest.raises(operations.NotOnTheCase), transaction():
        operations_transfer.hand_back(work.lead, "no_time", memo(), actor=other.user)
    with pytest.raises(operations.NotOnTheCase), transaction():
        operations_transfer.leave_at_once(work.lead, "illness", court=Court.NO, actor=other.staff)


def test_while_the_report_is_checked_the_case_is_not_handed_back(work: Work) -> None:
    with transaction():
        operations_closing.report_closing(work.case, closing_with(), amounts=[], actor=work.user)
    with pytest.raises(ReportIsChecked):
        hand_back(work)


def test_a_case_handed_back_returns_higher_and_the_factor_is_named(work: Work) -> None:
    with transaction():
        steps.where_next(work.case, "no_time")
        before = session.query(Priority).count()
    hand_back(work)
    session.rollback()
    found = session.query(Priority).order_by(Priority.id.desc()).first()
    assert found is not None
    assert session.query(Priority).count() > before
    assert [f["points"] for f in found.factors if f["key"] == "handed_back"] == [10]
    assert work.case.points == found.points


@pytest.mark.parametrize("stale", ["consent", "listing"])
def test_where_listing_or_consent_must_be_renewed_the_case_is_prepared_again(work: Work, stale: str) -> None:
    with transaction():
        if stale == "consent":
            session.query(Consent).filter_by(kind=ConsentKind.SHARE_NAMES).update({"withdrawn_at": clock.now()})
        else:
            work.case.listing_text = None
    hand_back(work)
    assert work.case.status is CaseStatus.ACCEPTED
    assert newest(work).outcome == "accepted"


@pytest.mark.parametrize("reason", list(MANDATORY_REASONS))
@pytest.mark.parametrize("who", ["user", "staff"])
def test_leaving_at_once_needs_nobodys_leave(work: Work, reason: str, who: str) -> None:
    date_in(work, 1)
    leave(work, reason, actor=who)
    made = newest(work)
    assert (made.kind, made.status) == (K.MANDATORY, S.LEFT)
    assert not session.execute(visible_cases(work.user)).all()
    assert custodians(work) == [work.attorney_id], "the supervising attorney on duty"
    open_now = {cause for cause, outcome in work.tasks().items() if outcome is None}
    assert open_now == {"handed_back", "transfer_cause", "update_client", "transfer_checklist"}
    task = session.query(Task).filter_by(cause="transfer_checklist").one()
    assert (task.owner_id, task.due_at) == (work.attorney_id, clock.now())
    assert set(work.mails()) == {"client.hand_over", "casework.left_at_once", "casework.custody_is_yours"}


def test_a_conflict_bars_and_a_dismissal_bars_and_illness_does_not(app: Flask) -> None:
    for reason, barred in (("conflict", 1), ("dismissed", 1), ("illness", 0)):
        other = begin()
        leave(other, reason)
        assert session.query(Bar).filter_by(case_id=other.case_id).count() == barred, reason


def test_leave_of_the_court_is_followed_up_after_leaving_at_once(work: Work) -> None:
    leave(work, "licence", court=Court.NEEDED)
    assert newest(work).status is S.LEFT
    assert session.query(Task).filter_by(cause="court_leave").one().owner_id == work.attorney_id
    with transaction():
        operations_transfer.grant_court_leave(newest(work), TODAY, actor=work.staff)
    assert work.tasks()["court_leave"] == "granted"


def test_leaving_at_once_is_not_held_up_by_a_report_that_waits(work: Work) -> None:
    with transaction():
        operations_closing.report_closing(work.case, closing_with(), amounts=[], actor=work.user)
    leave(work, "conflict")
    assert work.case.status is CaseStatus.ACCEPTED
    assert session.query(ClosingReport).one().superseded_at is not None
    assert work.tasks()["closing"] == "withdrawn"


def test_leaving_at_once_overtakes_a_hand_back_and_takes_its_memo_along(work: Work) -> None:
    date_in(work, 3)
    hand_back(work)
    leave(work, "illness")
    old, made = session.query(Transfer).order_by(Transfer.id)
    assert (old.status, made.status) == (S.SUPERSEDED, S.LEFT)
    assert made.checklist == old.checklist
    assert work.tasks()["take_custody"] == "superseded"


def test_staff_complete_the_checklist_afterwards(work: Work) -> None:
    leave(work, "illness")
    with transaction():
        operations_transfer.write_checklist(newest(work), memo(), actor=work.attorney)
    assert work.tasks()["transfer_checklist"] == "done"
    assert session.query(Note).one().author_id == work.attorney_id


def test_a_supervising_attorney_who_leads_never_gets_custody_of_the_case_they_leave(work: Work) -> None:
    with transaction():
        accounts.grant_role(work.user, Role.SUPERVISING_ATTORNEY, actor=None, programme=work.case.programme)
        accounts.deactivate_user(work.attorney, actor=None)
    leave(work, "conflict")
    assert custodians(work) == [work.staff_id], "it falls back to a coordinator"


def test_custody_is_never_empty_on_any_way_out(app: Flask) -> None:
    for way in (lambda w: hand_back(w), lambda w: hand_back(w, actor="staff"), lambda w: leave(w, "illness")):
        other = begin()
        with transaction():
            session.query(Custody).filter_by(case_id=other.case_id).update({"until_at": clock.now()})
        way(other)
        assert len(custodians(other)) == 1


def test_a_custodian_whose_account_is_closed_is_relieved(work: Work) -> None:
    with transaction():
        work.staff.deactivated_at = clock.now()
    hand_back(work)
    assert custodians(work) == [work.attorney_id]


def test_without_anybody_left_nothing_ends(work: Work) -> None:
    with transaction():
        work.staff.deactivated_at = work.attorney.deactivated_at = clock.now()
    with pytest.raises(steps.NobodyInCustody):
        hand_back(work)
    session.rollback()
    assert work.lead.ended_at is None
    assert session.query(Transfer).count() == 0


def test_the_root_cause_completes_the_record(work: Work) -> None:
    hand_back(work)
    with pytest.raises(NotAllowed), transaction():
        operations_transfer.record_cause(newest(work), "no_time", actor=work.user)
    with transaction():
        operations_transfer.record_cause(newest(work), "no_time", actor=work.staff)
    assert (newest(work).status, newest(work).root_cause) == (S.DONE, "no_time")
    assert work.tasks()["transfer_cause"] == "noted"
    assert len(root_causes()) >= 10


def test_a_cause_is_noted_only_after_the_end(work: Work) -> None:
    date_in(work, 3)
    hand_back(work)
    with pytest.raises(TransferOver), transaction():
        operations_transfer.record_cause(newest(work), "no_time", actor=work.staff)


@pytest.mark.parametrize("end", ["withdraw", "dormant", "report"])
def test_another_end_overtakes_what_is_under_way(work: Work, end: str) -> None:
    date_in(work, 3)
    hand_back(work)
    with transaction():
        if end == "withdraw":
            operations_closing.withdraw_case(work.case, reason="solved", actor=work.staff)
        elif end == "dormant":
            operations_closing.close_dormant(work.case, actor=work.staff)
        else:
            operations_closing.report_closing(work.case, closing_with(), amounts=[], actor=work.user)
    assert newest(work).status is S.SUPERSEDED


def test_two_ways_out_at_once_are_refused_by_the_database(work: Work) -> None:
    date_in(work, 3)
    hand_back(work)
    with pytest.raises(AlreadyOpen), transaction():
        steps.begin(work.lead, K.TRANSFER, "workload", S.DRAFT, actor=work.staff)


def test_a_conflict_with_a_new_party_leads_here(work: Work) -> None:
    from app.matching.models import Referral, ReferralStatus, ReferralWay
    from app.matching.operations import attest, void_attestation

    with transaction():
        cleared = Referral(
            opening=work.case.lead_opening,
            volunteer=work.user.volunteer,
            way=ReferralWay.CLAIM,
            status=ReferralStatus.CONFIRMED,
            attested_version=1,
            parties_seen_at=clock.now(),
        )
        session.add(cleared)
        session.flush()
        work.lead.referral_id = cleared.id
        session.add(Party(case=work.case, role=PartyRole.ADVERSE, name="Juniper Vale"))
        work.case.parties_version = 2
        void_attestation(cleared)
    with transaction():
        attest(session.merge(cleared), "conflict", actor=work.user)
    made = newest(work)
    assert (made.kind, made.reason, made.status) == (K.MANDATORY, "conflict", S.LEFT)
    assert custodians(work) == [work.attorney_id]
    assert not session.execute(visible_cases(work.user)).all()


def test_the_question_who_goes_on_is_settled_by_a_way_out(work: Work) -> None:
    from app.volunteers.operations import suspend_volunteer

    with transaction():
        suspend_volunteer(work.user.volunteer, "Complaint", actor=work.staff)
    assert work.tasks() == {"volunteer_may_not_go_on": None}
    leave(work, "licence", actor="staff")
    assert work.tasks()["volunteer_may_not_go_on"] == "handed_on"


def test_the_memo_is_sealed_and_never_in_the_audit_log(work: Work) -> None:
    hand_back(work, done="Zanzibar was filed.")
    session.rollback()
    raw = session.connection().exec_driver_sql("SELECT checklist FROM transfers").scalar_one()
    assert b"Zanzibar" not in bytes(raw)
    said = " ".join(f"{entry.before} {entry.after}" for entry in session.query(AuditEntry))
    assert "Zanzibar" not in said
    assert all("Castro" not in mail.text for mail in session.query(Mail))
