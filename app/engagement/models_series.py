"""A programme's own series of check-ins, version by version, and the times in which a case's clock stood."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Base


class SeriesVersion(Base):
    """All rules of a programme's series as somebody left them; the newest counts for what is not yet sent."""

    __tablename__ = "series_versions"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    rules: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(String(200))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    made_by: Mapped[User] = relationship()


class SeriesPause(Base):
    """A pause of a case that is over: its series goes on later by as many days."""

    __tablename__ = "series_pauses"
    __table_args__ = (Index("ix_series_pauses_case", "case_id", "paused_at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    paused_at: Mapped[datetime]
    resumed_at: Mapped[datetime]
