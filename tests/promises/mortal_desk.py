"""Schedulers and workers that are killed without warning: `python -m tests.promises.mortal_desk KILLS MOMENT SPAN`."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from os import fork, kill, waitpid
from threading import Event
from typing import Any

import time_machine
from sqlalchemy import func, select, update

from app import create_app, schedule
from app.core import clock, delivery, slots
from app.core.db import engine, make_engine, session, transaction
from app.core.mail import Mail, MailStatus
from app.core.slots import ScheduleSlot
from app.engagement import operations, queries
from app.engagement.jobs import send_one
from app.engagement.models import Checkin
from app.matching.models import Assignment
from app.worker import run_worker
from config import load
from tests.core.mortal_workers import let_time_pass, unfinished

WORKERS, SCHEDULERS = 2, 5
PLAN = "checkins.plan"


def main(kills: int, moment: str, span: float) -> None:
    """Kill so many at work, two workers and one of five schedulers at a time; then let them finish."""
    app = create_app(load())
    url = app.extensions["settings"].database_url
    schedule.TIMETABLE[:] = [job for job in schedule.TIMETABLE if job.name == PLAN]
    _plan_in_any_order()
    slots._skew = lambda: 0  # the desk lives at that moment, and PostgreSQL today
    chance = random.Random(20)
    started = time.monotonic()
    with time_machine.travel(datetime.fromisoformat(moment), tick=True):
        _warm_up(app)
        clocks = [_start(schedule.run_scheduler, app) for _ in range(SCHEDULERS)]
        for killed in range(0, kills, WORKERS + 1):
            workers = min(WORKERS, kills - killed)
            ending = clocks if killed + workers < kills else []
            _round(app, workers, ending, chance.uniform(0.3 * span, 1.7 * span), url)
        _free_slots(url, again=True)
        since = clock.now()
        last = [*clocks, *(_start(run_worker, app) for _ in range(WORKERS))]
        while _is_anything_left(url, since):
            if time.monotonic() > started + 3000:
                raise TimeoutError("Something is left that nobody takes.")
            time.sleep(1)
            let_time_pass(url, leases=False)
        _end(last)
    print(f"{time.monotonic() - started:.0f} s")  # noqa: T201


def _plan_in_any_order() -> None:
    """A planner that is always killed after a second still comes round to everybody."""
    in_order = queries.parts_to_ask
    queries.parts_to_ask = lambda: in_order().order_by(None).order_by(func.random())


def _warm_up(app: Any) -> None:
    """What every process would first have to work out anew is worked out once, on the first of what is due."""
    with app.app_context():
        for assignment_id in session.scalars(queries.parts_to_ask().limit(2)).all():
            with transaction():
                operations.plan_checkins(session.get_one(Assignment, assignment_id))
        while send_one() or delivery.deliver_one() or delivery.park_one():
            pass
        session.remove()
        engine().dispose()


def _round(app: Any, count: int, clocks: list[int], seconds: float, url: str) -> None:
    """Workers live for a while and die together, with the oldest of the schedulers; then their leases run out."""
    living = [_start(run_worker, app) for _ in range(count)]
    time.sleep(seconds)
    _end(living + clocks[:1])
    if clocks:
        clocks[:] = [*clocks[1:], _start(schedule.run_scheduler, app)]
    let_time_pass(url)
    _free_slots(url)


def _start(role: Callable[..., None], app: Any) -> int:
    """In a process of its own, forked before any connection is open."""
    child = fork()
    if child == 0:
        role(app, Event())
    return child


def _end(children: list[int]) -> None:
    for child in children:
        kill(child, signal.SIGKILL)
    for child in children:
        waitpid(child, 0)


def _free_slots(url: str, *, again: bool = False) -> None:
    """The jobs of the dead are run again, at last also those that were done: nobody waits five minutes for a tick."""
    made = make_engine(url)
    with made.connect().execution_options(writing=True) as connection, connection.begin():
        before = datetime(2000, 1, 1, tzinfo=UTC)
        connection.execute(update(ScheduleSlot).where(ScheduleSlot.lease_until.is_not(None)).values(lease_until=before))
        if again:
            connection.execute(update(ScheduleSlot).values(done_at=None))
    made.dispose()


def _is_anything_left(url: str, since: datetime) -> bool:
    """Has nobody looked at every part since the last kill, or is there a check-in or mail that somebody may take?"""
    soon = clock.now() - timedelta(seconds=5)
    made = make_engine(url)
    waiting = (
        select(Checkin.id).where(Checkin.sent_at.is_(None), Checkin.closed_at.is_(None), Checkin.due_at <= soon),
        select(Mail.id).where(Mail.status == MailStatus.SENDING),
    )
    with made.connect() as connection:
        planned = connection.execute(select(ScheduleSlot.id).where(ScheduleSlot.done_at > since).limit(1)).first()
        left = planned is None or any(connection.execute(each.limit(1)).first() for each in waiting)
    made.dispose()
    return left or unfinished(url)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
