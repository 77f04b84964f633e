"""Keeping every case's priority in step with its facts, its programme's rules and any override."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.accounts.calendars import add_business_time, closing_at, today
from app.accounts.models import Programme
from app.core import audit, clock
from app.core.db import insert_unless_exists, session
from app.tasks.operations import bring_tasks_before_date

from .models import OPEN, Case, CaseMove, CaseStatus, Priority, PriorityLevel, PriorityRules
from .urgency import LEVELS, Facts, Reckoning, Rules, first_rules, reckon

if TYPE_CHECKING:
    from app.accounts.models import User

__all__ = ["clock_end", "facts_of", "latest_rules", "live_override", "reckon", "refresh_priority", "rules_of"]

DAYS_TO_PLACE = {PriorityLevel.HIGH: 5, PriorityLevel.NORMAL: 21, PriorityLevel.LOW: 45}


def latest_rules(programme: Programme) -> PriorityRules:
    """The programme's rules in force; the first version is made on first use."""
    found = _latest(programme)
    if found is None:
        values = {"rules": [dict(rule) for rule in first_rules()], "levels": dict(LEVELS)}
        insert_unless_exists(
            PriorityRules, programme_id=programme.id, number=1, reason="The rules to begin with", **values
        )
        found = _latest(programme)
    if found is None:
        raise RuntimeError("The first priority rules could not be stored.")
    return found


def _latest(programme: Programme) -> PriorityRules | None:
    newest = select(PriorityRules).where(PriorityRules.programme_id == programme.id)
    return session.scalars(newest.order_by(PriorityRules.number.desc()).limit(1)).first()


def rules_of(stored: PriorityRules) -> Rules:
    """Stored rules as the reckoning reads them."""
    return Rules(tuple(stored.rules), stored.levels, stored.number)


def facts_of(case: Case) -> Facts:
    """What priority reads of a case."""
    session.flush()
    waiting = [each for each in case.critical_dates if each.done_at is None]
    return Facts(
        received_on=clock_day(case.received_at, case.programme),
        dates=tuple((each.kind, each.on_day) for each in waiting if each.on_day is not None),
        has_open_question=any(each.on_day is None for each in waiting),
        harms=frozenset(case.harms),
        circumstances=frozenset(case.circumstances),
        emergencies=frozenset(case.emergencies),
        other_side_has_lawyer=bool(case.other_side_has_lawyer),
        times_handed_back=_count_hand_backs(case),
    )


def clock_day(moment: datetime, programme: Programme) -> date:
    """The local day of a moment."""
    with clock.at(moment):
        return clock.today_in(programme.time_zone)


def _count_hand_backs(case: Case) -> int:
    if case.listed_at is None:
        return 0  # never listed, so never placed
    given_back = select(func.count()).select_from(CaseMove)
    mine = given_back.where(CaseMove.case_id == case.id, CaseMove.operation == "matching.end_assignment")
    return session.scalar(mine) or 0


def live_override(case: Case) -> Priority | None:
    """The override that stands above the rules now, if any."""
    found = select(Priority).where(
        Priority.case_id == case.id, Priority.override_level.is_not(None), Priority.lapsed_at.is_(None)
    )
    return session.scalars(found).first()


def refresh_priority(case: Case, *, rules: Rules | None = None, actor: User | None = None) -> Reckoning:
    """Reckon a case's priority anew; write a row where it changed and keep the case in step."""
    session.flush()
    session.expire(case, ["critical_dates"])
    day, facts = today(case.programme), facts_of(case)
    rules = rules or rules_of(latest_rules(case.programme))
    found = reckon(facts, rules, day)
    override = live_override(case)
    if _differs(_newest(case), found, rules.number):
        session.add(Priority(
            case_id=case.id, points=found.points, level=found.level, factors=found.factors,
            rules_version=rules.number, reckoned_at=clock.now(),
        ))  # fmt: skip
    level = override.override_level if override and override.override_level else found.level
    _keep_in_step(case, level, found.points, facts.next_on(day), actor)
    return found


def _newest(case: Case) -> Priority | None:
    reckoned = select(Priority).where(Priority.case_id == case.id, Priority.override_level.is_(None))
    return session.scalars(reckoned.order_by(Priority.id.desc()).limit(1)).first()


def _differs(last: Priority | None, found: Reckoning, version: int) -> bool:
    if last is None:
        return True
    now = (found.points, found.level, version, found.factors)
    return (last.points, last.level, last.rules_version, last.factors) != now


def _keep_in_step(case: Case, level: PriorityLevel, points: int, next_on: date | None, actor: User | None) -> None:
    before = {"level": case.priority_level, "next_critical_on": _text(case.next_critical_on)}
    more_urgent = level.rank < case.priority_rank or _sooner(next_on, case.next_critical_on)
    changed: dict[str, Any] = {
        "priority_level": level, "priority_rank": level.rank, "points": points, "next_critical_on": next_on,
    }  # fmt: skip
    for name, value in changed.items():
        if getattr(case, name) != value:
            setattr(case, name, value)
    if more_urgent:
        _shorten_clock(case)
    if before["next_critical_on"] != _text(next_on):
        bring_tasks_before_date(case, actor=actor)
    after = {"level": level, "next_critical_on": _text(next_on)}
    if before != after and case.status in OPEN:
        audit.record("case.priority", case, actor=actor, before=before, after=after)
    session.flush()
    session.expire(case, ["priorities"])


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _sooner(one: date | None, other: date | None) -> bool:
    return one is not None and (other is None or one < other)


def _shorten_clock(case: Case) -> None:
    """A listed case that became more urgent waits less; it never waits longer."""
    if case.status is not CaseStatus.AVAILABLE or case.clock_ends_at is None:
        return
    case.clock_ends_at = min(case.clock_ends_at, clock_end(case, case.paused_at or clock.now()))


def clock_end(case: Case, start: datetime) -> datetime:
    """When a case listed at a moment comes back to a person: by its level, or half the time to its next date."""
    programme = case.programme
    if case.priority_level is PriorityLevel.CRITICAL:
        by_level = add_business_time(start, programme, days=1)
    else:
        days = DAYS_TO_PLACE[case.priority_level]
        by_level = closing_at(date.fromordinal(clock_day(start, programme).toordinal() + days), programme)
    if case.next_critical_on is None:
        return by_level
    half = (closing_at(case.next_critical_on, programme) - start) / 2
    return min(by_level, start + max(half, half * 0))
