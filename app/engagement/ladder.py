"""From silence to a person: which step is due on which day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

ASKED, REMINDED, REMINDED_AGAIN, HANDED_OVER = "asked", "reminded", "reminded_again", "handed_over"
PERSON = 2  # the last of the three steps after the question
USUAL, CRITICAL = (3, 6, 9), (1, 2, 3)  # business days after the question
TOO_LATE = timedelta(days=2)  # past its next permitted sending hour a step is a person's task instead of a mail

AddBusinessDays = Callable[[date, int], date]
IsBusinessDay = Callable[[date], bool]


def step_day(
    sent_on: date, step: int, *, critical: bool, days_left: int | None, add: AddBusinessDays, works: IsBusinessDay
) -> date:
    """The day of a step; never later than a third of the days left to the next critical date."""
    day = add(sent_on, (CRITICAL if critical else USUAL)[step])
    if days_left is None or days_left < 0:
        return day
    latest = sent_on + timedelta(days=max(1, days_left // 3))
    while latest > sent_on + timedelta(days=1) and not works(latest):
        latest -= timedelta(days=1)
    return min(day, latest)
