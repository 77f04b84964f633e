"""The days on which a client is heard in person: nothing but their own reminder leaves then."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from .models import Case

AT = re.compile(r"(\d{1,2})(?::(\d{2}))? ?([ap]m)?", re.IGNORECASE)
WATCH, WATCH_BY_ATTORNEY = "watch_date", "watch_date_attorney"  # the tasks that staff have as a date comes near


def is_hearing(kind: str) -> bool:
    """Is a critical date of this kind one at which the client has to be there? Deadlines are none."""
    return kind.endswith("hearing")


def hearing_days(case: Case | None) -> frozenset[date]:
    """The days on which a case is heard; none where a mail is about no case."""
    dates = case.critical_dates if case is not None else ()
    return frozenset(each.on_day for each in dates if each.on_day and is_hearing(each.kind))


def moment_of(day: date, at_time: str | None, zone: str) -> datetime | None:
    """When a date is that has a time, in UTC; none where it lasts the whole day."""
    found = AT.fullmatch(at_time or "")
    if found is None:
        return None
    hour, half = int(found[1]), (found[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return datetime.combine(day, time(hour, int(found[2] or 0)), ZoneInfo(zone)).astimezone(UTC)
