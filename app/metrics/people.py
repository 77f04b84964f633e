"""Different people, counted from the records, and how volunteers stand now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.accounts.models import Programme
from app.clients.models import Case, CaseStatus
from app.clients.problems import category
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Standing, Volunteer, VolunteerStatus

from . import clients_again
from .window import OF

Tables = dict[str, dict[str, dict[str, int]]]
IN_A_PERIOD = ("volunteers_active", "volunteers_new", "volunteers_returning", "volunteers_lapsing")


def fill(tables: Tables, programme: Programme, first: date, last: date, grant_id: int | None) -> None:
    """Make the closings of a period into its different clients: a person may be the client of several cases."""
    closings = tables.pop("clients_helped", {}).get("all", {}).get("all", 0)
    if closings:
        again = clients_again.within(programme, first, last, grant_id)
        tables["clients_helped"] = {"all": {"all": closings - again}}


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
    return [{key: _number(BEHIND[key](programme, *days)) for key in IN_A_PERIOD} | now for days in periods]


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


def waiting_now(programme: Programme) -> dict[str, dict[str, int]]:
    """How many cases wait on the list now: all, by kind of matter, by county and by language."""
    columns = (Case.problem_code, Case.county, Case.language)
    found = select(*columns, func.count()).where(*waiting(programme)).group_by(*columns)
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
