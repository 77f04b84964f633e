"""What waits for whom."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, or_, select

from app.accounts.models import RoleGrant, User
from app.core.access import STAFF, Role
from app.core.db import session
from app.core.errors import NotFound

from .models import Task


def open_tasks(viewer: User) -> Select[Task]:
    """Open tasks that are the viewer's or their role's in their programmes, oldest promise first."""
    mine = [Task.owner_id == viewer.id]
    for role in STAFF:
        programmes = viewer.programme_ids(role)
        if programmes:
            mine.append((Task.programme_id.in_(programmes)) & (Task.owner_role == role))
    if coordinates := viewer.programme_ids(Role.COORDINATOR):
        mine.append(Task.programme_id.in_(coordinates) & is_attorneys_and_nobody_is())
    return select(Task).where(Task.done_at.is_(None), or_(*mine)).order_by(Task.due_at, Task.id)


def is_attorneys_and_nobody_is() -> ColumnElement[bool]:
    """Is a task for supervising attorneys where nobody is one? Then it is the coordinators'."""
    held = select(RoleGrant.id).join(User, User.id == RoleGrant.user_id)
    held = held.where(RoleGrant.programme_id == Task.programme_id, RoleGrant.role == Role.SUPERVISING_ATTORNEY,
                      User.deactivated_at.is_(None))  # fmt: skip
    return (Task.owner_role == Role.SUPERVISING_ATTORNEY) & ~held.exists()


def get_task(public_id: str, *, viewer: User) -> Task:
    """An open task of the viewer.

    :raises NotFound: none such
    """
    found = session.execute(open_tasks(viewer).where(Task.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
