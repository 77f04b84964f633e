"""Different people, counted from the records, and how volunteers stand now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, case, false, func, or_, select

from app.accounts.models import Programme
from app.clients.models import OPEN, Case, CaseMove, CaseStatus, PriorityLevel
from app.clients.problems import category
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Volunteer, VolunteerStatus
from app.volunteers.queries_shifts import welcome_at

from . import clients_again, shift_figures
from .definitions import CASE_DIMENSIONS
from .facts import headed_by, headings
from .facts_outcomes import ONCE
from .firms import belongs, firm_of, grouped
from .members import RECORD
from .window import OF

Tables = dict[str, dict[str, dict[str, int]]]


def fill(tables: Tables, programme: Programme, first: date, last: date, grant_id: int | None) -> None:
    """Make the people of a period's closings different people: somebody may be the client of several cases."""
    kept = {dimension for measure in ONCE for dimension in tables.get(measure, {})}
    again = clients_again.within(programme, first, last, grant_id, sorted(kept)) if kept else ()
    for (measure, dimension, member), n in again:
        members = tables.get(measure, {}).get(dimension, {})
        if n and member in members:
            members[member] -= n
            if members[member] <= 0:
                del members[member]


def moments(programme: Programme, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first local midnight up to the one after the last day."""
    zone = ZoneInfo(programme.time_zone)
    low, high = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return low.astimezone(UTC), high.astimezone(UTC)


def a_year_before(day: date) -> date:
    """The day after the same one a year before, so that both are 12 months."""
    try:
        return day.replace(year=day.year - 1) + timedelta(days=1)
    except ValueError:  # 29 February
        return date(day.year - 1, 3, 1)


def _took_part(programme: Programme, first: date | None, last: date) -> ColumnElement[bool]:
    """Did a volunteer take a part on a case, or staff a clinic or advice shift, on some days? One is enough."""
    begin, end = moments(programme, first or last, last)
    found = select(1).select_from(Assignment).join(Case, Case.id == Assignment.case_id)
    found = found.where(Assignment.volunteer_id == Volunteer.id, programme.id == OF, Assignment.started_at < end)
    part = found if first is None else found.where(Assignment.started_at >= begin)
    return or_(part.exists(), shift_figures.staffed(programme, first, last))


def _active(programme: Programme, first: date, last: date) -> Select[Any]:
    return select(Volunteer.id).where(_took_part(programme, a_year_before(last), last))


def _returning(programme: Programme, first: date, last: date) -> Select[Any]:
    before = _took_part(programme, None, first - timedelta(days=1))
    return select(Volunteer.id).where(_took_part(programme, first, last), before)


def _lapsing(programme: Programme, first: date, last: date) -> Select[Any]:
    year = a_year_before(last)
    before = year - timedelta(days=1)
    since = _took_part(programme, year, last)
    return select(Volunteer.id).where(~since, _took_part(programme, a_year_before(before), before))


def _new(programme: Programme, first: date, last: date) -> Select[Any]:
    begin, end = moments(programme, first, last)
    return welcome_at(programme).where(Volunteer.approved_at >= begin, Volunteer.approved_at < end)


def _approved(programme: Programme, first: date, last: date) -> Select[Any]:
    return welcome_at(programme).where(Volunteer.status == VolunteerStatus.APPROVED)


USES_A_PLACE = (Assignment.ended_at.is_(None), Assignment.uses_slot)
BEHIND: dict[str, Callable[[Programme, date, date], Select[Any]]] = {
    "volunteers_active": _active,
    "volunteers_new": _new,
    "volunteers_returning": _returning,
    "volunteers_lapsing": _lapsing,
    "volunteers_approved": _approved,
    "capacity_offered": _approved,
}


ByFirm = dict[str, int]


def figures(programme: Programme, *periods: tuple[date, date]) -> list[dict[str, ByFirm]]:
    """Every figure of volunteers for each of some periods, and how they stand now, by their firm."""
    now = _standing_now(programme)
    taken, shifts = _by_parts(programme, *periods), shift_figures.figures(programme, *periods)
    return [
        parts | {"volunteers_new": _by_firm(_new(programme, *days))} | given | now
        for days, parts, given in zip(periods, taken, shifts, strict=True)
    ]


def _by_parts(programme: Programme, *periods: tuple[date, date]) -> list[dict[str, ByFirm]]:
    """How many volunteers `_active`, `_returning` and `_lapsing` find, from the first and last parts and shifts."""
    lasts = {last: f"before_{n}" for n, last in enumerate(dict.fromkeys(last for _first, last in periods))}
    edge = {"first": _part(programme, Assignment.started_at.is_not(None), newest=False),
            "first_shift": shift_figures.staffed_on(programme, date.max, newest=False)}  # fmt: skip
    for last, name in lasts.items():
        _begin, end = moments(programme, last, last)
        edge[name] = _part(programme, Assignment.started_at < end, newest=True)
        edge[f"{name}_shift"] = shift_figures.staffed_on(programme, last, newest=True)
    edge["firm"] = firm_of(Volunteer.id)
    parts = select(*(found.label(name) for name, found in edge.items())).select_from(Volunteer).cte("parts")
    parts = parts.prefix_with("MATERIALIZED")  # or each part is looked for wherever it is compared
    counted = [of for first, last in periods for of in _stood(programme, parts.c, lasts[last], first, last)]
    sums = [func.sum(case((of, 1), else_=0)) for of in counted]
    found = grouped(select(parts.c.firm, *sums).group_by(parts.c.firm), len(sums))
    names = ("volunteers_active", "volunteers_returning", "volunteers_lapsing")
    return [dict(zip(names, found[n : n + 3], strict=True)) for n in range(0, len(found), 3)]


def _stood(programme: Programme, edge: Any, name: str, first: date, last: date) -> list[ColumnElement[bool]]:
    """Whether somebody was active, returned or was lapsing, by their newest and first part and shift."""
    part, shift = edge[name], edge[f"{name}_shift"]
    begin, _end = moments(programme, first, last)
    year = a_year_before(last)
    before = a_year_before(year - timedelta(days=1))
    (year_begin, _), (before_begin, _) = moments(programme, year, last), moments(programme, before, year)
    gone = and_(or_(part.is_(None), part < year_begin), or_(shift.is_(None), shift < year))
    return [
        or_(part >= year_begin, shift >= year),
        and_(or_(part >= begin, shift >= first), or_(edge.first < begin, edge.first_shift < first)),
        and_(gone, or_(part >= before_begin, shift >= before)),
    ]


def _part(programme: Programme, when: ColumnElement[bool], *, newest: bool) -> Any:
    """When a volunteer took their newest, or their first, part on a case of a programme."""
    found = select(Assignment.started_at).join(Case, Case.id == Assignment.case_id)
    found = found.where(Assignment.volunteer_id == Volunteer.id, programme.id == OF, when).correlate(Volunteer)
    order = Assignment.started_at.desc() if newest else Assignment.started_at
    return found.order_by(order).limit(1).scalar_subquery()


def _by_firm(behind: Select[Any]) -> ByFirm:
    firm = firm_of(Volunteer.id)
    return grouped(select(firm, func.count()).where(Volunteer.id.in_(behind)).group_by(firm), 1)[0]


def _standing_now(programme: Programme) -> dict[str, ByFirm]:
    approved, firm = _approved(programme, date.min, date.max), firm_of(Volunteer.id)
    volunteers = select(firm, func.count(), func.sum(Volunteer.capacity)).where(Volunteer.id.in_(approved))
    theirs = firm_of(Assignment.volunteer_id)
    used = select(theirs, func.count()).select_from(Assignment).join(Case, Case.id == Assignment.case_id)
    used = used.where(programme.id == OF, *USES_A_PLACE, Assignment.volunteer_id.in_(approved))
    who, offered = grouped(volunteers.group_by(firm), 2)
    [taken] = grouped(used.group_by(theirs), 1)
    return {"volunteers_approved": who, "capacity_offered": offered, "capacity_used": taken}


def places_used(programme: Programme, dimension: str = "all", member: str = "all") -> Select[Any]:
    """Case and place of every approved volunteer, or of those of one firm, who uses one now."""
    approved = _approved(programme, date.min, date.max)
    mine = [belongs(Assignment.volunteer_id, member)] if dimension == "firm" else []
    used: Select[Any] = select(Assignment.case_id, Assignment.id)  # type: ignore[assignment]
    return used.where(*USES_A_PLACE, Assignment.volunteer_id.in_(approved), *mine)


def places_of(used: Select[Any], case_ids: Sequence[int]) -> dict[int, int]:
    """How many places each of some cases uses: two, where two work on it."""
    counted = used.with_only_columns(Assignment.case_id, func.count()).where(Assignment.case_id.in_(case_ids))
    return {case_id: n for case_id, n in session.execute(counted.group_by(Assignment.case_id))}  # noqa: C416


# said in so many words, so that the index of the open cases is read and no case
STILL_OPEN = Case.status.in_(bindparam("open", [str(status) for status in OPEN], expanding=True, literal_execute=True))


def came() -> ScalarSelect[datetime]:
    """When a case last came to the status in which it stands."""
    moved = select(func.max(CaseMove.at)).where(CaseMove.case_id == Case.id, CaseMove.to_status == Case.status)
    return moved.correlate(Case).scalar_subquery()


def waiting_now(programme: Programme, dimensions: Collection[str] | None = None) -> dict[str, dict[str, int]]:
    """How many cases wait on the list now, by some or all that a case stands under."""
    wanted = [*(CASE_DIMENSIONS if dimensions is None else {"all"}.union(dimensions).intersection(CASE_DIMENSIONS))]
    columns, needed = headed_by(wanted)
    found = select(*columns, func.count()).where(*waiting(programme), STILL_OPEN).group_by(*needed)
    tables: dict[str, Counter[str]] = {"all": Counter(all=0)}
    for row in session.execute(found):
        under = headings(*row[:-1])
        for dimension in wanted:
            tables.setdefault(dimension, Counter())[under[dimension]] += row[-1]
    return {dimension: dict(members) for dimension, members in tables.items()}


def waiting(programme: Programme, dimension: str = "all", member: str = "all") -> list[ColumnElement[bool]]:
    """Conditions on the cases that wait on the list now, all or those of one member of a dimension."""
    mine = [Case.programme_id == programme.id, Case.status == CaseStatus.AVAILABLE]
    if dimension in ("county", "language"):
        return [*mine, getattr(Case, dimension) == member]
    if dimension == "priority":
        return [*mine, Case.priority_level.in_([level for level in PriorityLevel if str(level) == member])]
    if dimension == "office":
        if member == "none":
            return [*mine, Case.office_id.is_(None)]
        return [*mine, Case.office_id == int(member) if RECORD.fullmatch(member) else false()]
    if dimension == "category":
        known = session.execute(select(Case.problem_code).where(*mine).distinct()).scalars()
        codes = [code for code in known if (category(code) or "unknown") == member]
        none = [Case.problem_code.is_(None)] if None in codes else []
        return [*mine, or_(Case.problem_code.in_([code for code in codes if code is not None]), *none)]
    return mine
