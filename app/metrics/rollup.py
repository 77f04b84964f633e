"""The nightly roll-up: every day touched by a change is counted again whole, and only what differs is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete, func, select

from app.accounts.models import Programme
from app.core import clock
from app.core.db import insert_unless_exists, lock, session, transaction

from . import ledger
from .facts import CaseFacts, Fact, gather
from .ledger import month_of
from .measures import BY_KEY, MEASURES
from .models import DayFigure, MonthFigure, RollUp, RollUpState
from .months import sum_month
from .rows import Values, write_differences
from .touched import changed_cases, first_day
from .window import Window, firms_of_volunteers

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(minutes=5)  # a change may be stamped just before the last run and be committed after it
KEPT_OPEN = ("listed_waiting", "placed_working")
Telling = Callable[[int, int], None]


def refresh_all(*, whole: bool = False) -> int:
    """Bring every programme's figures up to date; how many days were counted again."""
    ids = session.execute(select(Programme.id).order_by(Programme.id)).scalars().all()
    return sum(refresh(programme_id, whole=whole) for programme_id in ids)


def refresh(programme_id: int, *, whole: bool = False, tell: Telling | None = None) -> int:
    """Count again every day touched since the last roll-up; a second run writes no figure.

    May be stopped at any instant: a month is counted in one transaction, and what was changed is only
    forgotten after every month is.
    """
    started = clock.now()
    run, whole = _begin(programme_id, whole)
    programme = session.get_one(Programme, programme_id)
    window = Window(programme)
    changed: list[int] = []
    if whole:
        days = _every_day(window)
    else:
        since = _read_until(programme_id)
        changed = changed_cases(programme, since, _moved_between_firms(programme_id))
        days = ledger.days_of(window, changed) | _days_passed(window, since)
    months = sorted({month_of(day) for day in days})
    for n, month in enumerate(months):
        if not _count_month(programme_id, month, days, run, keep=whole):
            return 0  # another run began
        if tell:
            tell(n + 1, len(months))
    ledger.keep(Window(session.get_one(Programme, programme_id)), changed)
    _finish(programme_id, run, started, len(days))
    return len(days)


def _begin(programme_id: int, whole: bool) -> tuple[int, bool]:
    """Take over from any other run; count everything again where the programme's calendar or a definition changed."""
    with transaction():
        insert_unless_exists(
            RollUpState, programme_id=programme_id, run=0, settings="", firms={}, created_at=clock.now()
        )
        state = lock(_state(programme_id))
        state.run += 1
        return state.run, whole or state.settings != _settings(session.get_one(Programme, programme_id))


def _state(programme_id: int) -> RollUpState:
    return session.execute(select(RollUpState).where(RollUpState.programme_id == programme_id)).scalar_one()


def _settings(programme: Programme) -> str:
    """A digest of what the figures of every day hang on."""
    definitions = sorted((m.key, m.dimensions, m.part, m.whole) for m in MEASURES.values())
    closed = sorted(closure.on_day.isoformat() for closure in programme.closures)
    calendar = (programme.time_zone, programme.working_days, programme.holiday_calendar, programme.state, closed)
    return hashlib.sha256(json.dumps([definitions, calendar]).encode()).hexdigest()


def _moved_between_firms(programme_id: int) -> list[int]:
    before, now = _state(programme_id).firms, firms_of_volunteers()
    return [int(who) for who in {*before, *map(str, now)} if before.get(who) != now.get(int(who))]


def _read_until(programme_id: int) -> datetime:
    newest = select(RollUp.read_until).where(RollUp.programme_id == programme_id).order_by(RollUp.id.desc()).limit(1)
    return session.execute(newest).scalar() or LONG_AGO


def _days_passed(window: Window, since: datetime) -> set[date]:
    """The days on which something may have fallen due since the last run."""
    first = max(window.day(since), window.today - timedelta(days=92))
    return {first + timedelta(days=n) for n in range((window.today - first).days + 1)}


def _every_day(window: Window) -> set[date]:
    first, last = first_day(window), window.today
    known = select(func.min(DayFigure.on_day), func.max(DayFigure.on_day))
    low, high = session.execute(known.where(DayFigure.programme_id == window.programme.id)).one()
    first, last = min(first, low or first), max(last, high or last, ledger.last_day(window) or last)
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


def _count_month(programme_id: int, month: date, days: Iterable[date], run: int, *, keep: bool) -> bool:
    """Count the touched days of a month again; False where another run has begun meanwhile."""
    wanted = {day for day in days if month_of(day) == month}
    found = gather(Window(session.get_one(Programme, programme_id), min(wanted), max(wanted)))
    found.facts = [fact for fact in found.facts if fact.on_day in wanted]
    counted = count(found, found.facts)
    with transaction():
        if lock(_state(programme_id)).run != run:
            return False
        write_differences(DayFigure, programme_id, sorted(wanted), counted)
        write_differences(MonthFigure, programme_id, [month], sum_month(programme_id, month, KEPT_OPEN))
        if keep:
            ledger.write_month(programme_id, month, found.facts)
    session.expire_all()
    return True


def _finish(programme_id: int, run: int, started: datetime, days: int) -> None:
    with transaction():
        state = lock(_state(programme_id))
        if state.run != run:
            return
        state.settings = _settings(session.get_one(Programme, programme_id))
        state.firms = {str(who): firm for who, firm in sorted(firms_of_volunteers().items())}
        done = RollUp(programme_id=programme_id, read_until=started - OVERLAP, finished_at=clock.now(), days=days)
        session.add(done)
        old = select(RollUp.id).where(RollUp.programme_id == programme_id).order_by(RollUp.id.desc()).offset(400)
        session.execute(delete(RollUp).where(RollUp.id.in_(old.subquery().select())))


def count(found: CaseFacts, facts: Iterable[Fact]) -> Values:
    """Add facts up by day, grant (None: the whole programme), measure and heading."""
    values: Values = {}
    for fact in facts:
        headings = found.headings.get(fact.case_id)
        if headings is None:
            continue  # it was erased meanwhile
        grants: tuple[int | None, ...] = (None,)
        if fact.case_id in found.grants:
            grants = (None, *found.grants_on(fact.case_id, fact.on_day))
        _add(values, fact, {**headings, **dict(fact.extra)} if fact.extra else headings, grants)
    return values


def _add(values: Values, fact: Fact, headings: Mapping[str, str], grants: Iterable[int | None]) -> None:
    _case_id, day, measure, amount, days, _extra, _person = fact
    for dimension in BY_KEY[measure].dimensions:
        member = headings.get(dimension)
        for grant_id in grants if member is not None else ():
            key = (day, grant_id, measure, dimension, member or "")
            cell = values.get(key)
            if cell is None:
                cell = values[key] = [0, None]
            cell[0] += amount
            if days is not None:
                cell[1] = cell[1] or {}
                cell[1][str(days)] = cell[1].get(str(days), 0) + 1
