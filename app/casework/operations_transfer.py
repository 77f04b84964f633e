"""A lead's way out without a receiver: handing a case back, and leaving it at once."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients.lifecycle import give_custody, move_case
from app.clients.mails import tell_client
from app.clients.models import Case, CaseStatus
from app.core import audit, clock
from app.core.access import Role
from app.core.db import session
from app.core.errors import NotAllowed, refuse_if
from app.matching.colleagues import settle_colleagues
from app.matching.models import Assignment
from app.matching.operations import bar, end_assignment
from app.tasks.operations import finish_tasks

from . import operations_transfer_steps as steps
from . import queries, transfer_mails, transfer_policy, transfer_queries
from .models import ClosingStatus
from .operations import CannotKeep, NotOnTheCase, WorkIsOver, add_time
from .operations_transfer_steps import Checklist
from .transfer_models import Court, Transfer, TransferKind, TransferStatus
from .transfer_refusals import AlreadyOpen, ChooseReason, ReportIsChecked, TransferOver
from .transfer_words import HAND_BACK_REASONS, MANDATORY_REASONS, root_causes

S, K = TransferStatus, TransferKind
BARS = ("conflict", "dismissed")


def save_draft(assignment: Assignment, reason: str, given: Checklist, *, actor: User) -> Transfer:
    """Keep a hand-back that is being written; nothing happens yet.

    :raises AlreadyOpen: another way out is under way
    :raises CannotKeep: a day cannot be
    """
    draft = _hand_back_of(assignment, reason, actor)
    refuse_if(draft.status is not S.DRAFT, AlreadyOpen)
    draft.reason = reason
    steps.keep_checklist(draft, given, actor=actor, whole=False)
    audit.record("transfer.draft", draft, actor=actor)
    return draft


def hand_back(assignment: Assignment, reason: str, given: Checklist, *, actor: User) -> Transfer:
    """Give a case back: at once, or once a coordinator has taken custody and a court agreed where that is needed.

    :raises CannotKeep: the checklist is not complete
    :raises AlreadyOpen: another way out is under way
    :raises ReportIsChecked: the closing report waits for staff
    """
    sent = _hand_back_of(assignment, reason, actor)
    if sent.status is not S.DRAFT:
        return sent  # sent twice
    case, assignment = sent.case, sent.assignment
    sent.reason = reason
    steps.keep_checklist(sent, given, actor=actor)
    _log_last_hours(case, given, actor)
    steps.note_step(sent, "sent", actor=actor)
    if transfer_policy.may_run(actor, sent):
        _take(sent, actor)
    sent.status = S.WAITING
    audit.record("transfer.send", sent, actor=actor, after={"reason": reason})
    if not _complete_if_ready(sent, actor):
        _ask_for_what_waits(sent, actor)
        transfer_mails.hand_back_waits(sent)
    return sent


def _hand_back_of(assignment: Assignment, reason: str, actor: User) -> Transfer:
    """The hand-back under way of an assignment whose rows are now locked, or a new draft."""
    case, assignment = steps.lock_case(assignment)
    refuse_if(not transfer_policy.may_hand_back(actor, assignment), NotOnTheCase)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    refuse_if(assignment.role != "lead", NotAllowed)
    refuse_if(case.status is CaseStatus.CLOSING, ReportIsChecked)
    refuse_if(reason not in HAND_BACK_REASONS, ChooseReason)
    found = transfer_queries.open_transfer(case)
    if found is not None and found.kind is K.HAND_BACK and found.assignment_id == assignment.id:
        return found
    return steps.begin(assignment, K.HAND_BACK, reason, S.DRAFT, actor=actor)


def _log_last_hours(case: Case, given: Checklist, actor: User) -> None:
    if given.hours:
        on_day = given.hours_on or calendars.today(case.programme)
        add_time(case, on_day=on_day, hundredths=given.hours, actor=actor)


def _ask_for_what_waits(sent: Transfer, actor: User) -> None:
    case = sent.case
    if transfer_policy.waits_for_custody(sent, calendars.today(case.programme)):
        steps.note_step(sent, "custody_asked", actor=None)
        title = "a date is near; take custody before the hand-back completes"
        steps.ask_staff(steps.CUSTODY, sent, case, title, clock.now(), actor=actor)
    if transfer_policy.waits_for_court(sent):
        ask_for_court(sent, actor)


def ask_for_court(transfer: Transfer, actor: User | None, owner: User | None = None) -> None:
    """Have leave of the court followed up until it is there."""
    steps.note_step(transfer, "court_asked", actor=None)
    due = steps.soon(transfer.case, days=5)
    title = "leave of the court to withdraw is not there yet"
    role = Role.SUPERVISING_ATTORNEY if owner else Role.COORDINATOR
    steps.ask_staff(steps.COURT, transfer, transfer.case, title, due, actor=actor, owner=owner, role=role)


def _take(transfer: Transfer, actor: User) -> None:
    give_custody(transfer.case, actor, reason="hand_back", actor=actor)
    transfer.custody_taken_at = clock.now()
    finish_tasks(steps.CUSTODY, transfer, actor=actor)
    steps.note_step(transfer, "custody_taken", actor=actor)


def take_custody(transfer: Transfer, *, actor: User) -> Transfer:
    """Answer for a case that is being handed back; the hand-back completes unless a court must agree.

    :raises NotAllowed: the actor is not staff of the programme, or gives the case back themselves
    :raises TransferOver: it was completed or taken back
    """
    _case, transfer = steps.lock_open(transfer)
    refuse_if(not transfer_policy.may_run(actor, transfer), NotAllowed)
    if transfer.custody_taken_at is not None:
        return transfer
    refuse_if(transfer.status is not S.WAITING or not steps.is_open(transfer), TransferOver)
    _take(transfer, actor)
    audit.record("transfer.take_custody", transfer, actor=actor)
    _complete_if_ready(transfer, actor)
    return transfer


def grant_court_leave(transfer: Transfer, on_day: date, *, actor: User) -> Transfer:
    """Note that the court has let the lawyer go.

    :raises NotAllowed: the actor is not staff of the programme
    :raises CannotKeep: a day in the future
    """
    case, transfer = steps.lock_open(transfer)
    refuse_if(not transfer_policy.may_run(actor, transfer), NotAllowed)
    if on_day > calendars.today(case.programme):
        raise CannotKeep("on_day", _l("Leave cannot have been given in the future."))
    if transfer.court is Court.NEEDED:
        transfer.court, transfer.court_granted_on = Court.GRANTED, on_day
        finish_tasks(steps.COURT, transfer, actor=actor, outcome="granted")
        steps.note_step(transfer, "court_granted", actor=actor)
        audit.record("transfer.court_leave", transfer, actor=actor, after={"on": on_day.isoformat()})
        if transfer.status is S.WAITING and steps.is_open(transfer):
            _complete_if_ready(transfer, actor)
    return transfer


def _complete_if_ready(sent: Transfer, actor: User) -> bool:
    """End the lead's part once nothing is waited for."""
    today = calendars.today(sent.case.programme)
    if transfer_policy.waits_for_custody(sent, today) or transfer_policy.waits_for_court(sent):
        return False
    steps.write_memo(sent, actor=sent.checklist_by or actor)
    leave(sent, sent.reason, actor=actor)
    transfer_mails.handed_back(sent)
    return True


def leave(transfer: Transfer, reason: str, *, actor: User | None, to: CaseStatus | None = None) -> None:
    """End the lead's part in this instant, send the case where it goes next and tell everybody."""
    case, assignment = transfer.case, transfer.assignment
    to = to or steps.where_next(case, reason)
    steps.keep_custody(case, but=assignment.volunteer.user_id, actor=actor, reason=transfer.kind)
    end_assignment(assignment, reason, to, actor=actor)
    transfer.status, transfer.left_at, transfer.outcome = S.LEFT, clock.now(), to
    steps.note_step(transfer, "left", actor=actor)
    finish_duties(assignment, actor)
    steps.ask_staff(steps.FIND, case, case, "find a new volunteer, it was handed back", steps.soon(case), actor=actor)
    ask_for_cause(transfer, actor)
    by = steps.told_by(case)
    due = calendars.closing_at(by, case.programme)
    steps.ask_staff(steps.UPDATE, case, case, "tell the client how the search stands", due, actor=actor)
    tell_client(case, "hand_over", by=by, actor=actor)
    audit.record("case.hand_back", assignment, actor=actor, case=case, after={"reason": reason, "to": to})


def finish_duties(assignment: Assignment, actor: User | None) -> None:
    """What was asked about the lead who goes is settled."""
    for cause in ("volunteer_may_not_go_on", "letter", "cut_off"):
        finish_tasks(cause, assignment, actor=actor, outcome="handed_on")
    settle_colleagues(assignment.case, actor=actor)
    finish_tasks("cannot_go_on", assignment.case, actor=actor, outcome="handed_on")


def ask_for_cause(transfer: Transfer, actor: User | None) -> None:
    """Have staff say what it came from, while they still know."""
    due = calendars.add_business_time(clock.now(), transfer.case.programme, days=3)
    steps.ask_staff(steps.CAUSE, transfer, transfer.case, "note the root cause of the change", due, actor=actor)


def leave_at_once(assignment: Assignment, reason: str, *, court: Court, actor: User | None) -> Transfer:
    """End the lead's part with nobody's leave: access stops, the attorney on duty has custody, the rest follows.

    :raises NotOnTheCase: the actor neither leads the case nor is staff
    :raises WorkIsOver: the part ended meanwhile
    """
    case, assignment = steps.lock_case(assignment)
    refuse_if(actor is not None and not transfer_policy.may_hand_back(actor, assignment), NotOnTheCase)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    refuse_if(assignment.role != "lead", NotAllowed)
    refuse_if(reason not in MANDATORY_REASONS, ChooseReason)
    before = steps.end_open(case, actor=actor)
    take_report_back(case, actor)
    made = steps.begin(assignment, K.MANDATORY, reason, S.LEFT, actor=actor)
    made.court = court
    if before is not None:
        _take_along(before, made)
    duty = steps.keep_custody(
        case, but=assignment.volunteer.user_id, actor=actor, reason="mandatory_withdrawal", on_duty=True
    )
    leave(made, reason, actor=actor)
    _bar(assignment, reason, actor)
    follow_up(made, duty, actor)
    return made


def take_report_back(case: Case, actor: User | None) -> None:
    """A closing report that waits does not hold up a withdrawal."""
    report = queries.closing_report(case)
    if case.status is not CaseStatus.CLOSING:
        return
    if report is not None and report.status is ClosingStatus.REPORTED:
        report.status, report.superseded_at = ClosingStatus.RETURNED, clock.now()
    finish_tasks("closing", case, actor=actor, outcome="withdrawn")
    move_case(case, CaseStatus.IN_SERVICE, operation="casework.return_closing", actor=actor)


def _take_along(before: Transfer, made: Transfer) -> None:
    made.checklist, made.papers, made.last_contact_on = before.checklist, before.papers, before.last_contact_on


def _bar(assignment: Assignment, reason: str, actor: User | None) -> None:
    """Keep who left off the case; over a conflict their firms too, save of a clinic's short service (Rule 6.5)."""
    if reason not in BARS:
        return
    volunteer = assignment.volunteer
    bar(assignment.case, volunteer, reason=reason, actor=actor)
    imputed = reason == "conflict" and assignment.case.short_term_by is None
    for membership in volunteer.memberships if imputed else []:
        bar(assignment.case, membership.organisation, reason=reason, actor=actor)


def follow_up(made: Transfer, duty: User, actor: User | None) -> None:
    """What staff owe after a lead left at once: the checklist, and leave of the court."""
    case = made.case
    role = Role.SUPERVISING_ATTORNEY if duty.has(Role.SUPERVISING_ATTORNEY, case.programme_id) else Role.COORDINATOR
    title = "the lawyer left at once; complete the checklist for the next one"
    steps.ask_staff(steps.CHECKLIST, made, case, title, steps.soon(case), actor=actor, owner=duty, role=role)
    if made.court is Court.NEEDED:
        ask_for_court(made, actor, duty)
    transfer_mails.left_at_once(made)
    transfer_mails.custody_is_yours(made, duty)


def record_conflict(assignment: Assignment, *, actor: User) -> None:
    """Keep the record of a lead who found a conflict with a new party, and whose part has just ended."""
    case = assignment.case
    steps.end_open(case, actor=actor)
    made = steps.begin(assignment, K.MANDATORY, "conflict", S.LEFT, actor=actor)
    made.outcome = case.status
    steps.note_step(made, "left", actor=actor)
    duty = steps.keep_custody(
        case, but=assignment.volunteer.user_id, actor=actor, reason="mandatory_withdrawal", on_duty=True
    )
    finish_duties(assignment, actor)
    ask_for_cause(made, actor)
    tell_client(case, "hand_over", by=steps.told_by(case), actor=actor)
    follow_up(made, duty, actor)


def write_checklist(transfer: Transfer, given: Checklist, *, actor: User) -> Transfer:
    """Complete the checklist: staff after a withdrawal at once, staff or the lead before a transfer.

    :raises CannotKeep: it is not complete
    :raises TransferOver: it was completed or taken back
    """
    case, transfer = steps.lock_open(transfer)
    may = transfer_policy.may_run(actor, transfer) or transfer_policy.leads(actor, transfer.assignment)
    refuse_if(not may, NotAllowed)
    refuse_if(not transfer_policy.takes_checklist(transfer), TransferOver)
    was_needed = transfer.court is Court.NEEDED
    steps.keep_checklist(transfer, given, actor=actor)
    _log_last_hours(case, given, actor)
    steps.write_memo(transfer, actor=actor)
    finish_tasks(steps.CHECKLIST, transfer, actor=actor)
    steps.note_step(transfer, "checklist", actor=actor)
    if transfer.court is Court.NEEDED and not was_needed:
        ask_for_court(transfer, actor)
    if transfer.status is S.DRAFT:
        transfer.status = S.PREPARED
        due = steps.soon(case)
        steps.ask_staff(steps.RECEIVER, transfer, case, "choose who takes the case over", due, actor=actor)
    audit.record("transfer.checklist", transfer, actor=actor)
    return transfer


def take_back(transfer: Transfer, *, actor: User) -> Transfer:
    """Take a hand-back or transfer back before it is complete; doing it twice changes nothing.

    :raises TransferOver: it is complete
    """
    _case, transfer = steps.lock_open(transfer)
    if transfer.status is S.WITHDRAWN:
        return transfer
    refuse_if(not transfer_policy.may_hand_back(actor, transfer.assignment), NotAllowed)
    refuse_if(not transfer_policy.may_take_back(actor, transfer), TransferOver)
    was_draft = transfer.status is S.DRAFT
    own = transfer_policy.leads(actor, transfer.assignment)
    steps.end(transfer, S.WITHDRAWN, "withdrawn" if own else "revoked", actor=actor)
    if not own and not was_draft:
        transfer_mails.revoked(transfer)
    return transfer


def record_cause(transfer: Transfer, cause: str, *, actor: User) -> Transfer:
    """Note what the change came from; that completes its record.

    :raises ChooseReason: no known cause
    :raises TransferOver: the lead's part has not ended
    """
    _case, transfer = steps.lock_open(transfer)
    refuse_if(not transfer_policy.may_run(actor, transfer), NotAllowed)
    refuse_if(cause not in root_causes(), ChooseReason)
    refuse_if(transfer.status not in (S.LEFT, S.DONE), TransferOver)
    if transfer.root_cause == cause and transfer.status is S.DONE:
        return transfer
    before, transfer.root_cause, transfer.status = transfer.root_cause, cause, S.DONE
    transfer.ended_at = transfer.ended_at or clock.now()
    finish_tasks(steps.CAUSE, transfer, actor=actor, outcome="noted")
    steps.note_step(transfer, "cause", actor=actor)
    audit.record("transfer.cause", transfer, actor=actor, before={"cause": before}, after={"cause": cause})
    session.flush()
    return transfer
