"""Figures of a period, read from those of whole years and months and of the days at its ends."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Select, func, select, union_all

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.models import Case
from app.core.db import session

from . import clients_again, people
from .facts import Fact, gather
from .facts_outcomes import ONCE
from .measures import DIMENSIONS, MEASURES, answer_rate, placement_rate, within_days
from .members import member_name
from .models import StoredFigure
from .spans import KEPT_OPEN, MONTH, YEAR, Spans, month_of, spans
from .tally import BY_GRANT
from .window import Window, in_turn

__all__ = ["By", "PeriodFigures", "before", "cases_behind", "member_name", "period_name", "period_of", "quarter_of",
           "read_period"]  # fmt: skip
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


@dataclass(frozen=True)
class By:
    """A breakdown of which not everything is wanted: only some counts, or only one member."""

    dimension: str
    measures: frozenset[str] | None = None
    member: str | None = None
    timed: frozenset[str] | None = None  # of which of them the days that they took are read as well; or of all

    @property
    def with_days(self) -> list[str]:
        """The counts of which days are read."""
        known = [each for each in (self.measures, self.timed) if each is not None]
        return [key for key in TIMED if all(key in each for each in known)]

    def narrowed(self, of: Select[Any]) -> Select[Any]:
        """What is stored of it."""
        of = of.where(StoredFigure.dimension == self.dimension)
        if self.measures is not None:
            of = of.where(StoredFigure.measure.in_(sorted(self.measures)))
        return of if self.member is None else of.where(StoredFigure.member == self.member)


def read_period(
    programme: Programme,
    first: date,
    last: date,
    *,
    grant_id: int | None = None,
    dimensions: Collection[str | By] | None = None,
) -> PeriodFigures:
    """A period's figures in a fixed number of queries, whatever its length; `dimensions` beside `all`, or every one."""
    found = PeriodFigures(first, last)
    wanted = _wanted(grant_id, dimensions)
    of, today = spans(first, last), calendars.today(programme)
    selects = _of(programme, grant_id, wanted)
    if whole := _whole(selects, of):
        _read_values(found, whole)
        _read_days(
            found, _whole([_timed(*each) for each in zip(selects, wanted, strict=True) if each[1].with_days], of), today
        )
    if of.edges:
        timed = {each.dimension: each.with_days for each in wanted}
        _read_edges(found, selects, of, today, timed)
    people.fill(found.tables, programme, first, last, grant_id)
    return found


def _wanted(grant_id: int | None, dimensions: Collection[str | By] | None) -> list[By]:
    """By what to read: as a whole too, all or what is said of it; a grant only by what is kept of it."""
    kept: Collection[str] = DIMENSIONS if grant_id is None else BY_GRANT
    asked = [each if isinstance(each, By) else By(each) for each in (kept if dimensions is None else dimensions)]
    names = {each.dimension for each in asked}
    if not names <= {*kept}:
        raise ValueError(f"No figures are kept by {sorted(names - {*kept})}.")
    return [*_each_once(asked if "all" in names else [By("all"), *asked])]


def _each_once(asked: Iterable[By]) -> Iterator[By]:
    """Every breakdown once, with all that is wanted of it."""
    for (dimension, member), some in groupby(sorted(asked, key=_names), key=_names):
        together = [*some]
        counts, timed = (_all_of([getattr(each, name) for each in together]) for name in ("measures", "timed"))
        yield By(dimension, counts, member or None, timed)


def _all_of(sets: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [each for each in sets if each is not None]
    return frozenset().union(*known) if len(known) == len(sets) else None


def _names(by: By) -> tuple[str, str]:
    return by.dimension, by.member or ""


def _of(programme: Programme, grant_id: int | None, wanted: Iterable[By]) -> list[Select[Any]]:
    kind = StoredFigure
    which = kind.grant_id.is_(None) if grant_id is None else kind.grant_id == grant_id
    found: Select[Any] = select(*CELL)  # type: ignore[assignment]
    return [each.narrowed(found.where(kind.programme_id == programme.id, which)) for each in wanted]


def _whole(of: Sequence[Select[Any]], period: Spans) -> list[Select[Any]]:
    """What is stored of the whole years and months."""
    rows = [(YEAR, period.years)] if period.years else []
    return [
        each.where(StoredFigure.months == size, StoredFigure.starts_on.between(low, high))
        for each in of
        for size, (low, high) in (*rows, *((MONTH, months) for months in period.months))
    ]


def _read_values(found: PeriodFigures, whole: Sequence[Select[Any]]) -> None:
    parts = (part.add_columns(func.sum(StoredFigure.value).label("value")).group_by(*CELL) for part in whole)
    for measure, dimension, member, value in session.execute(union_all(*parts)).all():
        members = found.tables.setdefault(measure, {}).setdefault(dimension, {})
        members[member] = members.get(member, 0) + int(value)


def _timed(of: Select[Any], by: By) -> Select[Any]:
    return of.where(StoredFigure.measure.in_(by.with_days))


def _read_days(found: PeriodFigures, whole: Sequence[Select[Any]], today: date) -> None:
    """Durations for Kaplan–Meier: to what happened, and so far of what is still open."""
    columns = (StoredFigure.starts_on, StoredFigure.histogram)
    timed = union_all(*(part.add_columns(*columns) for part in whole)) if whole else None
    for *cell, start, histogram in session.execute(timed).all() if timed is not None else ():
        into = found.days.setdefault((cell[0], cell[1], cell[2]), Counter())
        if cell[0] in KEPT_OPEN:
            since = (today - start).days
            into.update({since - int(later): n for later, n in (histogram or {}).items()})
        else:
            _add(into, histogram)


def _add(into: Counter[int], histogram: dict[str, int] | None) -> None:
    for days, n in (histogram or {}).items():
        number = int(days)
        into[number] = into.get(number, 0) + n


def _read_edges(
    found: PeriodFigures, of: Sequence[Select[Any]], period: Spans, today: date, timed: Mapping[str, Collection[str]]
) -> None:
    """Add the days that are not a whole month; with the days they took those that are `timed` by a dimension."""
    kept = {month_of(low): (low, high) for low, high in period.edges}
    of_months = (StoredFigure.months == MONTH, StoredFigure.starts_on.in_(sorted(kept)))
    columns = (StoredFigure.starts_on, StoredFigure.by_day)
    months = union_all(*(part.add_columns(*columns).where(*of_months) for part in of))
    for measure, dimension, member, month, by_day in session.execute(months).all():
        low, high = kept[month]
        chosen = [(day, of_day) for n, of_day in (by_day or {}).items() if low.day <= (day := int(n)) <= high.day]
        if chosen:
            cell = (measure, dimension, member)
            into = found.days.setdefault(cell, Counter()) if measure in timed[dimension] else None
            _add_days(found, cell, month, chosen, into, today)


def _add_days(
    found: PeriodFigures, cell: Cell, month: date, chosen: list[tuple[int, Any]], into: Counter[int] | None, today: date
) -> None:
    measure, dimension, member = cell
    members = found.tables.setdefault(measure, {}).setdefault(dimension, {})
    for n, of_day in chosen:
        members[member] = members.get(member, 0) + (of_day if isinstance(of_day, int) else sum(of_day.values()))
        if into is None:
            continue
        if measure in KEPT_OPEN:
            into[(today - month.replace(day=n)).days] += of_day
        else:
            _add(into, of_day)


def by_day(
    programme: Programme, measure: str, dimension: str, first: date, last: date, grant_id: int | None = None
) -> Iterator[tuple[str, date, int]]:
    """A count by the members of a dimension on each day with one."""
    [of] = _of(programme, grant_id, [By(dimension, frozenset({measure}))])
    found = of.add_columns(StoredFigure.starts_on, StoredFigure.by_day).where(
        StoredFigure.months == MONTH, StoredFigure.starts_on.between(month_of(first), last)
    )
    for _measure, _dimension, member, month, days in session.execute(found.order_by(StoredFigure.starts_on)):
        for n, of_day in (days or {}).items():
            if first <= (day := month.replace(day=int(n))) <= last:
                yield member, day, of_day if isinstance(of_day, int) else sum(of_day.values())


CELL = (StoredFigure.measure, StoredFigure.dimension, StoredFigure.member)
TIMED = tuple(sorted({key for m in MEASURES.values() if m.kind == "days" for key in (*m.part, *m.whole)} | {
    key for key in MEASURES if key.startswith("stage_")
}))  # fmt: skip


def facts_behind(
    programme: Programme, measure: str, first: date, last: date, *, dimension: str = "all", member: str = "all",
    grant_id: int | None = None,
) -> list[Fact]:  # fmt: skip
    """What makes up a count, in the order of its days."""
    found = gather(Window(programme, first, last), measure)
    kept = found.facts
    if grant_id is not None:
        kept = [f for f in kept if grant_id in found.grants_on(f.case_id, f.on_day)]
    if measure in ONCE:
        kept = [*clients_again.once(kept)]
    kept = [f for f in kept if found.member(f, dimension) == member]
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


def total_of(facts: Iterable[Fact]) -> int:
    """What some facts add up to."""
    return sum(fact.amount for fact in facts)


def quarter_of(day: date) -> tuple[date, date]:
    """The first and last day of the calendar quarter of a day."""
    month = 3 * ((day.month - 1) // 3) + 1
    return date(day.year, month, 1), _end_of(date(day.year, month + 2, 1))


def _end_of(day: date) -> date:
    """The last day of a month, that of the last month of all times too."""
    return day.replace(day=monthrange(day.year, day.month)[1])


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
    return day.replace(day=1), _end_of(day)


def kind_of(first: date, last: date) -> str | None:
    """Which kind of calendar period two days span; none where they span no whole one."""
    return next((k for k in ("month", "quarter", "half", "year") if (first, last) == period_of(first, k)), None)


def period_name(first: date, last: date) -> str:
    """How a period is called: a quarter, a year, whole months, or its two days."""
    if first == last:
        return str(format_date(first, "medium"))
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
    kind = kind_of(first, last)
    if kind is not None:
        return period_of(first - timedelta(days=1), kind)
    length = last - first
    return first - timedelta(days=1) - length, first - timedelta(days=1)
