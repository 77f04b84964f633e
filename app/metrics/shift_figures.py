"""Clinics and advice shifts of a period: how many, how long, and the rows behind both."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from app.accounts.models import Programme
from app.volunteers.models import Volunteer
from app.volunteers.models_shifts import Shift
from app.volunteers.queries_shifts import LIVE

from .firms import firm_of, grouped

KEYS = ("shifts", "shift_hours")


def figures(programme: Programme, *periods: tuple[date, date]) -> list[dict[str, dict[str, int]]]:
    """Every figure of shifts for each of some periods, by the firm of who staffed them."""
    sums: list[Any] = []
    for first, last in periods:
        inside = Shift.on_day.between(first, last)
        sums += [func.sum(case((inside, amount), else_=0)) for amount in (1, Shift.hundredths)]
    days = Shift.on_day.between(min(first for first, _last in periods), max(last for _first, last in periods))
    firm = firm_of(Shift.volunteer_id)
    mine = select(firm, *sums).where(LIVE, Shift.programme_id == programme.id, days)
    found = grouped(mine.group_by(firm), len(sums))
    return [dict(zip(KEYS, found[n : n + 2], strict=True)) for n in range(0, len(found), 2)]


def staffed(programme: Programme, first: date | None, last: date) -> ColumnElement[bool]:
    """Did a volunteer staff a clinic or an advice shift on one of some days?"""
    return _own(select(1), programme, first, last).exists()


def staffed_on(programme: Programme, last: date, *, newest: bool) -> Any:
    """The day of a volunteer's newest, or first, shift up to a day."""
    order = Shift.on_day.desc() if newest else Shift.on_day
    found = _own(select(Shift.on_day), programme, None, last).correlate(Volunteer)
    return found.order_by(order).limit(1).scalar_subquery()


def _own(shown: Select[Any], programme: Programme, first: date | None, last: date) -> Select[Any]:
    days = Shift.on_day <= last if first is None else and_(Shift.on_day >= first, Shift.on_day <= last)
    mine = (Shift.volunteer_id == Volunteer.id, Shift.programme_id == programme.id, LIVE, days)
    return shown.select_from(Shift).where(*mine)
