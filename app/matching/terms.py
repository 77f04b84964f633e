"""How long everything lasts: offers, holds, answers, the first duties and the referral clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.accounts import calendars
from app.clients.models import Case, PriorityLevel
from app.core import clock

CRITICAL, HIGH, NORMAL, LOW = PriorityLevel
SOON, VERY_SOON = 7, 3
OFFERS_AT_ONCE = {CRITICAL: 5, HIGH: 3, NORMAL: 1, LOW: 1}
FIRST_CONTACT_DAYS = {CRITICAL: 1, HIGH: 3, NORMAL: 7, LOW: 7}
LETTER_BUSINESS_DAYS = 10
EXTENSION_BUSINESS_DAYS = 2
LINK_DAYS_AFTER = 60


def days_to_date(case: Case) -> int | None:
    """Calendar days until the next critical date, none without one."""
    if case.next_critical_on is None:
        return None
    return (case.next_critical_on - calendars.today(case.programme)).days


def is_pressing(case: Case) -> bool:
    """Critical, or a date within seven days."""
    days = days_to_date(case)
    return case.priority_level is CRITICAL or (days is not None and days <= SOON)


def is_most_pressing(case: Case) -> bool:
    """A date within three days."""
    days = days_to_date(case)
    return days is not None and days <= VERY_SOON


def offer_end(case: Case) -> datetime:
    """Three business days from now, one where the case is pressing; never into the day of its next date."""
    end = calendars.add_business_time(clock.now(), case.programme, days=1 if is_pressing(case) else 3)
    return _before_date(end, case)


def _before_date(end: datetime, case: Case) -> datetime:
    return calendars.before_day(end, case.next_critical_on, case.programme)


def hold_end(case: Case) -> datetime:
    """Three business days from now, one where the case is pressing, four office hours within three days of a date."""
    if is_most_pressing(case):
        return _before_date(calendars.add_business_time(clock.now(), case.programme, hours=4), case)
    return offer_end(case)


def name_end(case: Case) -> datetime:
    """By when a firm names a person, and that person answers: as long as a hold lasts."""
    return hold_end(case)


def name_again_end(case: Case, cleared_at: datetime) -> datetime:
    """By when a firm names somebody else: what is left of its time, at least one business day."""
    left = calendars.add_business_time(cleared_at, case.programme, days=1 if is_pressing(case) else 3)
    return max(left, calendars.add_business_time(clock.now(), case.programme, days=1))


def extended_end(ends_at: datetime, case: Case) -> datetime:
    """Two business days after the end so far, never into the day of its next date."""
    return _before_date(calendars.add_business_time(ends_at, case.programme, days=EXTENSION_BUSINESS_DAYS), case)


def answer_end(case: Case) -> datetime:
    """When a request must be answered: the next business day where critical or high, else in three; before its date."""
    days = 1 if case.priority_level in (CRITICAL, HIGH) else 3
    end = calendars.add_business_time(clock.now(), case.programme, days=days)
    return calendars.due_before(end, case.next_critical_on, case.programme)


def first_contact_on(case: Case) -> date:
    """The day by which the volunteer must have reached the client: before the next date."""
    day = calendars.today(case.programme) + timedelta(days=FIRST_CONTACT_DAYS[case.priority_level])
    return _day_before_date(day, case)


def _day_before_date(day: date, case: Case) -> date:
    """A day, or the one before the next critical date where that comes sooner; today where the date is today."""
    today, next_on = calendars.today(case.programme), case.next_critical_on
    if next_on is None or next_on < today:
        return day
    return min(day, max(today, next_on - timedelta(days=1)))


def letter_on(case: Case) -> date:
    """The day by which the engagement letter must be signed: before the next date."""
    day = calendars.add_business_days(calendars.today(case.programme), LETTER_BUSINESS_DAYS, case.programme)
    return _day_before_date(day, case)
