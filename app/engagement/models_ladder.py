"""The steps taken after a check-in fell due: each once, which the database holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base

from .models import Checkin


class CheckinStep(Base):
    """Asked, reminded, reminded again or handed to a person; what left in one mail has one bundle."""

    __tablename__ = "checkin_steps"
    __table_args__ = (UniqueConstraint("checkin_id", "step"), Index("ix_checkin_steps_bundle", "bundle"))

    checkin_id: Mapped[int] = mapped_column(ForeignKey("checkins.id"))
    step: Mapped[str] = mapped_column(String(16))
    taken_at: Mapped[datetime]
    bundle: Mapped[str | None] = mapped_column(String(16))

    checkin: Mapped[Checkin] = relationship()
