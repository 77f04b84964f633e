"""When check-ins fall due: worked out from what is known of an assignment, never planned ahead."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from .models import Audience

SPACING_FROM_DAY = 15
SPACING_DAYS = 14
PLACED, IN_SERVICE, PACKAGE = "placed", "in_service", "package"  # stages; none: the lead's, whatever the status
AFTER_DATES = ("critical_date", "last_day")  # spaced by nothing, moved by no pause
AddBusinessDays = Callable[[date, int], date]


@dataclass(frozen=True)
class Rule:
    """One rule of a series: so many days after an anchor, once or again and again."""

    key: str
    audience: Audience
    anchor: str
    days: int
    business: bool
    repeats: bool
    matter: str
    questions: str
    stage: str = ""
    until: int | None = None  # days after the anchor at which a repeating rule ends
    since: date | None = None  # the day from which it counts in this form


@dataclass(frozen=True)
class Work:
    """What a series needs to know of a volunteer's work on a case."""

    placed_on: date
    first_contact_due_on: date
    critical_days: tuple[date, ...]
    litigation: bool
    asked: tuple[tuple[Audience, date], ...]  # who was asked on which day
    last_day: date | None = None  # of a package
    category: str = ""
    stage: str = PLACED
    stage_since: date | None = None
    pauses: tuple[tuple[date, date], ...] = ()  # the days on which each began and ended, the earliest first


@dataclass(frozen=True)
class Due:
    """One check-in that is or will be due."""

    rule: Rule
    on_day: date


@dataclass(frozen=True)
class Traced:
    """One day of a rule: when it was counted to, where pauses moved it, and what it gave way to."""

    rule: Rule
    counted_on: date
    on_day: date
    gives_way_to: date | None = None


@lru_cache
def default_rules() -> tuple[Rule, ...]:
    """The series every programme begins with."""
    return _read("series.csv", "") + _read("series_packages.csv", PACKAGE)


def _read(name: str, stage: str) -> tuple[Rule, ...]:
    path = Path(__file__).parent / "data" / name
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row, stage) for row in csv.DictReader(file))


def _rule(row: dict[str, str], stage: str) -> Rule:
    return Rule(
        key=row["key"],
        audience=Audience(row["audience"]),
        anchor=row["anchor"],
        days=int(row["days"]),
        business=row["business"] == "Y",
        repeats=row["repeats"] == "Y",
        matter=row["matter"],
        questions=row["questions"],
        stage=stage,
    )


def rule_from(kept: Mapping[str, Any]) -> Rule:
    """A rule as it is stored."""
    since = kept.get("since")
    typed = {"audience": Audience(kept["audience"]), "since": date.fromisoformat(since) if since else None}
    return Rule(**{**kept, **typed})


def kept(rule: Rule) -> dict[str, Any]:
    """A rule as it is stored."""
    return {**asdict(rule), "audience": rule.audience.value, "since": rule.since.isoformat() if rule.since else None}


def applies(rule: Rule, work: Work) -> bool:
    """Does a rule speak of this kind of matter at this stage?"""
    kinds = ("", "litigation" if work.litigation else "other", work.category)
    stages = (PACKAGE,) if work.stage == PACKAGE else ("", work.stage)
    return rule.matter in kinds and rule.stage in stages


def days_of(rule: Rule, work: Work, until: date, add_business_days: AddBusinessDays) -> list[date]:
    """Every day up to `until` on which a rule asks."""
    return [each.on_day for each in _days(rule, work, until, add_business_days)]


def _days(rule: Rule, work: Work, until: date, add_business_days: AddBusinessDays) -> list[Traced]:
    if not applies(rule, work):
        return []
    counted = _counted(rule, work, until, add_business_days)
    found = (Traced(rule, day, _moved(rule, day, work)) for day in counted)
    first = max(rule.since or date.min, work.stage_since or date.min if rule.stage == IN_SERVICE else date.min)
    return [each for each in found if first <= each.on_day <= until]


def _counted(rule: Rule, work: Work, until: date, add_business_days: AddBusinessDays) -> list[date]:
    if rule.anchor == "critical_date":
        days = (day + timedelta(days=rule.days) for day in work.critical_days if day >= work.placed_on)
        return [day for day in days if day >= work.placed_on]
    if rule.anchor == "last_day":
        day = work.last_day + timedelta(days=rule.days) if work.last_day is not None else work.placed_on
        return [day] if day > work.placed_on else []
    start = work.placed_on if rule.anchor == "placed" else work.first_contact_due_on
    if rule.repeats:
        return _again_and_again(start, rule, until)
    return [add_business_days(start, rule.days) if rule.business else start + timedelta(days=rule.days)]


def _again_and_again(start: date, rule: Rule, until: date) -> list[date]:
    longest = (until - start).days if rule.until is None else min((until - start).days, rule.until)
    return [start + timedelta(days=rule.days * n) for n in range(1, max(0, longest // rule.days) + 1)]


def _moved(rule: Rule, day: date, work: Work) -> date:
    """While a case is paused its clock stands; a day on which the pause began stays where somebody was asked."""
    if rule.anchor in AFTER_DATES:
        return day
    for began, ended in work.pauses:
        if day > began or (day == began and (rule.audience, day) not in work.asked):
            day += ended - began
    return day


def trace(work: Work, rules: Iterable[Rule], until: date, add_business_days: AddBusinessDays) -> list[Traced]:
    """Every day up to `until`, also those that give way: one for each audience and day, spaced from day 15."""
    found = [each for rule in rules for each in _days(rule, work, until, add_business_days)]
    found.sort(key=lambda item: (item.on_day, item.rule.key))
    traced: list[Traced] = []
    for item in found:
        before = _too_close(item, work, traced)
        traced.append(item if before is None else Traced(item.rule, item.counted_on, item.on_day, before))
    return traced


def due(work: Work, rules: Iterable[Rule], today: date, add_business_days: AddBusinessDays) -> list[Due]:
    """The check-ins due by today."""
    traced = trace(work, rules, today, add_business_days)
    return [Due(item.rule, item.on_day) for item in traced if item.gives_way_to is None]


def _too_close(item: Traced, work: Work, before: Sequence[Traced]) -> date | None:
    """From day 15 one check-in per person in 14 days, those after critical dates aside."""
    others = [k.on_day for k in before if k.rule.audience is item.rule.audience and k.gives_way_to is None]
    if item.rule.anchor in AFTER_DATES or (item.on_day - work.placed_on).days < SPACING_FROM_DAY:
        return item.on_day if item.on_day in others else None
    others += [day for audience, day in work.asked if audience is item.rule.audience and day != item.on_day]
    near = (day for day in others if timedelta() <= item.on_day - day < timedelta(days=SPACING_DAYS))
    return max(near, default=None)


def next_due(work: Work, rules: Sequence[Rule], today: date, add_business_days: AddBusinessDays) -> Due | None:
    """The next check-in after today."""
    longest = max((rule.days for rule in rules if rule.repeats), default=0)
    horizon = today + timedelta(days=2 * longest + SPACING_DAYS + 7)
    later = (item for item in due(work, rules, horizon, add_business_days) if item.on_day > today)
    return min(later, key=lambda item: item.on_day, default=None)
