"""Which rows to read: those of some days, or those of some cases, in a programme's own zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.models import Case
from app.core.db import session
from app.volunteers.models import Membership

AT_ONCE = 5_000
NO_FIRM = "none"
OF: Any = Case.programme_id + 0  # not by this index: the days are far fewer than the cases of a programme
BUSINESS_DAYS_BEFORE = 5


class Fact(NamedTuple):
    """One case counting for one measure on one day."""

    case_id: int
    on_day: date
    measure: str
    amount: int = 1
    days: int | None = None  # from the cohort's day to what happened
    extra: tuple[tuple[str, str], ...] = ()
    person_id: int | None = None


@dataclass
class Window:
    """Days (both included), or cases, of one programme."""

    programme: Programme
    first: date | None = None
    last: date | None = None
    cases: Sequence[int] | None = None
    today: date = field(init=False)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.programme.time_zone)
        self.today = calendars.today(self.programme)
        self._days_before: dict[date, date] = {}
        self._firms: dict[int, str] | None = None

    def day(self, at: datetime) -> date:
        """The local day of a moment."""
        return at.astimezone(self.zone).date()

    def has(self, day: date) -> bool:
        """Does a day lie in it?"""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def moments(self, column: Any) -> list[ColumnElement[bool]]:
        """Conditions on a moment: from the first local midnight up to the one after the last day."""
        found = [column.is_not(None)]
        if self.first is not None:
            found.append(column >= self._midnight(self.first))
        if self.last is not None:
            found.append(column < self._midnight(self.last + timedelta(days=1)))
        return found

    def days(self, column: Any) -> list[ColumnElement[bool]]:
        """Conditions on a local day."""
        found = [column.is_not(None)]
        if self.first is not None:
            found.append(column >= self.first)
        if self.last is not None:
            found.append(column <= self.last)
        return found

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def read(self, stmt: Any, case_id: Any) -> Iterable[Any]:
        """Rows of this programme's cases, and of those asked for; `case_id` is the statement's own column."""
        wanted = stmt.join(Case, Case.id == case_id).where(self.programme.id == OF)
        if self.cases is not None:
            wanted = wanted.where(case_id.in_(self.cases))
        return session.execute(wanted)

    def on_time_until(self, date_on: date, received_on: date) -> date:
        """The last day of a placement on time: 5 business days, or half the notice, before a date."""
        if date_on not in self._days_before:
            day = date_on
            for _n in range(BUSINESS_DAYS_BEFORE):
                day -= timedelta(days=1)
                while not calendars.is_business_day(day, self.programme):
                    day -= timedelta(days=1)
            self._days_before[date_on] = day
        notice = max(0, (date_on - received_on).days)
        return max(self._days_before[date_on], date_on - timedelta(days=(notice + 1) // 2))  # half of 3 days is over 1

    def firm(self, volunteer_id: int | None) -> str:
        """The firm a volunteer is confirmed to belong to, as a member of a dimension."""
        if self._firms is None:
            self._firms = firms_of_volunteers()
        return self._firms.get(volunteer_id or 0, NO_FIRM)


def firms_of_volunteers() -> dict[int, str]:
    """The first confirmed firm of every volunteer who has one."""
    columns = (Membership.volunteer_id, Membership.organisation_id)
    found = select(*columns).where(Membership.confirmed_at.is_not(None)).order_by(Membership.id.desc())
    return {volunteer_id: str(organisation_id) for volunteer_id, organisation_id in session.execute(found)}


def in_blocks(found: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows, so many at once."""
    rows = list(found)
    return (rows[n : n + AT_ONCE] for n in range(0, len(rows), AT_ONCE))


def in_turn(ids: Iterable[int], size: int = AT_ONCE) -> Iterator[list[int]]:
    """Numbers in order, so many at once."""
    ordered = sorted(set(ids))
    return (ordered[n : n + size] for n in range(0, len(ordered), size))
