"""What stands on a published page: the finding as its headline, goals, pictures, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from .county_tiles import placed_on_map
from .figures import kind_of, period_name
from .measures import BY_KEY, RATES
from .models import PublishedPeriod
from .publishing_goals import Aim, Published, aims_of
from .publishing_lines import HIDDEN, lines, name_of_count, of_nothing, stage_names, turned_away

CROSSED = ("closed_by_county", "need")  # tables of counts that are crossed with a place, or of those turned away


@dataclass(frozen=True)
class Page:
    """A publication and the ones before it, ready to be drawn."""

    figures: Mapping[str, Any]
    first: date
    last: date
    labels: list[str]  # of the trend, oldest first
    trend: dict[str, list[int | None]]
    places: list[dict[str, Any]]
    stages: dict[str, str]
    measures: Mapping[str, Any]
    rates: Mapping[str, Any]
    aims: Sequence[Aim]
    public: bool = False

    @property
    def name(self) -> str:
        """How the period is called."""
        return period_name(self.first, self.last)

    @property
    def finding(self) -> str:
        """The headline: true of the figures shown."""
        share, people = self.figures["placement_rate"], self.figures["counts"]["people_helped"]
        if share is not None:
            return _("%(share)s %% of the cases that left the list found a lawyer", share=share)
        if people:
            return ngettext("%(num)s person was helped", "%(num)s people were helped", people)
        return _("What was done in %(period)s", period=self.name)

    @property
    def floors(self) -> tuple[int, int]:
        """Below which counts are hidden, and below which those by place; for everybody every count is as a place."""
        small, crossed = self.figures["floors"]
        return (crossed if self.public else small), crossed

    @property
    def shown_below(self) -> bool:
        """Is a count shown that its limits would hide: published before by lower ones, or the sum of such counts?"""
        small, crossed = self.floors
        told = ((crossed if table in CROSSED else small, n)
                for table, key, _label, n, *_days in lines(self.figures, self.first, self.last)
                if table not in ("rates", "goals") and key != "hours")  # fmt: skip
        return any(n != HIDDEN and 0 < n < floor for floor, n in told)

    @property
    def need(self) -> list[tuple[str, str, int | None]]:
        """People who could not be helped yet: key, name and number."""
        told = [(key, turned_away(), n) for key, n in (self.figures.get("need") or {}).items()]
        flow = dict(self.figures["flow"] or [])
        return told + [(k, name_of_count(k), flow[k]) for k in ("listed_not_placed", "listed_waiting") if k in flow]

    @property
    def codes(self) -> tuple[list[Any], list[Any]]:
        """The ways of closing, those with a number and those hidden."""
        rows = self.figures["tables"]["closed_by_closing_code"]
        return [row for row in rows if row[2] is not None], [row for row in rows if row[2] is None]

    @property
    def of_nothing(self) -> set[str]:
        """The rates that there is nothing to work out from, which is not hiding."""
        return of_nothing(self.figures)

    def goal(self, measure: str) -> int | None:
        """The goal set for a measure, if one was."""
        return self.figures.get("goals", {}).get(measure)


def page_of_period(chosen: PublishedPeriod, same: Sequence[PublishedPeriod], *, public: bool = False) -> Page:
    """The page of a period, with the trend over periods of the same length, this one the last."""
    figures = (chosen.public if public else chosen.figures) or {}
    read = [(p.starts_on, p.ends_on, (p.public if public else p.figures) or {}) for p in same if p.id != chosen.id]
    return replace(page_of(figures, (chosen.starts_on, chosen.ends_on), read), public=public)


def page_of(figures: Mapping[str, Any], span: tuple[date, date], others: Sequence[Published]) -> Page:
    """The page of figures, published or about to be, beside the other published periods of the grant."""
    read = sorted([*others, (*span, figures)], key=lambda each: (each[1], each[0]))
    trend = [each for each in read if each[1] <= span[1] and kind_of(*each[:2]) == kind_of(*span)][-8:]
    counts = [each["counts"] for _first, _last, each in trend]
    return Page(
        figures,
        *span,
        [period_name(first, last) for first, last, _each in trend],
        {key: [each[key] for each in counts] for key in ("accepted", "closed")},
        placed_on_map(figures["tables"]["closed_by_county"]),
        stage_names(),
        BY_KEY,
        RATES,
        list(aims_of(figures, span, read)),
    )
