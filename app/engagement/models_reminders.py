"""Who was reminded of which critical date, each step once, and which dates a volunteer's own firm keeps."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.clients.models import CriticalDate
from app.core.db import Base, live_unique
from app.core.mail import Mail
from app.matching.models import Assignment


class DateReminder(Base):
    """One step before a critical date for one side, with the day it was for: a moved date is reminded of anew."""

    __tablename__ = "date_reminders"
    __table_args__ = (
        UniqueConstraint("critical_date_id", "audience", "step", "for_day"),
        Index("ix_date_reminders_mail", "mail_id"),
    )

    critical_date_id: Mapped[int] = mapped_column(ForeignKey("critical_dates.id"))
    audience: Mapped[str] = mapped_column(String(12))  # volunteer, client, staff
    step: Mapped[int]  # days before; for staff also 0, the day itself, and -1, a day that passed unseen
    for_day: Mapped[date]
    taken_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(8))  # mail, call, task
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))  # whose mail it is
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_mails.id"))

    critical_date: Mapped[CriticalDate] = relationship()
    assignment: Mapped[Assignment | None] = relationship()
    mail: Mapped[Mail | None] = relationship()


class DateDocketing(Base):
    """A lead said that a date, for the day it has now, is in the calendar of their own firm."""

    __tablename__ = "date_docketings"
    __table_args__ = (
        live_unique("one_docketing", "critical_date_id", "assignment_id", "for_day", where="undone_at IS NULL"),
    )

    critical_date_id: Mapped[int] = mapped_column(ForeignKey("critical_dates.id"))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    for_day: Mapped[date]
    docketed_at: Mapped[datetime]
    docketed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    assignment: Mapped[Assignment] = relationship()
    docketed_by: Mapped[User] = relationship(foreign_keys=[docketed_by_id])
