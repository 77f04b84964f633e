"""Slots: of any number of schedulers, one wins each tick of the timetable."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, insert_unless_exists


class ScheduleSlot(Base):
    """One tick of one job, won by one scheduler."""

    __tablename__ = "schedule_slots"
    __table_args__ = (UniqueConstraint("job", "tick_at"),)

    job: Mapped[str] = mapped_column(String(40))
    tick_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]


def win_slot(job: str, tick_at: datetime) -> ScheduleSlot | None:
    """Take a tick for this scheduler, or None where another has it."""
    return insert_unless_exists(ScheduleSlot, job=job, tick_at=tick_at)
