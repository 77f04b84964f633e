"""The main counts of a period county by county, as a map and as its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.accounts.models import Programme

from .county_tiles import placed_on_map
from .definitions import Measure
from .figures import By, PeriodFigures
from .measures import MEASURES
from .members import member_name

TOLD = ("requests", "listed", "listed_placed", "listed_waiting", "closed")
WANTED = By("county", frozenset(TOLD), timed=frozenset())
COLOURED = "listed"  # by what, unless another is asked for


@dataclass(frozen=True)
class County:
    """One county, or what is known of none, with its counts in the order of `TOLD`."""

    fips: str
    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class CountyFigures:
    """Every county of the programme and every other one with a case, the one with most first."""

    by: str
    counties: Sequence[County]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is told of each."""
        return tuple(MEASURES[key] for key in TOLD)

    @property
    def measure(self) -> Measure:
        """By what the map is coloured."""
        return MEASURES[self.by]

    @property
    def places(self) -> list[dict[str, Any]]:
        """The tiles of the map."""
        at = TOLD.index(self.by)
        return placed_on_map([(each.fips, each.name, each.counts[at]) for each in self.counties])

    @property
    def most(self) -> tuple[str, int]:
        """The county with most, and how many."""
        first = self.counties[0]
        return first.name, first.counts[TOLD.index(self.by)]


def counties_of(found: PeriodFigures, programme: Programme, by: str = COLOURED) -> CountyFigures:
    """A period's counts by county, as they stand in its other tables."""
    known = {member for key in TOLD for member in found.by(key, "county")} | {*programme.counties}
    rows = [
        County(fips, member_name("county", fips), tuple(found.count(key, "county", fips) for key in TOLD))
        for fips in known
    ]
    at = TOLD.index(by)
    return CountyFigures(by, sorted(rows, key=lambda each: (-each.counts[at], each.name, each.fips)))
