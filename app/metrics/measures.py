"""Every figure's one definition: its words, unit, and the rows it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .definitions import CASE_DIMENSIONS, DIMENSIONS, Measure
from .derived import DERIVED, LEFT_THE_LIST
from .registry import COUNTS

__all__ = ["BY_KEY", "CASE_DIMENSIONS", "COUNTS", "DERIVED", "DIMENSIONS", "LEFT_THE_LIST", "MEASURES", "RATES"]
MEASURES: dict[str, Measure] = {measure.key: measure for measure in (*COUNTS, *DERIVED)}
BY_KEY = {measure.key: measure for measure in COUNTS}
RATES: dict[str, tuple[Any, Any]] = {  # those that funders read
    key: (MEASURES[key].name, MEASURES[key].definition)
    for key in ("placement_rate", "days_to_placement", "answer_rate")
}


def placement_rate(counts: Mapping[str, int | None]) -> float | None:
    """Share placed of those that left the list; None where nothing left it or a count is hidden."""
    parts = [counts.get(key, 0) for key in LEFT_THE_LIST]
    return _share(parts[0], parts)


def answer_rate(counts: Mapping[str, int | None]) -> float | None:
    """Share of check-ins answered; None where none was asked or a count is hidden."""
    return _share(counts.get("checkins_answered", 0), [counts.get("checkins_sent", 0)])


def _share(part: int | None, whole: list[int | None]) -> float | None:
    if part is None or any(n is None for n in whole):
        return None
    total = sum(n for n in whole if n is not None)
    return part / total if total else None


def within_days(durations: Mapping[int, int], waiting: Mapping[int, int], share: float) -> int | None:
    """The day by which a share had the event, by Kaplan–Meier over days; None if that share was not reached.

    :param durations: days to the event → cases
    :param waiting: days observed without it → cases
    """
    at_risk = sum(durations.values()) + sum(waiting.values())
    surviving = 1.0
    for day in sorted({*durations, *waiting}):
        if at_risk and durations.get(day):
            surviving *= 1 - durations[day] / at_risk
            if surviving <= 1 - share + 1e-12:
                return day
        at_risk -= durations.get(day, 0) + waiting.get(day, 0)
    return None
