"""The work on a placed case: notes, contacts, hours, closing."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.clients.models import Case
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed


class Visibility(enum.StrEnum):
    """Who may read a note or paper."""

    LAWYER_AND_CLIENT = "lawyer_and_client"
    PROGRAMME = "programme"
    STAFF = "staff"


class Note(Base, Public):
    """A note on a case; corrected by a new one that names it, never edited."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_case", "case_id", "id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    visibility: Mapped[Visibility] = mapped_column(choice(Visibility, "visibility"), default=Visibility.PROGRAMME)
    text: Mapped[str] = mapped_column(Sealed("notes.text"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))

    case: Mapped[Case] = relationship()
    author: Mapped[User] = relationship()


class Message(Base, Public):
    """A message between client, volunteer and staff on a case; corrected by a new one that names it, never edited."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_case", "case_id", "id"),
        Index("ix_messages_answer_due", "answer_due_at"),
        live_unique("one_message_of_a_form", "case_id", "once", where="once IS NOT NULL"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    from_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    from_client: Mapped[bool] = mapped_column(default=False)
    visibility: Mapped[Visibility] = mapped_column(choice(Visibility, "visibility"))
    text: Mapped[str] = mapped_column(Sealed("messages.text"))
    read_at: Mapped[datetime | None]  # by the client, or of the client's own by the first of those who help
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    once: Mapped[str | None] = mapped_column(String(32))  # of the form it was typed into
    answer_due_at: Mapped[datetime | None]  # of the client's own, until it is answered or a task

    case: Mapped[Case] = relationship()
    author: Mapped[User | None] = relationship()


class ContactAttempt(Base):
    """Somebody tried to reach the client: by which channel, reached or not."""

    __tablename__ = "contact_attempts"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    channel: Mapped[str] = mapped_column(String(16))
    reached: Mapped[bool]
    at: Mapped[datetime]

    case: Mapped[Case] = relationship()
    by: Mapped[User] = relationship()


class TimeEntry(Base, Public, Editable):
    """Work done on a case, in hundredths of an hour."""

    __tablename__ = "time_entries"
    __table_args__ = (
        Index("ix_time_entries_case", "case_id", "on_day"),
        Index("ix_time_entries_day", "on_day"),
        CheckConstraint("hundredths > 0", name="some"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), index=True)
    on_day: Mapped[date]
    hundredths: Mapped[int]
    activity: Mapped[str] = mapped_column(String(24), default="work")
    role: Mapped[str] = mapped_column(String(24))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    pai: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(String(16), default="typed")
    removed_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    user: Mapped[User] = relationship()


class ClosingStatus(enum.StrEnum):
    """Where a closing report stands."""

    REPORTED = "reported"
    RETURNED = "returned"
    APPROVED = "approved"


class ClosingReport(Base, Public, Editable):
    """How a matter ended, as the volunteer reported it and staff approved it."""

    __tablename__ = "closing_reports"
    __table_args__ = (
        live_unique(
            "one_live_closing",
            "case_id",
            where="status IN ('reported', 'approved') AND superseded_at IS NULL",
        ),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[ClosingStatus] = mapped_column(choice(ClosingStatus, "status"), default=ClosingStatus.REPORTED)
    closing_code: Mapped[str] = mapped_column(String(2))
    main_benefit: Mapped[str | None] = mapped_column(String(8))
    outcome: Mapped[str | None] = mapped_column(String(16))
    decision: Mapped[str | None] = mapped_column(String(80))
    decided_on: Mapped[date | None]
    counsel_of_record: Mapped[bool] = mapped_column(default=False)
    settlement_documented: Mapped[bool] = mapped_column(default=False)
    work_ended_on: Mapped[date]
    reported_at: Mapped[datetime]
    return_reason: Mapped[str | None] = mapped_column(Sealed("closing_reports.return_reason"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(index=True)
    superseded_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    amounts: Mapped[list[ClosingAmount]] = relationship(back_populates="report", cascade="all, delete-orphan")


class AmountKind(enum.StrEnum):
    """What kind of money a matter brought; never added across kinds."""

    LUMP_SUM = "lump_sum"
    MONTHLY = "monthly"
    AVOIDED = "avoided"
    AWARDED = "awarded"
    DEBT_REDUCED = "debt_reduced"


class ClosingAmount(Base):
    """An amount of one kind won or saved for the client, in cents (monthly: per month, with months)."""

    __tablename__ = "closing_amounts"
    __table_args__ = (
        CheckConstraint("cents > 0", name="some"),
        CheckConstraint("(kind = 'monthly') = (months IS NOT NULL)", name="months"),
    )

    report_id: Mapped[int] = mapped_column(ForeignKey("closing_reports.id"), index=True)
    kind: Mapped[AmountKind] = mapped_column(choice(AmountKind, "kind"))
    cents: Mapped[int]
    months: Mapped[int | None]
    basis: Mapped[str | None] = mapped_column(String(80))

    report: Mapped[ClosingReport] = relationship(back_populates="amounts")
