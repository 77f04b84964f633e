"""How urgent a case is: rules as data for a fixed list of predicates, and the factors in words."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from .models import PriorityLevel
from .vocabulary import CIRCUMSTANCES, EMERGENCIES

LEVELS = {"critical": 70, "high": 45, "normal": 20}
NUMBERS = ("points", "low", "high", "each", "cap")


@dataclass(frozen=True)
class Facts:
    """What priority may read of a case; never who somebody is, never the merits."""

    received_on: date
    dates: tuple[tuple[str, date], ...] = ()  # kind and day, not yet done
    has_open_question: bool = False
    harms: frozenset[str] = frozenset()
    circumstances: frozenset[str] = frozenset()
    emergencies: frozenset[str] = frozenset()
    other_side_has_lawyer: bool = False
    times_handed_back: int = 0

    def next_on(self, today: date) -> date | None:
        """The next critical date that has not passed."""
        return min((day for _, day in self.dates if day >= today), default=None)


@dataclass(frozen=True)
class Rules:
    """One version of a programme's rules."""

    rows: tuple[Mapping[str, Any], ...]
    levels: Mapping[str, int]
    number: int = 1


class Reckoning(NamedTuple):
    """Points, the level that follows, and every factor as key, text codes and points."""

    points: int
    level: PriorityLevel
    factors: list[dict[str, Any]]


class Effect(NamedTuple):
    """What one rule found: its points, a level it lifts to, and what its words need."""

    points: int
    detail: Any = None


Predicate = Callable[[Facts, Mapping[str, Any], date], Effect | None]


def _emergency(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    ticked = rule["key"] in facts.emergencies
    near = rule.get("high") is not None and any(
        kind in rule["reads"] and 0 <= (day - today).days <= rule["high"] for kind, day in facts.dates
    )
    return Effect(rule["points"]) if ticked or near else None


def _days_to_date(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    day = facts.next_on(today)
    if day is None or not rule["low"] <= (day - today).days <= rule["high"]:
        return None
    return Effect(rule["points"])


def _unknown_date(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    return Effect(rule["points"]) if facts.has_open_question else None


def _any_harm(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    return Effect(rule["points"]) if facts.harms & set(rule["reads"]) else None


def _each_circumstance(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    told = [each for each in rule["reads"] if each in facts.circumstances]
    return Effect(_capped(rule, len(told)), told) if told else None


def _any_circumstance(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    return Effect(rule["points"]) if facts.circumstances & set(rule["reads"]) else None


def _other_side_has_lawyer(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    return Effect(rule["points"]) if facts.other_side_has_lawyer else None


def _times_handed_back(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    return Effect(_capped(rule, facts.times_handed_back)) if facts.times_handed_back else None


def _days_waiting(facts: Facts, rule: Mapping[str, Any], today: date) -> Effect | None:
    times = max(0, (today - facts.received_on).days) // (rule["each"] or 7)
    return Effect(_capped(rule, times), times * (rule["each"] or 7)) if times else None


def _capped(rule: Mapping[str, Any], times: int) -> int:
    points = rule["points"] * times
    return points if rule.get("cap") is None else min(points, rule["cap"])


PREDICATES: dict[str, Predicate] = {
    "emergency": _emergency,
    "days_to_date": _days_to_date,
    "unknown_date": _unknown_date,
    "any_harm": _any_harm,
    "each_circumstance": _each_circumstance,
    "any_circumstance": _any_circumstance,
    "other_side_has_lawyer": _other_side_has_lawyer,
    "times_handed_back": _times_handed_back,
    "days_waiting": _days_waiting,
}


def reckon(facts: Facts, rules: Rules, today: date) -> Reckoning:
    """Points by every rule that holds, and the level: by the sum, lifted by emergencies and open questions."""
    factors: list[dict[str, Any]] = []
    lifted: list[PriorityLevel] = []
    for rule in rules.rows:
        effect = PREDICATES[rule["predicate"]](facts, rule, today)
        if effect is None:
            continue
        factors.append({"key": rule["key"], "label": rule["label"], "points": effect.points, "detail": effect.detail})
        if rule.get("level"):
            factors[-1]["level"] = rule["level"]
            lifted.append(PriorityLevel(rule["level"]))
    points = sum(factor["points"] for factor in factors)
    level = min([level_of(points, rules.levels), *lifted], key=lambda each: each.rank)
    return Reckoning(points, level, factors)


def level_of(points: int, levels: Mapping[str, int]) -> PriorityLevel:
    """The level that a sum of points reaches."""
    for level in (PriorityLevel.CRITICAL, PriorityLevel.HIGH, PriorityLevel.NORMAL):
        if points >= levels[level.value]:
            return level
    return PriorityLevel.LOW


@lru_cache
def first_rules() -> tuple[dict[str, Any], ...]:
    """The rules a programme begins with."""
    path = Path(__file__).parent / "data" / "urgency_rules.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row) for row in csv.DictReader(file))


def _rule(row: dict[str, str]) -> dict[str, Any]:
    numbers = {name: int(row[name]) if row[name] else None for name in NUMBERS}
    texts = {name: row[name] for name in ("key", "group", "predicate", "label")}
    return {**texts, **numbers, "level": row["level"] or None, "reads": row["reads"].split()}


RULE_WORDS: dict[str, Any] = {
    **EMERGENCIES,
    "date_2": _l("Next critical date within 2 days"),
    "date_7": _l("Next critical date in 3 to 7 days"),
    "date_14": _l("Next critical date in 8 to 14 days"),
    "date_30": _l("Next critical date in 15 to 30 days"),
    "date_60": _l("Next critical date in 31 to 60 days"),
    "date_unknown": _l("A date on the papers is not known yet: ask, never last"),
    "stakes": _l("Home, safety, liberty, custody, status or income at stake"),
    "debt": _l("Debt at stake"),
    "vulnerability": _l("The client told us of"),
    "other_side_lawyer": _l("The other side has a lawyer"),
    "cannot_self_help": _l("Reading, language or access keeps the client from acting alone"),
    "nobody_else": _l("Nobody else can help"),
    "handed_back": _l("Handed back by a volunteer"),
    "waiting": _l("Waiting"),
}


def in_words(factors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Factors for a reader: label and signed points, or the level they lift to."""
    return [{"label": _words(each), "points": _weight(each)} for each in factors]


@lru_cache
def _first_labels() -> dict[str, str]:
    return {rule["key"]: rule["label"] for rule in first_rules()}


def _words(factor: Mapping[str, Any]) -> str:
    label, detail = str(factor["label"]), factor.get("detail")
    if label == _first_labels().get(factor["key"]):
        label = str(RULE_WORDS[factor["key"]])
    if isinstance(detail, list):
        return label + " " + ", ".join(str(CIRCUMSTANCES.get(each, each)) for each in detail)
    if isinstance(detail, int):
        return label + " " + ngettext("%(num)s day or more", "%(num)s days or more", detail)
    return label


def _weight(factor: Mapping[str, Any]) -> str:
    points = f"+{factor['points']}"
    if not factor.get("level"):
        return points
    level = {"critical": _("makes it critical"), "high": _("at least high"), "normal": _("at least normal")}
    words = level.get(factor["level"], "")
    return f"{points}, {words}" if factor["points"] else words
