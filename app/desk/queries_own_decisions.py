"""What waits for administrators: what somebody decided about themselves, and mails of no programme that cannot go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import Programme, User
from app.clients.four_eyes import OWN_DECISION
from app.clients.models import Case
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.errors import NotFound
from app.core.mail import Mail
from app.tasks.mail_trouble import CAUSE as MAIL_TROUBLE
from app.tasks.models import Task

MOST = 100
WAITING = (Task.cause == OWN_DECISION, Task.done_at.is_(None))


def rows() -> Sequence[Any]:
    """(task, number of the case, programme, who decided) of each, the oldest first."""
    last = select(func.max(AuditEntry.id)).where(
        AuditEntry.action == "case.own_decision", AuditEntry.record_kind == "cases", AuditEntry.record_id == Case.id
    )
    found = (
        select(Task, Case.number, Programme.name, User.name)
        .select_from(Task)
        .join(Case, Case.id == Task.case_id)
        .join(Programme, Programme.id == Task.programme_id)
        .outerjoin(AuditEntry, AuditEntry.id == last.correlate(Case).scalar_subquery())
        .outerjoin(User, User.id == AuditEntry.actor_id)
    )
    return session.execute(found.where(*WAITING).order_by(Task.created_at, Task.id)).all()


def mails_of_nobody() -> Sequence[Any]:
    """(when it is due, what is to be done, the mail's id) of each mail of no programme, the longest due first."""
    of_admins = (Task.cause == MAIL_TROUBLE, Task.owner_role == Role.ADMIN, Task.done_at.is_(None))
    found = select(Task.due_at, Task.title, Mail.public_id).join(Mail, Mail.id == Task.record_id)
    return session.execute(found.where(*of_admins).order_by(Task.due_at, Task.id).limit(MOST)).all()


def get(public_id: str) -> Task:
    """One that waits.

    :raises NotFound: none such
    """
    found: Task | None = session.execute(select(Task).where(Task.public_id == public_id, *WAITING)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
