"""The open matters of one volunteer in the order they ask for; only what is read is laid out.

What is alike to the rules is weighed once (`alike`), and sorted only where a page begins or ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby, islice
from typing import Any

from sqlalchemy import select

from app.clients import problems
from app.clients.models import Opening
from app.core import clock
from app.core.db import session
from app.volunteers.models import Volunteer

from . import board, cases_at_hand
from .alike import Matter
from .engine.docket import PRIORITIES, VolunteerRow
from .models import Referral
from .policy import ONLY_WARN_A_CLAIMER
from .rules import judge_rows, listed_openings, one_volunteer, weigh_rows

LAID_AT_FIRST, LAID_AT_MOST = 20, 500


@dataclass(frozen=True)
class Wish:
    """What the reader filters by and how they sort."""

    show: str = "mine"
    categories: tuple[str, ...] = ()
    county: str = ""
    language: str = ""
    hours: int = 0
    where: str = ""
    critical: bool = False
    sort: str = "fit"


@dataclass(frozen=True)
class Weighed:
    """Matters alike to every rule, with what the reader may know of all of them."""

    matters: list[Matter]
    is_for_me: bool
    fit: int
    county: str | None  # none where too few share it
    language: str | None

    @property
    def category(self) -> str:
        """`Housing`."""
        return problems.category(self.matters[0].row.problem_code)

    @property
    def standing(self) -> tuple[bool, int]:
        """What may be taken first, the best fit before others."""
        return (not self.is_for_me, -self.fit)


def _urgency(matter: Matter) -> tuple[Any, ...]:
    row = matter.row
    return (PRIORITIES.index(row.priority), -row.points, row.next_critical_on or date.max, row.case_id)


def _listed(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


SORTS: dict[str, Any] = {
    "fit": _urgency,  # within one standing
    "urgent": _urgency,
    "date": lambda m: (m.row.next_critical_on or date.max, _urgency(m)),
    "hours": lambda m: (m.row.hours, _urgency(m)),
    "new": lambda m: (-_listed(m.listed_at), _urgency(m)),
}
BEST_FIRST = Wish(show="all")


@dataclass(frozen=True)
class OpenMatters:
    """Every listed opening a volunteer may know of; those with people close to them are left out."""

    volunteer: Volunteer
    row: VolunteerRow
    today: date
    kinds: list[Weighed]
    common: tuple[set[str], set[str]] = field(repr=False)

    def __len__(self) -> int:
        return sum(len(kind.matters) for kind in self.kinds)

    @cached_property
    def for_me(self) -> int:
        """How many the reader may take."""
        return sum(len(kind.matters) for kind in self.kinds if kind.is_for_me)

    @cached_property
    def areas(self) -> dict[str, int]:
        """How many there are of each kind of help."""
        found: dict[str, int] = {}
        for kind in self.kinds:
            found[kind.category] = found.get(kind.category, 0) + len(kind.matters)
        return found

    def __iter__(self) -> Iterator[board.Listing]:
        """All of them, the best for the reader first, laid out a few at a time."""
        in_order, size = self._in_order(BEST_FIRST), LAID_AT_FIRST
        while some := list(islice(in_order, size)):
            yield from self._lay(some)
            size = min(size * 2, LAID_AT_MOST)

    def count(self, wish: Wish) -> int:
        """How many the reader asks for."""
        return sum(len(matters) for _standing, matters in self._wanted(wish))

    def page(self, wish: Wish, start: int, size: int) -> list[board.Listing]:
        """Those from a place in the reader's order on."""
        return self._lay(list(islice(self._in_order(wish, start), size)))

    def _wanted(self, wish: Wish) -> Iterator[tuple[tuple[bool, int], list[Matter]]]:
        for kind in self.kinds:
            if _is_wanted(kind, wish):
                found = [m for m in kind.matters if m.row.priority == "critical"] if wish.critical else kind.matters
                yield kind.standing, found

    def _in_order(self, wish: Wish, start: int = 0) -> Iterator[Matter]:
        """What is asked for from a place on; whoever stands before it is counted and not sorted."""
        by_fit, key = wish.sort == "fit", SORTS[wish.sort]
        found = [(standing if by_fit else (), matters) for standing, matters in self._wanted(wish)]
        for _standing, alike in groupby(sorted(found, key=lambda each: each[0]), key=lambda each: each[0]):
            matters = [matter for _, some in alike for matter in some]
            if start >= len(matters):
                start -= len(matters)
                continue
            yield from sorted(matters, key=key)[start:]
            start = 0

    def _lay(self, matters: list[Matter]) -> list[board.Listing]:
        ids = [matter.opening_id for matter in matters]
        judged = judge_rows([matter.row for matter in matters], self.row, self.today)
        laid = board.lay_listings(listed_openings().where(Opening.id.in_(ids)), judged, self._is_mine, self.common)
        found = {listing.facts.id: listing for listing in laid}
        return [found[opening_id] for opening_id in ids if opening_id in found]

    def _is_mine(self, referral: Referral) -> bool:
        return referral.volunteer_id == self.volunteer.id


def _is_wanted(kind: Weighed, wish: Wish) -> bool:
    row = kind.matters[0].row
    return all(
        (
            wish.show == "all" or kind.is_for_me,
            not wish.categories or kind.category in wish.categories,
            not wish.county or kind.county == wish.county,
            not wish.language or kind.language == wish.language,
            not wish.hours or row.hours <= wish.hours,
            not wish.where or row.in_person == (wish.where == "in_person"),
        )
    )


def open_matters(volunteer: Volunteer) -> OpenMatters:
    """Every listed opening the volunteer may know of."""
    zone = board.first_zone()
    today = clock.today_in(zone)
    row = one_volunteer(volunteer, today, zone)
    found = [_in_time(matters) for matters in cases_at_hand.to_take(row, today, listed_openings())]
    alike = [matters for matters in found if matters]
    weighed = weigh_rows([matters[0].row for matters in alike], row, today, but=ONLY_WARN_A_CLAIMER | {"barred"})
    common = board.common()
    kinds = [_weighed(matters, weighed[matters[0].row.case_id], common) for matters in alike]
    return OpenMatters(volunteer, row, today, kinds, common)


def _in_time(matters: list[Matter]) -> list[Matter]:
    """Without the packages whose last day is over: these wait for staff, not for volunteers."""
    return [m for m in matters if m.ends_on is None or m.ends_on >= clock.today_in(m.zone)]


def _weighed(matters: list[Matter], weight: tuple[bool, int], common: tuple[set[str], set[str]]) -> Weighed:
    row, (counties, languages) = matters[0].row, common
    county = row.county if row.county in counties else None
    return Weighed(matters, *weight, county, row.language if row.language in languages else None)


def fitting_openings(referral: Referral, *, limit: int) -> list[Opening]:
    """Free matters that fit the volunteer of an attempt without a warning, best first, that one left out."""
    if referral.volunteer is None:
        return []
    free = (
        matter
        for matter in open_matters(referral.volunteer)
        if not matter.pair.rules and not matter.holds and not matter.mine and matter.facts.id != referral.opening_id
    )
    ids = [matter.facts.id for matter in islice(free, limit)]
    by_id = {opening.id: opening for opening in session.scalars(select(Opening).where(Opening.id.in_(ids)))}
    return [by_id[opening_id] for opening_id in ids]
