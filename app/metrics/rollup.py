"""The nightly roll-up: every day touched by a change is counted again whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, insert, select, union

from app.accounts.models import Programme
from app.casework.models import ClosingReport, TimeEntry
from app.clients.models import Case, CaseGrant, CaseMove
from app.core import clock
from app.core.db import session, transaction
from app.engagement.models import Checkin

from .facts import CaseFacts, Fact, cases_near, gather
from .measures import BY_KEY
from .models import DayFigure, RollUp

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(minutes=5)  # a change may be stamped just before the last run and be committed after it
DAYS_AT_ONCE = 92
Key = tuple[date, int | None, str, str, str]


def refresh_all() -> int:
    """Bring every programme's figures up to date; how many days were counted again."""
    ids = session.execute(select(Programme.id).order_by(Programme.id)).scalars().all()
    return sum(refresh(programme_id) for programme_id in ids)


def refresh(programme_id: int, *, whole: bool = False) -> int:
    """Count again every day touched since the last roll-up; a second run changes nothing."""
    started = clock.now()
    since = LONG_AGO if whole else _read_until(programme_id)
    programme = session.get_one(Programme, programme_id)
    days = sorted({fact.on_day for fact in gather(programme, _changed(programme_id, since)).facts})
    for chunk in _chunks(days):
        with transaction():
            _count_again(session.get_one(Programme, programme_id), chunk)
    with transaction():
        done = RollUp(programme_id=programme_id, read_until=started - OVERLAP, finished_at=clock.now(), days=len(days))
        session.add(done)
    return len(days)


def _read_until(programme_id: int) -> datetime:
    newest = select(RollUp.read_until).where(RollUp.programme_id == programme_id).order_by(RollUp.id.desc()).limit(1)
    return session.execute(newest).scalar() or LONG_AGO


def _changed(programme_id: int, since: datetime) -> Select[int]:
    """The cases of which anything that a figure reads changed."""
    parts = union(
        select(Case.id.label("id")).where(Case.changed_at >= since),
        select(CaseMove.case_id).where(CaseMove.recorded_at >= since),
        select(TimeEntry.case_id).where(TimeEntry.changed_at >= since),
        select(Checkin.case_id).where(Checkin.changed_at >= since),
        select(ClosingReport.case_id).where(ClosingReport.changed_at >= since),
        select(CaseGrant.case_id).where(CaseGrant.created_at >= since),
    ).subquery()
    return select(Case.id).where(Case.programme_id == programme_id, Case.id.in_(select(parts.c.id)))


def _chunks(days: list[date]) -> Iterable[list[date]]:
    return (days[i : i + DAYS_AT_ONCE] for i in range(0, len(days), DAYS_AT_ONCE))


def _count_again(programme: Programme, days: list[date]) -> None:
    wanted = set(days)
    found = gather(programme, cases_near(programme.id, days[0], days[-1]))
    rows = count(found, (fact for fact in found.facts if fact.on_day in wanted))
    session.execute(delete(DayFigure).where(DayFigure.programme_id == programme.id, DayFigure.on_day.in_(days)))
    if rows:
        session.execute(insert(DayFigure), [{"programme_id": programme.id, **row} for row in rows])


def count(found: CaseFacts, facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Add facts up by day, grant (None: the whole programme), measure and heading."""
    values: dict[Key, int] = defaultdict(int)
    days: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for fact in facts:
        headings = {**found.headings[fact.case_id], **dict(fact.extra)}
        for grant_id in (None, *found.grants_on(fact.case_id, fact.on_day)):
            for dimension in BY_KEY[fact.measure].dimensions:
                if dimension not in headings:
                    continue
                key = (fact.on_day, grant_id, fact.measure, dimension, headings[dimension])
                values[key] += fact.amount
                if fact.days is not None and fact.measure != "listed_waiting":
                    days[key][str(fact.days)] += 1
    names = ("on_day", "grant_id", "measure", "dimension", "member")
    return [
        {**dict(zip(names, key, strict=True)), "value": value, "histogram": dict(days[key]) if key in days else None}
        for key, value in sorted(values.items(), key=lambda item: str(item[0]))
    ]
