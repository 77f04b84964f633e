"""Business time: a programme's working days, office hours, holidays and closures."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from app.core import clock

from .models import Programme


def today(programme: Programme) -> date:
    """Today where the programme is."""
    return clock.today_in(programme.time_zone)


def is_business_day(day: date, programme: Programme) -> bool:
    """Is the programme at work that day?"""
    if str(day.weekday()) not in programme.working_days:
        return False
    if day in _holidays(programme.holiday_calendar, programme.state, day.year):
        return False
    return all(closure.on_day != day for closure in programme.closures)


@lru_cache(maxsize=256)
def _holidays(country: str, state: str, year: int) -> frozenset[date]:
    if country == "none":
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=state, years=year))


def holidays_from(day: date, programme: Programme) -> list[date]:
    """The holidays of that year and the next, from a day on."""
    country, state = programme.holiday_calendar, programme.state
    both = _holidays(country, state, day.year) | _holidays(country, state, day.year + 1)
    return sorted(holiday for holiday in both if holiday >= day)


def business_day_on_or_after(day: date, programme: Programme) -> date:
    """The day itself, or the next one at work."""
    while not is_business_day(day, programme):
        day += timedelta(days=1)
    return day


def add_business_days(day: date, count: int, programme: Programme) -> date:
    """The day that many business days later."""
    for _ in range(count):
        day = business_day_on_or_after(day + timedelta(days=1), programme)
    return day


def business_days_between(start: date, end: date, programme: Programme) -> int:
    """How many business days lie after the start, up to and with the end."""
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_business_day(day, programme) for day in days)


def opening_at(day: date, programme: Programme) -> datetime:
    """When the office opens that day."""
    return _local(day, programme.opens_at, programme)


def closing_at(day: date, programme: Programme) -> datetime:
    """When the office closes that day."""
    return _local(day, programme.closes_at, programme)


def _local(day: date, hour: time, programme: Programme) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(programme.time_zone))


def add_business_time(start: datetime, programme: Programme, *, days: int = 0, hours: int = 0) -> datetime:
    """The moment that many business days or office hours later.

    Days end at the close of business of the last one; hours count while the office is open.
    """
    zone = ZoneInfo(programme.time_zone)
    day = start.astimezone(zone).date()
    if days:
        return closing_at(add_business_days(day, days, programme), programme)
    left, moment = timedelta(hours=hours), start.astimezone(UTC)
    while True:
        day = business_day_on_or_after(day, programme)
        begin = max(moment, opening_at(day, programme).astimezone(UTC))
        room = closing_at(day, programme).astimezone(UTC) - begin  # in UTC: hours that pass, not hands of a clock
        if room >= left:
            return (begin + left).astimezone(zone)
        left -= max(room, timedelta())
        day += timedelta(days=1)


def in_business_hours(moment: datetime, programme: Programme) -> bool:
    """Is the office open at that moment?"""
    day = moment.astimezone(ZoneInfo(programme.time_zone)).date()
    return is_business_day(day, programme) and opening_at(day, programme) <= moment < closing_at(day, programme)


def next_business_moment(moment: datetime, programme: Programme) -> datetime:
    """The moment itself while the office is open, else its next opening."""
    if in_business_hours(moment, programme):
        return moment
    day = moment.astimezone(ZoneInfo(programme.time_zone)).date()
    if is_business_day(day, programme) and moment < opening_at(day, programme):
        return opening_at(day, programme)
    return opening_at(business_day_on_or_after(day + timedelta(days=1), programme), programme)
