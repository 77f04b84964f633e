"""Check-ins, what people answered, and what became of silence."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clients.models import Case
from app.core.db import Base, Editable, Public, choice
from app.core.sealed import Sealed, SealedJSON
from app.matching.models import Assignment


class Audience(enum.StrEnum):
    """Whom a check-in asks."""

    CLIENT = "client"
    VOLUNTEER = "volunteer"


class Checkin(Base, Public, Editable):
    """One question put to one side of a case on one day."""

    __tablename__ = "checkins"
    __table_args__ = (
        UniqueConstraint("assignment_id", "audience", "series_key", "due_on"),
        Index("ix_checkins_due", "sent_at", "due_at"),
        Index("ix_checkins_step", "next_step_at"),
        Index("ix_checkins_case", "case_id", "due_on"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    audience: Mapped[Audience] = mapped_column(choice(Audience, "audience"))
    series_key: Mapped[str] = mapped_column(String(32))
    questions: Mapped[str] = mapped_column(String(24))
    questions_number: Mapped[int] = mapped_column(default=0)  # which version of them: what was answered stays readable
    stands_in_for_id: Mapped[int | None] = mapped_column(ForeignKey("checkins.id"))  # asked since that one's is away
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    channel: Mapped[str | None] = mapped_column(String(16))
    reminded_at: Mapped[datetime | None]
    reminded_again_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    next_step_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(24))

    case: Mapped[Case] = relationship()
    assignment: Mapped[Assignment] = relationship()
    answers: Mapped[list[Answer]] = relationship(back_populates="checkin", order_by="Answer.id")


class Answer(Base):
    """What somebody answered to a check-in; the newest of at most one day counts."""

    __tablename__ = "checkin_answers"

    checkin_id: Mapped[int] = mapped_column(ForeignKey("checkins.id"), index=True)
    answered_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(12), default="link")
    standing: Mapped[str] = mapped_column(String(24))  # coded: on_track, contact, no_contact, cannot_go_on, call_me …
    values: Mapped[dict[str, Any]] = mapped_column(SealedJSON("checkin_answers.values"))
    comment: Mapped[str | None] = mapped_column(Sealed("checkin_answers.comment"))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    checkin: Mapped[Checkin] = relationship(back_populates="answers")
