"""Check-ins by the clock; each job does one thing and says whether there was one."""

from __future__ import annotations

from sqlalchemy import select

from app.core import clock
from app.core.db import session, transaction
from app.matching.models import Assignment

from . import operations, queries
from .models import Checkin


def plan_due() -> int:
    """Make every check-in that has fallen due; how many. Any number of processes may run it."""
    ids = session.execute(queries.parts_to_ask()).scalars().all()
    made = 0
    for assignment_id in ids:
        with transaction():
            assignment = session.get_one(Assignment, assignment_id)
            if assignment.ended_at is None:
                made += len(operations.plan_checkins(assignment))
    return made


def send_one() -> bool:
    """Send one check-in whose hour has come."""
    due = select(Checkin).where(Checkin.sent_at.is_(None), Checkin.closed_at.is_(None), Checkin.due_at <= clock.now())
    with transaction():
        checkin = session.execute(
            due.order_by(Checkin.due_at).limit(1).with_for_update(skip_locked=True, of=Checkin)
        ).scalar()
        if checkin is None:
            return False
        operations.send_checkin(checkin)
    return True


def remind_one() -> bool:
    """Take one step on one ladder."""
    due = select(Checkin).where(Checkin.next_step_at <= clock.now())
    with transaction():
        checkin = session.execute(
            due.order_by(Checkin.next_step_at).limit(1).with_for_update(skip_locked=True, of=Checkin)
        ).scalar()
        if checkin is None:
            return False
        operations.climb(checkin)
    return True
