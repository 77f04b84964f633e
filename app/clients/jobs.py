"""What the clock does with requests and waiting cases; each job is one change and says whether there was one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, exists, select

from app.accounts import calendars
from app.core import clock
from app.core.db import session, transaction
from app.tasks.models import Task
from app.tasks.operations import open_task

from .models import OPEN, Case, CaseStatus, Opening, Priority
from .operations_priority import end_override
from .operations_screening import TRIES, close_incomplete
from .priority import latest_rules, refresh_priority, rules_of

BATCH = 100
TRY_AFTER = {"missing_try_2": 3, "missing_try_3": 7}  # business days after the first
GIVE_UP_AFTER = 10
WORDS = {"missing_try_2": "second try", "missing_try_3": "third and last try"}


def refresh_all() -> bool:
    """Reckon the priority of every open case anew, a batch at a time; then there is nothing left to do."""
    last = 0
    while True:
        with transaction():
            found = select(Case).where(Case.status.in_(OPEN), Case.id > last).order_by(Case.id).limit(BATCH)
            cases = session.scalars(found).all()
            rules = {case.programme_id: rules_of(latest_rules(case.programme)) for case in cases}
            for case in cases:
                last = case.id
                refresh_priority(case, rules=rules[case.programme_id])
        if not cases:
            return False


def lapse_one() -> bool:
    """End one override whose last day is over."""
    now = clock.now()
    live = (Priority.override_level.is_not(None), Priority.lapsed_at.is_(None))
    with transaction():
        due = select(Priority).where(*live, Priority.override_lapses_on < _last_today(now))
        for override in session.scalars(due.order_by(Priority.override_lapses_on, Priority.id)):
            if (override.override_lapses_on or now.date()) < calendars.today(override.case.programme):
                end_override(override.case, actor=None)
                return True
    return False


def _last_today(now: datetime) -> date:
    """The latest local day anywhere in the country's zones."""
    with clock.at(now):
        return clock.today_in("Pacific/Guam")


def try_again_one() -> bool:
    """Ask staff to call about what is missing: on business day 3 and, that call made, once more on day 7."""
    with transaction():
        for case in session.scalars(_incomplete()):
            cause = next((each for each in TRIES if not _was_made(case, each)), None)
            if cause and not _tries(case, cause) and _days_since(case) >= TRY_AFTER[cause]:
                _open_try(case, cause)
                return True
    return False


def _incomplete() -> Select[Case]:
    waits = (Case.status == CaseStatus.PRESCREEN, Case.missing_asked_at.is_not(None), Case.paused_at.is_(None))
    return select(Case).where(*waits).order_by(Case.missing_asked_at, Case.id)


def _days_since(case: Case) -> int:
    asked = case.missing_asked_at or clock.now()
    with clock.at(asked):
        start = calendars.today(case.programme)
    return calendars.business_days_between(start, calendars.today(case.programme), case.programme)


def _tries(case: Case, cause: str) -> list[Task]:
    mine = (Task.record_kind == "cases", Task.record_id == case.id, Task.cause == cause)
    return list(session.scalars(select(Task).where(*mine, Task.created_at >= case.missing_asked_at)))


def _was_made(case: Case, cause: str) -> bool:
    return any(task.done_at for task in _tries(case, cause))


def _open_try(case: Case, cause: str) -> None:
    open_task(
        cause, case, programme=case.programme, case=case, actor=None,
        title=f"Call about what is missing from {case.number}: {WORDS[cause]}",
        owner=case.custody.user if case.custody else None,
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
    )  # fmt: skip


def close_incomplete_one() -> bool:
    """Close one request after three tries in 10 business days: the message and both calls were made."""
    with transaction():
        for case in session.scalars(_incomplete()):
            tried = all(_was_made(case, cause) for cause in TRIES)
            if tried and _days_since(case) >= GIVE_UP_AFTER:
                close_incomplete(case, actor=None)
                return True
    return False


def ask_about_clock_one() -> bool:
    """Bring one case whose referral clock has ended to a person; while somebody holds it, they decide first."""
    with transaction():
        case = session.scalars(select(Case).where(*_clock_ended()).order_by(Case.clock_ends_at).limit(1)).first()
        if case is None:
            return False
        open_task(
            "decide_clock", case, programme=case.programme, case=case, actor=None,
            title=f"Decide: the referral clock of {case.number} has ended",
            owner=case.custody.user if case.custody else None,
            due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        )  # fmt: skip
        return True


def _clock_ended() -> tuple[ColumnElement[bool], ...]:
    asked = exists().where(Task.record_kind == "cases", Task.record_id == Case.id, Task.cause == "decide_clock")
    return (
        Case.status == CaseStatus.AVAILABLE,
        Case.clock_ends_at <= clock.now(),
        Case.paused_at.is_(None),
        ~Case.openings.any(Opening.referrals.any(status="held", ended_at=None)),
        ~asked.where(Task.done_at.is_(None)),
    )
