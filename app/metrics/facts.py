"""The rows behind every figure: who counts, on which day, under which heading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select, union

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus, TimeEntry
from app.clients.models import Case, CaseGrant, CaseMove, CaseStatus, Client, EligibilityDecision
from app.clients.problems import category
from app.core import clock
from app.core.db import session
from app.engagement.models import Checkin

S = CaseStatus
MOVE_MEASURES = {S.ACCEPTED: "accepted", S.REJECTED: "rejected"}
LEFT = {
    S.PLACED: "listed_placed",
    S.NOT_PLACED: "listed_not_placed",
    S.RETURNED_TO_STAFF: "listed_returned",
    S.WITHDRAWN: "listed_withdrawn",
}


@dataclass(frozen=True)
class Fact:
    """One case (or entry) counting for one measure on one day."""

    case_id: int
    on_day: date
    measure: str
    amount: int = 1
    days: int | None = None  # listed to placed, or waited so far
    extra: tuple[tuple[str, str], ...] = ()
    person_id: int | None = None


@dataclass
class CaseFacts:
    """What the figures know of a set of cases."""

    headings: dict[int, dict[str, str]] = field(default_factory=dict)
    grants: dict[int, list[tuple[int, date, date | None]]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def grants_on(self, case_id: int, day: date) -> Iterator[int]:
        """The grants that paid for a case on a day."""
        for grant_id, start, end in self.grants.get(case_id, ()):
            if start <= day and (end is None or day <= end):
                yield grant_id


def gather(programme: Programme, case_ids: Select[int] | None = None) -> CaseFacts:
    """Read the facts of a programme's cases (of all, or those selected), in eight queries."""
    which = case_ids if case_ids is not None else select(Case.id).where(Case.programme_id == programme.id)
    found = CaseFacts()
    _headings(found, which)
    _grants(found, which)
    zone = ZoneInfo(programme.time_zone)
    found.facts += _from_moves(which, zone)
    found.facts += _from_closings(which, zone)
    found.facts += _from_hours(which)
    found.facts += _from_checkins(which, zone)
    return found


def _headings(found: CaseFacts, which: Select[int]) -> None:
    columns = (Case.id, Case.problem_code, Case.county, Case.language, Case.priority_level)
    for case_id, code, county, language, priority in session.execute(select(*columns).where(Case.id.in_(which))):
        found.headings[case_id] = {
            "all": "all",
            "category": category(code) or "unknown",
            "county": county,
            "language": language,
            "priority": str(priority),
        }


def _grants(found: CaseFacts, which: Select[int]) -> None:
    columns = (CaseGrant.case_id, CaseGrant.grant_id, CaseGrant.from_on, CaseGrant.until_on)
    for case_id, grant_id, start, end in session.execute(select(*columns).where(CaseGrant.case_id.in_(which))):
        found.grants.setdefault(case_id, []).append((grant_id, start, end))


def _from_moves(which: Select[int], zone: ZoneInfo) -> Iterator[Fact]:
    received = select(Case.id, Case.received_at).where(Case.id.in_(which))
    for case_id, at in session.execute(received):
        yield Fact(case_id, _day(at, zone), "requests")
    columns = (CaseMove.case_id, CaseMove.to_status, CaseMove.at)
    moves = session.execute(select(*columns).where(CaseMove.case_id.in_(which)).order_by(CaseMove.case_id, CaseMove.id))
    by_case: dict[int, list[tuple[CaseStatus, date]]] = {}
    for case_id, status, at in moves:
        by_case.setdefault(case_id, []).append((S(status), _day(at, zone)))
    today = _day(clock.now(), zone)
    for case_id, steps in by_case.items():
        yield from _of_one_case(case_id, steps, today)


def _of_one_case(case_id: int, steps: Sequence[tuple[CaseStatus, date]], today: date) -> Iterator[Fact]:
    """First decision, first listing, and what became of it."""
    for status, measure in MOVE_MEASURES.items():
        decided = next((day for to, day in steps if to is status), None)
        if decided:
            yield Fact(case_id, decided, measure)
    index = next((i for i, (to, _) in enumerate(steps) if to is S.AVAILABLE), None)
    if index is None:
        return
    listed_on = steps[index][1]
    yield Fact(case_id, listed_on, "listed")
    left = next(((LEFT[to], day) for to, day in steps[index:] if to in LEFT), None)
    measure, day = left or ("listed_waiting", today)
    yield Fact(case_id, listed_on, measure, days=(day - listed_on).days)


def _from_closings(which: Select[int], zone: ZoneInfo) -> Iterator[Fact]:
    households = dict(_households(which))
    columns = (ClosingReport.case_id, ClosingReport.closing_code, ClosingReport.approved_at, Client.person_id)
    closed = (
        select(*columns)
        .join(Client, Client.case_id == ClosingReport.case_id)
        .where(ClosingReport.case_id.in_(which), ClosingReport.status == ClosingStatus.APPROVED)
        .where(ClosingReport.superseded_at.is_(None))
    )
    for case_id, code, at, person_id in session.execute(closed):
        day = _day(at, zone)
        yield Fact(case_id, day, "closed", extra=(("closing_code", code),))
        yield Fact(case_id, day, "clients_helped", person_id=person_id)
        yield Fact(case_id, day, "people_helped", households.get(case_id, 1))


def _households(which: Select[int]) -> Iterable[tuple[int, int]]:
    columns = (EligibilityDecision.case_id, EligibilityDecision.household_size)
    found = select(*columns).where(EligibilityDecision.case_id.in_(which)).order_by(EligibilityDecision.id)
    return ((case_id, size) for case_id, size in session.execute(found))


def _from_hours(which: Select[int]) -> Iterator[Fact]:
    columns = (TimeEntry.case_id, TimeEntry.on_day, TimeEntry.hundredths, TimeEntry.role)
    found = select(*columns).where(
        TimeEntry.case_id.in_(which), TimeEntry.removed_at.is_(None), TimeEntry.volunteer_id.is_not(None)
    )
    for case_id, day, hundredths, role in session.execute(found):
        yield Fact(case_id, day, "hours", hundredths, extra=(("role", role),))


def _from_checkins(which: Select[int], zone: ZoneInfo) -> Iterator[Fact]:
    columns = (Checkin.case_id, Checkin.sent_at, Checkin.answered_at)
    found = select(*columns).where(Checkin.case_id.in_(which), Checkin.sent_at.is_not(None))
    for case_id, sent_at, answered_at in session.execute(found):
        day = _day(sent_at, zone)
        yield Fact(case_id, day, "checkins_sent")
        if answered_at is not None:
            yield Fact(case_id, day, "checkins_answered")


def cases_near(programme_id: int, first: date, last: date) -> Select[int]:
    """Every case with anything between two days, a day's slack for time zones included."""
    low = datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=1)
    high = datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=2)
    parts = union(
        select(CaseMove.case_id.label("id")).where(CaseMove.at.between(low, high)),
        select(TimeEntry.case_id).where(TimeEntry.on_day.between(first, last)),
        select(Checkin.case_id).where(Checkin.sent_at.between(low, high)),
        select(ClosingReport.case_id).where(ClosingReport.approved_at.between(low, high)),
    ).subquery()
    near = or_(Case.received_at.between(low, high), Case.id.in_(select(parts.c.id)))
    return select(Case.id).where(Case.programme_id == programme_id, near)


def _day(at: datetime | None, zone: ZoneInfo) -> date:
    return (at or clock.now()).astimezone(zone).date()
