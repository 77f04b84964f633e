"""What reports take from the daily figures that every page of figures reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Programme
from app.core.db import session
from app.core.i18n import when_at

from .definitions import Measure
from .figures import PeriodFigures, before, by_day, period_name, read_period
from .measures import MEASURES
from .models import RollUp
from .report_contents import Cell, Table, text

UNITS = {"hours": "hours", "money": "money", "share": "percent", "days": "days"}
SHOWN = tuple(measure for measure in MEASURES.values() if measure.kind in ("count", "share", "days"))
AT_A_GLANCE = (
    "requests", "accepted", "rejected", "listed", "listed_placed", "listed_waiting", "closed", "clients_helped",
    "people_helped", "hours", "placement_rate", "days_to_placement", "answer_rate", "reached_rate",
)  # fmt: skip


def as_of(programme: Programme) -> str:
    """Up to when changes are counted, in words."""
    newest = select(RollUp.finished_at).where(RollUp.programme_id == programme.id).order_by(RollUp.id.desc())
    at = session.execute(newest.limit(1)).scalar()
    return _("Figures as counted %(when)s", when=when_at(at, programme.time_zone)) if at else _("Not counted yet")


def every_figure(programme: Programme, first: date, last: date, grant_id: int | None) -> Table:
    """Every count, share and number of days, with its definition."""
    now = read_period(programme, first, last, grant_id=grant_id, dimensions=())
    rows = [(text(str(m.name)), _value(now, m), text(str(m.definition))) for m in SHOWN]
    return Table("figures", _("Every figure"), (_("Figure"), _("Number"), _("What it means")), tuple(rows))


def beside_the_one_before(programme: Programme, first: date, last: date, grant_id: int | None) -> Table:
    """The main figures of a period and of the one before it."""
    earlier = before(first, last)
    now, then = (
        read_period(programme, *days, grant_id=grant_id, dimensions=()) for days in ((first, last), earlier)
    )  # fmt: skip
    rows = [(text(str(m.name)), _value(now, m), _value(then, m)) for m in SHOWN if m.key in AT_A_GLANCE]
    header = (_("Figure"), period_name(first, last), period_name(*earlier))
    return Table("glance", _("At a glance"), header, tuple(rows))


def _value(found: PeriodFigures, measure: Measure) -> Cell:
    value = found.value(measure.key)
    if value is None:
        return Cell(None, UNITS.get(measure.unit, "count"))
    return Cell(round(100 * value) if measure.unit == "share" else int(value), UNITS.get(measure.unit, "count"))


def hours_by_day(
    programme: Programme, first: date, last: date, grant_id: int | None
) -> Iterator[tuple[str, date, int]]:
    """Volunteers' hours by role and day, from the same figures as the measure of hours."""
    return by_day(programme, "hours", "role", first, last, grant_id)
