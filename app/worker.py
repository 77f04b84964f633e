"""The worker: does whatever waits, one thing at a time, until told to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event, Thread
from types import FrameType

import structlog
from flask import Flask, current_app
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import aliased
from werkzeug.utils import import_string

from app.core import clock
from app.core.db import session, transaction
from app.core.logs import where_it_broke
from app.core.slots import ScheduleSlot, beat
from app.schedule import LONG, POST, TIMETABLE, WORK

log = structlog.get_logger()

REST = 1.0
BEAT_EVERY = 20.0
AT_A_TIME = 20
REST_AFTER_ERROR = 30.0
SLOT_LEASE = timedelta(minutes=10)
SLOT_RETRY = timedelta(minutes=5)

Handler = Callable[[], bool]


def stop_on_signals() -> Event:
    """An event that Ctrl-C and TERM set."""
    stop = Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop


def run_worker(app: Flask, stop: Event) -> None:
    """Carry the post, do what is short, and do what is long, each in a thread of its own."""
    threads = [
        Thread(target=work_through, args=(app, names, stop, part), name=part)
        for part, names in (("post", POST), ("work", WORK), ("long", LONG))
    ]
    for thread in threads:
        thread.start()
    log.info("worker.started")
    while not stop.wait(1.0) and all(thread.is_alive() for thread in threads):
        pass
    stop.set()
    for thread in threads:
        thread.join()


def work_through(app: Flask, names: Sequence[str], stop: Event, part: str = "work") -> None:
    """Call each handler again and again; rest when none had anything to do. Between them, show that this part lives."""
    handlers: dict[str, Handler] = {name: import_string(name) for name in names}
    handlers["beat"] = Heart(part).beat
    not_before = dict.fromkeys(handlers, 0.0)
    while not stop.is_set():
        busy = False
        for name, handler in handlers.items():
            if stop.is_set() or time.monotonic() < not_before[name]:
                continue
            try:
                busy |= _some(app, handler, stop)
            except Exception as error:
                log.error("worker.failed", handler=name, error=type(error).__name__, where=where_it_broke(error))
                not_before[name] = time.monotonic() + REST_AFTER_ERROR
        if not busy:
            stop.wait(REST)


class Heart:
    """Says now and then that a part of this process lives."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.next = 0.0

    def beat(self) -> bool:
        """Say so where it is time."""
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + BEAT_EVERY
            current_app.extensions["clock_skew"] = beat(self.part)
        return False


def _some(app: Flask, handler: Handler, stop: Event) -> bool:
    """Do a few of a kind before the next kind has its turn; was there any?"""
    for done in range(AT_A_TIME):
        with app.app_context():
            if stop.is_set() or not handler():
                return done > 0
    return True


def run_slot() -> bool:
    """Run the job of the newest tick that nobody has run."""
    slot = _take_slot()
    if slot is None:
        return False
    slot_id, name = slot
    job = next((job for job in TIMETABLE if job.name == name), None)
    try:
        while job is not None and import_string(job.run)() is True:
            _keep(slot_id)
    except Exception as error:
        log.error("job.failed", job=name, error=type(error).__name__, where=where_it_broke(error))
        session.rollback()
        _mark(slot_id, lease_until=clock.now() + SLOT_RETRY)
        return True
    _mark(slot_id, done_at=clock.now())
    return True


def _take_slot() -> tuple[int, str] | None:
    now = clock.now()
    free = or_(ScheduleSlot.lease_until.is_(None), ScheduleSlot.lease_until < now)
    other = aliased(ScheduleSlot)
    running = select(other.id).where(
        other.job == ScheduleSlot.job, other.done_at.is_(None), other.lease_until >= now, other.id != ScheduleSlot.id
    )
    waiting = and_(ScheduleSlot.done_at.is_(None), free, ~running.exists())
    if session.execute(select(ScheduleSlot.id).where(waiting).limit(1)).scalar_one_or_none() is None:
        return None
    with transaction():
        found = select(ScheduleSlot).where(waiting).order_by(ScheduleSlot.tick_at.desc(), ScheduleSlot.id).limit(1)
        slot = session.execute(found.with_for_update(of=ScheduleSlot, skip_locked=True)).scalar_one_or_none()
        if slot is None:
            return None
        slot.lease_until = now + SLOT_LEASE
        older = (ScheduleSlot.job == slot.job) & (ScheduleSlot.tick_at < slot.tick_at) & ScheduleSlot.done_at.is_(None)
        session.execute(update(ScheduleSlot).where(older).values(done_at=now))
        return slot.id, slot.job


def _keep(slot_id: int) -> None:
    """A long job holds on to its tick."""
    session.rollback()
    _mark(slot_id, lease_until=clock.now() + SLOT_LEASE)


def _mark(slot_id: int, **values: object) -> None:
    with transaction():
        session.execute(update(ScheduleSlot).where(ScheduleSlot.id == slot_id).values(**values))
