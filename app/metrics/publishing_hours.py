"""Hours are shown only where enough cases stand behind them, in a period and in every rest that is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import and_, distinct, func, or_, select

from app.accounts.models import Grant
from app.casework.models import TimeEntry
from app.core.db import session

from .models import RollUp
from .publishing_cells import added_up, name_of, volunteers_entries
from .publishing_system import Floors, Version

HOURS, CASES = name_of("hours"), name_of("hours", "cases")


def hours_hidden(
    new: Iterable[Version], everything: Sequence[Version], turn: int, floors: Floors,
    hidden: dict[Version, dict[str, str]],
) -> None:  # fmt: skip
    """Hide the hours of a new version that come from few cases, or that would tell those of few cases.

    :param floors: of what is new; what was published before keeps its own
    """
    living = [version for version in everything if version.lives_in(turn)]
    least = {version: _least(version, everything, floors) for version in living}
    shown = [v for v in living if not v.is_new and HOURS not in v.hidden]
    for version in new:
        tried, holders = [*shown, version], [v for v in living if v is version or v.holds(version)]
        if _was_shown(version, everything) or all(_enough(tried, parent, least) for parent in holders):
            shown = tried
        else:
            hidden[version][HOURS] = "small" if _cases([version], set()) < least[version] else "beside"


def _least(version: Version, everything: Iterable[Version], floors: Floors) -> int:
    """How many cases must stand behind a version's hours: as many as where they were hidden before, if that is more."""
    before = [v for v in everything if v.span == version.span and v.began < version.began and HOURS in v.hidden]
    return max((each.floors or floors).small for each in (version, *before))


def _was_shown(version: Version, everything: Iterable[Version]) -> bool:
    """Were just these hours shown by an earlier version of the period?"""
    before = [v for v in everything if v.span == version.span and v.began < version.began and HOURS not in v.hidden]
    return any(_by_month(v) == _by_month(version) for v in before)


def _by_month(version: Version) -> dict[str, int]:
    return {month: cells.get(HOURS, 0) for month, cells in version.exact["months"].items()}


def _enough(tried: list[Version], parent: Version, least: Mapping[Version, int]) -> bool:
    """Do enough cases stand behind a period's hours, and behind what is left of them beside the periods within it?

    Where a period's own hours stay hidden, the periods within it must not make them up.
    """
    inside = [v for v in tried if parent.holds(v)]
    told = {month for version in inside for month in version.exact["months"]}
    whole, rest = _cases([parent], set()), _cases([parent], told)
    if parent not in tried:
        return rest > 0 or whole >= least[parent]
    if not told:
        return whole >= least[parent]
    return rest == 0 or rest >= max(n for version, n in least.items() if version is parent or parent.holds(version))


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
