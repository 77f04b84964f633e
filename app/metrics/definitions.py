"""What a measure is: its words, unit, formula, source rows and dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.access import STAFF, Role

DIMENSIONS: dict[str, Any] = {
    "all": _l("All"),
    "category": _l("Kind of matter"),
    "problem": _l("Problem code"),
    "county": _l("County"),
    "language": _l("Language"),
    "priority": _l("Priority"),
    "office": _l("Office"),
    "firm": _l("Firm"),
    "closing_code": _l("Closing code"),
    "problem_closing": _l("Problem and closing code"),
    "main_benefit": _l("Main benefit"),
    "outcome": _l("How a proceeding ended"),
    "role": _l("Role"),
    "audience": _l("Who is asked"),
    "item": _l("Question"),
    "cause": _l("Cause"),
}
CASE_DIMENSIONS = ("all", "category", "county", "language", "priority", "office")
SERVICE_DIMENSIONS = (*CASE_DIMENSIONS, "firm")  # of what a volunteer does, or has a hand in
UNITS = ("cases", "people", "hours", "money", "check-ins", "answers", "points", "days", "share", "places", "tasks",
         "shifts")  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One figure. A `count` is stored by month; every other kind is worked out from counts or records.

    Values are whole numbers: hours in hundredths, money in cents; a share lies between 0 and 1.
    """

    key: str
    name: Any
    definition: Any
    unit: str = "cases"
    dimensions: tuple[str, ...] = CASE_DIMENSIONS
    kind: str = "count"  # count, people, share, days, mean, now
    source: str = "cases"  # the table whose rows count
    group: str = "requests"  # where it stands on a page
    part: tuple[str, ...] = ()  # share, mean: the counts above the line; days: those that had the event
    whole: tuple[str, ...] = ()  # share, mean: the counts below it; days: those observed without it
    quantile: float = 0.5  # of days
    higher_is_better: bool | None = None
    opened_by: tuple[Role, ...] = STAFF  # who may open the records behind it, in their programme

    @property
    def counts(self) -> tuple[str, ...]:
        """The counts that it is made of; itself where it is one."""
        return (*self.part, *self.whole) or (self.key,)

    @property
    def formula(self) -> str:
        """The formula in words, made of the keys of other measures."""
        above, below = " + ".join(self.part), " + ".join(self.whole)
        if self.kind in ("share", "mean"):
            return f"({above}) / ({below})"
        if self.kind == "days":
            return f"Kaplan-Meier, {round(100 * self.quantile)} %: event {above}" + (
                f", censored {below}" if below else ""
            )
        words = {"count": "sum by day", "people": "different people in the records", "now": "as it is now"}
        return words[self.kind]
