"""The docket's saved views, filters and orders, as the address names them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from app.clients import problems
from app.clients.models import OPEN, CaseStatus, PriorityLevel
from app.clients.models.docket import ENDED

S = CaseStatus
QUIET = timedelta(days=30)


@dataclass(frozen=True)
class View:
    """One saved view: which cases, in which order at first."""

    key: str
    label: Any
    statuses: tuple[CaseStatus, ...]
    count: str  # the name of its count; none where counting would cost more than the list
    needs: tuple[str, ...] = ()
    order: str = "priority"


VIEWS = {
    view.key: view
    for view in (
        View("waiting", _l("Waiting for a volunteer"), (S.AVAILABLE,), "available"),
        View("clock", _l("Clock ends in 3 days"), (S.AVAILABLE,), "clock", ("soon",), "clock"),
        View("quiet", _l("Nothing heard in 30 days"), (S.PLACED, S.IN_SERVICE), "", ("quiet",), "heard"),
        View("mine", _l("Mine"), OPEN, "mine", ("mine",)),
        View("preparing", _l("Being prepared"), (S.ACCEPTED,), "accepted"),
        View("with_volunteer", _l("With a volunteer"), (S.PLACED, S.IN_SERVICE), "with_volunteer", (), "next"),
        View("closing", _l("Closing"), (S.CLOSING,), "closing"),
        View("open", _l("All open"), OPEN, "open"),
        View("ended", _l("Closed"), ENDED, "", (), "number"),
    )
}
ORDERS = ("priority", "number", "next", "clock", "heard")
FILTERS = ("priority", "category", "county", "language", "owner", "since")
URGENT = "urgent"


@dataclass(frozen=True)
class Wish:
    """What the address asks of the docket; nonsense counts as not asked."""

    view: str = "waiting"
    order: str = ""
    priority: str = ""
    category: str = ""
    county: str = ""
    language: str = ""
    status: str = ""
    owner: str = ""
    since: str = ""

    @classmethod
    def read(cls) -> Wish:
        """Read it from the address."""
        asked = {field.name: request.args.get(field.name, "")[:40] for field in fields(cls)}
        asked["order"] = request.args.get("sort", "")
        asked["view"] = asked["view"] if asked["view"] in VIEWS else "waiting"
        return cls(**asked)

    @property
    def chosen(self) -> View:
        """The view."""
        return VIEWS[self.view]

    @property
    def sort(self) -> str:
        """The order: a name, with a minus for the other way round."""
        name = self.order.removeprefix("-")
        is_known = name in ORDERS and (name != "heard" or self.half == "open")
        return self.order if is_known else self.chosen.order

    @property
    def is_whole(self) -> bool:
        """Are all open cases asked for, or all ended ones?"""
        return set(self.statuses) in (set(OPEN), set(ENDED))

    @property
    def half(self) -> str:
        """Whether the view is of open cases or of ended ones."""
        return "open" if self.chosen.statuses[0] in OPEN else "ended"

    @property
    def statuses(self) -> tuple[CaseStatus, ...]:
        """The statuses to look in."""
        one = tuple(status for status in self.chosen.statuses if status == self.status)
        return one or self.chosen.statuses

    @property
    def narrows(self) -> tuple[str, ...]:
        """The names of the conditions in force."""
        values = self.values
        return (*self.chosen.needs, *(name for name in FILTERS if name in values))

    @property
    def is_filtered(self) -> bool:
        """Is more asked than the view?"""
        return bool(self.values) or len(self.statuses) < len(self.chosen.statuses)

    @property
    def values(self) -> dict[str, Any]:
        """What each filter is compared with."""
        read = {
            "priority": _ranks(self.priority), "category": _codes(self.category), "county": self.county,
            "language": self.language, "owner": self.owner, "since": _end_of(self.since),
        }  # fmt: skip
        return {name: value for name, value in read.items() if value}


def _ranks(text: str) -> list[int]:
    if text == URGENT:
        return [1, 2]
    return [PriorityLevel(text).rank] if text in list(PriorityLevel) else []


def _codes(category: str) -> tuple[str, ...]:
    return categories().get(category, ())


def _end_of(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) if day.year < 9000 else None


@lru_cache
def categories() -> dict[str, tuple[str, ...]]:
    """Problem codes by category, rising; a category is one run of codes, so its first and last tell it."""
    found: dict[str, list[str]] = {}
    for code, problem in sorted(problems.problems().items()):
        found.setdefault(problem.category, []).append(code)
    return {name: tuple(codes) for name, codes in found.items()}
