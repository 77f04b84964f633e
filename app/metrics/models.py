"""Figures by day, and what was published of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Grant, Programme
from app.core.db import Base, Public, live_unique


class DayFigure(Base):
    """One measure's count for one day, programme, grant and dimension value; rebuilt whole for a touched day."""

    __tablename__ = "day_figures"
    __table_args__ = (
        UniqueConstraint("programme_id", "on_day", "measure", "grant_id", "dimension", "member"),
        Index("ix_day_figures_read", "programme_id", "measure", "dimension", "on_day"),
        Index("ix_day_figures_grant", "grant_id", "measure", "dimension", "on_day"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    on_day: Mapped[date]
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    measure: Mapped[str] = mapped_column(String(40))
    dimension: Mapped[str] = mapped_column(String(16))  # all, category, county, language, priority, closing_code …
    member: Mapped[str] = mapped_column(String(40))
    value: Mapped[int]
    histogram: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # days: cases, for durations


class RollUp(Base):
    """One run of the roll-up: up to which change it has read."""

    __tablename__ = "roll_ups"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    read_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    days: Mapped[int] = mapped_column(default=0)


class PublishedPeriod(Base, Public):
    """A period of a grant that a programme signed off; funders read this copy and nothing else."""

    __tablename__ = "published_periods"
    __table_args__ = (
        live_unique("one_live_publication", "grant_id", "starts_on", "ends_on", where="replaced_at IS NULL"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    signed_off_at: Mapped[datetime]
    signed_off_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    replaced_at: Mapped[datetime | None]
    restates_id: Mapped[int | None] = mapped_column(ForeignKey("published_periods.id"))
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    public: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # the same for everybody, with more hidden
    exact: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # what it was made of; for no reader
    note: Mapped[str | None] = mapped_column(String(200))  # why it was restated

    programme: Mapped[Programme] = relationship()
    grant: Mapped[Grant] = relationship()


class Goal(Base, Public):
    """A target a programme set for a measure and period."""

    __tablename__ = "goals"
    __table_args__ = (UniqueConstraint("programme_id", "grant_id", "measure", "starts_on", "ends_on"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    measure: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    target: Mapped[int]
    note: Mapped[str | None] = mapped_column(String(200))
