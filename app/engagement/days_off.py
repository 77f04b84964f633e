"""The days that no ladder counts: while the case was paused, and while the volunteer asked is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from app.accounts import calendars
from app.clients.models import Case
from app.volunteers.operations_leave import leaves_from

from . import queries
from .models import Audience, Checkin


def presses(case: Case, until_on: date) -> bool:
    """Is a case too urgent to wait until its volunteer is back?"""
    return case.priority_rank == 1 or (case.next_critical_on is not None and case.next_critical_on <= until_on)


def add_counted_days(checkin: Checkin, since: date) -> Callable[[date, int], date]:
    """How so many days at work are added to a day, those on which the clock stands left out."""
    off, programme = _days_off(checkin, since), checkin.case.programme

    def add(day: date, count: int) -> date:
        while count:
            day = calendars.add_business_days(day, 1, programme)
            count -= day not in off
        return day

    return add


def _days_off(checkin: Checkin, since: date) -> frozenset[date]:
    case, found = checkin.case, set[date]()
    for began, ended in queries.pauses(case):
        found.update(_days(began + timedelta(days=1), ended))
    if checkin.audience is Audience.VOLUNTEER:
        for first, last in leaves_from(checkin.assignment.volunteer_id, since):
            found.update(() if presses(case, last) else _days(first, last))
    return frozenset(found)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
