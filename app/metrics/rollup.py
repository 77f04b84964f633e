"""The nightly roll-up: every month touched by a change is counted again whole, and only what differs is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import delete, select

from app.accounts.models import Programme
from app.core import clock
from app.core.db import insert_unless_exists, lock, session, transaction
from app.core.logs import where_it_broke

from . import clients_again, ledger
from .facts import only_facts
from .measures import MEASURES
from .models import RollUp, RollUpState
from .rows import write_differences
from .spans import MONTH, YEAR, last_of, month_of, next_month, sum_year
from .tally import BY_GRANT, Tally
from .touched import changed_cases, first_day
from .window import Window, firms_of_volunteers

log = structlog.get_logger()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LAID_OUT = 3  # how figures are kept: another number, and everything is counted again
OVERLAP = timedelta(minutes=5)  # a change may be stamped just before the last run and be committed after it
Telling = Callable[[int, int], None]


def refresh_all(*, whole: bool = False) -> int:
    """Bring every programme's figures up to date; how many months were counted again.

    :raises ExceptionGroup: of some it could not be done; those of all others were brought up to date
    """
    months, failed = 0, list[Exception]()
    for programme_id in session.execute(select(Programme.id).order_by(Programme.id)).scalars().all():
        try:
            months += refresh(programme_id, whole=whole)
        except Exception as error:
            session.rollback()
            failed.append(error)
            log.error("roll_up.failed", programme=programme_id, error=type(error).__name__, where=where_it_broke(error))
    if failed:
        raise ExceptionGroup("The figures of some programmes could not be counted.", failed)
    return months


def refresh(programme_id: int, *, whole: bool = False, tell: Telling | None = None) -> int:
    """Count again every month touched since the last roll-up and say how many; a second run writes no figure.

    May be stopped at any instant: a month is written in one transaction, and what was changed is only
    forgotten after every month is.
    """
    started = clock.now()
    run, whole = _begin(programme_id, whole)
    window = Window(session.get_one(Programme, programme_id))
    changed: list[int] = []
    if whole:
        months = _every_month(window)
    else:
        since = _read_until(programme_id)
        changed = changed_cases(window.programme, since, _moved_between_firms(programme_id))
        months = sorted(ledger.months_of(window, changed) | _months_passed(window, since))
    for year, some in groupby(months, key=lambda month: month.year):
        if not _count_year(programme_id, year, list(some), run, keep=whole):
            return 0  # another run began
        if tell:
            tell(sum(month.year <= year for month in months), len(months))
    ledger.keep(Window(session.get_one(Programme, programme_id)), changed)
    return len(months) if _finish(programme_id, run, started, len(months)) else 0


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
    return hashlib.sha256(json.dumps([LAID_OUT, definitions, BY_GRANT, calendar]).encode()).hexdigest()


def _moved_between_firms(programme_id: int) -> list[int]:
    before, now = _state(programme_id).firms, firms_of_volunteers()
    return [int(who) for who in {*before, *map(str, now)} if before.get(who) != now.get(int(who))]


def _read_until(programme_id: int) -> datetime:
    newest = select(RollUp.read_until).where(RollUp.programme_id == programme_id).order_by(RollUp.id.desc()).limit(1)
    return session.execute(newest).scalar() or LONG_AGO


def _months_passed(window: Window, since: datetime) -> set[date]:
    """The months in which something may have fallen due since the last run."""
    first = max(window.day(since), window.today - timedelta(days=92))
    return set(_months_between(first, window.today))


def _months_between(first: date, last: date) -> list[date]:
    found, month = [], month_of(first)
    while month <= last:
        found.append(month)
        month = next_month(month)
    return found


def _every_month(window: Window) -> list[date]:
    first, last = first_day(window), window.today
    if known := ledger.years(window.programme.id):
        first, last = min(first, date(known[0], 1, 1)), max(last, date(known[1], 12, 31))
    return _months_between(first, last)


def _count_year(programme_id: int, year: int, months: Sequence[date], run: int, *, keep: bool) -> bool:
    """Count the touched months of a year again; False where another run has begun meanwhile."""
    window = Window(session.get_one(Programme, programme_id), months[0], last_of(months[-1]))
    tally = Tally(only_facts(window))
    counted = tally.by_month()
    for month in months:
        with transaction():
            if lock(_state(programme_id)).run != run:
                return False
            write_differences(programme_id, MONTH, month, counted.pop(month, {}))
        session.expire_all()
    with transaction():
        if lock(_state(programme_id)).run != run:
            return False
        write_differences(programme_id, YEAR, date(year, 1, 1), sum_year(programme_id, year))
        if keep:
            ledger.write_year(programme_id, year, tally.months())
    session.expire_all()
    return True


def _finish(programme_id: int, run: int, started: datetime, months: int) -> bool:
    again = clients_again.count(Window(session.get_one(Programme, programme_id)))
    with transaction():
        state = lock(_state(programme_id))
        if state.run != run:
            return False
        clients_again.keep(programme_id, again)
        state.settings = _settings(session.get_one(Programme, programme_id))
        state.firms = {str(who): firm for who, firm in sorted(firms_of_volunteers().items())}
        done = RollUp(programme_id=programme_id, read_until=started - OVERLAP, finished_at=clock.now(), months=months)
        session.add(done)
        old = select(RollUp.id).where(RollUp.programme_id == programme_id).order_by(RollUp.id.desc()).offset(400)
        session.execute(delete(RollUp).where(RollUp.id.in_(old.subquery().select())))

    return True
