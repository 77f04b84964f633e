"""Who answers for students and paralegals on a case, and what happens in the instant nobody does."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Select, exists, func, select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.clients.models import OPEN, Case, Supervision
from app.clients.operations_parties import refuse_unless_open
from app.clients.roles import NEVER_ALONE
from app.clients.supervision import has_attorney, is_in_company, juniors, supervision
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.tasks.models import Task
from app.tasks.operations import finish_tasks, open_task

from . import mails, policy
from .models import Assignment

NEVER_ALONE_TASK = "name_attorney"


class NotAnAttorneyHere(BadInput):
    """Only a supervising attorney of the programme answers for others."""

    message = _l("Choose a supervising attorney who works for this programme.")


class NamedMeanwhile(Refusal):
    """Somebody else named an attorney at the same moment."""

    message = _l("Somebody named a supervising attorney meanwhile. Look again.")


def name_supervisor(case: Case, person: User, *, actor: User) -> Supervision:
    """Let a supervising attorney of the staff answer for the students and paralegals on a case.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises NotAnAttorneyHere: the person is gone or no supervising attorney of the programme
    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_if(not policy.may_place(actor, case), NotAllowed)
    refuse_unless_open(case)
    refuse_if(not person.is_active or not person.has(Role.SUPERVISING_ATTORNEY, case.programme_id), NotAnAttorneyHere)
    current = supervision(case)
    if current is not None and current.user_id == person.id:
        return current
    if current is not None:
        current.until_at = clock.now()
    made = insert_unless_exists(Supervision, case_id=case.id, user_id=person.id, since_at=clock.now())
    if made is None:
        raise NamedMeanwhile
    audit.record("case.supervise", case, actor=actor, after={"user": person.id})
    look_after_juniors(case, actor=actor)
    return made


def end_supervision(case: Case, *, actor: User) -> None:
    """Let the staff's attorney answer for nobody on the case any more; ending twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme
    """
    case = lock(case)
    refuse_if(not policy.may_place(actor, case), NotAllowed)
    current = supervision(case)
    if current is None:
        return
    current.until_at = clock.now()
    audit.record("case.end_supervision", case, actor=actor, before={"user": current.user_id})
    look_after_juniors(case, actor=actor)


def look_after_juniors(case: Case, *, actor: User | None) -> None:
    """Have an attorney named where a student or paralegal stands alone on a case, and tell them; or all is well again.

    Their access needs no telling: the question who may open a file asks for the attorney each time.
    """
    found = juniors(case)
    if not found or has_attorney(case):
        _all_is_well(case, found, actor)
        return
    task = open_task(
        NEVER_ALONE_TASK, case, programme=case.programme, case=case, actor=actor,
        title=f"{case.number}: name an attorney for the student or paralegal on it",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip
    if task is None:
        return
    for part in found:
        mails.part_rests(part, task)
        audit.record("assignment.rest", part, actor=actor, case=case)


def _all_is_well(case: Case, found: list[Assignment], actor: User | None) -> None:
    waited = _open_task(case)
    if waited is None:
        return
    finish_tasks(NEVER_ALONE_TASK, case, actor=actor, outcome="named" if found else "nobody_left")
    for part in found:
        mails.part_goes_on(part, waited)
        audit.record("assignment.go_on", part, actor=actor, case=case)


def _open_task(case: Case) -> Task | None:
    return session.execute(_open_tasks().where(Task.record_id == case.id)).scalar_one_or_none()


def _open_tasks() -> Select[Any]:
    return select(Task).where(Task.cause == NEVER_ALONE_TASK, Task.record_kind == "cases", Task.done_at.is_(None))


def due_for_company() -> Select[Any]:
    """Cases on which somebody stands alone unnoticed, or on which that is over; whatever the reason was."""
    live = (Assignment.case_id == Case.id, Assignment.ended_at.is_(None), Assignment.acts_as.in_(NEVER_ALONE))
    alone = exists().where(*live, ~is_in_company(Assignment))
    asked = exists().where(
        Task.cause == NEVER_ALONE_TASK, Task.record_kind == "cases", Task.record_id == Case.id, Task.done_at.is_(None)
    )
    return select(Case).where((alone & ~asked & Case.status.in_(OPEN)) | (asked & ~alone)).order_by(Case.id)


def supervises(user: User, programme: Programme | None) -> str | None:
    """What somebody must hand over before they leave altogether, as a sentence.

    Who only loses a role may go: those they answered for rest from that moment, and a task opens.
    """
    if programme is not None:
        return None
    mine = select(func.count(Supervision.id)).join(Case, Case.id == Supervision.case_id)
    live = mine.where(Supervision.user_id == user.id, Supervision.until_at.is_(None), Case.status.in_(OPEN))
    number = session.execute(live).scalar_one()
    if not number:
        return None
    return ngettext(
        "This person answers for students or paralegals on one case. Name another attorney there first.",
        "This person answers for students or paralegals on %(num)s cases. Name another attorney there first.",
        number,
    )
