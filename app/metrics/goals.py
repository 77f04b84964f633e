"""Goals: how far a programme has come with the targets it set itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

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
from .wording import percent

SHOWN = 60
HUNDREDTHS = ("share", "mean")


@dataclass(frozen=True)
class Progress:
    """A goal beside the figure so far."""

    goal: Goal
    measure: Measure
    value: float | None
    target: float  # in the unit of the value
    elapsed: float  # how much of the period is over, 0 to 1; on its last day 1 too
    over: bool = False  # has the last day passed?

    @property
    def met(self) -> bool:
        """Is the target reached, shares as they are shown; where less is better, is the figure at most the target?"""
        if self.value is None:
            return False
        share = self.measure.kind == "share"
        value, target = (percent(self.value), percent(self.target)) if share else (self.value, self.target)
        return value <= target if self.measure.higher_is_better is False else value >= target

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


def standing(row: Progress, today: date) -> tuple[str, str]:
    """How a goal stands on a day, in a word, and how the word is coloured."""
    if row.goal.starts_on > today:
        return _("Not begun"), ""
    if row.met:
        return _("Met"), "ok"
    if row.goal.ends_on < today:
        return _("Missed"), "stop"
    if row.on_pace:
        return _("On pace"), ""
    return _("Behind") if row.grows else _("Not met yet"), "wait"


def target_of(measure: Measure, stored: int) -> float:
    """A stored target in the unit of the figure."""
    return stored / 100 if measure.kind in HUNDREDTHS else float(stored)


def elapsed(first: date, last: date, today: date) -> float:
    """How much of a period is over."""
    return min(max((today - first).days + 1, 0) / ((last - first).days + 1), 1.0)


def goals_of(programme: Programme) -> list[Goal]:
    """The goals of a programme, those of its grants too, the newest periods first."""
    found = select(Goal).where(Goal.programme_id == programme.id).options(joinedload(Goal.grant))
    ordered = found.order_by(Goal.ends_on.desc(), Goal.starts_on.desc(), Goal.grant_id, Goal.id)
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
            elapsed(goal.starts_on, goal.ends_on, today), goal.ends_on < today,
        )  # fmt: skip
    return found


def with_figures(programme: Programme, goals: Iterable[Goal]) -> list[Progress]:
    """Every goal beside what its own period shows so far, reading each period once."""
    today = calendars.today(programme)
    by_period: dict[tuple[date, date, int | None], list[Goal]] = {}
    for goal in goals:
        if goal.measure in MEASURES:
            by_period.setdefault((goal.starts_on, goal.ends_on, goal.grant_id), []).append(goal)
    found: list[Progress] = []
    for (first, last, grant_id), some in by_period.items():
        until = min(last, today) if first <= today else last
        figures = read_period(programme, first, until, grant_id=grant_id, dimensions=())
        if grant_id is None:
            add_people(programme, figures)
        found += progress(some, figures, today).values()
    return found


def of_grant(programme: Programme, grant_id: int, first: date, last: date) -> list[Progress]:
    """A grant's goals for a period and for longer ones that hold it, beside the figures up to its last day."""
    of = (Goal.grant_id == grant_id, Goal.starts_on <= first, Goal.ends_on >= last)
    goals = list(session.execute(select(Goal).where(*of).order_by(Goal.ends_on, Goal.id)).scalars())
    found: list[Progress] = []
    last = min(last, calendars.today(programme))
    for start in dict.fromkeys(goal.starts_on for goal in goals):
        figures = read_period(programme, start, last, grant_id=grant_id, dimensions=())
        some = [goal for goal in goals if goal.starts_on == start]
        for span in dict.fromkeys(goal.ends_on for goal in some):
            found += progress([goal for goal in some if goal.ends_on == span], figures, last).values()
    return found


def add_people(programme: Programme, *periods: PeriodFigures, dimensions: Collection[str] | None = None) -> None:
    """Put the figures of volunteers, and what waits now, into the tables of some periods.

    :param dimensions: by what to tell of what waits, or by everything
    """
    counted = people.figures(programme, *((period.first, period.last) for period in periods))
    waiting = people.waiting_now(programme, dimensions)
    for period, found in zip(periods, counted, strict=True):
        for key, by_firm in found.items():
            period.tables[key] = {"all": {"all": sum(by_firm.values())}, "firm": by_firm}
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
