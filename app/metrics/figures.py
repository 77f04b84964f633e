"""Figures of a period, read from the monthly and daily ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.models import Case
from app.core.db import session

from . import people
from .facts import Fact, gather
from .measures import MEASURES, answer_rate, placement_rate, within_days
from .members import member_name
from .models import DayFigure, MonthFigure
from .months import last_of
from .window import Window, in_turn

__all__ = ["PeriodFigures", "before", "cases_behind", "member_name", "period_name", "period_of", "quarter_of",
           "read_period"]  # fmt: skip
KEPT_OPEN = ("listed_waiting", "placed_working")
Cell = tuple[str, str, str]  # measure, dimension, member


@dataclass
class PeriodFigures:
    """Everything counted for a programme or one of its grants, first and last day included."""

    first: date
    last: date
    tables: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)  # measure, dimension, member
    days: dict[Cell, Counter[int]] = field(default_factory=dict)  # days to the event, or so far

    def count(self, measure: str, dimension: str = "all", member: str = "all") -> int:
        """The count of a measure, whole or of one member."""
        return self.tables.get(measure, {}).get(dimension, {}).get(member, 0)

    def by(self, measure: str, dimension: str) -> dict[str, int]:
        """A count by the members of a dimension, greatest first."""
        members = self.tables.get(measure, {}).get(dimension, {})
        return dict(sorted(members.items(), key=lambda item: (-item[1], item[0])))

    def value(self, key: str, dimension: str = "all", member: str = "all") -> float | None:
        """The value of any measure: a whole number, a share from 0 to 1, or none where nothing counts."""
        measure = MEASURES[key]
        if measure.kind in ("share", "mean"):
            whole = sum(self.count(k, dimension, member) for k in measure.whole)
            return sum(self.count(k, dimension, member) for k in measure.part) / whole if whole else None
        if measure.kind == "days":
            events, open_so_far = (self._days(keys, dimension, member) for keys in (measure.part, measure.whole))
            return within_days(events, open_so_far, measure.quantile)
        return self.count(key, dimension, member)

    def _days(self, keys: Iterable[str], dimension: str, member: str) -> Counter[int]:
        found: Counter[int] = Counter()
        for key in keys:
            found.update(self.days.get((key, dimension, member), {}))
        return found

    def values_by(self, key: str, dimension: str) -> dict[str, float]:
        """Any measure by the members of a dimension, greatest first; members without a value are left out."""
        measure = MEASURES[key]
        members = {m for k in (key, *measure.part, *measure.whole) for m in self.tables.get(k, {}).get(dimension, {})}
        found = {member: self.value(key, dimension, member) for member in members}
        known = {member: value for member, value in found.items() if value is not None}
        return dict(sorted(known.items(), key=lambda item: (-item[1], item[0])))

    @property
    def counts(self) -> dict[str, int]:
        """Every whole count."""
        return {measure: self.count(measure) for measure in self.tables}

    @property
    def durations(self) -> Counter[int]:
        """Days to placement of those placed."""
        return self._days(MEASURES["days_to_placement"].part, "all", "all")

    @property
    def waits(self) -> Counter[int]:
        """Days on the list of those not placed."""
        return self._days(MEASURES["days_to_placement"].whole, "all", "all")

    @property
    def placement_rate(self) -> float | None:
        """See `measures.RATES`."""
        return placement_rate(self.counts)

    @property
    def answer_rate(self) -> float | None:
        """See `measures.RATES`."""
        return answer_rate(self.counts)

    def days_to_placement(self, share: float = 0.5) -> int | None:
        """The days within which a share was placed."""
        return within_days(self.durations, self.waits, share)


def read_period(
    programme: Programme,
    first: date,
    last: date,
    *,
    grant_id: int | None = None,
    dimensions: Collection[str] | None = None,
) -> PeriodFigures:
    """A period's figures in a fixed number of queries, whatever its length; `dimensions` beside `all`, or every one."""
    found = PeriodFigures(first, last)
    wanted = None if dimensions is None else {"all", *dimensions}
    parts = [_of(programme, kind, where, grant_id, wanted) for kind, where in _spans(first, last)]
    rows = union_all(*(part.with_only_columns(*_columns(part), _value(part)) for part in parts)).subquery()
    names = (rows.c.measure, rows.c.dimension, rows.c.member)
    for measure, dimension, member, value in session.execute(select(*names, func.sum(rows.c.value)).group_by(*names)):
        found.tables.setdefault(measure, {}).setdefault(dimension, {})[member] = int(value)
    for part in parts:
        _read_days(found, part, calendars.today(programme))
    people.fill(found.tables, programme, first, last, grant_id)
    return found


def _spans(first: date, last: date) -> list[tuple[type[DayFigure | MonthFigure], ColumnElement[bool]]]:
    """Whole months from the monthly rows, what lies before and after from the daily ones."""
    begin = first if first.day == 1 else last_of(first.replace(day=1)) + timedelta(days=1)
    end = last if last == last_of(last.replace(day=1)) else last.replace(day=1) - timedelta(days=1)
    day = DayFigure.on_day
    if begin > end:
        return [(DayFigure, day.between(first, last))]
    found: list[tuple[type[DayFigure | MonthFigure], ColumnElement[bool]]] = [
        (MonthFigure, MonthFigure.on_day.between(begin, end))
    ]
    edges = [
        day.between(low, high)
        for low, high in ((first, begin - timedelta(days=1)), (end + timedelta(days=1), last))
        if low <= high
    ]
    return [*found, (DayFigure, or_(*edges))] if edges else found


def _of(
    programme: Programme, kind: type[DayFigure | MonthFigure], where: ColumnElement[bool], grant_id: int | None,
    dimensions: Collection[str] | None,
) -> Select[Any]:  # fmt: skip
    which = kind.grant_id.is_(None) if grant_id is None else kind.grant_id == grant_id
    wanted = and_(which, where) if dimensions is None else and_(kind.dimension.in_(sorted(dimensions)), which, where)
    return select(kind).where(kind.programme_id == programme.id, wanted)


def _columns(part: Select[Any]) -> tuple[Any, ...]:
    kind = part.column_descriptions[0]["entity"]
    return kind.measure, kind.dimension, kind.member


def _value(part: Select[Any]) -> Any:
    return part.column_descriptions[0]["entity"].value


def _read_days(found: PeriodFigures, part: Select[Any], today: date) -> None:
    """Durations for Kaplan–Meier: to what happened, and so far of what is still open."""
    kind = part.column_descriptions[0]["entity"]
    columns = (*_columns(part), kind.on_day, kind.value, kind.histogram)
    timed = part.with_only_columns(*columns).where(kind.measure.in_(TIMED))
    for measure, dimension, member, day, value, histogram in session.execute(timed):
        into = found.days.setdefault((measure, dimension, member), Counter())
        if measure not in KEPT_OPEN:
            into.update({int(days): n for days, n in (histogram or {}).items()})
        elif kind is DayFigure:
            into[(today - day).days] += value
        else:
            into.update({(today - day.replace(day=int(n))).days: cases for n, cases in (histogram or {}).items()})


TIMED = tuple(sorted({key for m in MEASURES.values() if m.kind == "days" for key in (*m.part, *m.whole)} | {
    key for key in MEASURES if key.startswith("stage_")
}))  # fmt: skip


def facts_behind(
    programme: Programme, measure: str, first: date, last: date, *, dimension: str = "all", member: str = "all",
    grant_id: int | None = None,
) -> list[Fact]:  # fmt: skip
    """What makes up a count, in the order of its days."""
    found = gather(Window(programme, first, last), measure)
    kept = [f for f in found.facts if found.member(f, dimension) == member]
    if grant_id is not None:
        kept = [f for f in kept if grant_id in found.grants_on(f.case_id, f.on_day)]
    return sorted(kept, key=lambda f: (f.on_day, f.case_id, f.extra))


def with_cases(facts: Sequence[Fact]) -> list[tuple[Case, Fact]]:
    """Facts with their cases."""
    cases: dict[int, Case] = {}
    for ids in in_turn(f.case_id for f in facts):
        cases |= {c.id: c for c in session.execute(select(Case).where(Case.id.in_(ids))).scalars()}
    return [(cases[f.case_id], f) for f in facts]


def cases_behind(
    programme: Programme, measure: str, first: date, last: date, *, dimension: str = "all", member: str = "all",
    grant_id: int | None = None,
) -> list[tuple[Case, Fact]]:  # fmt: skip
    """The cases that make up a count, in the order of their days."""
    return with_cases(facts_behind(
        programme, measure, first, last, dimension=dimension, member=member, grant_id=grant_id
    ))  # fmt: skip


def total_of(measure: str, facts: Iterable[Fact]) -> int:
    """What some facts add up to: their amounts, or different people."""
    if measure == "clients_helped":
        return len({fact.person_id for fact in facts})
    return sum(fact.amount for fact in facts)


def quarter_of(day: date) -> tuple[date, date]:
    """The first and last day of the calendar quarter of a day."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    into_next = first + timedelta(days=100)
    after = date(into_next.year, 3 * ((into_next.month - 1) // 3) + 1, 1)
    return first, after - timedelta(days=1)


def period_of(day: date, kind: str) -> tuple[date, date]:
    """The calendar month, quarter, half or whole year that a day lies in."""
    if kind == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if kind == "half":
        return (
            (date(day.year, 1, 1), date(day.year, 6, 30))
            if day.month < 7
            else (date(day.year, 7, 1), date(day.year, 12, 31))
        )
    if kind == "quarter":
        return quarter_of(day)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def period_name(first: date, last: date) -> str:
    """How a period is called: a quarter, a year, whole months, or its two days."""
    if (first, last) == quarter_of(first):
        return _("Q%(n)s %(year)s", n=(first.month + 2) // 3, year=first.year)
    if (first, last) == period_of(first, "year"):
        return str(first.year)
    if (first, last) == period_of(first, "month"):
        return format_date(first, "LLLL y")
    if first.day == 1 and last == period_of(last, "month")[1]:
        begin = format_date(first, "LLL" if first.year == last.year else "LLL y")
        return f"{begin} – {format_date(last, 'LLL y')}"
    return f"{format_date(first, 'medium')} – {format_date(last, 'medium')}"


def before(first: date, last: date) -> tuple[date, date]:
    """The period of the same kind before: the month before a month, the year before a year, else as many days."""
    for kind in ("month", "quarter", "half", "year"):
        if (first, last) == period_of(first, kind):
            return period_of(first - timedelta(days=1), kind)
    length = last - first
    return first - timedelta(days=1) - length, first - timedelta(days=1)
