"""What a volunteer, or a firm's people, gave and what came of it: counted from their own parts and hours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.accounts.models import Programme, User
from app.casework.models import TimeEntry
from app.casework.volunteer_milestones import reached_by
from app.clients.models import Case, Client, EligibilityDecision
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Volunteer
from app.volunteers.queries_shifts import given_by, hours_by_kind

from .rates import Value, rates_by_programme, value_of


@dataclass
class Year:
    """One calendar year."""

    year: int
    hundredths: int = 0  # all, also those at clinics and on advice shifts
    taken: int = 0
    closed: int = 0
    at_shifts: int = 0


@dataclass(frozen=True)
class AtProgramme:
    """The hours given at one programme, with their value by its rates."""

    programme: Programme
    value: Value


@dataclass
class Impact:
    """What was given and what came of it, in all and by year."""

    years: list[Year]
    taken: int  # cases a part was taken on
    closed: int  # of those, ended with the case
    hundredths: int
    people: int  # in the households of the clients of the closed cases, each once
    programmes: list[AtProgramme]
    at_shifts: int = 0  # of the hours: those at clinics and on advice shifts, which belong to no case
    reached: list[str] = field(default_factory=list)


def own_impact(viewer: User) -> Impact:
    """A volunteer's own figures; all zero for somebody who has not volunteered yet."""
    volunteer_id = viewer.volunteer.id if viewer.volunteer else 0
    found = impact_of(_parts_of([volunteer_id]), _hours_of([volunteer_id]), given_by([volunteer_id]))
    found.reached = reached_by(viewer)
    return found


Part = tuple[int, datetime, datetime | None, str | None, str]  # case, began, ended, why, time zone
Entry = tuple[int, str, date, int]  # programme, role or kind of shift, day, hundredths


def _parts_of(volunteer_ids: Collection[int]) -> list[Part]:
    columns: Any = (Assignment.case_id, Assignment.started_at, Assignment.ended_at, Assignment.end_reason,
                    Programme.time_zone)  # fmt: skip
    found = select(*columns).join(Case, Case.id == Assignment.case_id)
    found = found.join(Programme, Programme.id == Case.programme_id).where(Assignment.volunteer_id.in_(volunteer_ids))
    rows: list[Any] = list(session.execute(found.order_by(Assignment.id)))
    return rows


def _hours_of(volunteer_ids: Collection[int]) -> list[Entry]:
    columns = (Case.programme_id, TimeEntry.role, TimeEntry.on_day, func.sum(TimeEntry.hundredths))
    mine = (TimeEntry.volunteer_id.in_(volunteer_ids), TimeEntry.removed_at.is_(None))
    found = select(*columns).join(Case, Case.id == TimeEntry.case_id).where(*mine)
    rows = session.execute(found.group_by(Case.programme_id, TimeEntry.role, TimeEntry.on_day))
    return [(programme_id, role, day, int(n)) for programme_id, role, day, n in rows]


def impact_of(parts: Sequence[Part], hours: Sequence[Entry], shifts: Sequence[Entry] = ()) -> Impact:
    """Add parts, hours on cases and shifts up."""
    taken, closed = _first_taken(parts), _closed(parts)
    years = _years(taken, closed, hours, shifts)
    return Impact(
        years=years, taken=len(taken), closed=len(closed), hundredths=sum(each.hundredths for each in years),
        people=sum(households(closed).values()), programmes=_by_programme([*hours, *shifts]),
        at_shifts=sum(each.at_shifts for each in years),
    )  # fmt: skip


def _first_taken(parts: Sequence[Part]) -> dict[int, int]:
    """Case → the year in which a part on it was first taken."""
    found: dict[int, int] = {}
    for case_id, began, _ended, _why, zone in parts:
        found.setdefault(case_id, began.astimezone(ZoneInfo(zone)).year)
    return found


def _closed(parts: Sequence[Part]) -> dict[int, int]:
    """Case → the year in which it ended while they had a part on it; the last time counts."""
    return {
        case_id: ended.astimezone(ZoneInfo(zone)).year
        for case_id, _began, ended, why, zone in parts
        if ended is not None and why == "closed"
    }


def _years(
    taken: dict[int, int], closed: dict[int, int], hours: Sequence[Entry], shifts: Sequence[Entry]
) -> list[Year]:
    spent, staffed = _by_year([*hours, *shifts]), _by_year(shifts)
    began, ended = Counter(taken.values()), Counter(closed.values())
    known = sorted({*spent, *began, *ended}, reverse=True)
    return [Year(year, spent[year], began[year], ended[year], staffed[year]) for year in known]


def _by_year(entries: Sequence[Entry]) -> Counter[int]:
    found: Counter[int] = Counter()
    for _programme, _role, day, n in entries:
        found[day.year] += n
    return found


def households(case_ids: Collection[int]) -> dict[int, int]:
    """Client → people in the household, at its largest where several cases tell; one where nobody asked."""
    ids = sorted(case_ids)
    columns = (EligibilityDecision.case_id, EligibilityDecision.household_size)
    sizes: dict[int, int] = {}
    for start in range(0, len(ids), 500):
        some = select(*columns).where(EligibilityDecision.case_id.in_(ids[start : start + 500]))
        sizes.update({row[0]: row[1] for row in session.execute(some.order_by(EligibilityDecision.id))})
    found: dict[int, int] = {}
    for case_id, person_id in clients_of(ids).items():
        found[person_id] = max(found.get(person_id, 1), sizes.get(case_id, 1))
    return found


def clients_of(case_ids: Collection[int]) -> dict[int, int]:
    """Case → its client."""
    ids, found = sorted(case_ids), dict[int, int]()
    for start in range(0, len(ids), 500):
        some = select(Client.case_id, Client.identity_id).where(Client.case_id.in_(ids[start : start + 500]))
        found.update((row[0], row[1]) for row in session.execute(some))
    return found


def _by_programme(hours: Sequence[Entry]) -> list[AtProgramme]:
    by: dict[int, list[Any]] = defaultdict(list)
    for programme_id, role, day, n in hours:
        by[programme_id].append((role, day, n))
    rates = rates_by_programme(by)
    named = session.execute(select(Programme).where(Programme.id.in_(by)).order_by(Programme.name)).scalars()
    return [AtProgramme(each, value_of(by[each.id], rates.get(each.id, []))) for each in named]


@dataclass(frozen=True)
class Hours:
    """The hours of a volunteer at one programme, by where they were given."""

    on_cases: int
    clinics: int
    advice: int

    @property
    def all(self) -> int:
        """Everything."""
        return self.on_cases + self.clinics + self.advice


def hours_at(volunteer: Volunteer, programme_id: int, first: date, last: date) -> Hours:
    """The hours that a volunteer logged at one programme for the days of a period."""
    mine = (
        TimeEntry.volunteer_id == volunteer.id, TimeEntry.removed_at.is_(None), Case.programme_id == programme_id,
        TimeEntry.on_day.between(first, last),
    )  # fmt: skip
    found = select(func.coalesce(func.sum(TimeEntry.hundredths), 0)).join(Case, Case.id == TimeEntry.case_id)
    at_shifts = hours_by_kind(volunteer, programme_id, first, last)
    on_cases = int(session.execute(found.where(*mine)).scalar_one())
    return Hours(on_cases, clinics=at_shifts["clinic"], advice=at_shifts["advice"])
