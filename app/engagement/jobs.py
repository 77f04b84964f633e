"""Check-ins by the clock; each job does one thing and says whether there was one."""

from __future__ import annotations

import random
from functools import partial

from sqlalchemy import exists, or_, select

from app.clients.models import Case
from app.core import clock, daily
from app.core.alone import alone
from app.core.db import session, transaction
from app.matching.models import Assignment
from app.volunteers.models_leave import Leave

from . import operations, operations_ladder, operations_planning, queries
from .models import Checkin

AT_RANDOM = 16  # of the longest due: so several workers seldom write to the same person


def plan_due() -> int:
    """Make every check-in that has fallen due; how many. Any number of processes may run it.

    Whether anything is due is only read, so that a look at thousands of parts keeps nobody from writing.
    """
    ids = session.execute(queries.parts_to_ask()).scalars().all()
    made = sum(alone(partial(_plan, assignment_id), "checkins.plan_failed") for assignment_id in ids)
    with transaction():
        daily.forget_days_before(clock.now().date())
    return made


def _plan(assignment_id: int) -> int:
    session.rollback()
    part = session.get(Assignment, assignment_id)
    if part is None or part.ended_at is not None or not operations_planning.due_by_today(part):
        return 0
    with transaction():
        assignment = session.get_one(Assignment, assignment_id)
        return len(operations.plan_checkins(assignment)) if assignment.ended_at is None else 0


def send_one() -> bool:
    """Take every step that is due for one person: ask, remind, or have a person call."""
    session.rollback()
    due = queries.due_ids(AT_RANDOM)
    if not due:
        return False
    with transaction():
        operations_ladder.write_due(session.get_one(Checkin, random.choice(due)))
    return True


def hasten_all() -> int:
    """Bring ladders forward whose case has become more urgent, or whose volunteer is back sooner; how many."""
    found = select(Checkin.id).join(Case, Case.id == Checkin.case_id).join(Checkin.assignment)
    back = exists().where(Leave.volunteer_id == Assignment.volunteer_id, Leave.ended_at > Checkin.changed_at)
    may_come_sooner = or_(Case.changed_at > Checkin.changed_at, back)
    ahead = (Checkin.next_step_at > clock.now(), Case.paused_at.is_(None))
    ids = session.execute(found.where(*ahead, may_come_sooner)).scalars().all()
    return sum(alone(partial(_hasten, checkin_id), "checkins.hasten_failed") for checkin_id in ids)


def _hasten(checkin_id: int) -> bool:
    with transaction():
        return operations_ladder.hasten(session.get_one(Checkin, checkin_id))
