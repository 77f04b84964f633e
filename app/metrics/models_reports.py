"""What an hour is worth, reports that make themselves, and certificates of hours."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Grant, Programme, User
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed, SealedJSON
from app.volunteers.models import Volunteer


class HourRate(Base, Public):
    """What an hour in one role counts for at a programme, from a day until a day, and where that is written."""

    __tablename__ = "hour_rates"
    __table_args__ = (
        live_unique("one_rate_from_a_day", "programme_id", "role", "valid_from", where="removed_at IS NULL"),
        live_unique(
            "one_open_rate", "programme_id", "role", where="valid_until IS NULL AND removed_at IS NULL"
        ),
        CheckConstraint("cents > 0", name="some"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="order"),
        CheckConstraint("length(source) > 0", name="sourced"),
    )  # fmt: skip

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    role: Mapped[str] = mapped_column(String(24))  # as time entries name it
    cents: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(200))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]

    entered_by: Mapped[User] = relationship()


class ReportKind(enum.StrEnum):
    """What a report tells."""

    LSC = "lsc"
    GRANT = "grant"
    BOARD = "board"


class ReportSchedule(Base, Public, Editable):
    """A report that is made by itself once a period has ended, until somebody ends it."""

    __tablename__ = "report_schedules"
    __table_args__ = (
        live_unique(
            "one_schedule", "programme_id", "kind", "every", where="ended_at IS NULL AND grant_id IS NULL"
        ),
        live_unique(
            "one_schedule_of_a_grant", "grant_id", "kind", "every",
            where="ended_at IS NULL AND grant_id IS NOT NULL",
        ),
        CheckConstraint("kind <> 'grant' OR grant_id IS NOT NULL", name="grants_own"),
        CheckConstraint("NOT to_funder OR kind = 'grant'", name="funders_own"),
        Index("ix_report_schedules_due", "ended_at", "next_on"),
    )  # fmt: skip

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    kind: Mapped[ReportKind] = mapped_column(choice(ReportKind, "kind"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    every: Mapped[str] = mapped_column(String(12))  # month, quarter, half, year
    next_on: Mapped[date]  # the first day of the period to report next; it is made once that period is over
    to_funder: Mapped[bool] = mapped_column(default=False)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]

    programme: Mapped[Programme] = relationship()
    grant: Mapped[Grant | None] = relationship()
    recipients: Mapped[list[ReportRecipient]] = relationship(
        back_populates="schedule", cascade="all, delete-orphan", order_by="ReportRecipient.id"
    )


class ReportRecipient(Base):
    """Somebody of the staff who is told when a report is made."""

    __tablename__ = "report_recipients"
    __table_args__ = (UniqueConstraint("schedule_id", "user_id"),)

    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedules.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)

    schedule: Mapped[ReportSchedule] = relationship(back_populates="recipients")
    user: Mapped[User] = relationship()


class ReportRun(Base, Public):
    """A report as it was made for one period; its files are written from these figures whenever they are asked for."""

    __tablename__ = "report_runs"
    __table_args__ = (
        UniqueConstraint("schedule_id", "starts_on"),
        Index("ix_report_runs_programme", "programme_id", "id"),
    )

    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedules.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    contents: Mapped[dict[str, Any]] = mapped_column(SealedJSON("report_runs.contents"))
    funder_told_at: Mapped[datetime | None]

    schedule: Mapped[ReportSchedule] = relationship()
    programme: Mapped[Programme] = relationship()


class Certificate(Base, Public):
    """The hours of a volunteer in a period, which anybody with its code can check; it says nothing of clients."""

    __tablename__ = "certificates"

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    name: Mapped[str] = mapped_column(Sealed("certificates.name"))  # as the volunteer agreed to have it shown
    code: Mapped[str] = mapped_column(Sealed("certificates.code"))
    code_hash: Mapped[str] = mapped_column(String(40), unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    hundredths: Mapped[int]  # all, also those at clinics and on advice shifts
    clinic_hundredths: Mapped[int] = mapped_column(default=0)
    advice_hundredths: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    volunteer: Mapped[Volunteer] = relationship()
    programme: Mapped[Programme] = relationship()
