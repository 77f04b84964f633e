"""Figures by month, and what was published of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Grant, Programme
from app.core.db import Base, Editable, Public, live_unique


class StoredFigure(Base):
    """One measure's count for a month or year, programme, grant and dimension value; rebuilt whole where touched."""

    __tablename__ = "stored_figures"
    __table_args__ = (
        UniqueConstraint(
            "programme_id", "months", "starts_on", "grant_id", "dimension", "measure", "member",
            name="uq_stored_figures_cell",
        ),
        Index(
            "ix_stored_figures_slice", "programme_id", "dimension", "months", "starts_on", "grant_id", "measure",
            "member", "value",
        ),
    )  # fmt: skip

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    months: Mapped[int]  # 1 or 12
    starts_on: Mapped[date]
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    measure: Mapped[str] = mapped_column(String(40))
    dimension: Mapped[str] = mapped_column(String(16))  # all, category, county, language, priority, closing_code …
    member: Mapped[str] = mapped_column(String(40))
    value: Mapped[int]
    histogram: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # days it took: cases;
    # of what is still open: days from the start of the span: cases
    by_day: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # of a month: its days


class ClientAgain(Base):
    """What cases closed on a day have in common with older ones of the same clients: who is one and the same."""

    __tablename__ = "clients_again"
    __table_args__ = (
        Index(
            "ix_clients_again_slice", "programme_id", "grant_id", "on_day", "before_on", "cases", "people", "children",
            "category", "county", "language", "priority", "office", "firm",
        ),
    )  # fmt: skip

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    on_day: Mapped[date]
    before_on: Mapped[date]
    cases: Mapped[int]
    people: Mapped[int] = mapped_column(server_default="0")
    children: Mapped[int] = mapped_column(server_default="0")
    category: Mapped[str | None] = mapped_column(String(40))  # from here on: what the older case stands under
    county: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(40))
    priority: Mapped[str | None] = mapped_column(String(40))
    office: Mapped[str | None] = mapped_column(String(40))
    firm: Mapped[str | None] = mapped_column(String(40))


class CountedYear(Base):
    """The months of one year in which a case counted, so that a month it leaves is counted again too."""

    __tablename__ = "counted_years"
    __table_args__ = (
        UniqueConstraint("case_id", "year"),
        Index("ix_counted_years_year", "programme_id", "year", "case_id"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    case_id: Mapped[int]  # no key: a case that is erased still says which months it leaves
    year: Mapped[int]
    months: Mapped[int]  # one bit for each month of the year


class RollUpState(Base):
    """Where the roll-up of a programme stands: who counts now, and by which settings it counted last."""

    __tablename__ = "roll_up_states"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), unique=True)
    run: Mapped[int] = mapped_column(default=0)
    settings: Mapped[str] = mapped_column(String(64), default="")
    firms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # volunteer: firm


class RollUp(Base):
    """One run of the roll-up: up to which change it has read."""

    __tablename__ = "roll_ups"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    read_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    months: Mapped[int] = mapped_column(default=0)


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


class Goal(Base, Public, Editable):
    """A target a programme set for a measure and period."""

    __tablename__ = "goals"
    __table_args__ = (
        UniqueConstraint("programme_id", "grant_id", "measure", "starts_on", "ends_on"),
        live_unique(
            "one_goal_of_a_programme", "programme_id", "measure", "starts_on", "ends_on", where="grant_id IS NULL"
        ),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    measure: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    target: Mapped[int]  # in the unit the figure is kept in; a share in hundredths
    note: Mapped[str | None] = mapped_column(String(200))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    programme: Mapped[Programme] = relationship()
    grant: Mapped[Grant | None] = relationship()


class SavedView(Base, Public):
    """A report as somebody arranged it, under a name of their own."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "programme_id", "name"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(300))  # the part of the address behind the question mark

    programme: Mapped[Programme] = relationship()
