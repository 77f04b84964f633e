"""Making the check-ins that have fallen due; a paused case keeps what it had to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.clients.models import Case
from app.clients.operations_pauses import run_on
from app.core import clock
from app.core.db import insert_unless_exists, session
from app.matching.models import Assignment

from . import queries, question_sets, series
from .ladder import TOO_LATE
from .models import Checkin
from .models_series import SeriesPause
from .operations_ladder import hand_over, sending_time


def plan_checkins(assignment: Assignment) -> list[Checkin]:
    """Make the check-ins of an assignment that are due by today; what is long overdue becomes a person's task."""
    newest = {item.rule.audience: item for item in due_by_today(assignment)}
    made = [_make(assignment.case, assignment, item) for item in newest.values()]
    return [checkin for checkin in made if checkin is not None]


def due_by_today(assignment: Assignment) -> Sequence[series.Due]:
    """What the series asks about an assignment by today and has not asked."""
    programme = assignment.case.programme
    return series.due(
        queries.work_of(assignment),
        queries.rules_of(assignment),
        calendars.today(programme),
        lambda day, count: calendars.add_business_days(day, count, programme),
    )


def _make(case: Case, assignment: Assignment, item: series.Due) -> Checkin | None:
    made: dict[str, Any] = {"case_id": case.id, "assignment_id": assignment.id, "audience": item.rule.audience}
    checkin = insert_unless_exists(
        Checkin, **made, series_key=item.rule.key, questions=item.rule.questions,
        questions_number=question_sets.newest(item.rule.questions), due_on=item.on_day,
        due_at=sending_time(case, item.on_day),
    )  # fmt: skip
    if checkin is not None and checkin.due_at + TOO_LATE < clock.now():
        hand_over(checkin, "checkin_late")
    return checkin


def case_paused(case: Case, since: datetime, *, actor: User | None) -> None:
    """While a case is paused nothing is asked: workers leave its check-ins where they are."""


def case_resumed(case: Case, since: datetime, *, actor: User | None) -> None:
    """Let what was to come, and every ladder, run on by the time for which it stood."""
    session.add(SeriesPause(case_id=case.id, paused_at=since, resumed_at=clock.now()))
    waiting = select(Checkin).where(Checkin.case_id == case.id, Checkin.closed_at.is_(None))
    for checkin in session.execute(waiting.with_for_update(of=Checkin)).scalars():
        if checkin.sent_at is None:
            checkin.due_at = run_on(checkin.due_at, case, since) or checkin.due_at
        else:
            checkin.next_step_at = run_on(checkin.next_step_at, case, since)
