"""What is done from pages that show many packages: handing custody of a case to a colleague, taking over a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import User
from app.clients.lifecycle import give_custody
from app.clients.models import OPEN, Case
from app.core import audit
from app.core.access import STAFF, Role
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.tasks.models import Task
from app.tasks.operations import finish_task, hand_over_tasks
from app.tasks.queries import open_tasks

from .causes import ends_by_hand
from .same_facts import WATCHES

if TYPE_CHECKING:
    from app.clients.models import Custody


class CaseHasEnded(Refusal):
    """Nobody answers for a case that has ended."""

    message = _l("The case has ended, so nobody needs to answer for it.")


class NotInProgramme(BadInput):
    """Custody stays in the programme."""

    message = _l("That person does not work for this case's programme.")


class DecidedThere(Refusal):
    """The task ends by a decision, not by a word."""

    message = _l("This leaves the list by itself once it is decided on its own page. Open it from Today.")


class TaskDone(Refusal):
    """Somebody finished the task meanwhile."""

    message = _l("Somebody has done this meanwhile.")


def hand_over(case: Case, to: str, *, reason: str, actor: User) -> Custody:
    """Let a colleague in the case's programme answer for it, with the open tasks that were its custodian's.

    :raises CaseHasEnded: the case is over
    :raises NotInProgramme: the person is gone or works elsewhere
    """
    case = lock(case)
    refuse_if(not _works_for(actor, case), NotAllowed)
    refuse_if(case.status not in OPEN, CaseHasEnded)
    person = session.scalars(select(User).where(User.public_id == to)).one_or_none()
    if person is None or not person.is_active or not _works_for(person, case):
        raise NotInProgramme
    before = case.custody
    made = give_custody(case, person, reason=reason, actor=actor)
    if before is not None and before.user_id != person.id:
        hand_over_tasks(before.user_id, person, Task.case_id == case.id, actor=actor)
    return made


def _works_for(person: User, case: Case) -> bool:
    return any(person.has(role, case.programme_id) for role in STAFF)


def take_over(task: Task, *, actor: User) -> Task:
    """Take a colleague's or the role's open task upon oneself; doing it twice changes nothing.

    :raises TaskDone: it is done
    """
    task = lock(task)
    refuse_if(task.done_at is not None, TaskDone)
    if task.owner_id == actor.id:
        return task
    before, task.owner_id = task.owner_id, actor.id
    audit.record("task.take_over", task, actor=actor, before={"user": before}, after={"user": actor.id})
    return task


def finish_once(task: Task, *, actor: User, outcome: str) -> None:
    """Finish a task, and with one about a date the other that asks the actor the same of it.

    :raises DecidedThere: it ends by what is decided on its own page
    """
    refuse_if(not ends_by_hand(task), DecidedThere)
    finish_task(task, actor=actor, outcome=outcome)
    if task.cause in WATCHES:
        same = (Task.record_kind == task.record_kind, Task.record_id == task.record_id, Task.cause.in_(WATCHES))
        for other in session.scalars(open_tasks(actor).where(*same)).all():
            finish_task(other, actor=actor, outcome=outcome)


def look_at_own_decision(task: Task, *, actor: User) -> None:
    """Say that what somebody decided about themselves was looked at; twice changes nothing.

    :raises NotAllowed: the actor is no administrator
    """
    refuse_if(not actor.has(Role.ADMIN), NotAllowed)
    task = lock(task)
    if task.done_at is None:
        finish_task(task, actor=actor, outcome="looked_at")
