"""Who may do what on a way out, and what it still waits for; plain predicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from app.accounts.models import User
from app.clients.models import CaseRole
from app.matching.models import Assignment

from .policy import is_staff_of
from .transfer_models import GONE, OPEN, Court, Transfer, TransferAsk, TransferKind

NEAR = timedelta(days=10)
CHECKED_BY: Mapping[str, tuple[str, ...]] = {
    "approved": ("not_approved", "wrong_role", "not_available"),
    "licence": ("no_licence",),
    "credentials": ("no_credential", "no_training"),
    "competence": ("no_area", "below_level"),
    "conflicts": ("barred",),
}


def leads(actor: User, assignment: Assignment) -> bool:
    """Is it the person's own lead, while it lasts?"""
    own = actor.volunteer is not None and assignment.volunteer_id == actor.volunteer.id
    return own and assignment.ended_at is None and assignment.role is CaseRole.LEAD


def may_hand_back(actor: User, assignment: Assignment) -> bool:
    """The lead, or staff for them."""
    return leads(actor, assignment) or is_staff_of(actor, assignment.case)


def may_run(actor: User, transfer: Transfer) -> bool:
    """Staff take custody, choose the receiver, record consent and cause; never on the end of their own lead."""
    is_own = actor.volunteer is not None and transfer.assignment.volunteer_id == actor.volunteer.id
    return is_staff_of(actor, transfer.case) and not is_own


def may_take_back(actor: User, transfer: Transfer) -> bool:
    """Until it is complete: the sender, or staff."""
    return transfer.status in OPEN and (leads(actor, transfer.assignment) or is_staff_of(actor, transfer.case))


def takes_checklist(transfer: Transfer) -> bool:
    """Is there a checklist to complete: before a transfer is accepted, or after somebody left at once?"""
    if transfer.kind is TransferKind.MANDATORY:
        return transfer.status in GONE
    return transfer.kind is TransferKind.TRANSFER and transfer.status in OPEN


def may_answer(actor: User, ask: TransferAsk) -> bool:
    """Nobody answers for the receiver."""
    return actor.volunteer is not None and ask.volunteer_id == actor.volunteer.id


def is_near(next_critical_on: date | None, today: date) -> bool:
    """Is the next critical date within ten days, or past?"""
    return next_critical_on is not None and next_critical_on <= today + NEAR


def waits_for_court(transfer: Transfer) -> bool:
    """Must a court agree first? A voluntary hand-back waits for it, a withdrawal at once is only followed up."""
    return transfer.kind is TransferKind.HAND_BACK and transfer.court is Court.NEEDED


def waits_for_custody(transfer: Transfer, today: date) -> bool:
    """Must a coordinator take the case first?"""
    if transfer.kind is not TransferKind.HAND_BACK or transfer.custody_taken_at is not None:
        return False
    dates = [transfer.case.next_critical_on, transfer.next_date_on]
    return any(is_near(day, today) for day in dates)


def checks_of(rules: Iterable[str], *, has_place: bool, names_clear: bool) -> dict[str, list[str]]:
    """Each check of a receiver with what speaks against it; nothing means passed."""
    against = list(rules)
    found = {check: [rule for rule in against if rule in of] for check, of in CHECKED_BY.items()}
    found["capacity"] = [] if has_place else ["full"]
    found["conflicts"] += [] if names_clear else ["search_again"]
    known = {rule for of in CHECKED_BY.values() for rule in of}
    found["other"] = [rule for rule in against if rule not in known]
    return found
