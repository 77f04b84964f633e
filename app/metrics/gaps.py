"""Service gaps: what waits beside who could take it, the wanted list over time, and what is to be expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.models import Case, Opening
from app.clients.problems import category, counties_of
from app.core.db import session
from app.matching import run_words
from app.matching.models import Assignment, DocketRun, RunStatus
from app.volunteers.models import Area, Volunteer

from . import people
from .figures import by_day, read_period
from .forecast import Accuracy, Forecast, accuracy, forecast
from .window import Window

DIMENSIONS = ("category", "county", "language")
HORIZONS = (4, 13)  # weeks
RUNS_SHOWN, WEEKS_OF_RUNS, MOST_ROWS, WEEKS_READ = 5, 60, 12, 130
WEEKS_SHOWN = 26


@dataclass(frozen=True)
class Need:
    """What waits under one heading beside the open places of those who could take such a matter."""

    member: str
    waiting: int
    longest: int | None  # days since it last came on the list
    open_places: int


class Places(NamedTuple):
    """What a volunteer offers, and how many open cases use it."""

    volunteer_id: int
    capacity: int
    taken: int

    @property
    def free(self) -> int:
        """How many more cases they would take."""
        return self.capacity - self.taken


@dataclass(frozen=True)
class Wanted:
    """One profile of the wanted list and how many cases it would place in each run; none where it was not wanted."""

    words: str
    cases: tuple[int | None, ...]


class Week(NamedTuple):
    """How many requests came from a Monday to a Sunday."""

    first: date
    last: date
    requests: int


class Run(NamedTuple):
    """A matching run and its day."""

    public_id: str
    on_day: date


@dataclass(frozen=True)
class Outlook:
    """Requests to come against open places."""

    weeks: tuple[int, ...]
    until: date  # the last day of the last week
    forecasts: tuple[Forecast | None, ...]
    past: tuple[Accuracy | None, ...]
    listed_share: float | None  # of the requests of the last half year
    open_places: int

    @property
    def recent(self) -> list[Week]:
        """The newest half year, week by week."""
        newest = self.weeks[-WEEKS_SHOWN:]
        lasts = (self.until - timedelta(weeks=len(newest) - n) for n in range(1, len(newest) + 1))
        return [Week(last - timedelta(days=6), last, n) for last, n in zip(lasts, newest, strict=True)]


def open_places(programme: Programme) -> dict[int, int]:
    """The free places of each approved volunteer who is welcome here."""
    return {each.volunteer_id: each.free for each in _places(programme)}


def _places(programme: Programme) -> list[Places]:
    """The places of each approved volunteer who is welcome here and has one free."""
    approved = people.BEHIND["volunteers_approved"](programme, date.min, date.max)
    taken = select(func.count()).select_from(Assignment).where(
        Assignment.volunteer_id == Volunteer.id, *people.USES_A_PLACE
    )  # fmt: skip
    columns = (Volunteer.id, Volunteer.capacity, taken.correlate(Volunteer).scalar_subquery())
    offered = session.execute(select(*columns).where(Volunteer.id.in_(approved)))
    return [found for row in offered if (found := Places(*row)).free > 0]


def places_behind(programme: Programme, dimension: str, member: str) -> list[Places]:
    """Whose open places stand under one heading, or all of them; those with most free first."""
    found = _places(programme)
    if dimension != "all":
        able = {who for who, each in _abilities(programme, dimension) if each == member}
        found = [each for each in found if each.volunteer_id in able]
    return sorted(found, key=lambda each: (-each.free, each.volunteer_id))


def needs(programme: Programme, dimension: str, free: Mapping[int, int] | None = None) -> list[Need]:
    """What waits by one heading, most waiting first.

    :param free: the open places of each volunteer, where they are known already
    """
    window = Window(programme)
    waiting: Counter[str] = Counter()
    longest: dict[str, int] = {}
    heading: Any = {"category": Case.problem_code, "county": Case.county, "language": Case.language}[dimension]
    came_at = func.coalesce(people.came(), Case.received_at).label("came_at")
    waits = select(heading.label("heading"), came_at).where(*people.waiting(programme)).subquery()
    listed = select(waits.c.heading, func.count(), func.min(waits.c.came_at)).group_by(waits.c.heading)
    for heard, n, listed_at in session.execute(listed):
        member = category(heard) or "unknown" if dimension == "category" else heard
        waiting[member] += n
        longest[member] = max(longest.get(member, 0), (window.today - window.day(listed_at)).days)
    places = _places_by(programme, dimension, open_places(programme) if free is None else free)
    found = [Need(m, waiting[m], longest.get(m), places[m]) for m in {*waiting, *places}]
    return sorted(found, key=lambda need: (-need.waiting, need.open_places, need.member))


def _places_by(programme: Programme, dimension: str, free: Mapping[int, int]) -> Counter[str]:
    """Open places under each heading; whoever could take several kinds is counted under each."""
    found: Counter[str] = Counter()
    for who, member in _abilities(programme, dimension):
        if who in free:
            found[member] += free[who]
    return found


def _abilities(programme: Programme, dimension: str) -> set[tuple[int, str]]:
    if dimension == "category":
        areas = session.execute(select(Area.volunteer_id, Area.area))
        return {(who, category(area) or area) for who, area in areas}
    rows = session.execute(select(Volunteer.id, Volunteer.languages, Volunteer.counties))
    if dimension == "language":
        return {(who, language) for who, languages, _counties in rows for language in languages}
    served = programme.counties or [code for code, _name in counties_of(programme.state)]
    return {
        (who, county)
        for who, _languages, named in rows
        for county in served
        if county in named or programme.state in named
    }


def wanted_over_time(programme: Programme) -> tuple[list[Run], list[Wanted]]:
    """The wanted lists of the newest runs, about a week apart, for the cases of one programme."""
    runs = _some_runs()
    window = Window(programme)
    mine = _mine(programme, {opening for run in runs for want in run.wanted or [] for opening in want["openings"]})
    counted: dict[str, dict[int, int]] = {}
    for run in runs:
        for want in run.wanted or []:
            if n := len(mine.keys() & want["openings"]):
                into = counted.setdefault(run_words.profile(want), {})
                into[run.id] = into.get(run.id, 0) + n
    rows = [Wanted(words, tuple(by.get(run.id) for run in runs)) for words, by in counted.items()]
    rows.sort(key=lambda row: (-(row.cases[0] or 0), -sum(n or 0 for n in row.cases), row.words))
    return [Run(run.public_id, window.day(run.finished_at)) for run in runs if run.finished_at], rows[:MOST_ROWS]


def wanted_behind(programme: Programme, run: DocketRun, words: str) -> list[int]:
    """The cases that one more volunteer of a profile would have placed in a run, a case as often as it was counted."""
    wants = [want for want in run.wanted or [] if run_words.profile(want) == words]
    mine = _mine(programme, {opening for want in wants for opening in want["openings"]})
    return sorted(mine[opening] for want in wants for opening in mine.keys() & want["openings"])


def _some_runs() -> list[DocketRun]:
    """The newest run that keeps its list, and those about one, two, three and four weeks older."""
    done = select(DocketRun.id, DocketRun.finished_at).where(
        DocketRun.status == RunStatus.DONE, DocketRun.prices.is_not(None), DocketRun.finished_at.is_not(None)
    )
    chosen: list[int] = []
    last: datetime | None = None
    for run_id, at in session.execute(done.order_by(DocketRun.id.desc()).limit(WEEKS_OF_RUNS)):
        if at is not None and (last is None or last - at >= timedelta(days=6, hours=12)):
            chosen, last = [*chosen, run_id], at
    found = select(DocketRun).where(DocketRun.id.in_(chosen[:RUNS_SHOWN])).options(undefer(DocketRun.wanted))
    return list(session.execute(found.order_by(DocketRun.id.desc())).scalars())


def _mine(programme: Programme, openings: set[str]) -> dict[str, int]:
    """Which of some openings are the programme's, with their cases."""
    found: dict[str, int] = {}
    ordered = sorted(openings)
    for n in range(0, len(ordered), 500):
        some = select(Opening.public_id, Opening.case_id).join(Case, Case.id == Opening.case_id).where(
            Case.programme_id == programme.id, Opening.public_id.in_(ordered[n : n + 500])
        )  # fmt: skip
        found |= {public_id: case_id for public_id, case_id in session.execute(some)}  # noqa: C416
    return found


def weekly(programme: Programme) -> list[int]:
    """The requests of each whole week, Monday to Sunday, the oldest first; from the first week with one."""
    today = calendars.today(programme)
    end = today - timedelta(days=today.weekday())
    begin = end - timedelta(weeks=WEEKS_READ)
    counts = [0] * WEEKS_READ
    for _member, day, value in by_day(programme, "requests", "all", begin, end - timedelta(days=1)):
        counts[(day - begin).days // 7] += value
    first = next((n for n, value in enumerate(counts) if value), WEEKS_READ)
    return counts[first:]


def outlook(programme: Programme, free: Mapping[int, int] | None = None) -> Outlook:
    """Requests to be expected against the places that are open.

    :param free: the open places of each volunteer, where they are known already
    """
    weeks = weekly(programme)
    today = calendars.today(programme)
    half_year = read_period(programme, today - timedelta(days=182), today, dimensions=())
    requests = half_year.count("requests")
    return Outlook(
        tuple(weeks),
        today - timedelta(days=today.weekday() + 1),
        tuple(forecast(weeks, n) for n in HORIZONS),
        tuple(accuracy(weeks, n) for n in HORIZONS),
        half_year.count("listed") / requests if requests else None,
        sum((open_places(programme) if free is None else free).values()),
    )
