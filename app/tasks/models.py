"""What somebody must do by when, about any record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Programme, User
from app.core.access import Role
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed


class Task(Base, Public, Editable):
    """A duty with an owner and a due time; one open per cause and record. The title holds no client fact."""

    __tablename__ = "tasks"
    __table_args__ = (
        live_unique("one_open_task", "record_kind", "record_id", "cause", where="done_at IS NULL"),
        Index("ix_tasks_cause", "cause", "due_at"),
        Index("ix_tasks_open", "programme_id", "done_at", "due_at", "owner_role", "owner_id", "cause"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    record_kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int]
    cause: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(160))
    script: Mapped[str | None] = mapped_column(Sealed("tasks.script"))  # what to say on the phone
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    owner_role: Mapped[Role] = mapped_column(choice(Role, "owner_role"), default=Role.COORDINATOR)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str | None] = mapped_column(String(40))

    programme: Mapped[Programme] = relationship()
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
