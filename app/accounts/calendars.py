"""Business time: a programme's working days, office hours, holidays and closures."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import holidays

from app.core import clock

from .models import Programme


@lru_cache(maxsize=1)
def time_zones() -> list[str]:
    """The time zones of the United States first, then every other."""
    american = [
        "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
        "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
    ]  # fmt: skip
    rest = sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/")))
    return american + [zone for zone in rest if zone not in american]


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


def opening_at(day: date, programme: Programme, zone: str | None = None) -> datetime:
    """When the office opens that day, or would open in another zone."""
    return _local(day, programme.opens_at, programme, zone)


def closing_at(day: date, programme: Programme, zone: str | None = None) -> datetime:
    """When the office closes that day, or would close in another zone."""
    return _local(day, programme.closes_at, programme, zone)


def _local(day: date, hour: time, programme: Programme, zone: str | None = None) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(zone or programme.time_zone))


def add_business_time(start: datetime, programme: Programme, *, days: int = 0, hours: int = 0) -> datetime:
    """The moment that many business days or office hours later.

    Days end at the close of business of the last one; hours count while the office is open.
    """
    zone = ZoneInfo(programme.time_zone)
    day = start.astimezone(zone).date()
    if days:
        return closing_at(add_business_days(day, days, programme), programme)
    return _when_worked(start, timedelta(hours=hours), programme)


def _when_worked(start: datetime, left: timedelta, programme: Programme) -> datetime:
    """The moment at which the office was open for so long after a start."""
    zone = ZoneInfo(programme.time_zone)
    day, moment = start.astimezone(zone).date(), start.astimezone(UTC)
    while True:
        day = business_day_on_or_after(day, programme)
        begin = max(moment, opening_at(day, programme).astimezone(UTC))
        room = closing_at(day, programme).astimezone(UTC) - begin  # in UTC: hours that pass, not hands of a clock
        if room >= left:
            return (begin + left).astimezone(zone)
        left -= max(room, timedelta())
        day += timedelta(days=1)


def business_time_between(start: datetime, end: datetime, programme: Programme) -> timedelta:
    """How long the office was open between two moments."""
    zone = ZoneInfo(programme.time_zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    worked = timedelta()
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if is_business_day(day, programme):
            opens, closes = (each(day, programme).astimezone(UTC) for each in (opening_at, closing_at))
            worked += max(min(closes, end) - max(opens, start), timedelta())
    return worked


def moved_by_pause(ends_at: datetime, since: datetime, until: datetime, programme: Programme) -> datetime:
    """An end that stood still between two moments, later by the business time between them."""
    stood = business_time_between(since, until, programme)
    return _when_worked(ends_at, stood, programme) if stood else ends_at


def before_day(end: datetime, day: date | None, programme: Programme) -> datetime:
    """An end, or the first moment of a day where that comes sooner and still lies ahead."""
    if day is None:
        return end
    begins = _local(day, time(), programme).astimezone(UTC)
    return min(end, begins) if begins > clock.now() else end


def due_before(due: datetime, day: date | None, programme: Programme) -> datetime:
    """When something is due that must be done before a day: at the latest as the office last closes before it.

    Where that is over by now: as it opens on the day, and then at once. A day that is over binds nothing.
    """
    now = clock.now()
    if day is None or day < today(programme):
        return due
    last = day - timedelta(days=1)
    while not is_business_day(last, programme):
        last -= timedelta(days=1)
    ahead = (moment for moment in (closing_at(last, programme), opening_at(day, programme)) if moment > now)
    return min(due, next(ahead, now))


def in_business_hours(moment: datetime, programme: Programme, zone: str | None = None) -> bool:
    """Is the office open at that moment, or would it be in another zone?"""
    day = moment.astimezone(ZoneInfo(zone or programme.time_zone)).date()
    begins, ends = opening_at(day, programme, zone), closing_at(day, programme, zone)
    return is_business_day(day, programme) and begins <= moment < ends


def next_business_moment(moment: datetime, programme: Programme, zone: str | None = None) -> datetime:
    """The moment itself in business hours, else when they next begin; in another zone by its clocks."""
    if in_business_hours(moment, programme, zone):
        return moment
    day = moment.astimezone(ZoneInfo(zone or programme.time_zone)).date()
    if is_business_day(day, programme) and moment < opening_at(day, programme, zone):
        return opening_at(day, programme, zone)
    return opening_at(business_day_on_or_after(day + timedelta(days=1), programme), programme, zone)
