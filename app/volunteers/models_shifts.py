"""Clinics and advice shifts: help that a volunteer gives to many, without a case."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Programme
from app.core.db import Base, Editable, Public, choice, live_unique

from .models import Volunteer


class ShiftKind(enum.StrEnum):
    """What was staffed."""

    CLINIC = "clinic"
    ADVICE = "advice"


class Shift(Base, Public, Editable):
    """A day on which a volunteer staffed a clinic, or gave advice by phone, for a programme; nothing of who came."""

    __tablename__ = "shifts"
    __table_args__ = (
        live_unique("one_live_shift", "volunteer_id", "programme_id", "on_day", "kind", where="removed_at IS NULL"),
        Index("ix_shifts_day", "programme_id", "on_day"),
        CheckConstraint("hundredths BETWEEN 1 AND 2400", name="fits_a_day"),
        CheckConstraint("people_served >= 0", name="people"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    kind: Mapped[ShiftKind] = mapped_column(choice(ShiftKind, "kind"))
    on_day: Mapped[date]  # the programme's own
    hundredths: Mapped[int]
    people_served: Mapped[int | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]

    programme: Mapped[Programme] = relationship()
    volunteer: Mapped[Volunteer] = relationship()
