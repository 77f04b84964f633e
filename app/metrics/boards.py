"""What stands on the staff's report: every measure in its group, beside the period before and the goal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from .definitions import Measure
from .figures import By, PeriodFigures
from .goals import Progress
from .measures import MEASURES
from .members import member_name
from .wording import plain

GROUPS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("requests", _l("Requests and placement"), (
        "requests", "accepted", "rejected", "listed", "listed_placed", "listed_not_placed", "listed_returned",
        "listed_withdrawn", "listed_waiting", "placement_rate", "days_to_placement", "days_to_placement_90",
        "listed_dated", "dated_on_time", "on_time_placement", "waiting_now")),
    ("service", _l("From placement to the end"), (
        "placed", "placed_closed", "placed_ended", "placed_working", "days_to_resolution", "days_to_resolution_90")),
    ("outcomes", _l("Outcomes"), (
        "closed", "closed_limited", "closed_extended", "clients_helped", "people_helped", "children_helped")),
    ("money", _l("Money for clients"), (
        "money_lump_sum", "money_monthly", "money_monthly_over", "money_avoided", "money_awarded",
        "money_debt_reduced")),
    ("volunteers", _l("Volunteers"), (
        "volunteers_approved", "volunteers_active", "volunteers_new", "volunteers_returning", "volunteers_lapsing",
        "capacity_offered", "capacity_used", "hours", "shifts", "shift_hours")),
    ("engagement", _l("Keeping in touch"), (
        "checkins_sent", "checkins_answered", "answer_rate", "checkins_in_time", "answered_in_time_rate",
        "mismatches", "leads_started", "leads_reached", "reached_rate")),
    ("satisfaction", _l("What people say"), (
        "surveys_asked", "surveys_answered", "response_rate", "survey_marks", "survey_good", "satisfied_rate",
        "survey_points", "satisfaction")),
    ("promises", _l("Promises kept"), (
        "clocks_run", "clocks_met", "clocks_met_rate", "requests_due", "requests_in_time", "requests_in_time_rate",
        "escalations_due", "escalations_in_time", "escalations_in_time_rate")),
    ("compliance", _l("Rules kept"), (
        "placed_checked", "checked_rate", "transfers_done", "transfers_consented", "consent_rate", "letters_due",
        "letters_in_time", "letters_rate", "closings", "closings_approved", "approved_rate")),
)  # fmt: skip
ALL = ("all", "all")
SHOWN = By("all", frozenset(count for _key, _name, keys in GROUPS for key in keys for count in MEASURES[key].counts))


@dataclass(frozen=True)
class Line:
    """One measure of a period."""

    measure: Measure
    now: float | None
    before: float | None
    goal: Progress | None


@dataclass(frozen=True)
class Group:
    """Measures that belong together."""

    key: str
    name: Any
    lines: tuple[Line, ...]


def groups(
    now: PeriodFigures, before: PeriodFigures, goals: Mapping[str, Progress], only: tuple[str, str] = ALL
) -> list[Group]:
    """Every group with a measure that is known by the chosen dimension."""
    found = []
    for key, name, keys in GROUPS:
        lines = tuple(
            Line(MEASURES[k], now.value(k, *only), before.value(k, *only), goals.get(k) if only == ALL else None)
            for k in keys
            if only[0] in MEASURES[k].dimensions
        )
        if lines:
            found.append(Group(key, name, lines))
    return found


def known_by(dimension: str) -> frozenset[str]:
    """The measures that are counted by a dimension; of all others nothing can be said of one member alone."""
    return frozenset(measure.key for measure in MEASURES.values() if dimension in measure.dimensions)


@dataclass(frozen=True)
class Part:
    """The measures of one group that are counted by a dimension."""

    key: str
    name: Any
    measures: tuple[Measure, ...]

    @property
    def counts(self) -> frozenset[str]:
        """Every count that they are made of."""
        return frozenset(key for measure in self.measures for key in measure.counts)

    @property
    def timed(self) -> frozenset[str]:
        """Those of which the days that they took are told."""
        return frozenset(key for measure in self.measures if measure.kind == "days" for key in measure.counts)


def parts(dimension: str) -> list[Part]:
    """The groups of which something is counted by a dimension."""
    of = (
        (key, name, tuple(MEASURES[k] for k in keys if dimension in MEASURES[k].dimensions))
        for key, name, keys in GROUPS
    )
    return [Part(*each) for each in of if each[2]]


def part_of(dimension: str, key: str | None) -> Part | None:
    """The group of a name, else the first of which something is counted by a dimension."""
    known = parts(dimension)
    return next((part for part in known if part.key == key), known[0] if known else None)


@dataclass(frozen=True)
class Row:
    """One member of a dimension: each measure now and in the period before."""

    member: str
    values: tuple[tuple[float | None, float | None], ...]


def by_members(now: PeriodFigures, before: PeriodFigures, part: Part, dimension: str) -> list[Row]:
    """The measures of a group by the members of a dimension, those with most first."""
    keys = {*part.counts, *(m.key for m in part.measures)}
    members = {m for of in (now, before) for key in keys for m in of.tables.get(key, {}).get(dimension, {})}
    values = {
        m: tuple((now.value(k.key, dimension, m), before.value(k.key, dimension, m)) for k in part.measures)
        for m in members
    }
    in_order = sorted(members, key=lambda m: ([-(here or 0) for here, _then in values[m]], m))
    return [Row(member, values[member]) for member in in_order]


HEADER = ("measure", "name", "dimension", "member", "label", "value", "unit", "from", "to")


def rows(now: PeriodFigures) -> Iterator[tuple[Any, ...]]:
    """Every measure by every dimension and member, as a file holds it."""
    for measure in MEASURES.values():
        for dimension in measure.dimensions:
            for member, value in now.values_by(measure.key, dimension).items():
                label = member_name(dimension, member) if dimension != "all" else ""
                names = (measure.key, str(measure.name), dimension, member, label)
                yield (*names, plain(measure, value), measure.unit, now.first, now.last)
