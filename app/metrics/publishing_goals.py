"""A grant's goals beside what is published of it: targets that staff set, and published figures alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Grant
from app.core.db import session
from app.core.i18n import hours, number

from .figures import period_name
from .measures import MEASURES, RATES
from .models import Goal
from .publishing_cells import COUNTS, DIFFERENT

OF_GRANTS = (*dict.fromkeys((*COUNTS, *DIFFERENT)), *RATES)  # what a funder reads, so that a goal can be seen beside it
Published = tuple[date, date, Mapping[str, Any]]


@dataclass(frozen=True)
class Aim:
    """A grant's goal beside what is published."""

    measure: str
    first: date
    last: date
    target: int
    value: int | None
    whole: bool  # is just this period published, or only parts of it?

    @property
    def name(self) -> str:
        """The figure's name."""
        return str(MEASURES[self.measure].name)

    @property
    def period(self) -> str:
        """How the goal's period is called."""
        return period_name(self.first, self.last)

    @property
    def at_most(self) -> bool:
        """Is less of it better?"""
        return MEASURES[self.measure].higher_is_better is False

    @property
    def met(self) -> bool | None:
        """Is the target reached by what is shown; none where that cannot be told yet."""
        if self.value is None:
            return None
        reached = self.value <= self.target if self.at_most else self.value >= self.target
        return reached if self.whole or reached else None

    def said(self, value: int | None) -> str:
        """A number in the unit of the figure."""
        if value is None:
            return _("hidden") if self.whole else "–"
        if self.measure == "hours":
            return hours(value) or "0"
        return f"{value} %" if MEASURES[self.measure].unit == "share" else str(number(value))


def goals_of(grant: Grant, first: date, last: date) -> dict[str, int]:
    """The goals that the programme set for the grant and just this period, by measure."""
    of = (Goal.grant_id == grant.id, Goal.starts_on == first, Goal.ends_on == last)
    return {row.measure: row.target for row in session.execute(select(Goal.measure, Goal.target).where(*of))}


def longer_goals_of(grant: Grant, first: date, last: date) -> list[list[Any]]:
    """The goals for longer periods that this one is a part of: measure, first and last day, target."""
    of = (Goal.grant_id == grant.id, Goal.starts_on <= first, Goal.ends_on >= last)
    found = select(Goal.measure, Goal.starts_on, Goal.ends_on, Goal.target).where(*of)
    rows = session.execute(found.order_by(Goal.ends_on, Goal.starts_on, Goal.id))
    longer = [row for row in rows if (row[1], row[2]) != (first, last)]
    return [[m, low.isoformat(), high.isoformat(), target] for m, low, high, target in longer]


def aims_of(figures: Mapping[str, Any], span: tuple[date, date], published: Sequence[Published]) -> Iterator[Aim]:
    """The goals of a publication; beside those for longer periods stands what is published of them so far."""
    for measure, target in (figures.get("goals") or {}).items():
        yield Aim(measure, *span, target, value_of(figures, measure), whole=True)
    for measure, low, high, target in figures.get("longer_goals") or []:
        first, last = date.fromisoformat(low), date.fromisoformat(high)
        inside = [each for each in published if first <= each[0] and each[1] <= min(last, span[1])]
        yield Aim(measure, first, last, target, _so_far(measure, inside), whole=False)


def value_of(figures: Mapping[str, Any], measure: str) -> int | None:
    """A published figure; none where it is hidden."""
    found = figures.get(measure) if measure in RATES else figures.get("counts", {}).get(measure)
    return None if found is None else int(found)


def _so_far(measure: str, published: Sequence[Published]) -> int | None:
    """What the shown figures of periods without a day in common add up to, the longest first."""
    if measure in (*RATES, *DIFFERENT):
        return None
    taken: list[tuple[date, date]] = []
    total = 0
    for first, last, figures in sorted(published, key=lambda each: (each[0] - each[1], each[0])):
        value = value_of(figures, measure)
        if value is not None and all(last < low or high < first for low, high in taken):
            taken.append((first, last))
            total += value
    return total if taken else None
