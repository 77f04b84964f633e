"""When a volunteer is away: announced from a day until a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Editable, Public

from .models import Volunteer


class Leave(Base, Public, Editable):
    """A time in which a volunteer is asked nothing; whoever stands in is asked instead."""

    __tablename__ = "leaves"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
        Index("ix_leaves_volunteer", "volunteer_id", "until_on"),
    )

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    announced_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]

    volunteer: Mapped[Volunteer] = relationship()
