"""Goals that the demo's programmes set themselves, and a report one coordinator arranged."""

from __future__ import annotations

from datetime import date

from app.accounts.models import Grant, Programme, User
from app.metrics import operations_goals as operations
from app.metrics.figures import before, quarter_of

THIS_QUARTER = (
    ("placement_rate", 60, "As promised to the county bar"),
    ("days_to_placement", 21, None),
    ("closed", 12, None),
    ("hours", 15_000, "As many as last autumn"),
)
THIS_YEAR = (("satisfaction", 400, "Mean of every question"), ("reached_rate", 80, None), ("requests", 120, None))
OF_A_GRANT = (("closed", 24, "As the agreement says"), ("hours", 30_000, None), ("placement_rate", 60, None))
LAST_QUARTER = (("closed", 6, None), ("answer_rate", 85, None))


def set_aims(programme: Programme, staff: User, today: date) -> None:
    """Targets for this quarter, the last and the year, and one kept view."""
    now = quarter_of(today)
    year = (date(today.year, 1, 1), date(today.year, 12, 31))
    for span, aims in ((now, THIS_QUARTER), (before(*now), LAST_QUARTER), (year, THIS_YEAR)):
        for measure, target, note in aims:
            operations.set_goal(programme, measure, *span, target, note, actor=staff)
    operations.keep_view(programme, "Housing this year", "by=county&only=category:Housing&span=year", actor=staff)


def set_grants_aims(grant: Grant, first: date, last: date, staff: User) -> None:
    """What a grant asked for: cases and hours over the year, and a placement rate in the period that ended last."""
    year = (date(last.year, 1, 1), date(last.year, 12, 31))
    for measure, target, note in OF_A_GRANT:
        span = (first, last) if measure == "placement_rate" else year
        operations.set_goal(grant.programme, measure, *span, target, note, actor=staff, grant=grant)
