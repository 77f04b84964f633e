"""Playing the demo programme into an empty database."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, event, func, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.clients import priority
from app.clients.models import Case
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.matching import jobs
from app.metrics import rollup

from .clinics import clinics_are_held
from .dates import dates_come_near
from .impact import impact_is_told
from .lives import Life, life, plan
from .people import Cast, found, gather_volunteers, hire
from .published import show_impact
from .scenes import set_the_scene
from .talk import volunteers_are_thanked
from .told import counties_are_marked
from .voices import people_said

SEED = 1863
CASES, RECENT, VOLUNTEERS = 128, 46, 150
MONTHS = timedelta(days=548)


def load(now: datetime | None = None) -> Cast:
    """Play a year and a half up to now; the same day gives the same demo."""
    end = (now or datetime.now(UTC)).replace(second=0, microsecond=0)
    cast = Cast(random.Random(SEED))
    _hurry()
    with clock.at(end - MONTHS - timedelta(days=70)), transaction():
        found(cast, end.date())
    with clock.at(end - MONTHS - timedelta(days=60)), transaction():
        hire(cast)
        gather_volunteers(cast, VOLUNTEERS, end.date())
        counties_are_marked(cast)
    with _alone():
        _play(cast, [life(cast, plan(cast, begins, end)) for begins in _arrivals(cast, end)], end)
    _what_ran_out(end)
    people_said(cast, end)
    clinics_are_held(cast, end)
    set_the_scene(cast, end)
    dates_come_near(cast, end)
    with clock.at(end):
        volunteers_are_thanked()
    with transaction():
        for case_id in session.execute(select(Case.id)).scalars().all():
            priority.refresh_priority(session.get_one(Case, case_id))
    rollup.refresh_all()
    show_impact(cast)
    impact_is_told(cast, end)
    _mails_have_left()
    return cast


def _hurry() -> None:
    """Nothing is lost if the power fails while invented data loads: it is loaded again."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("BEGIN")
    session.rollback()


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else writes while the demo is played: what was read stays true from step to step."""
    keeping, kept = session(), set[object]()
    keeping.expire_on_commit = False

    def keep(of: Session, row: object) -> None:
        kept.add(row)

    event.listen(keeping, "loaded_as_persistent", keep)
    event.listen(keeping, "pending_to_persistent", keep)
    try:
        yield
    finally:
        keeping.expire_on_commit = True
        keeping.expunge_all()
        event.remove(keeping, "loaded_as_persistent", keep)
        event.remove(keeping, "pending_to_persistent", keep)


def _arrivals(cast: Cast, end: datetime) -> list[datetime]:
    """When requests come in: steadily, and more of them lately, so that every status is to be seen."""
    chance = cast.chance
    early = [end - timedelta(days=chance.uniform(45, 548)) for _ in range(CASES - RECENT)]
    late = [end - timedelta(days=chance.triangular(0.2, 40, 6)) for _ in range(RECENT)]
    return sorted(moment.replace(hour=chance.randrange(14, 23)) for moment in [*early, *late] if moment < end)


def _play(cast: Cast, lives: list[Life], end: datetime) -> None:
    """Let every life take its steps in the order of time; whatever would come after now does not happen."""
    order = itertools.count()
    due = [(next(one), next(order), one) for one in lives]
    heapq.heapify(due)
    while due:
        moment, _n, one = heapq.heappop(due)
        if moment > end:
            continue
        with clock.at(moment), transaction():
            _due_mails_left()
            following = next(one, None)
        if following is not None:
            heapq.heappush(due, (max(following, moment + timedelta(minutes=1)), next(order), one))


def _what_ran_out(end: datetime) -> None:
    """Offers and holds whose time is over end as they would have by the clock."""
    with clock.at(end - timedelta(hours=6)):
        while jobs.expire_one() or jobs.drop_one() or jobs.void_one():
            pass


def _due_mails_left() -> None:
    """What was due by now has left, as it would have: what comes later replaces none of it."""
    due = (Mail.status == MailStatus.QUEUED, Mail.due_at <= clock.now())
    left = update(Mail).where(*due).values(status=MailStatus.SENT, sent_at=Mail.due_at)
    session.execute(left.execution_options(synchronize_session=False))


def _mails_have_left() -> None:
    """The invented past wrote mails; none of them may ever leave."""
    with transaction():
        replaced = Mail.status == MailStatus.DROPPED
        sent_at = case((Mail.due_at > clock.now(), clock.now()), else_=Mail.due_at)  # nothing was sent tomorrow
        session.execute(update(Mail).where(~replaced).values(status=MailStatus.SENT, sent_at=sent_at))


def is_empty() -> bool:
    """Is there no programme yet?"""
    return not session.execute(select(func.count()).select_from(User)).scalar_one()
