"""What volunteers were written about matters that fit them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base
from app.volunteers.models import Volunteer


class Digest(Base):
    """What one volunteer was shown of a day or week; written down also where nothing fitted, once for each period."""

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("volunteer_id", "period_on"),
        Index("ix_digests_period_on", "period_on", "volunteer_id"),
    )

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    period_on: Mapped[date]  # its first day
    opening_ids: Mapped[list[Any]]  # of those shown; empty: nothing was sent

    volunteer: Mapped[Volunteer] = relationship()
