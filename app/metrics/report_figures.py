"""What reports take from the daily figures that every page of figures reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.core import clock
from app.core.db import session
from app.core.i18n import when_at

from . import goals
from .county_figures import WANTED, counties_of
from .definitions import Measure
from .figures import PeriodFigures, before, by_day, period_name, read_period
from .measures import MEASURES
from .models import RollUp
from .report_contents import STEPS, Cell, Table, of_measure, text
from .trend import KINDS, read_trend
from .wording import percent

UNITS = {"hours": "hours", "money": "money", "share": "percent", "days": "days"}
SHOWN = tuple(measure for measure in MEASURES.values() if measure.kind in ("count", "share", "days"))
BEFORE_A_GRANT = ("requests", "rejected")  # no grant pays for a case before it is accepted
AT_A_GLANCE = (
    "requests", "accepted", "rejected", "listed", "listed_placed", "listed_waiting", "closed", "clients_helped",
    "people_helped", "hours", "placement_rate", "days_to_placement", "answer_rate", "reached_rate",
)  # fmt: skip


def as_of(programme: Programme) -> str:
    """Up to when changes are counted, in words."""
    newest = select(RollUp.finished_at).where(RollUp.programme_id == programme.id).order_by(RollUp.id.desc())
    at = session.execute(newest.limit(1)).scalar()
    return _("Figures as counted %(when)s", when=when_at(at, programme.time_zone)) if at else _("Not counted yet")


def as_of_now(programme: Programme) -> str:
    """The same of what is read from the records as they are."""
    return _("Figures as of %(when)s", when=when_at(clock.now(), programme.time_zone))


def every_figure(programme: Programme, first: date, last: date, grant_id: int | None) -> Table:
    """Every count, share and number of days, with its definition."""
    now = read_period(programme, first, last, grant_id=grant_id, dimensions=())
    told = [m for m in SHOWN if grant_id is None or m.key not in BEFORE_A_GRANT]
    rows = [(text(_name(m)), _live(now, m), text(str(m.definition))) for m in told]
    return Table("figures", _("Every figure"), (_("Figure"), _("Number"), _("What it means")), tuple(rows))


def _name(measure: Measure) -> str:
    """A figure's name; a stage and what ends it are called alike."""
    if measure.group == "stages":
        return _("Left “%(stage)s”", stage=measure.name)
    return str(measure.name)


def beside_the_one_before(programme: Programme, first: date, last: date, grant_id: int | None) -> Table:
    """The main figures of a period and of the one before it."""
    earlier = before(first, last)
    now, then = (
        read_period(programme, *days, grant_id=grant_id, dimensions=()) for days in ((first, last), earlier)
    )  # fmt: skip
    rows = [(text(str(m.name)), _live(now, m), _live(then, m)) for m in SHOWN if m.key in AT_A_GLANCE]
    header = (_("Figure"), period_name(first, last), period_name(*earlier))
    return Table("glance", _("At a glance"), header, tuple(rows))


def goals_table(programme: Programme, first: date, last: date, grant_id: int) -> Table:
    """The grant's goals for the period, and for longer ones that hold it, with how far they have come by its end."""
    today = calendars.today(programme)
    told_on, until = min(last + timedelta(days=1), today), min(last, today)
    rows = [
        (text(str(p.measure.name)), text(period_name(p.goal.starts_on, p.goal.ends_on)),
         _by_then(p, until), cell(p.measure, p.target), text(goals.standing(p, told_on)[0]))
        for p in goals.of_grant(programme, grant_id, first, last)
    ]  # fmt: skip
    header = (_("Goal"), _("Period"), _("By the last day"), _("Target"), _("Stands"))
    note = _("Of a longer period: what has come together by the last day of this one.") if rows else ""
    return Table("goals", _("Goals"), header, tuple(rows), note)


def pictured(programme: Programme, first: date, last: date, only: tuple[str, str]) -> Iterator[Table]:
    """What the pictures of the report show: its steps, and its counties where every case counts."""
    found = read_trend(programme, first, last, only)
    if found.lines:
        steps = tuple((text(step.name), *(Cell(n) for n in counts)) for step, counts in found.rows)
        header = (str(KINDS[found.kind]), *(str(measure.name) for measure, _counts in found.lines))
        yield Table(STEPS, _("Step by step"), header, steps, _("The period and what came before it."))
    if only[0] == "all":
        of = counties_of(read_period(programme, first, last, dimensions=[WANTED]), programme)
        rows = tuple((text(county.name), *(Cell(n) for n in county.counts)) for county in of.counties)
        yield Table("counties", _("County by county"), (_("County"), *(str(m.name) for m in of.measures)), rows)


def _live(found: PeriodFigures, measure: Measure) -> Cell:
    """The value of a period, with what opens its records."""
    behind = of_measure(measure.key, days=(found.first, found.last))
    return replace(cell(measure, found.value(measure.key)), behind=behind)


def _by_then(progress: goals.Progress, last: date) -> Cell:
    """How far a goal has come, with what opens its records from its own first day on."""
    behind = of_measure(progress.measure.key, days=(progress.goal.starts_on, last))
    return replace(cell(progress.measure, progress.value), behind=behind)


def cell(measure: Measure, value: float | None) -> Cell:
    """A measure's value in the unit of a file; a mean in words, as it is no whole number."""
    if measure.kind == "mean":
        return text("–" if value is None else f"{value:.2f}")
    if value is None:
        return Cell(None, UNITS.get(measure.unit, "count"))
    return Cell(percent(value) if measure.unit == "share" else int(value), UNITS.get(measure.unit, "count"))


def hours_by_day(
    programme: Programme, first: date, last: date, grant_id: int | None
) -> Iterator[tuple[str, date, int]]:
    """Volunteers' hours by role and day, from the same figures as the measure of hours."""
    return by_day(programme, "hours", "role", first, last, grant_id)
