"""Pausing a case: its clocks stand still, with a reason and a day on which somebody looks again."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import before_day, closing_at, moved_by_pause, today
from app.core import audit, clock
from app.core.db import lock
from app.core.errors import Refusal, refuse_if
from app.tasks.operations import finish_tasks, open_task

from .models import Case
from .operations_docket import BadClock, ChooseReason
from .operations_parties import refuse_unless_open
from .priority import refresh_priority
from .vocabulary import PAUSE_REASONS

if TYPE_CHECKING:
    from app.accounts.models import User


class NotPaused(Refusal):
    """The case is not paused."""

    message = _l("The case is not paused.")


class Told(Protocol):
    """What a package does in the transaction in which a case is paused or goes on."""

    def __call__(self, case: Case, since: datetime, *, actor: User | None) -> None: ...


class Follower(NamedTuple):
    """What stands still, and runs on, with a case."""

    paused: Told
    resumed: Told


_followers: dict[str, Follower] = {}


def stand_still_with(name: str, *, paused: Told, resumed: Told) -> None:
    """Name what else stands still while a case is paused; packages to the right do so in their wiring."""
    _followers[name] = Follower(paused, resumed)


def pause_case(case: Case, reason: str, review_on: date, *, actor: User) -> Case:
    """Stop a case's clocks, with a reason and a day on which somebody looks again.

    :raises CaseIsOver: the case has ended
    :raises ChooseReason: no known reason
    :raises BadClock: the day is not to come
    """
    case = _locked(case)
    refuse_unless_open(case)
    if case.paused_at is not None:
        return case
    refuse_if(reason not in PAUSE_REASONS, ChooseReason)
    refuse_if(review_on <= today(case.programme), BadClock(_l("Choose a day after today.")))
    now = clock.now()
    case.paused_at, case.pause_reason, case.pause_review_on = now, reason, review_on
    open_task(
        "review_pause", case, programme=case.programme, case=case, actor=actor,
        title=f"Look again at {case.number}: it is paused", owner=case.custody.user if case.custody else None,
        due_at=closing_at(review_on, case.programme),
    )  # fmt: skip
    for follower in _followers.values():
        follower.paused(case, now, actor=actor)
    after = {"reason": reason, "review_on": review_on.isoformat()}
    audit.record("case.pause", case, actor=actor, after=after)
    return case


def resume_case(case: Case, *, actor: User | None) -> Case:
    """Let a paused case's clocks run on: each ends later by the business time for which it stood.

    :raises NotPaused: it is not paused
    """
    case = _locked(case)
    since = case.paused_at
    if since is None:
        raise NotPaused
    case.paused_at = case.pause_reason = case.pause_review_on = None
    case.clock_ends_at = run_on(case.clock_ends_at, case, since)
    refresh_priority(case, actor=actor)
    for follower in _followers.values():
        follower.resumed(case, since, actor=actor)
    finish_tasks("review_pause", case, actor=actor)
    stood = int((clock.now() - since).total_seconds() // 3600)
    audit.record("case.resume", case, actor=actor, after={"stood_hours": stood})
    return case


def run_on(ends_at: datetime | None, case: Case, since: datetime) -> datetime | None:
    """When something of a case ends that stood still since a moment; what was over by then stays over."""
    if ends_at is None or ends_at <= since:
        return ends_at
    moved = moved_by_pause(ends_at, since, clock.now(), case.programme)
    return before_day(moved, case.next_critical_on, case.programme)


def _locked(case: Case) -> Case:
    """The case under lock, and then its openings, as for whoever places it."""
    case = lock(case)
    for opening in sorted(case.openings, key=lambda one: one.id):
        lock(opening)
    return case
