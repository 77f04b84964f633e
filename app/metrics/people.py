"""Different people, counted from the records, and how volunteers stand now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, distinct, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus
from app.clients.models import Case, CaseGrant, CaseStatus, Client
from app.clients.problems import category
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Standing, Volunteer, VolunteerStatus

Tables = dict[str, dict[str, dict[str, int]]]
OF: Any = Case.programme_id + 0  # not by this index: the days are far fewer than the cases of a programme


def fill(tables: Tables, programme: Programme, first: date, last: date, grant_id: int | None) -> None:
    """Put the different clients of a period into its tables: a person may be the client of several cases."""
    clients = _clients(programme, first, last, grant_id)
    tables.pop("clients_helped", None)
    if clients:
        tables["clients_helped"] = {"all": {"all": clients}}


def _clients(programme: Programme, first: date, last: date, grant_id: int | None) -> int:
    begin, end = moments(programme, first, last)
    found = (
        select(func.count(distinct(Client.person_id)))
        .join(ClosingReport, ClosingReport.case_id == Client.case_id)
        .join(Case, Case.id == Client.case_id)
        .where(
            programme.id == OF, ClosingReport.status == ClosingStatus.APPROVED,
            ClosingReport.superseded_at.is_(None), ClosingReport.approved_at >= begin, ClosingReport.approved_at < end,
        )
    )  # fmt: skip
    if grant_id is not None:
        return len(_of_grant(programme, found, grant_id))
    return session.execute(found).scalar_one()


def _of_grant(programme: Programme, found: Select[Any], grant_id: int) -> set[int]:
    """The same, of cases that a grant paid for on the local day they were closed."""
    columns: Any = (Client.person_id, ClosingReport.approved_at, CaseGrant.from_on, CaseGrant.until_on)
    paid = found.with_only_columns(*columns).join(
        CaseGrant, and_(CaseGrant.case_id == Case.id, CaseGrant.grant_id == grant_id)
    )
    zone = ZoneInfo(programme.time_zone)
    return {
        person_id
        for person_id, at, start, end in session.execute(paid)
        if start <= at.astimezone(zone).date() and (end is None or at.astimezone(zone).date() <= end)
    }


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


def _took(programme: Programme, first: date, last: date) -> Select[Any]:
    """The volunteers who took a part on a case."""
    begin, end = moments(programme, first, last)
    found = select(Assignment.volunteer_id).join(Case, Case.id == Assignment.case_id)
    return found.where(programme.id == OF, Assignment.started_at >= begin, Assignment.started_at < end).distinct()


def _active(programme: Programme, first: date, last: date) -> Select[Any]:
    return _took(programme, a_year_before(last), last)


def _returning(programme: Programme, first: date, last: date) -> Select[Any]:
    begin, _end = moments(programme, first, last)
    earlier, of = aliased(Assignment), aliased(Case)
    known = select(earlier.id).join(of, of.id == earlier.case_id)
    known = known.where(
        earlier.volunteer_id == Assignment.volunteer_id, earlier.started_at < begin, of.programme_id + 0 == programme.id
    )
    return _took(programme, first, last).where(known.exists())


def _lapsing(programme: Programme, first: date, last: date) -> Select[Any]:
    year = a_year_before(last)
    before = _took(programme, a_year_before(year - timedelta(days=1)), year - timedelta(days=1))
    return before.where(Assignment.volunteer_id.not_in(_took(programme, year, last)))


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


def ids_behind(programme: Programme, key: str, first: date, last: date) -> list[int]:
    """The volunteers behind a figure of people."""
    return sorted(session.execute(BEHIND[key](programme, first, last)).scalars())


def figures(programme: Programme, first: date, last: date) -> dict[str, int]:
    """Every figure of volunteers for a period, and how they and the list stand now."""
    found = {
        key: session.execute(select(func.count()).select_from(behind(programme, first, last).subquery())).scalar_one()
        for key, behind in BEHIND.items()
        if key != "capacity_offered"
    }
    approved = _approved(programme, first, last)
    places = select(func.coalesce(func.sum(Volunteer.capacity), 0)).where(Volunteer.id.in_(approved))
    used = (
        select(func.count())
        .join(Case, Case.id == Assignment.case_id)
        .where(
            Case.programme_id == programme.id, *USES_A_PLACE, Assignment.volunteer_id.in_(approved),
        )
    )  # fmt: skip
    named = {"capacity_offered": places, "capacity_used": used.select_from(Assignment)}
    return found | {key: session.execute(query).scalar_one() for key, query in named.items()}


def places_used(programme: Programme, case_ids: Sequence[int]) -> dict[int, int]:
    """How many places of approved volunteers each of some cases uses: two, where two work on it."""
    approved = BEHIND["volunteers_approved"](programme, date.min, date.min)
    used = select(Assignment.case_id, func.count()).where(
        Assignment.case_id.in_(case_ids), *USES_A_PLACE, Assignment.volunteer_id.in_(approved)
    )
    return dict(session.execute(used.group_by(Assignment.case_id)).tuples().all())


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
