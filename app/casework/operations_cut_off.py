"""Closing a file at once to whom a name that came in may concern, or who is suspended; until a person decides."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Exists, exists, select

from app.accounts import calendars
from app.accounts.models import User
from app.clients.locks import lock_cases
from app.clients.models import Case, CaseRole, Party
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import NotAllowed, refuse_if
from app.matching.barring import close_to
from app.matching.models import Assignment, Referral
from app.matching.operations_supervision import look_after_juniors
from app.tasks.models import Task
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.models import Volunteer

from . import cut_off_mails, policy
from . import operations_transfer_steps as steps
from .operations import WorkIsOver
from .queries import works_of
from .transfer_refusals import NobodyInCustody

CUT_OFF = "cut_off"
HOURS_TO_DECIDE = 4


def cut_off_the_named(party: Party, *, actor: User | None) -> None:
    """Close the file to everybody on the case who bears a name that came in, or is close to whoever does."""
    live = [part for part in party.case.assignments if part.ended_at is None and part.cut_off_at is None]
    if not live:
        return
    close = close_to(party)
    for part in live:
        if part.volunteer.public_id in close:
            close_file(part, actor)


def cut_off_if_close(referral: Referral) -> bool:
    """Close the file where somebody in the matter, as it is now, is close to whoever was placed; staff are asked once.

    Whoever is placed in the same instant in which a name comes in is noticed here, as the changed names are looked at.
    """
    case = lock(referral.case)
    live = select(Assignment).where(Assignment.referral_id == referral.id, Assignment.ended_at.is_(None))
    part = session.scalars(live.where(Assignment.cut_off_at.is_(None), ~_was_asked())).one_or_none()
    if part is None:
        return False
    if not is_close(part.volunteer, case):
        return False
    close_file(lock(part), None)
    return True


def _was_asked() -> Exists:
    return exists().where(Task.cause == CUT_OFF, Task.record_kind == "assignments", Task.record_id == Assignment.id)


def close_file(part: Assignment, actor: User | None) -> None:
    """Close the file to one who works on the case; staff answer for a lead meanwhile, and decide."""
    case = part.case
    part.cut_off_at = clock.now()
    session.flush()
    if part.role is CaseRole.LEAD:
        _keep_custody(case, part.volunteer, "cut_off", actor)
    open_task(
        CUT_OFF, part, programme=case.programme, case=case, actor=actor,
        title=f"{case.number}: a new name may be close to somebody on it; their file is closed until you decide",
        due_at=calendars.add_business_time(clock.now(), case.programme, hours=HOURS_TO_DECIDE),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip
    cut_off_mails.file_closed(part)
    look_after_juniors(case, actor=actor)
    audit.record("assignment.cut_off", part, actor=actor, case=case)


def _keep_custody(case: Case, volunteer: Volunteer, reason: str, actor: User | None) -> None:
    """The attorney on duty answers for the case; where the programme has nobody, whoever did still does."""
    try:
        steps.keep_custody(case, but=volunteer.user_id, actor=actor, reason=reason, on_duty=True)
    except NobodyInCustody:
        return


def is_close(volunteer: Volunteer, case: Case) -> bool:
    """Is the volunteer close to somebody in the case?"""
    return any(volunteer.public_id in close_to(party) for party in case.parties if party.removed_at is None)


def watch_suspension(volunteer: Volunteer) -> Callable[[User], None]:
    """Lock the cases of somebody who is being suspended, and take them into custody once they are."""
    lock_cases(works_of([volunteer.id]))
    return partial(_keep_cases_of_suspended, volunteer)


def _keep_cases_of_suspended(volunteer: Volunteer, actor: User) -> None:
    """Take their cases into custody; the question who may open a file asks for the suspension."""
    found = session.query(Assignment).filter_by(volunteer_id=volunteer.id, ended_at=None).order_by(Assignment.case_id)
    for part in found.all():
        case = lock(part.case)
        if part.role is CaseRole.LEAD:
            _keep_custody(case, volunteer, "suspended", actor)
        look_after_juniors(case, actor=actor)


def open_again(part: Assignment, *, actor: User) -> Assignment:
    """Open the file again: it is somebody else, or it does not matter. Twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme, or it is their own part
    :raises WorkIsOver: the part ended meanwhile
    """
    lock(part.case)
    part = lock(part)
    own = actor.volunteer is not None and part.volunteer_id == actor.volunteer.id
    refuse_if(own or not policy.is_staff_of(actor, part.case), NotAllowed)
    refuse_if(part.ended_at is not None, WorkIsOver)
    if part.cut_off_at is None:
        return part
    cut_off_mails.file_open_again(part)
    part.cut_off_at = None
    session.flush()
    finish_tasks(CUT_OFF, part, actor=actor, outcome="opened_again")
    look_after_juniors(part.case, actor=actor)
    audit.record("assignment.open_again", part, actor=actor, case=part.case)
    return part
