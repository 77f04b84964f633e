"""When check-ins fall due: worked out from what is known of an assignment, never planned ahead."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from .models import Audience

SPACING_FROM_DAY = 15
SPACING_DAYS = 14
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


@dataclass(frozen=True)
class Work:
    """What a series needs to know of a volunteer's work on a case."""

    placed_on: date
    first_contact_due_on: date
    critical_days: tuple[date, ...]
    litigation: bool
    asked: tuple[tuple[Audience, date], ...]  # who was asked on which day
    last_day: date | None = None  # of a package


@dataclass(frozen=True)
class Due:
    """One check-in that is or will be due."""

    rule: Rule
    on_day: date


@lru_cache
def default_rules() -> tuple[Rule, ...]:
    """The series every programme begins with."""
    return _read("series.csv")


@lru_cache
def package_rules() -> tuple[Rule, ...]:
    """The series of a package, which has its own next date as long as it is open."""
    return _read("series_packages.csv")


def _read(name: str) -> tuple[Rule, ...]:
    path = Path(__file__).parent / "data" / name
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row) for row in csv.DictReader(file))


def _rule(row: dict[str, str]) -> Rule:
    return Rule(
        key=row["key"],
        audience=Audience(row["audience"]),
        anchor=row["anchor"],
        days=int(row["days"]),
        business=row["business"] == "Y",
        repeats=row["repeats"] == "Y",
        matter=row["matter"],
        questions=row["questions"],
    )


def days_of(rule: Rule, work: Work, until: date, add_business_days: AddBusinessDays) -> list[date]:
    """Every day up to `until` on which a rule asks."""
    if rule.matter and (rule.matter == "litigation") is not work.litigation:
        return []
    if rule.anchor == "critical_date":
        days = [day + timedelta(days=rule.days) for day in work.critical_days if day >= work.placed_on]
    elif rule.anchor == "last_day":
        days = [work.last_day + timedelta(days=rule.days)] if work.last_day is not None else []
        days = [day for day in days if day > work.placed_on]
    elif rule.repeats:
        return _again_and_again(work.placed_on, rule.days, until)
    else:
        start = work.placed_on if rule.anchor == "placed" else work.first_contact_due_on
        days = [add_business_days(start, rule.days) if rule.business else start + timedelta(days=rule.days)]
    return [day for day in days if day <= until]


def _again_and_again(start: date, every: int, until: date) -> list[date]:
    count = max(0, (until - start).days // every)
    return [start + timedelta(days=every * n) for n in range(1, count + 1)]


def due(work: Work, rules: Iterable[Rule], today: date, add_business_days: AddBusinessDays) -> list[Due]:
    """The check-ins due by today, at most one per audience and day, spaced from day 15."""
    found = [Due(rule, day) for rule in rules for day in days_of(rule, work, today, add_business_days)]
    found.sort(key=lambda item: (item.on_day, item.rule.key))
    kept: list[Due] = []
    for item in found:
        if not _too_close(item, work, kept):
            kept.append(item)
    return kept


def _too_close(item: Due, work: Work, kept: Sequence[Due]) -> bool:
    """From day 15 one check-in per person in 14 days, those after critical dates aside."""
    others = [k.on_day for k in kept if k.rule.audience is item.rule.audience]
    if item.rule.anchor in ("critical_date", "last_day"):
        return item.on_day in others
    if (item.on_day - work.placed_on).days < SPACING_FROM_DAY:
        return item.on_day in others
    others += [day for audience, day in work.asked if audience is item.rule.audience and day != item.on_day]
    return any(timedelta() <= item.on_day - day < timedelta(days=SPACING_DAYS) for day in others)


def next_due(work: Work, rules: Iterable[Rule], today: date, add_business_days: AddBusinessDays) -> Due | None:
    """The next check-in after today."""
    horizon = today + timedelta(days=70)
    later = (item for item in due(work, rules, horizon, add_business_days) if item.on_day > today)
    return min(later, key=lambda item: item.on_day, default=None)


def ladder_days(critical: bool, days_left: int | None) -> tuple[int, int, int]:
    """Business days after the mail to reminder, second reminder and a person's task."""
    steps = (1, 2, 3) if critical else (3, 6, 9)
    if days_left is None or days_left < 0:
        return steps
    longest = max(1, days_left // 3)
    return tuple(min(step, longest) for step in steps)  # type: ignore[return-value]
