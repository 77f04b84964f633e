"""Steps that are worth a word: of a volunteer's work, and of a case where its client wants to hear of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.clients.models import Case
from app.core.db import Base


class VolunteerMilestone(Base):
    """Something a volunteer has reached, once: `placed_1`, `closed_5`, `hours_50`."""

    __tablename__ = "volunteer_milestones"
    __table_args__ = (UniqueConstraint("volunteer_id", "kind"),)

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    kind: Mapped[str] = mapped_column(String(16))


class CaseMilestone(Base):
    """A step of a case that is done, chosen from a short list that names neither matter nor people."""

    __tablename__ = "case_milestones"
    __table_args__ = (UniqueConstraint("case_id", "code"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    code: Mapped[str] = mapped_column(String(24))
    on_day: Mapped[date]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    case: Mapped[Case] = relationship()
    by: Mapped[User] = relationship()


class MilestoneWish(Base):
    """Whether a client wants to hear of the steps of their case; without a row they do not."""

    __tablename__ = "milestone_wishes"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), unique=True)
    wants: Mapped[bool]
