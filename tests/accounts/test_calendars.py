"""Business time at its edges: weekends, holidays, closures, office hours, daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import calendars
from app.accounts.models import Closure, Programme
from app.core import clock

CHICAGO = ZoneInfo("America/Chicago")


def programme(*closed: date, **changes: Any) -> Programme:
    values: dict[str, Any] = {
        "name": "Lakeshore", "state": "WI", "time_zone": "America/Chicago", "opens_at": time(9), "closes_at": time(17),
        "working_days": ["0", "1", "2", "3", "4"], "holiday_calendar": "US",
    }  # fmt: skip
    made = Programme(**{**values, **changes})
    made.closures = [Closure(on_day=day, reason="training") for day in closed]
    return made


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHICAGO)


def test_today_is_the_programmes_day() -> None:
    with clock.at(datetime(2026, 3, 1, 4, 0, tzinfo=UTC)):
        assert calendars.today(programme()) == date(2026, 2, 28)
        assert calendars.today(programme(time_zone="Pacific/Guam")) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),  # Saturday
        (date(2026, 11, 26), False),  # Thanksgiving
        (date(2026, 7, 3), False),  # Independence Day on a Saturday, observed on Friday
        (date(2026, 12, 23), True),
        (date(2026, 12, 24), False),  # a holiday of the state
        (date(2027, 1, 1), False),
    ],
)
def test_business_days(day: date, open_: bool) -> None:
    assert calendars.is_business_day(day, programme()) is open_


def test_closures_and_other_working_days() -> None:
    assert not calendars.is_business_day(date(2026, 11, 20), programme(date(2026, 11, 20)))
    assert calendars.is_business_day(date(2026, 11, 21), programme(working_days=["5"]))
    assert calendars.is_business_day(date(2026, 11, 26), programme(holiday_calendar="none"))


def test_states_have_holidays_of_their_own() -> None:
    patriots = date(2026, 4, 20)
    assert calendars.is_business_day(patriots, programme(state="WI"))
    assert not calendars.is_business_day(patriots, programme(state="MA"))


def test_three_business_days_over_a_long_weekend() -> None:
    wednesday = at(2026, 11, 25, 15)
    closed_friday = programme(date(2026, 11, 27))
    assert calendars.add_business_time(wednesday, programme(), days=3) == at(2026, 12, 1, 17)
    assert calendars.add_business_time(wednesday, closed_friday, days=3) == at(2026, 12, 2, 17)


def test_days_counted_from_a_day_off() -> None:
    assert calendars.add_business_days(date(2026, 11, 21), 1, programme()) == date(2026, 11, 23)
    assert calendars.add_business_days(date(2026, 11, 20), 0, programme()) == date(2026, 11, 20)
    assert calendars.business_day_on_or_after(date(2026, 11, 21), programme()) == date(2026, 11, 23)


def test_days_between_are_the_days_added() -> None:
    start = date(2026, 11, 18)
    for count in range(15):
        end = calendars.add_business_days(start, count, programme())
        assert calendars.business_days_between(start, end, programme()) == count
    assert calendars.business_days_between(start, start - timedelta(days=3), programme()) == 0


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(2026, 11, 20, 10), 4, at(2026, 11, 20, 14)),
        (at(2026, 11, 20, 15), 4, at(2026, 11, 23, 11)),  # over the weekend
        (at(2026, 11, 20, 13), 4, at(2026, 11, 20, 17)),  # ends exactly at closing
        (at(2026, 11, 20, 17), 4, at(2026, 11, 23, 13)),  # starts exactly at closing
        (at(2026, 11, 20, 6), 4, at(2026, 11, 20, 13)),  # before opening
        (at(2026, 11, 20, 22), 4, at(2026, 11, 23, 13)),
        (at(2026, 11, 21, 12), 20, at(2026, 11, 25, 13)),
        (at(2026, 11, 25, 16), 4, at(2026, 11, 27, 12)),  # over Thanksgiving
    ],
)
def test_office_hours(start: datetime, hours: int, end: datetime) -> None:
    assert calendars.add_business_time(start, programme(), hours=hours) == end
    assert calendars.add_business_time(start.astimezone(UTC), programme(), hours=hours) == end


def test_the_office_keeps_its_hours_when_the_clocks_change() -> None:
    before_spring, before_autumn = at(2026, 3, 6, 16), at(2026, 10, 30, 16)
    spring = calendars.add_business_time(before_spring, programme(), hours=2)
    autumn = calendars.add_business_time(before_autumn, programme(), hours=2)
    assert (spring, autumn) == (at(2026, 3, 9, 10), at(2026, 11, 2, 10))
    assert spring.astimezone(UTC) - before_spring.astimezone(UTC) == timedelta(days=2, hours=18 - 1)
    assert autumn.astimezone(UTC) - before_autumn.astimezone(UTC) == timedelta(days=2, hours=18 + 1)


def test_an_office_open_while_the_clocks_change_counts_real_hours() -> None:
    nights = programme(
        opens_at=time(0, 30), closes_at=time(8), working_days=[str(n) for n in range(7)], holiday_calendar="none"
    )
    spring = calendars.add_business_time(at(2026, 3, 8, 1), nights, hours=2)
    assert spring.astimezone(UTC) - at(2026, 3, 8, 1).astimezone(UTC) == timedelta(hours=2)
    autumn = calendars.add_business_time(at(2026, 11, 1, 0, 30), nights, hours=4)
    assert autumn.astimezone(UTC) - at(2026, 11, 1, 0, 30).astimezone(UTC) == timedelta(hours=4)


def test_in_business_hours() -> None:
    assert calendars.in_business_hours(at(2026, 11, 20, 9), programme())
    assert not calendars.in_business_hours(at(2026, 11, 20, 8, 59), programme())
    assert not calendars.in_business_hours(at(2026, 11, 20, 17), programme())
    assert not calendars.in_business_hours(at(2026, 11, 21, 12), programme())


@pytest.mark.parametrize(
    ("moment", "next_"),
    [
        (at(2026, 11, 20, 12), at(2026, 11, 20, 12)),
        (at(2026, 11, 20, 7), at(2026, 11, 20, 9)),
        (at(2026, 11, 20, 17), at(2026, 11, 23, 9)),
        (at(2026, 11, 21, 7), at(2026, 11, 23, 9)),
        (at(2026, 12, 31, 18), at(2027, 1, 4, 9)),
    ],
)
def test_the_next_business_moment(moment: datetime, next_: datetime) -> None:
    assert calendars.next_business_moment(moment, programme()) == next_


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 1)),
    hours=st.integers(1, 60),
    zone=st.sampled_from(["America/Chicago", "America/New_York", "Pacific/Honolulu", "America/Phoenix"]),
)
def test_office_hours_add_up(start: datetime, hours: int, zone: str) -> None:
    """Going on by some hours and then by the rest is going on by all of them."""
    at_work, begin = programme(time_zone=zone), start.replace(tzinfo=UTC)
    whole = calendars.add_business_time(begin, at_work, hours=hours)
    halfway = calendars.add_business_time(begin, at_work, hours=hours // 2)
    assert calendars.add_business_time(halfway, at_work, hours=hours - hours // 2) == whole
    assert whole > begin
    assert calendars.in_business_hours(whole - timedelta(seconds=1), at_work)
