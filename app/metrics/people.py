"""Different people, counted from the records, and how volunteers stand now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select

from app.accounts.models import Programme
from app.clients.models import OPEN, Case, CaseStatus
from app.clients.problems import category
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Standing, Volunteer, VolunteerStatus

from . import clients_again
from .facts_outcomes import ONCE
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


def _took_part(programme: Programme, begin: datetime | None, end: datetime) -> ColumnElement[bool]:
    """Did a volunteer take a part on a case between two moments? The first one found is enough."""
    found = select(1).select_from(Assignment).join(Case, Case.id == Assignment.case_id)
    found = found.where(Assignment.volunteer_id == Volunteer.id, programme.id == OF, Assignment.started_at < end)
    return (found if begin is None else found.where(Assignment.started_at >= begin)).exists()


def _active(programme: Programme, first: date, last: date) -> Select[Any]:
    return select(Volunteer.id).where(_took_part(programme, *moments(programme, a_year_before(last), last)))


def _returning(programme: Programme, first: date, last: date) -> Select[Any]:
    begin, end = moments(programme, first, last)
    return select(Volunteer.id).where(_took_part(programme, begin, end), _took_part(programme, None, begin))


def _lapsing(programme: Programme, first: date, last: date) -> Select[Any]:
    year = a_year_before(last)
    before = moments(programme, a_year_before(year - timedelta(days=1)), year - timedelta(days=1))
    since = _took_part(programme, *moments(programme, year, last))
    return select(Volunteer.id).where(~since, _took_part(programme, *before))


def _new(programme: Programme, first: date, last: date) -> Select[Any]:
    begin, end = moments(programme, first, last)
    return _welcome(programme).where(Volunteer.approved_at >= begin, Volunteer.approved_at < end)


def _welcome(programme: Programme) -> Select[Any]:
    excluded = select(Standing.volunteer_id).where(
        Standing.programme_id == programme.id, Standing.standing != "welcome"
    )
    welcome = select(Standing.volunteer_id).where(Standing.programme_id == programme.id)
    here = or_(Volunteer.id.in_(welcome), ~Volunteer.standings.any())
    return select(Volunteer.id).where(here, Volunteer.id.not_in(excluded))


def _approved(programme: Programme, first: date, last: date) -> Select[Any]:
    return _welcome(programme).where(Volunteer.status == VolunteerStatus.APPROVED)


USES_A_PLACE = (Assignment.ended_at.is_(None), Assignment.uses_slot)
BEHIND: dict[str, Callable[[Programme, date, date], Select[Any]]] = {
    "volunteers_active": _active,
    "volunteers_new": _new,
    "volunteers_returning": _returning,
    "volunteers_lapsing": _lapsing,
    "volunteers_approved": _approved,
    "capacity_offered": _approved,
}


def figures(programme: Programme, *periods: tuple[date, date]) -> list[dict[str, int]]:
    """Every figure of volunteers for each of some periods, and how they stand now."""
    now = _standing_now(programme)
    taken = _by_parts(programme, *periods)
    return [
        parts | {"volunteers_new": _number(_new(programme, *days))} | now
        for days, parts in zip(periods, taken, strict=True)
    ]


def _by_parts(programme: Programme, *periods: tuple[date, date]) -> list[dict[str, int]]:
    """How many volunteers `_active`, `_returning` and `_lapsing` find, from the first and last parts of each."""
    spans = [moments(programme, *days) for days in periods]
    ends = {end: f"before_{n}" for n, end in enumerate(dict.fromkeys(end for _begin, end in spans))}
    edge = {name: _part(programme, Assignment.started_at < end, newest=True) for end, name in ends.items()}
    edge["first"] = _part(programme, Assignment.started_at.is_not(None), newest=False)
    parts = select(*(found.label(name) for name, found in edge.items())).select_from(Volunteer).cte("parts")
    parts = parts.prefix_with("MATERIALIZED")  # or each part is looked for wherever it is compared
    counted: list[Any] = []
    for (_first, last), (begin, end) in zip(periods, spans, strict=True):
        newest, year = parts.c[ends[end]], a_year_before(last)
        year_begin, _end = moments(programme, year, last)
        before, _end = moments(programme, a_year_before(year - timedelta(days=1)), year)
        counted += [newest >= year_begin, and_(newest >= begin, parts.c.first < begin),
                    and_(newest < year_begin, newest >= before)]  # fmt: skip
    sums = (func.coalesce(func.sum(case((of, 1), else_=0)), 0) for of in counted)
    found = [int(n) for n in session.execute(select(*sums)).one()]
    names = ("volunteers_active", "volunteers_returning", "volunteers_lapsing")
    return [dict(zip(names, found[n : n + 3], strict=True)) for n in range(0, len(found), 3)]


def _part(programme: Programme, when: ColumnElement[bool], *, newest: bool) -> Any:
    """When a volunteer took their newest, or their first, part on a case of a programme."""
    found = select(Assignment.started_at).join(Case, Case.id == Assignment.case_id)
    found = found.where(Assignment.volunteer_id == Volunteer.id, programme.id == OF, when).correlate(Volunteer)
    order = Assignment.started_at.desc() if newest else Assignment.started_at
    return found.order_by(order).limit(1).scalar_subquery()


def _number(behind: Select[Any]) -> int:
    return session.execute(select(func.count()).select_from(behind.subquery())).scalar_one()


def _standing_now(programme: Programme) -> dict[str, int]:
    approved = _approved(programme, date.min, date.max)
    places = select(func.coalesce(func.sum(Volunteer.capacity), 0)).where(Volunteer.id.in_(approved))
    used = (
        select(func.count())
        .join(Case, Case.id == Assignment.case_id)
        .where(
            programme.id == OF, *USES_A_PLACE, Assignment.volunteer_id.in_(approved),
        )
    )  # fmt: skip
    named = {"capacity_offered": places, "capacity_used": used.select_from(Assignment)}
    found = {key: session.execute(query).scalar_one() for key, query in named.items()}
    return {"volunteers_approved": _number(approved)} | found


def places_used(programme: Programme, case_ids: Sequence[int]) -> dict[int, int]:
    """How many places of approved volunteers each of some cases uses: two, where two work on it."""
    approved = BEHIND["volunteers_approved"](programme, date.min, date.min)
    used = select(Assignment.case_id, func.count()).where(
        Assignment.case_id.in_(case_ids), *USES_A_PLACE, Assignment.volunteer_id.in_(approved)
    )
    return {case_id: n for case_id, n in session.execute(used.group_by(Assignment.case_id))}  # noqa: C416


# said in so many words, so that the index of the open cases is read and no case
STILL_OPEN = Case.status.in_(bindparam("open", [str(status) for status in OPEN], expanding=True, literal_execute=True))


def waiting_now(programme: Programme) -> dict[str, dict[str, int]]:
    """How many cases wait on the list now: all, by kind of matter, by county and by language."""
    columns = (Case.problem_code, Case.county, Case.language)
    found = select(*columns, func.count()).where(*waiting(programme), STILL_OPEN).group_by(*columns)
    tables: dict[str, Counter[str]] = {"all": Counter(all=0)}
    for code, county, language, n in session.execute(found):
        headings = {"all": "all", "category": category(code) or "unknown", "county": county, "language": language}
        for dimension, member in headings.items():
            tables.setdefault(dimension, Counter())[member] += n
    return {dimension: dict(members) for dimension, members in tables.items()}


def waiting(programme: Programme, dimension: str = "all", member: str = "all") -> list[ColumnElement[bool]]:
    """Conditions on the cases that wait on the list now, all or those of one member of a dimension."""
    mine = [Case.programme_id == programme.id, Case.status == CaseStatus.AVAILABLE]
    if dimension == "county":
        return [*mine, Case.county == member]
    if dimension == "language":
        return [*mine, Case.language == member]
    if dimension == "category":
        known = session.execute(select(Case.problem_code).where(*mine).distinct()).scalars()
        codes = [code for code in known if (category(code) or "unknown") == member]
        none = [Case.problem_code.is_(None)] if None in codes else []
        return [*mine, or_(Case.problem_code.in_([code for code in codes if code is not None]), *none)]
    return mine
