"""What every way out does alike: one open record for a case, its steps, its end, and custody that is never empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.clients.conflicts import must_be_searched_again
from app.clients.lifecycle import give_custody
from app.clients.models import Case, CaseStatus, ConsentKind, Custody
from app.clients.standing import has_consent
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.matching.models import Assignment
from app.tasks.operations import finish_tasks, open_task

from . import transfer_mails, transfer_policy, transfer_queries
from .operations import CannotKeep, add_note
from .transfer_models import OPEN, AskStatus, Court, Transfer, TransferKind, TransferStatus, TransferStep
from .transfer_refusals import AlreadyOpen, NobodyInCustody

S = TransferStatus
CUSTODY, COURT, CHECKLIST, RECEIVER = "take_custody", "court_leave", "transfer_checklist", "choose_receiver"
CONSENT, CAUSE, FIND, UPDATE = "transfer_consent", "transfer_cause", "handed_back", "update_client"
OF_TRANSFER = (CUSTODY, COURT, CHECKLIST, RECEIVER, CONSENT)
TOLD_WITHIN = 5


@dataclass(frozen=True)
class Checklist:
    """What whoever comes next must know; the last hours of the lead, where there are any."""

    done: str
    next: str
    papers: str = "none"
    court: Court = Court.NO
    last_contact_on: date | None = None
    next_date_on: date | None = None
    hours: int | None = None
    hours_on: date | None = None


def begin(assignment: Assignment, kind: TransferKind, reason: str, status: TransferStatus, *,
          actor: User | None) -> Transfer:  # fmt: skip
    """Open the one record of a case whose rows are locked.

    :raises AlreadyOpen: another is under way
    """
    before = transfer_queries.open_transfer(assignment.case)
    if before is not None and (before.status is S.DRAFT or before.assignment_id != assignment.id):
        end(before, S.SUPERSEDED, "superseded", actor=actor)
        session.flush()
    values = {"kind": kind, "status": status, "reason": reason, "opened_at": clock.now(), "court": Court.NO}
    left = {"left_at": clock.now()} if status is S.LEFT else {}
    by = actor.id if actor else None
    made = insert_unless_exists(
        Transfer, case_id=assignment.case_id, assignment_id=assignment.id, opened_by_id=by, **values, **left
    )
    if made is None:
        raise AlreadyOpen
    note_step(made, "opened", actor=actor)
    audit.record("transfer.open", made, actor=actor, after={"kind": kind, "reason": reason, "status": status})
    return made


def note_step(transfer: Transfer, step: str, *, actor: User | None, volunteer_id: int | None = None) -> None:
    """Write one step down."""
    by = actor.id if actor else None
    made = TransferStep(transfer_id=transfer.id, step=step, at=clock.now(), by_id=by, volunteer_id=volunteer_id)
    session.add(made)
    session.flush()
    session.expire(transfer, ["steps"])


def end(transfer: Transfer, status: TransferStatus, step: str, *, actor: User | None) -> None:
    """End a way out before it was complete, with whatever waited for it."""
    before, transfer.status, transfer.ended_at = transfer.status, status, clock.now()
    ask = transfer_queries.live_ask(transfer)
    if ask is not None:
        ask.status, ask.answered_at = AskStatus.REVOKED, clock.now()
        if ask.asked_at is not None:
            transfer_mails.no_longer_asked(ask)
    for cause in OF_TRANSFER:
        finish_tasks(cause, transfer, actor=actor, outcome=step)
    note_step(transfer, step, actor=actor)
    audit.record("transfer.end", transfer, actor=actor, before={"status": before}, after={"status": status})


def end_open(case: Case, *, actor: User | None) -> Transfer | None:
    """Something else ends the lead's part: a way out that is under way is overtaken."""
    found = transfer_queries.open_transfer(case)
    if found is not None:
        end(found, S.SUPERSEDED, "superseded", actor=actor)
    return found


def keep_checklist(transfer: Transfer, given: Checklist, *, actor: User, whole: bool = True) -> None:
    """Keep what the next lawyer must know.

    :raises CannotKeep: what is done or next is missing, or a day cannot be
    """
    _check_days(transfer.case, given)
    if whole:
        for name, text in (("done", given.done), ("next", given.next)):
            if not text.strip():
                raise CannotKeep(name, _l("Write what the next lawyer must know. A few lines are enough."))
        transfer.checklist_at, transfer.checklist_by_id = clock.now(), actor.id
    transfer.checklist = {"done": given.done.strip(), "next": given.next.strip()}
    transfer.papers, transfer.court = given.papers, given.court
    transfer.last_contact_on, transfer.next_date_on = given.last_contact_on, given.next_date_on
    if given.court is Court.GRANTED and transfer.court_granted_on is None:
        transfer.court_granted_on = calendars.today(transfer.case.programme)


def _check_days(case: Case, given: Checklist) -> None:
    today = calendars.today(case.programme)
    if given.last_contact_on is not None and given.last_contact_on > today:
        raise CannotKeep("last_contact_on", _l("The last contact cannot lie in the future."))
    if given.next_date_on is not None and given.next_date_on < today:
        raise CannotKeep("next_date_on", _l("The next date lies in the past. Write the next one, or leave it empty."))


def write_memo(transfer: Transfer, *, actor: User) -> None:
    """Put the memo among the case's notes, where the next lawyer reads it."""
    told = transfer.checklist or {}
    parts = [str(_l("Hand-over memo")), told.get("done", ""), str(_l("Next:")) + " " + told.get("next", "")]
    add_note(transfer.case, "\n\n".join(parts), actor=actor)


def custodian_now(case: Case) -> Custody | None:
    """Who answers for the case, read from the database."""
    return session.scalars(select(Custody).where(Custody.case_id == case.id, Custody.until_at.is_(None))).one_or_none()


def keep_custody(case: Case, *, but: int | None, actor: User | None, reason: str, on_duty: bool = False) -> User:
    """See to it that somebody present answers for the case: whoever does, or whoever is on duty.

    :raises NobodyInCustody: the programme has nobody left
    """
    now = custodian_now(case)
    stays = now is not None and now.user.is_active and now.user_id != but
    if stays and not (on_duty and not now.user.has(Role.SUPERVISING_ATTORNEY, case.programme_id)):  # type: ignore[union-attr]
        return now.user  # type: ignore[union-attr]
    chosen = transfer_queries.on_duty(case, but=but) or (now.user if stays and now else None)
    if chosen is None:
        raise NobodyInCustody
    give_custody(case, chosen, reason=reason, actor=actor)
    session.flush()
    session.expire(case, ["custodies"])
    return chosen


def is_near(case: Case) -> bool:
    """Is the next critical date within ten days?"""
    return transfer_policy.is_near(case.next_critical_on, calendars.today(case.programme))


def soon(case: Case, days: int = 1) -> datetime:
    """At once where a date is near, else in so many business days."""
    return clock.now() if is_near(case) else calendars.add_business_time(clock.now(), case.programme, days=days)


def ask_staff(cause: str, about: Any, case: Case, title: str, due_at: datetime, *, actor: User | None,
              owner: User | None = None, role: Role = Role.COORDINATOR) -> None:  # fmt: skip
    """Give the programme something to do about a way out."""
    open_task(
        cause, about, programme=case.programme, case=case, title=f"{case.number}: {title}", due_at=due_at,
        owner=owner, owner_role=role, actor=actor,
    )  # fmt: skip


def where_next(case: Case, reason: str) -> CaseStatus:
    """Back on the docket, or to be prepared again where listing, consent or the search must be renewed."""
    stale = not case.listing_text or not has_consent(case, ConsentKind.SHARE_NAMES) or must_be_searched_again(case)
    return CaseStatus.ACCEPTED if stale or reason == "conflict" else CaseStatus.AVAILABLE


def told_by(case: Case) -> date:
    """Until when the client hears from us again."""
    today = calendars.today(case.programme)
    return calendars.add_business_days(today, 1 if is_near(case) else TOLD_WITHIN, case.programme)


def lock_case(assignment: Assignment) -> tuple[Case, Assignment]:
    """Lock a case, its opening and the assignment, always in this order."""
    case = lock(assignment.case)
    if assignment.opening is not None:
        lock(assignment.opening)
    return case, lock(assignment)


def lock_open(transfer: Transfer) -> tuple[Case, Transfer]:
    """Lock a case and its way out."""
    case, _assignment = lock_case(transfer.assignment)
    return case, lock(transfer)


def is_open(transfer: Transfer) -> bool:
    """Is the way out under way, and its lead's part not ended otherwise?"""
    return transfer.status in OPEN and transfer.assignment.ended_at is None
