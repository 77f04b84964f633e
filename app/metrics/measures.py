"""Every figure's one definition: its words, unit, and the rows it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

DIMENSIONS = {
    "all": _l("All"),
    "category": _l("Kind of matter"),
    "county": _l("County"),
    "language": _l("Language"),
    "priority": _l("Priority"),
    "closing_code": _l("Closing code"),
    "role": _l("Role"),
}
CASE_DIMENSIONS = ("all", "category", "county", "language", "priority")


@dataclass(frozen=True)
class Measure:
    """One figure: a count or a sum by day, with the dimensions it can be broken down by."""

    key: str
    name: Any
    definition: Any
    unit: str = "cases"
    dimensions: tuple[str, ...] = CASE_DIMENSIONS


COUNTS: tuple[Measure, ...] = (
    Measure("requests", _l("Requests"), _l("Requests for help received in the period.")),
    Measure("accepted", _l("Accepted"), _l("Requests decided in the period and accepted.")),
    Measure("rejected", _l("Turned away"), _l("Requests turned away in the period, with other help named.")),
    Measure("listed", _l("Listed"), _l("Cases first listed for volunteers in the period.")),
    Measure("listed_placed", _l("Placed"), _l("Listed in the period and placed with a volunteer since.")),
    Measure(
        "listed_not_placed", _l("Not placed"), _l("Listed in the period; the client was told no, with other help.")
    ),
    Measure("listed_returned", _l("Kept with staff"), _l("Listed in the period and taken back by staff.")),
    Measure(
        "listed_withdrawn", _l("Withdrawn before"), _l("Listed in the period and withdrawn before a placement.")
    ),
    Measure("listed_waiting", _l("Still waiting"), _l("Listed in the period and waiting for a volunteer now.")),
    Measure(
        "closed", _l("Closed"), _l("Cases whose closing report was approved in the period."),
        dimensions=(*CASE_DIMENSIONS, "closing_code"),
    ),
    Measure(
        "clients_helped", _l("Clients helped"), _l("Different people whose case was closed in the period."),
        "people", dimensions=("all",),
    ),
    Measure(
        "people_helped", _l("People helped"), _l("People in the households of the cases closed in the period."),
        "people",
    ),
    Measure(
        "hours", _l("Hours given"), _l("Hours logged by volunteers for days in the period."), "hours",
        dimensions=("all", "category", "role"),
    ),
    Measure(
        "checkins_sent", _l("Check-ins asked"), _l("Check-ins that left in the period, by mail or phone."), "check-ins",
        dimensions=("all",),
    ),
    Measure(
        "checkins_answered", _l("Check-ins answered"), _l("Of the check-ins that left in the period: answered by now."),
        "check-ins", dimensions=("all",),
    ),
)  # fmt: skip
BY_KEY = {measure.key: measure for measure in COUNTS}
LEFT_THE_LIST = ("listed_placed", "listed_not_placed", "listed_returned", "listed_withdrawn")

RATES: dict[str, tuple[Any, Any]] = {
    "placement_rate": (
        _l("Placement rate"),
        _l("Placed, divided by placed, not placed, kept with staff and withdrawn before, of the cases listed in the "
           "period; cases still waiting are shown apart."),
    ),
    "days_to_placement": (
        _l("Days to placement"),
        _l("Days from listing to placement in the programme’s time zone; half were placed within this many. Waiting "
           "cases count with the days they have waited (Kaplan–Meier)."),
    ),
    "answer_rate": (_l("Share of check-ins answered"), _l("Check-ins answered, divided by those asked.")),
}  # fmt: skip


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
