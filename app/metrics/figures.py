"""Figures of a period, read from the daily ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.casework.closing import closing_codes
from app.clients.models import Case
from app.clients.problems import category, county_name, language_name
from app.core.db import session

from .facts import CaseFacts, Fact, cases_near, gather
from .measures import LEFT_THE_LIST, answer_rate, placement_rate, within_days
from .models import DayFigure


@dataclass
class PeriodFigures:
    """Everything counted for a programme or one of its grants, first and last day included."""

    first: date
    last: date
    tables: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)  # measure, dimension, member
    durations: Counter[int] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)

    def count(self, measure: str) -> int:
        """The whole count of a measure."""
        return self.tables.get(measure, {}).get("all", {}).get("all", 0)

    def by(self, measure: str, dimension: str) -> dict[str, int]:
        """A measure by the members of a dimension, greatest first."""
        members = self.tables.get(measure, {}).get(dimension, {})
        return dict(sorted(members.items(), key=lambda item: (-item[1], item[0])))

    @property
    def counts(self) -> dict[str, int]:
        """Every whole count."""
        return {measure: self.count(measure) for measure in self.tables}

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


def read_period(programme: Programme, first: date, last: date, *, grant_id: int | None = None) -> PeriodFigures:
    """A period's figures in three queries, whatever its length."""
    found = PeriodFigures(first, last)
    of = _of(programme, first, last, grant_id)
    columns = (DayFigure.measure, DayFigure.dimension, DayFigure.member)
    grouped = of.with_only_columns(*columns, func.sum(DayFigure.value)).group_by(*columns)
    for measure, dimension, member, value in session.execute(grouped):
        found.tables.setdefault(measure, {}).setdefault(dimension, {})[member] = int(value)
    _read_days(found, of, calendars.today(programme))
    if "clients_helped" in found.tables:
        found.tables["clients_helped"] = {"all": {"all": _different_clients(programme, first, last, grant_id)}}
    return found


def _of(programme: Programme, first: date, last: date, grant_id: int | None) -> Select[Any]:
    which = DayFigure.grant_id.is_(None) if grant_id is None else DayFigure.grant_id == grant_id
    return select(DayFigure).where(DayFigure.programme_id == programme.id, which, DayFigure.on_day.between(first, last))


def _read_days(found: PeriodFigures, of: Select[Any], today: date) -> None:
    """Durations for Kaplan–Meier: placed, left otherwise, and waiting until today."""
    columns = (DayFigure.measure, DayFigure.on_day, DayFigure.value, DayFigure.histogram)
    rows = of.with_only_columns(*columns).where(
        DayFigure.dimension == "all", DayFigure.measure.in_((*LEFT_THE_LIST, "listed_waiting"))
    )
    for measure, day, value, histogram in session.execute(rows):
        if measure == "listed_waiting":
            found.waits[(today - day).days] += value
        else:
            into = found.durations if measure == "listed_placed" else found.waits
            into.update({int(days): n for days, n in (histogram or {}).items()})


def _different_clients(programme: Programme, first: date, last: date, grant_id: int | None) -> int:
    """People are counted from the records, because a person may be the client of several cases."""
    facts, found = _facts_of(programme, "clients_helped", first, last)
    people = {
        fact.person_id for fact in facts if grant_id is None or grant_id in found.grants_on(fact.case_id, fact.on_day)
    }
    return len(people)


def _facts_of(programme: Programme, measure: str, first: date, last: date) -> tuple[list[Fact], CaseFacts]:
    found = gather(programme, cases_near(programme.id, first, last))
    return [f for f in found.facts if f.measure == measure and first <= f.on_day <= last], found


def cases_behind(
    programme: Programme, measure: str, first: date, last: date, *, dimension: str = "all", member: str = "all"
) -> list[tuple[Case, Fact]]:
    """The cases that make up a figure, in the order of their days."""
    facts, found = _facts_of(programme, measure, first, last)
    kept = [f for f in facts if {**found.headings[f.case_id], **dict(f.extra)}.get(dimension) == member]
    ids = {f.case_id for f in kept}
    cases = {c.id: c for c in session.execute(select(Case).where(Case.id.in_(ids))).scalars()} if ids else {}
    return [(cases[f.case_id], f) for f in sorted(kept, key=lambda f: (f.on_day, f.case_id))]


def member_name(dimension: str, member: str) -> str:
    """How a member of a dimension reads."""
    if dimension == "county":
        return county_name(member)
    if dimension == "language":
        return language_name(member)
    if dimension == "closing_code":
        code = closing_codes().get(member)
        return f"{member} {code.label}" if code else member
    return member.replace("_", " ").capitalize() if dimension in ("priority", "role") else category(member) or member


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
    """The period of the same kind before: the quarter before a quarter, else as many days."""
    if (first, last) == quarter_of(first):
        return quarter_of(first - timedelta(days=1))
    length = last - first
    return first - timedelta(days=1) - length, first - timedelta(days=1)
