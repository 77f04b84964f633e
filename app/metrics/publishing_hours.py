"""Hours are shown only where enough cases stand behind them, in a period and in every rest that is left of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import and_, distinct, func, or_, select

from app.accounts.models import Grant
from app.casework.models import TimeEntry
from app.core.db import session

from .models import RollUp
from .publishing_cells import added_up, name_of, volunteers_entries
from .publishing_system import Version

HOURS, CASES = name_of("hours"), name_of("hours", "cases")


def hours_hidden(
    new: Iterable[Version], live: Iterable[Version], small: int, hidden: dict[Version, dict[str, str]]
) -> None:
    """Hide the hours of a new version that come from few cases, or that would tell those of few cases."""
    living = list(live)
    shown = [v for v in living if not v.is_new and HOURS not in v.hidden]
    for version in new:
        tried = [*shown, version]
        if all(_enough(tried, parent, small) for parent in living if parent in tried):
            shown = tried
        else:
            hidden[version][HOURS] = "small" if _cases([version], set()) < small else "beside"


def _enough(shown: list[Version], parent: Version, small: int) -> bool:
    """Do enough cases stand behind a period's hours, and behind what is left of them beside the periods within it?"""
    inside = [v for v in shown if parent.holds(v)]
    told = {month for version in inside for month in version.exact["months"]}
    whole, rest = _cases([parent], set()), _cases([parent], told)
    return whole >= small and (not told or rest == 0 or rest >= small)


def _cases(versions: Iterable[Version], without: set[str]) -> int:
    """At least how many different cases the hours come from."""
    months = [cells for v in versions for month, cells in v.exact["months"].items() if month not in without]
    return added_up(months).get(CASES, 0)


def cases_since(grant: Grant, first: date, last: date, since: datetime) -> int:
    """The cases of whose hours something was entered late or taken back since a moment, as far as it is counted."""
    read = select(func.max(RollUp.read_until)).where(RollUp.programme_id == grant.programme_id).scalar_subquery()
    late = and_(TimeEntry.created_at > since, TimeEntry.created_at <= read, TimeEntry.removed_at.is_(None))
    gone = and_(TimeEntry.created_at <= since, TimeEntry.removed_at > since, TimeEntry.removed_at <= read)
    found = volunteers_entries(grant, first, last).where(or_(late, gone))
    counted = found.with_only_columns(func.count(distinct(TimeEntry.case_id)), maintain_column_froms=True)
    return session.execute(counted).scalar_one()
