"""Before a critical date: which step is due, for whom, on which day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

VOLUNTEER, CLIENT, STAFF, ATTORNEY = "volunteer", "client", "staff", "attorney"
STEPS: dict[str, tuple[int, ...]] = {VOLUNTEER: (7, 2), CLIENT: (7, 1), STAFF: (14, 7, 3, 1)}  # days before
THE_DAY, PASSED = 0, -1  # of the staff: who was not reminded, and a day that nobody saw coming
LAST = 1  # the day before, on which attorneys hear of what nobody keeps
LOOK_BACK = timedelta(days=31)
LOOK_AHEAD = timedelta(days=28)  # the first step, and a closed week or two before it
LONGEST_CLOSURE = 14

Works = Callable[[date], bool]


def step_day(on_day: date, step: int, works: Works) -> date:
    """The day of a step: so many days before, or the last day at work before that; never later."""
    plain = on_day - timedelta(days=step)
    at_work = (day for n in range(LONGEST_CLOSURE) if works(day := plain - timedelta(days=n)))
    return next(at_work, plain)


def due_step(on_day: date, today: date, steps: Sequence[int], works: Works) -> int | None:
    """The last step whose day has come; earlier ones that were missed, as after downtime, are not made up for."""
    return min((step for step in steps if step_day(on_day, step, works) <= today), default=None)


def due_for_staff(on_day: date, today: date, works: Works) -> int | None:
    """The same for the staff, who also look at the day itself and at what passed unseen."""
    if on_day <= today:
        return THE_DAY if on_day == today else PASSED
    return due_step(on_day, today, STEPS[STAFF], works)
