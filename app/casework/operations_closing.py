"""How a case ends: the volunteer's report, staff's approval, and the other ways out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.clients.four_eyes import decide_for_themselves
from app.clients.lifecycle import move_case
from app.clients.mails import tell_client
from app.clients.models import OPEN, Case, CaseStatus, OpeningStatus
from app.clients.models.statuses import CaseRole
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.matching.models import LIVE, Assignment, Referral
from app.matching.operations import drop_referral
from app.tasks.models import Task
from app.tasks.operations import finish_task, finish_tasks, open_task

from . import closing, mails, policy, queries
from .models import AmountKind, ClosingAmount, ClosingReport, ClosingStatus
from .operations import NotOnTheCase, WorkIsOver, asked_on, log_time
from .operations_transfer_steps import end_open
from .queries_packages import waits_for_answer

REPORTS_CLOSING = (CaseRole.LEAD, CaseRole.CO_COUNSEL)


class CannotClose(Refusal):
    """The report does not fit the closing code's rules; each sentence belongs to a field."""

    status = 422
    message = _l("The report cannot be sent yet.")


class AlreadyReported(Refusal):
    """The report was sent before."""

    message = _l("The closing report of this case was sent already, and the programme is checking it.")


class NothingToApprove(Refusal):
    """The report was answered already."""

    message = _l("This closing report has been answered already.")


class AnotherReport(BadInput):
    """Another report waits than the one that was read."""

    message = _l("The report that you read was returned, and another one came since. Read this one before you approve.")


@dataclass(frozen=True)
class Amount:
    """Money of one kind, in cents; monthly amounts carry their months."""

    kind: AmountKind
    cents: int
    months: int | None = None
    basis: str | None = None

    def problems(self) -> list[tuple[str, Any]]:
        """What speaks against the amount, as (field, sentence)."""
        if self.cents <= 0:
            return [(self.kind.value, _l("Write an amount above zero, or leave it empty."))]
        if (self.kind is AmountKind.MONTHLY) != (self.months is not None):
            return [("months", _l("Monthly money needs both the amount and the months."))]
        return []


def report_closing(case: Case, report: closing.Closing, *, amounts: Sequence[Amount], actor: User) -> ClosingReport:
    """Send the closing report; the case waits for staff and no longer takes the volunteer's slot.

    :raises CannotClose: the closing code's rules speak against it
    :raises AlreadyReported: a report waits for staff
    """
    case = lock(case)
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(not policy.may_report_closing(actor, case), NotAllowed)
    refuse_if(case.status is CaseStatus.CLOSING, AlreadyReported)
    refuse_if(case.status not in (CaseStatus.PLACED, CaseStatus.IN_SERVICE), WorkIsOver)
    today = calendars.today(case.programme)
    wrong = closing.problems_with(report, represents_self=case.represents_self, today=today, asked_on=asked_on(case))
    wrong += [problem for amount in amounts for problem in amount.problems()]
    if wrong:
        raise CannotClose(details=wrong)
    end_open(case, actor=actor)
    made = _keep(case, report, amounts, actor)
    logged = queries.hours_of(case, by=actor)
    if report.hours > logged:
        log_time(case, on_day=report.work_ended_on, hundredths=report.hours - logged, actor=actor, source="closing")
    for live in _live(case):
        live.closing_since, live.uses_slot = clock.now(), False
        finish_tasks("first_contact", live, actor=actor, outcome="closed")
    finish_tasks("ready_to_close", case, actor=actor, outcome="reported")
    move_case(case, CaseStatus.CLOSING, operation="casework.report_closing", actor=actor)
    due = calendars.add_business_time(clock.now(), case.programme, days=3)
    title = f"Check the closing report of {case.number}"
    open_task("closing", case, programme=case.programme, title=title, due_at=due, actor=actor, case=case)
    tell_client(case, "closing", actor=actor)
    audit.record("case.closing_reported", made, actor=actor, after={"code": made.closing_code})
    return made


def _keep(case: Case, report: closing.Closing, amounts: Sequence[Amount], actor: User) -> ClosingReport:
    made = ClosingReport(
        case=case,
        reported_by_id=actor.id,
        reported_at=clock.now(),
        closing_code=report.closing_code,
        main_benefit=report.main_benefit,
        outcome=report.outcome,
        decision=report.decision,
        decided_on=report.decided_on,
        counsel_of_record=report.counsel_of_record,
        settlement_documented=report.settlement_documented,
        work_ended_on=report.work_ended_on,
    )
    for amount in amounts:
        made.amounts.append(
            ClosingAmount(kind=amount.kind, cents=amount.cents, months=amount.months, basis=amount.basis)
        )
    session.add(made)
    session.flush()
    return made


def _live(case: Case) -> list[Assignment]:
    return [a for a in case.assignments if a.ended_at is None]


def approve_closing(report: ClosingReport, *, actor: User, seen: str | None = None) -> None:
    """Agree to a closing report: the case is closed, the volunteer is thanked, the client is told.

    :raises NothingToApprove: it was answered already
    :raises AnotherReport: the report that was read (`seen`) was returned, and this one came since
    """
    refuse_if(bool(seen) and seen != report.public_id, AnotherReport)
    case = lock(report.case)
    report = _waiting(report, actor)
    for part in (each for each in _live(case) if each.role in REPORTS_CLOSING):
        decide_for_themselves(case, part.volunteer.user, actor=actor, what="approve_closing")
    now = clock.now()
    report.status, report.approved_at, report.approved_by_id = ClosingStatus.APPROVED, now, actor.id
    for assignment in _live(case):
        assignment.ended_at, assignment.end_reason = now, "closed"
        mails.thanks(assignment, report)
    case.closed_at = now
    _close_up(case, now, actor)
    move_case(case, CaseStatus.CLOSED, operation="casework.approve_closing", actor=actor)
    tell_client(case, "closed", actor=actor)
    audit.record("case.closing_approved", report, actor=actor, after={"code": report.closing_code})


def go_on(assignment: Assignment) -> None:
    """Let work that was reported done go on; it takes a place again, unless it is a package whose report waits."""
    if not waits_for_answer(assignment):
        took_none = assignment.role is CaseRole.MENTOR and assignment.opening_id is None
        assignment.closing_since, assignment.uses_slot = None, not took_none


def return_closing(report: ClosingReport, *, reason: str, actor: User) -> None:
    """Send a closing report back with the reason; the work goes on, whatever the volunteer's other slots.

    :raises NothingToApprove: it was answered already
    """
    case = lock(report.case)
    report = _waiting(report, actor)
    report.status, report.return_reason, report.superseded_at = ClosingStatus.RETURNED, reason, clock.now()
    for assignment in _live(case):
        go_on(assignment)
        if assignment.role in REPORTS_CLOSING:
            mails.closing_returned(assignment, report)
    finish_tasks("closing", case, actor=actor, outcome="returned")
    move_case(case, CaseStatus.IN_SERVICE, operation="casework.return_closing", actor=actor)
    audit.record("case.closing_returned", report, actor=actor)


def _waiting(report: ClosingReport, actor: User) -> ClosingReport:
    report = lock(report)
    refuse_if(not policy.may_approve_closing(actor, report.case), NotAllowed)
    refuse_if(report.status is not ClosingStatus.REPORTED, NothingToApprove)
    return report


def _close_up(case: Case, now: datetime, actor: User | None) -> None:
    end_open(case, actor=actor)
    for task in session.execute(select(Task).where(Task.case_id == case.id, Task.done_at.is_(None))).scalars().all():
        finish_task(task, actor=actor, outcome="closed")
    for opening in case.openings:
        opening.status = OpeningStatus.CLOSED
    custody = case.custody
    if custody is not None:
        custody.until_at = now


def withdraw_case(case: Case, *, reason: str, actor: User) -> None:
    """End a case from any open status because the client wants or needs no more help.

    :raises WorkIsOver: it is not open
    """
    case = lock(case)
    refuse_if(not policy.is_staff_of(actor, case), NotAllowed)
    refuse_if(case.status not in OPEN, WorkIsOver)
    now = clock.now()
    for assignment in _live(case):
        assignment.ended_at, assignment.end_reason = now, "withdrawn"
        mails.case_withdrawn(assignment)
    report = queries.closing_report(case)
    if report is not None and report.status is ClosingStatus.REPORTED:
        report.superseded_at = now
    case.closed_at = now
    _close_up(case, now, actor)
    _end_referrals(case)
    move_case(case, CaseStatus.WITHDRAWN, operation="casework.withdraw_case", actor=actor, reason=reason)
    tell_client(case, "withdrawn", actor=actor)


def _end_referrals(case: Case) -> None:
    ids = [opening.id for opening in case.openings]
    for referral in (
        session.execute(select(Referral).where(Referral.opening_id.in_(ids), Referral.status.in_(LIVE))).scalars().all()
    ):
        drop_referral(referral)


def close_dormant(case: Case, *, actor: User) -> None:
    """Close a case of which nothing was heard, after staff looked into it; both sides are told.

    :raises WorkIsOver: it is not in service
    """
    case = lock(case)
    refuse_if(not policy.is_staff_of(actor, case), NotAllowed)
    refuse_if(case.status is not CaseStatus.IN_SERVICE, WorkIsOver)
    now = clock.now()
    for assignment in _live(case):
        assignment.ended_at, assignment.end_reason = now, "dormant"
        mails.case_dormant(assignment)
    case.closed_at = now
    _close_up(case, now, actor)
    move_case(case, CaseStatus.ADMINISTRATIVELY_CLOSED, operation="casework.close_dormant", actor=actor)
    tell_client(case, "closed", actor=actor)
