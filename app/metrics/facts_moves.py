"""What the moves of cases say: requests, decisions, listings, placements, closings, and how long each stage took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select, union

from app.casework.models import ClosingReport
from app.clients.models import Case, CaseMove, CaseRole, CaseStatus, ConflictSearch, CriticalDate
from app.core.db import session
from app.matching.models import Assignment
from app.tasks.models import Task

from .registry import STAGES
from .window import OF, Fact, Window, in_turn

S = CaseStatus
Step = tuple[CaseStatus, datetime, date]
DECIDED = {S.ACCEPTED: "accepted", S.REJECTED: "rejected"}
LEFT = {
    S.PLACED: "listed_placed", S.NOT_PLACED: "listed_not_placed", S.RETURNED_TO_STAFF: "listed_returned",
    S.WITHDRAWN: "listed_withdrawn",
}  # fmt: skip
OVER = (S.WITHDRAWN, S.ADMINISTRATIVELY_CLOSED, S.RETURNED_TO_STAFF, S.NOT_PLACED, S.REJECTED)
CLOCK_RAN_OUT = "decide_clock"


@dataclass
class Beside:
    """What stands beside the moves of some cases."""

    received: dict[int, date] = field(default_factory=dict)
    steps: dict[int, list[Step]] = field(default_factory=dict)
    dates: dict[int, list[date]] = field(default_factory=dict)
    ran_out: dict[int, list[datetime]] = field(default_factory=dict)
    cleared: dict[int, datetime] = field(default_factory=dict)
    reported: set[int] = field(default_factory=set)
    first_lead: dict[int, int] = field(default_factory=dict)
    last_lead: dict[int, int] = field(default_factory=dict)


def facts(window: Window) -> Iterator[Fact]:
    """Every fact that follows from the moves of cases with a move in the window."""
    for ids in in_turn(_near(window)):
        beside = _beside(window, ids)
        for case_id in ids:
            yield from (fact for fact in _of_one(window, beside, case_id) if window.has(fact.on_day))


def _near(window: Window) -> Iterable[int]:
    if window.cases is not None:
        return window.cases
    here = window.programme.id
    moved = select(CaseMove.case_id).join(Case, Case.id == CaseMove.case_id)
    moved = moved.where(here == OF, *window.moments(CaseMove.at))
    came = select(Case.id).where(Case.programme_id == here, *window.moments(Case.received_at))
    return session.execute(union(moved, came)).scalars().all()


def _beside(window: Window, ids: Sequence[int]) -> Beside:
    found, run = Beside(), session.execute
    day = window.day
    for case_id, at in run(select(Case.id, Case.received_at).where(Case.id.in_(ids))):
        found.received[case_id] = day(at)
    moves = select(CaseMove.case_id, CaseMove.to_status, CaseMove.at).where(CaseMove.case_id.in_(ids))
    for case_id, status, at in run(moves.order_by(CaseMove.case_id, CaseMove.id)):
        found.steps.setdefault(case_id, []).append((status, at, day(at)))
    dates: Any = select(CriticalDate.case_id, CriticalDate.on_day).where(CriticalDate.case_id.in_(ids))
    for case_id, on_day in run(dates.where(CriticalDate.on_day.is_not(None))):
        found.dates.setdefault(case_id, []).append(on_day)
    clocks: Any = select(Task.case_id, Task.created_at).where(Task.case_id.in_(ids), Task.cause == CLOCK_RAN_OUT)
    for case_id, at in run(clocks):
        found.ran_out.setdefault(case_id, []).append(at)
    _people_and_papers(found, ids)
    return found


def _people_and_papers(found: Beside, ids: Sequence[int]) -> None:
    run = session.execute
    clear: Any = select(ConflictSearch.case_id, func.min(ConflictSearch.decided_at)).where(
        ConflictSearch.case_id.in_(ids), ConflictSearch.outcome == "clear"
    )
    found.cleared = {case_id: at for case_id, at in run(clear.group_by(ConflictSearch.case_id)) if at is not None}
    papers = select(ClosingReport.case_id).where(ClosingReport.case_id.in_(ids), ClosingReport.approved_at.is_not(None))
    found.reported = set(run(papers).scalars())
    leads = select(Assignment.case_id, Assignment.volunteer_id).where(
        Assignment.case_id.in_(ids), Assignment.role == CaseRole.LEAD
    )
    for case_id, volunteer_id in run(leads.order_by(Assignment.started_at, Assignment.id)):
        found.first_lead.setdefault(case_id, volunteer_id)
        found.last_lead[case_id] = volunteer_id


def _of_one(window: Window, beside: Beside, case_id: int) -> Iterator[Fact]:
    if case_id not in beside.received:
        return
    steps = beside.steps.get(case_id, [])
    yield Fact(case_id, beside.received[case_id], "requests")
    for status, measure in DECIDED.items():
        decided = next((day for to, _at, day in steps if to is status), None)
        if decided:
            yield Fact(case_id, decided, measure)
    yield from _stages(case_id, steps)
    yield from _listing(window, beside, case_id, steps)
    yield from _service(window, beside, case_id, steps)


def _stages(case_id: int, steps: Sequence[Step]) -> Iterator[Fact]:
    for (status, _at, came), (_to, _left_at, left) in pairwise(steps):
        if status.value in STAGES:
            yield Fact(case_id, left, f"stage_{status.value}", days=max(0, (left - came).days))


def _first(steps: Sequence[Step], status: CaseStatus) -> int | None:
    return next((n for n, (to, _at, _day) in enumerate(steps) if to is status), None)


def _listing(window: Window, beside: Beside, case_id: int, steps: Sequence[Step]) -> Iterator[Fact]:
    """The first listing and what became of it."""
    index = _first(steps, S.AVAILABLE)
    if index is None:
        return
    _to, listed_at, listed_on = steps[index]
    yield Fact(case_id, listed_on, "listed")
    left = next(((LEFT[to], day) for to, _at, day in steps[index:] if to in LEFT), None)
    if left is None:
        yield Fact(case_id, listed_on, "listed_waiting")
    else:
        yield Fact(case_id, listed_on, left[0], days=max(0, (left[1] - listed_on).days))
    yield from _on_time(window, beside, case_id, listed_on, left)
    off = steps[index + 1][1] if index + 1 < len(steps) else None
    late = any(at >= listed_at and (off is None or at <= off) for at in beside.ran_out.get(case_id, ()))
    if off is not None or late:
        yield Fact(case_id, listed_on, "clocks_run")
        if not late:
            yield Fact(case_id, listed_on, "clocks_met")


def _on_time(
    window: Window, beside: Beside, case_id: int, listed_on: date, left: tuple[str, date] | None
) -> Iterator[Fact]:
    first = min((day for day in beside.dates.get(case_id, ()) if day >= listed_on), default=None)
    if first is None:
        return
    yield Fact(case_id, listed_on, "listed_dated")
    until = window.on_time_until(first, beside.received[case_id])
    if left is not None and left[0] == "listed_placed" and left[1] <= until:
        yield Fact(case_id, listed_on, "dated_on_time")


def _service(window: Window, beside: Beside, case_id: int, steps: Sequence[Step]) -> Iterator[Fact]:
    """The first placement and what became of it; the first closing."""
    closed = _first(steps, S.CLOSED)
    if closed is not None:
        by_last = (("firm", window.firm(beside.last_lead.get(case_id))),)
        yield Fact(case_id, steps[closed][2], "closings", extra=by_last)
        if case_id in beside.reported:
            yield Fact(case_id, steps[closed][2], "closings_approved", extra=by_last)
    index = _first(steps, S.PLACED)
    if index is None:
        return
    _to, placed_at, placed_on = steps[index]
    by = (("firm", window.firm(beside.first_lead.get(case_id))),)
    yield Fact(case_id, placed_on, "placed", extra=by)
    cleared = beside.cleared.get(case_id)
    if cleared is not None and cleared <= placed_at:
        yield Fact(case_id, placed_on, "placed_checked", extra=by)
    end = next((day for to, _at, day in steps[index:] if to is S.CLOSED), None)
    if end is not None:
        yield Fact(case_id, placed_on, "placed_closed", days=max(0, (end - placed_on).days), extra=by)
    elif steps[-1][0] in OVER:
        yield Fact(case_id, placed_on, "placed_ended", days=max(0, (steps[-1][2] - placed_on).days), extra=by)
    else:
        yield Fact(case_id, placed_on, "placed_working", extra=by)
