"""Goals: how far a programme has come with the targets it set itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound

from . import people
from .definitions import Measure
from .figures import PeriodFigures, read_period
from .measures import MEASURES
from .models import Goal

SHOWN = 60
HUNDREDTHS = ("share", "mean")


@dataclass(frozen=True)
class Progress:
    """A goal beside the figure so far."""

    goal: Goal
    measure: Measure
    value: float | None
    target: float  # in the unit of the value
    elapsed: float  # how much of the period is over, 0 to 1

    @property
    def met(self) -> bool:
        """Is the target reached; where less is better, is the figure at most the target?"""
        if self.value is None:
            return False
        return self.value <= self.target if self.measure.higher_is_better is False else self.value >= self.target

    @property
    def share(self) -> float:
        """How much of a target that grows is reached, 0 to 1 and beyond."""
        return (self.value or 0) / self.target if self.target else 0.0

    @property
    def grows(self) -> bool:
        """Does the figure add up day by day, so that a pace can be told?"""
        return self.measure.kind == "count" and self.measure.higher_is_better is not False

    @property
    def on_pace(self) -> bool:
        """Has as much of it been reached as of the period is over?"""
        return self.met or (self.grows and self.share >= self.elapsed)


def target_of(measure: Measure, stored: int) -> float:
    """A stored target in the unit of the figure."""
    return stored / 100 if measure.kind in HUNDREDTHS else float(stored)


def elapsed(first: date, last: date, today: date) -> float:
    """How much of a period is over."""
    return min(max((today - first).days + 1, 0) / ((last - first).days + 1), 1.0)


def goals_of(programme: Programme) -> list[Goal]:
    """The goals of a programme, the newest periods first."""
    found = select(Goal).where(Goal.programme_id == programme.id, Goal.grant_id.is_(None))
    ordered = found.order_by(Goal.ends_on.desc(), Goal.starts_on.desc(), Goal.id)
    return list(session.execute(ordered.limit(SHOWN)).scalars())


def find_goals(programme: Programme, first: date, last: date) -> list[Goal]:
    """The goals of a period, whole or as far as it has come."""
    today = calendars.today(programme)
    of = (Goal.programme_id == programme.id, Goal.grant_id.is_(None), Goal.starts_on == first)
    ends = Goal.ends_on >= last if last == today else Goal.ends_on == last
    found = session.execute(select(Goal).where(*of, ends).order_by(Goal.ends_on.desc())).scalars()
    return [goal for goal in found if goal.measure in MEASURES]


def progress(goals: Iterable[Goal], figures: PeriodFigures, today: date) -> dict[str, Progress]:
    """Each goal beside its figure, by measure; the shortest period counts."""
    found = {}
    for goal in goals:
        measure = MEASURES[goal.measure]
        found[goal.measure] = Progress(
            goal, measure, figures.value(goal.measure), target_of(measure, goal.target),
            elapsed(goal.starts_on, goal.ends_on, today),
        )  # fmt: skip
    return found


def with_figures(programme: Programme, goals: Iterable[Goal]) -> list[Progress]:
    """Every goal beside what its own period shows so far, reading each period once."""
    today = calendars.today(programme)
    by_period: dict[tuple[date, date], list[Goal]] = {}
    for goal in goals:
        if goal.measure in MEASURES:
            by_period.setdefault((goal.starts_on, goal.ends_on), []).append(goal)
    found: list[Progress] = []
    for (first, last), some in by_period.items():
        figures = read_period(programme, first, min(last, today) if first <= today else last, dimensions=())
        add_people(programme, figures)
        found += progress(some, figures, today).values()
    return found


def add_people(programme: Programme, *periods: PeriodFigures) -> None:
    """Put the figures of volunteers into the tables of some periods."""
    counted = people.figures(programme, *((period.first, period.last) for period in periods))
    waiting = people.waiting_now(programme)
    for period, found in zip(periods, counted, strict=True):
        for key, value in found.items():
            period.tables[key] = {"all": {"all": value}}
        period.tables["waiting_now"] = waiting


def get_goal(public_id: str, *, viewer: User) -> Goal:
    """A goal of a programme the viewer works for.

    :raises NotFound: there is none
    """
    found = select(Goal).where(Goal.public_id == public_id, Goal.programme_id.in_(viewer.programme_ids(*STAFF)))
    goal = session.execute(found).scalar_one_or_none()
    if goal is None:
        raise NotFound
    return goal
