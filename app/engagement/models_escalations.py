"""Escalations: what a person must resolve on a case, by which rules, and everything that happened to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Programme, User
from app.clients.models import Case
from app.core import clock
from app.core.db import Base, Editable, Public, live_unique
from app.core.sealed import Sealed
from app.volunteers.models import Volunteer

WAITS = text("closed_at IS NULL AND ran_out_at IS NULL")


class Escalation(Base, Public, Editable):
    """Something on a case that a person must resolve; one open per case and cause."""

    __tablename__ = "escalations"
    __table_args__ = (
        live_unique("one_open_escalation", "case_id", "cause", where="closed_at IS NULL"),
        Index("ix_escalations_waits", "respond_by", sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_escalations_opened_at", "opened_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    cause: Mapped[str] = mapped_column(String(32))
    occasion: Mapped[str] = mapped_column(String(40), default="")  # what set it off: the same thing opens it once
    rules_number: Mapped[int | None]  # the version of the programme's rules it climbs by
    rule_key: Mapped[str] = mapped_column(String(32), default="")
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # who led the case as it opened
    note: Mapped[str | None] = mapped_column(Sealed("escalations.note"))
    level: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=1)  # how often it has opened
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)  # of this round
    respond_by: Mapped[datetime]
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    responded_at: Mapped[datetime | None]  # when somebody first took it on in this round
    in_time: Mapped[bool | None]  # was that before the first level's time ran out?
    ran_out_at: Mapped[datetime | None]  # the last level's time
    attorney_told_at: Mapped[datetime | None]  # because a critical date is near
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    root_cause: Mapped[str | None] = mapped_column(String(32))
    found: Mapped[str | None] = mapped_column(Sealed("escalations.found"))

    case: Mapped[Case] = relationship()
    volunteer: Mapped[Volunteer | None] = relationship()
    responsible: Mapped[User | None] = relationship(foreign_keys=[responsible_id])
    taken_by: Mapped[User | None] = relationship(foreign_keys=[taken_by_id])
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])
    steps: Mapped[list[EscalationStep]] = relationship(back_populates="escalation", order_by="EscalationStep.id")

    @property
    def in_hands(self) -> str:
        """In whose hands it is: another word after each time it was taken on, passed up or opened again."""
        return f"{self.round}.{self.level}.{self.taken_at.timestamp() if self.taken_at else 0}"


class EscalationStep(Base):
    """One thing that happened to an escalation: what, at which level, by whom, to whom."""

    __tablename__ = "escalation_steps"
    __table_args__ = (
        live_unique("one_step_to_a_level", "escalation_id", "round", "level", where="step IN ('opened', 'raised')"),
    )

    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    step: Mapped[str] = mapped_column(String(24))
    round: Mapped[int]
    level: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str | None] = mapped_column(String(24))  # coded

    escalation: Mapped[Escalation] = relationship(back_populates="steps")
    by: Mapped[User | None] = relationship(foreign_keys=[by_id])
    to: Mapped[User | None] = relationship(foreign_keys=[to_id])


class EscalationRules(Base):
    """One version of a programme's rules of escalation, with the reason it was changed."""

    __tablename__ = "escalation_rules"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    rules: Mapped[list[Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(200))
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    programme: Mapped[Programme] = relationship()
    changed_by: Mapped[User | None] = relationship()


class Absence(Base, Public, Editable):
    """Days on which somebody of the staff is away, and who stands in for them."""

    __tablename__ = "absences"
    __table_args__ = (
        Index("ix_absences_user", "user_id", "until_on"),
        CheckConstraint("from_on <= until_on", name="days"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    stand_in: Mapped[User | None] = relationship(foreign_keys=[stand_in_id])
