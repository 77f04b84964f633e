"""What hours are worth: hours times the rate that a programme entered for the role and the day, with its source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.models import Programme
from app.clients.vocabulary import CASE_ROLES
from app.core.db import session

from .models_reports import HourRate


@dataclass(frozen=True)
class Rate:
    """An amount for an hour in a role, from a first to a last day (both included; none: still in force)."""

    role: str
    cents: int
    first: date
    last: date | None
    source: str

    def covers(self, role: str, day: date) -> bool:
        """Is it the rate of that role on that day?"""
        return self.role == role and self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Line:
    """Hours in one role under one rate; without a rate they have no value, which is not a value of nothing."""

    role: str
    hundredths: int
    rate: Rate | None

    @property
    def cents(self) -> int | None:
        """Hours times rate, to the cent, half a cent up; none without a rate."""
        return None if self.rate is None else (self.hundredths * self.rate.cents + 50) // 100


@dataclass(frozen=True)
class Value:
    """What the hours of a period are worth, line by line."""

    lines: tuple[Line, ...]

    @property
    def hundredths(self) -> int:
        """All hours."""
        return sum(line.hundredths for line in self.lines)

    @property
    def unrated(self) -> int:
        """Hours for which no rate was in force."""
        return sum(line.hundredths for line in self.lines if line.rate is None)

    @property
    def cents(self) -> int | None:
        """The value of the hours that have a rate: the sum of the lines as they are shown; none where none has."""
        known = [line.cents for line in self.lines if line.cents is not None]
        return sum(known) if known else None


def value_of(hours: Iterable[tuple[str, date, int]], rates: Sequence[Rate]) -> Value:
    """Put every entry under the rate of its role and day.

    :param hours: role, day, hundredths of an hour
    """
    found: dict[tuple[str, Rate | None], int] = defaultdict(int)
    for role, day, hundredths in hours:
        found[role, next((rate for rate in rates if rate.covers(role, day)), None)] += hundredths
    lines = [Line(role, hundredths, rate) for (role, rate), hundredths in found.items()]
    order = list(CASE_ROLES)
    return Value(tuple(sorted(lines, key=lambda line: (
        order.index(line.role) if line.role in order else len(order), line.role,
        line.rate is None, line.rate.first if line.rate else date.max,
    ))))  # fmt: skip


def days_without(role: str, rates: Iterable[Rate], first: date, last: date) -> list[tuple[date, date]]:
    """The stretches of a period on which no rate of a role was in force."""
    found, day = [], first
    near = (rate for rate in rates if rate.role == role and rate.first <= last)
    for rate in sorted(near, key=lambda rate: rate.first):
        if day < rate.first:
            found.append((day, rate.first - timedelta(days=1)))
        day = max(day, (rate.last or last) + timedelta(days=1))
    return [*found, (day, last)] if day <= last else found


def rate_rows(programme: Programme) -> Sequence[HourRate]:
    """The rates of a programme by role, the newest first."""
    mine = (HourRate.programme_id == programme.id, HourRate.removed_at.is_(None))
    found = select(HourRate).where(*mine).options(joinedload(HourRate.entered_by))
    return session.execute(found.order_by(HourRate.role, HourRate.valid_from.desc())).scalars().all()


def rates_by_programme(programme_ids: Iterable[int]) -> dict[int, list[Rate]]:
    """The rates in force at some time at each of some programmes."""
    found: dict[int, list[Rate]] = defaultdict(list)
    columns = (HourRate.programme_id, HourRate.role, HourRate.cents, HourRate.valid_from, HourRate.valid_until,
               HourRate.source)  # fmt: skip
    mine = (HourRate.programme_id.in_(list(programme_ids)), HourRate.removed_at.is_(None))
    for programme_id, *facts in session.execute(select(*columns).where(*mine).order_by(HourRate.id)):
        row: list[Any] = facts
        found[programme_id].append(Rate(*row))
    return found


def rates_of(programme: Programme) -> list[Rate]:
    """The rates of one programme."""
    return rates_by_programme([programme.id])[programme.id]


def role_name(role: str) -> str:
    """How a role reads."""
    return str(CASE_ROLES.get(role, role.replace("_", " ").capitalize()))
