"""What is counted for a funder, exactly, month by month: what a publication is made from and never shows as such."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, or_, select

from app.accounts.models import Grant
from app.casework.models import TimeEntry
from app.clients.models import CaseGrant, CaseMove, CaseStatus
from app.core.db import session

from .figures import period_of, read_period
from .measures import LEFT_THE_LIST
from .models import StoredFigure
from .people import moments
from .spans import MONTH

S = CaseStatus
FLOW = (*LEFT_THE_LIST, "listed_waiting")
LEVELS = ("closed_limited", "closed_extended")
STAGES = ("kept", "waiting", "unplaced", "in_service", "ended", "finished")  # where an accepted case is by now
TABLES = (("closed", "category"), ("closed", "closing_code"), ("closed", "county"), ("accepted", "category"))
COUNTS = ("accepted", "listed", "closed", *LEVELS, "people_helped", "hours", "checkins_sent", "checkins_answered")
DIFFERENT = ("clients_helped", "people_helped")  # who came in two months is one: their numbers do not add up
UNPLACED = {S.NOT_PLACED, S.RETURNED_TO_STAFF, S.WITHDRAWN, S.REJECTED, S.ADMINISTRATIVELY_CLOSED, S.CLOSED}
Cells = dict[str, int]
Months = dict[str, Cells]


def name_of(measure: str, dimension: str = "all", member: str = "all") -> str:
    """How a cell is called."""
    return f"{measure}/{dimension}/{member}"


def months_of(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The months of a period."""
    while first <= last:
        month = period_of(first, "month")
        yield month
        first = month[1] + timedelta(days=1)


def month_key(day: date) -> str:
    """`2026-03`."""
    return f"{day.year}-{day.month:02}"


def read_months(grant: Grant, first: date, last: date) -> Months:
    """Every count of a grant by month, from the nightly figures and the steps of its cases."""
    found: Months = {month_key(month): {} for month, _last in months_of(first, last)}
    wanted = {("all", m) for m in (*COUNTS, *FLOW)} | {(dimension, m) for m, dimension in TABLES}
    kind = StoredFigure
    rows = select(kind.measure, kind.dimension, kind.member, kind.starts_on, kind.value).where(
        kind.programme_id == grant.programme_id,
        kind.grant_id == grant.id,
        kind.months == MONTH,
        kind.starts_on.between(first, last),
        kind.measure.in_({m for _d, m in wanted}),
        kind.dimension.in_({d for d, _m in wanted}),
    )
    for measure, dimension, member, month, value in session.execute(rows):
        if (dimension, measure) in wanted and value:
            found[month_key(month)][name_of(measure, dimension, member)] = value
    _stages(found, grant, first, last)
    _working_cases(found, grant, first, last)
    return found


def _stages(found: Months, grant: Grant, first: date, last: date) -> None:
    """Of the cases accepted under the grant in a month: how far each has come.

    Left out altogether where records and nightly figures do not agree on who was accepted.
    """
    zone = ZoneInfo(grant.programme.time_zone)
    paid = dict[int, list[tuple[date, date | None]]]()
    spans = select(CaseGrant.case_id, CaseGrant.from_on, CaseGrant.until_on).where(CaseGrant.grant_id == grant.id)
    accepted = _accepted(grant, first, last)
    for case_id, start, end in session.execute(spans.where(CaseGrant.case_id.in_(accepted))):
        paid.setdefault(case_id, []).append((start, end))
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for case_id, taken in _steps(accepted, zone).items():
        on_day = next((day for status, day in taken if status is S.ACCEPTED), None)
        if on_day is None or not first <= on_day <= last:
            continue
        if any(start <= on_day and (end is None or on_day <= end) for start, end in paid[case_id]):
            cells[month_key(on_day)][name_of("stage", "stage", stage_of([status for status, _day in taken]))] += 1
    if all(cells[month].total() == counted.get(name_of("accepted"), 0) for month, counted in found.items()):
        for month, counted in cells.items():
            found[month].update(counted)


def _accepted(grant: Grant, first: date, last: date) -> Select[int]:
    """The cases of a grant with an acceptance in a period, be it their first or not."""
    begin, end = moments(grant.programme, first, last)
    found = select(CaseMove.case_id).join(CaseGrant, CaseGrant.case_id == CaseMove.case_id)
    return found.where(
        CaseGrant.grant_id == grant.id, CaseMove.to_status == S.ACCEPTED, CaseMove.at >= begin, CaseMove.at < end
    )


def _steps(accepted: Select[int], zone: ZoneInfo) -> dict[int, list[tuple[CaseStatus, date]]]:
    """The steps of some cases, in order."""
    moves = select(CaseMove.case_id, CaseMove.to_status, CaseMove.at).where(CaseMove.case_id.in_(accepted))
    steps: dict[int, list[tuple[CaseStatus, date]]] = defaultdict(list)
    for case_id, status, at in session.execute(moves.order_by(CaseMove.case_id, CaseMove.id)):
        steps[case_id].append((S(status), at.astimezone(zone).date()))
    return steps


def stage_of(steps: list[CaseStatus]) -> str:
    """Where an accepted case has come to."""
    if S.AVAILABLE not in steps:
        return "kept" if S.PLACED not in steps else _placed(steps[-1])
    if S.PLACED in steps:
        return _placed(steps[-1])
    return "unplaced" if steps[-1] in UNPLACED else "waiting"


def _placed(now: CaseStatus) -> str:
    if now is S.CLOSED:
        return "finished"
    return "ended" if now in UNPLACED else "in_service"


def _working_cases(found: Months, grant: Grant, first: date, last: date) -> None:
    """How many cases a month's hours come from; never published, but few cases' hours are not either."""
    rows = volunteers_entries(grant, first, last).where(TimeEntry.removed_at.is_(None))
    cases = {(month_key(day), case_id) for case_id, day in session.execute(rows)}
    for month, n in Counter(month for month, _case in cases).items():
        found[month][name_of("hours", "cases")] = n


def volunteers_entries(grant: Grant, first: date, last: date) -> Select[int, date]:
    """Case and day of what volunteers logged on cases that a grant paid for on that day, taken back or not."""
    paid = and_(
        CaseGrant.case_id == TimeEntry.case_id, CaseGrant.grant_id == grant.id, CaseGrant.from_on <= TimeEntry.on_day,
        or_(CaseGrant.until_on.is_(None), CaseGrant.until_on >= TimeEntry.on_day),
    )  # fmt: skip
    found = select(TimeEntry.case_id, TimeEntry.on_day).join(CaseGrant, paid)
    return found.where(TimeEntry.volunteer_id.is_not(None), TimeEntry.on_day.between(first, last))


def read_once(grant: Grant, first: date, last: date) -> dict[str, int | None]:
    """What does not add up from months: different people, and the days within which half were placed."""
    figures = read_period(grant.programme, first, last, grant_id=grant.id, dimensions=())
    return {**{m: figures.count(m) for m in DIFFERENT}, "days_to_placement": figures.days_to_placement()}


def added_up(months: Iterable[Mapping[str, int]]) -> Cells:
    """The cells of several months together."""
    total: Counter[str] = Counter()
    for cells in months:
        total.update(cells)
    working = max((cells.get(name_of("hours", "cases"), 0) for cells in months), default=0)
    return {**{k: n for k, n in total.items() if n}, name_of("hours", "cases"): working}


def member_of(name: str) -> tuple[str, str, str]:
    """Measure, dimension and member of a cell."""
    measure, dimension, member = name.split("/", 2)
    return measure, dimension, member


def figures_of(exact: Mapping[str, Any]) -> Cells:
    """The cells of a publication, with what is counted once for the whole of it.

    What was published before households counted once keeps the sum of its months.
    """
    once = {name_of(m): exact["once"][m] for m in DIFFERENT if exact["once"].get(m) is not None}
    cells = added_up(list(exact["months"].values())) | once
    return {name: n for name, n in cells.items() if n or name not in once}
