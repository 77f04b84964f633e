"""The main counts step by step, by week, month or quarter: within a period and before it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.core.db import session

from .definitions import Measure
from .figures import before, period_name, period_of
from .measures import MEASURES
from .models import StoredFigure
from .spans import MONTH, last_of, month_of, next_month

DRAWN = ("requests", "listed", "placed", "closed")
AT_LEAST = 12  # steps
SHORT, LONG = 45, 550  # days: up to so many by week, from so many on by quarter
KINDS = {"week": _l("Week"), "month": _l("Month"), "quarter": _l("Quarter")}
Cell = tuple[str, str]  # dimension, member


@dataclass(frozen=True)
class Step:
    """Some days that are counted together, up to the last day of the period."""

    first: date
    last: date
    kind: str
    within: bool  # the chosen period reaches into it

    @property
    def short(self) -> str:
        """As it stands beneath the picture."""
        if self.kind == "quarter":
            return period_name(*period_of(self.first, "quarter"))
        return str(format_date(self.first, "MMM d" if self.kind == "week" else "LLL y"))

    @property
    def name(self) -> str:
        """As it stands in a table; with its last day where that is not the usual one."""
        whole = _("Week of %(day)s", day=format_date(self.first, "medium")) if self.kind == "week" else self.short
        if self.last == _end_of(self.first, self.kind):
            return whole
        return _("%(step)s, to %(day)s", step=whole, day=format_date(self.last, "MMM d"))


@dataclass(frozen=True)
class Trend:
    """The counts of each step, the oldest first."""

    kind: str
    steps: tuple[Step, ...]
    lines: tuple[tuple[Measure, tuple[int, ...]], ...]

    @property
    def since(self) -> int:
        """Which step is the first of the chosen period."""
        return next(n for n, step in enumerate(self.steps) if step.within)

    @property
    def rows(self) -> Iterator[tuple[Step, tuple[int, ...]]]:
        """Each step with its counts."""
        return zip(self.steps, zip(*(counts for _measure, counts in self.lines), strict=True), strict=True)

    @property
    def empty(self) -> bool:
        """Has nothing been counted at all?"""
        return not any(n for _measure, counts in self.lines for n in counts)


def read_trend(programme: Programme, first: date, last: date, only: Cell) -> Trend:
    """The steps of a period and of the one before it, twelve at least, in two queries; none lies in the future."""
    steps = steps_of(first, min(last, calendars.today(programme)))
    drawn = [MEASURES[key] for key in DRAWN if only[0] in MEASURES[key].dimensions]
    counts = {measure.key: [0] * len(steps) for measure in drawn}
    starts = [step.first for step in steps]
    for key, day, n in _counted(programme, tuple(counts), only, steps):
        counts[key][bisect_right(starts, day) - 1] += n
    return Trend(steps[0].kind, steps, tuple((measure, tuple(counts[measure.key])) for measure in drawn))


def steps_of(first: date, last: date) -> tuple[Step, ...]:
    """Weeks for a short period, quarters for a long one, else months."""
    days = (last - first).days + 1
    kind = "week" if days <= SHORT else "month" if days < LONG else "quarter"
    since, found = before(first, last)[0], list[Step]()
    while not found or len(found) < AT_LEAST or found[-1].first > since:
        begin = _begin_of(last, kind)
        found.append(Step(begin, last, kind, within=last >= first))
        last = begin - timedelta(days=1)
    return tuple(reversed(found))


def _begin_of(day: date, kind: str) -> date:
    return day - timedelta(days=day.weekday()) if kind == "week" else period_of(day, kind)[0]


def _end_of(day: date, kind: str) -> date:
    return day + timedelta(days=6 - day.weekday()) if kind == "week" else period_of(day, kind)[1]


def _counted(
    programme: Programme, keys: tuple[str, ...], only: Cell, steps: tuple[Step, ...]
) -> Iterator[tuple[str, date, int]]:
    """Counts by month, and by day where a step is no whole month."""
    first, last = steps[0].first, steps[-1].last
    by_day_from = next_month(last) if last == last_of(month_of(last)) else month_of(last)
    if steps[0].kind == "week":
        by_day_from = month_of(first)
    of: Any = select(StoredFigure.measure, StoredFigure.starts_on).where(
        StoredFigure.programme_id == programme.id, StoredFigure.months == MONTH, StoredFigure.grant_id.is_(None),
        StoredFigure.dimension == only[0], StoredFigure.member == only[1], StoredFigure.measure.in_(keys),
    )  # fmt: skip
    months = StoredFigure.starts_on >= month_of(first), StoredFigure.starts_on < by_day_from
    yield from session.execute(of.add_columns(StoredFigure.value).where(*months))
    ends = StoredFigure.starts_on >= by_day_from, StoredFigure.starts_on <= last
    for key, month, days in session.execute(of.add_columns(StoredFigure.by_day).where(*ends)):
        for day, of_day in ((month.replace(day=int(n)), of_day) for n, of_day in (days or {}).items()):
            if first <= day <= last:
                yield key, day, of_day if isinstance(of_day, int) else sum(of_day.values())
