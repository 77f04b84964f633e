"""Where cases wait: how long each stage takes, and what stands in it now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import Programme
from app.clients.models import Case
from app.core.db import session

from .definitions import CASE_DIMENSIONS, Measure
from .facts import HEADED_BY, headed_by, headings
from .figures import By, PeriodFigures, read_period
from .measures import MEASURES, within_days
from .people import STILL_OPEN, came
from .registry import STAGES
from .window import Window

HEADINGS = CASE_DIMENSIONS


@dataclass(frozen=True)
class Stage:
    """One stage: the days those took that left it in the period, and those it holds now."""

    key: str
    measure: Measure
    left: int
    half: int | None
    most: int | None  # 90 of 100
    half_before: int | None
    waiting: int
    waiting_half: int | None
    waiting_most: int | None
    oldest: int | None


def read(programme: Programme, dimension: str, *periods: tuple[date, date]) -> list[PeriodFigures]:
    """What the figures of stages hold of some periods, by one heading."""
    counts = frozenset(f"stage_{key}" for key in STAGES)
    wanted = [By("all", counts), By(dimension, counts)]
    return [read_period(programme, *days, dimensions=wanted) for days in periods]


def stages(
    programme: Programme, now: PeriodFigures, before: PeriodFigures, cell: tuple[str, str] = ("all", "all")
) -> list[Stage]:
    """Every stage of an open case, in their order: of all cases, or of one member of a heading."""
    ages = ages_now(programme, *cell)
    found = []
    for key in STAGES:
        name = f"stage_{key}"
        days, earlier = (f.days.get((name, *cell), Counter()) for f in (now, before))
        here = Counter(ages.get(key, ()))
        found.append(Stage(
            key, MEASURES[name], now.count(name, *cell), within_days(days, {}, 0.5), within_days(days, {}, 0.9),
            within_days(earlier, {}, 0.5), sum(here.values()), within_days(here, {}, 0.5), within_days(here, {}, 0.9),
            max(here, default=None),
        ))  # fmt: skip
    return found


def slowest(found: list[Stage]) -> Stage | None:
    """The stage that takes most days in all: cases that left it times the half of them, and those waiting in it."""

    def weight(stage: Stage) -> int:
        return stage.left * (stage.half or 0) + stage.waiting * (stage.waiting_half or 0)

    worst = max(found, key=weight)
    return worst if weight(worst) else None


def ages_now(programme: Programme, dimension: str = "all", member: str = "all") -> dict[str, list[int]]:
    """The days each open case has been where it stands."""
    window = Window(programme)
    found: dict[str, list[int]] = {}
    for row in session.execute(_since(programme, dimension)):
        if _stands_under(row, dimension) == member:
            found.setdefault(str(row.status), []).append(_days(window, row.since))
    return found


def _stands_under(row: Any, dimension: str) -> str:
    return headings(*row[2 : 2 + len(HEADED_BY)])[dimension]


def _days(window: Window, since: datetime) -> int:
    return max(0, (window.today - window.day(since)).days)


def _since(programme: Programme, dimension: str) -> Any:
    """Since when each open case stands where it does: its last move to that status."""
    shown, _needed = headed_by((dimension,))
    since = func.coalesce(came(), Case.received_at).label("since")
    return select(Case.id, Case.status, *shown, since).where(Case.programme_id == programme.id, STILL_OPEN)


def cases_waiting(
    programme: Programme, stage: str, dimension: str = "all", member: str = "all"
) -> list[tuple[int, int]]:
    """The cases in a stage with the days they have been there, those longest there first; or those of one heading."""
    rows = (row for row in session.execute(_since(programme, dimension)) if row.status == stage)
    kept = sorted((row.since, row.id) for row in rows if _stands_under(row, dimension) == member)
    window = Window(programme)
    return [(case_id, _days(window, since)) for since, case_id in kept]
