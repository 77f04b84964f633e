"""One programme with a coordinator, an open matter and volunteers: what the placing tests begin from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.accounts.models import Programme, User
from app.clients.models import Case, CaseStatus, Opening
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.tasks.models import Task
from app.volunteers.models import Volunteer
from tests import factories

MONDAY = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)  # 10 in the morning in Chicago


@dataclass
class Desk:
    """Ids of what the test begins from, and fresh rows for them."""

    programme_id: int
    staff_id: int
    case_id: int
    opening_id: int
    volunteer_ids: list[int]

    @property
    def programme(self) -> Programme:
        return session.get_one(Programme, self.programme_id)

    @property
    def staff(self) -> User:
        return session.get_one(User, self.staff_id)

    @property
    def case(self) -> Case:
        return session.get_one(Case, self.case_id)

    @property
    def opening(self) -> Opening:
        return session.get_one(Opening, self.opening_id)

    def volunteer(self, n: int = 0) -> Volunteer:
        return session.get_one(Volunteer, self.volunteer_ids[n])

    def user(self, n: int = 0) -> User:
        user = self.volunteer(n).user
        assert user is not None
        return user


def lay(volunteers: int = 2, *, volunteer: dict[str, Any] | None = None, **case: Any) -> Desk:
    """Make a programme with a coordinator, a listed case and volunteers."""
    programme_changes = case.pop("programme", {})
    with transaction():
        programme = factories.programme(**programme_changes)
        staff = factories.coordinator(programme)
        made = factories.case(programme, CaseStatus.AVAILABLE, owner=staff, **case)
        people = [factories.volunteer(**(volunteer or {})) for _ in range(volunteers)]
        return Desk(programme.id, staff.id, made.id, made.lead_opening.id, [person.id for person in people])


def mails(kind: str | None = None) -> list[Mail]:
    """The outbox, oldest first."""
    stmt = select(Mail).order_by(Mail.id)
    return list(session.execute(stmt.where(Mail.kind == kind) if kind else stmt).scalars())


def entries(action: str) -> list[AuditEntry]:
    """The audit entries of an action."""
    return list(session.execute(select(AuditEntry).where(AuditEntry.action == action)).scalars())


def tasks(cause: str) -> list[Task]:
    """Open tasks of a cause."""
    return list(session.execute(select(Task).where(Task.cause == cause, Task.done_at.is_(None))).scalars())
