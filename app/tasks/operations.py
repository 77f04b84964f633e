"""Giving somebody something to do, and having it done."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, bindparam, select

from app.accounts.calendars import due_before
from app.accounts.models import Programme, User
from app.core import audit, clock
from app.core.access import Role
from app.core.db import Base, insert_unless_exists, session

from .models import Task

if TYPE_CHECKING:
    from app.clients.models import Case


def open_task(
    cause: str,
    about: Base,
    *,
    programme: Programme,
    title: str,
    due_at: datetime,
    actor: User | None,
    case: Case | None = None,
    owner: User | None = None,
    owner_role: Role = Role.COORDINATOR,
) -> Task | None:
    """Open a task about a record; None where one for this cause is open already.

    What is to be done about a case is due before its next critical date. The title names cases by number and holds
    no client fact.
    """
    session.flush()
    if case is not None:
        due_at = due_before(due_at, case.next_critical_on, programme)
    task = insert_unless_exists(
        Task,
        programme_id=programme.id,
        case_id=case.id if case is not None else None,
        record_kind=about.__tablename__,
        record_id=about.id,
        cause=cause,
        title=title,
        owner_id=owner.id if owner else None,
        owner_role=owner_role,
        due_at=due_at,
    )
    if task is not None:
        audit.record("task.open", task, actor=actor, case=case, after={"cause": cause})
    return task


def bring_tasks_before_date(case: Case, *, actor: User | None) -> None:
    """The next critical date of a case has changed: none of its open tasks is due after it."""
    for task in session.scalars(select(Task).where(Task.case_id == case.id, Task.done_at.is_(None))).all():
        due = due_before(task.due_at, case.next_critical_on, case.programme)
        if due < task.due_at:
            before, task.due_at = task.due_at, due
            audit.record("task.bring_forward", task, actor=actor, case=case,
                         before={"due_at": before.isoformat()}, after={"due_at": due.isoformat()})  # fmt: skip


def finish_task(task: Task, *, actor: User | None, outcome: str = "done") -> None:
    """Mark a task as done; doing it twice changes nothing."""
    if task.done_at is not None:
        return
    task.done_at = clock.now()
    task.done_by_id = actor.id if actor else None
    task.outcome = outcome
    audit.record("task.finish", task, actor=actor, after={"outcome": outcome})


def finish_tasks(cause: str, about: Base, *, actor: User | None, outcome: str = "done") -> None:
    """Close whatever is open for a cause about a record."""
    asked = {"kind": about.__tablename__, "about": about.id, "cause": cause}
    for task in session.execute(_open_tasks(), asked).scalars().all():
        finish_task(task, actor=actor, outcome=outcome)


def hand_over_tasks(owner_id: int, to: User, *which: ColumnElement[bool], actor: User) -> None:
    """Give a colleague those of somebody's open tasks that the conditions name."""
    theirs = select(Task).where(Task.owner_id == owner_id, Task.done_at.is_(None), *which)
    for task in session.scalars(theirs).all():
        task.owner_id = to.id
        audit.record("task.hand_over", task, actor=actor, before={"user": owner_id}, after={"user": to.id})


@lru_cache(maxsize=1)
def _open_tasks() -> Select[Task]:
    return select(Task).where(
        Task.record_kind == bindparam("kind"),
        Task.record_id == bindparam("about"),
        Task.cause == bindparam("cause"),
        Task.done_at.is_(None),
    )
