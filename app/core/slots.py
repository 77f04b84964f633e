"""Slots: of any number of schedulers, one wins each tick of the timetable."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from . import clock
from .db import Base, engine, insert_unless_exists, session, transaction

PROCESS = secrets.token_hex(8)
FORGOTTEN_AFTER = timedelta(hours=1)


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


class ProcessBeat(Base):
    """That a part of a process lives, and how far its machine's clock is from the database's."""

    __tablename__ = "process_beats"
    __table_args__ = (UniqueConstraint("process", "part"),)

    process: Mapped[str] = mapped_column(String(32))
    part: Mapped[str] = mapped_column(String(16))
    beat_at: Mapped[datetime]
    skew_seconds: Mapped[int]


def beat(part: str) -> int:
    """Write that a part of this process lives; the seconds by which its machine's clock is ahead of the database's."""
    process = f"{PROCESS}{os.getpid():x}"
    with transaction():
        skew = _skew()
        values = {"beat_at": clock.now(), "skew_seconds": skew}
        mine = (ProcessBeat.process == process) & (ProcessBeat.part == part)
        known = session.execute(update(ProcessBeat).where(mine).values(values).returning(ProcessBeat.id)).first()
        if known is None:
            insert_unless_exists(ProcessBeat, process=process, part=part, **values)
    return skew


def _skew() -> int:
    """SQLite asks the clock of the machine that it runs on."""
    if engine().dialect.name == "sqlite":
        return 0
    told = session.execute(select(func.clock_timestamp())).scalar_one()
    return round((datetime.now(UTC) - told).total_seconds())  # of the machine, not of the desk


def beats() -> dict[str, tuple[datetime, int]]:
    """When each part was last heard of, and how far off the worst clock is among those that live."""
    since = clock.now() - FORGOTTEN_AFTER
    worst = func.max(func.abs(ProcessBeat.skew_seconds))
    found = select(ProcessBeat.part, func.max(ProcessBeat.beat_at), worst).where(ProcessBeat.beat_at > since)
    return {part: (last, skew) for part, last, skew in session.execute(found.group_by(ProcessBeat.part))}


def forget_old_beats() -> None:
    """Processes that ended."""
    session.execute(delete(ProcessBeat).where(ProcessBeat.beat_at < clock.now() - FORGOTTEN_AFTER))
