"""What places the docket by itself: each night, on demand, and the next volunteer after a no."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select, update

from app.core import clock
from app.core.db import lock, session, transaction
from app.core.logs import where_it_broke

from . import changes, operations_next, operations_runs
from .dockets import build_docket, close_reading
from .engine.solve import Cancelled, place
from .models import DocketRun, RunStatus
from .run_rows import RunRows, rows_of

log = structlog.get_logger()

JUST_NOW = timedelta(hours=1)
LOOK_EVERY = 1.0
TELL_EVERY = 2.0


def every_night() -> None:
    """Have the docket placed, unless it just was by itself, and forget what nobody asks for any more."""
    changes.forget()
    with transaction():
        operations_runs.prune_runs()
    with transaction():
        if not _was_just_placed():
            operations_runs.ask_for_run(actor=None)


def _was_just_placed() -> bool:
    """A first start places the docket before the timetable finds that last night was missed."""
    found = select(DocketRun.id).where(DocketRun.status == RunStatus.DONE, DocketRun.asked_by_id.is_(None))
    return session.execute(found.where(DocketRun.finished_at >= clock.now() - JUST_NOW).limit(1)).first() is not None


def run_one() -> bool:
    """Place the docket once if somebody asked: read, close the reading, compute, write."""
    held = _take()
    if held is None:
        return False
    try:
        begun = time.perf_counter()
        laid = build_docket(held.as_of)
        close_reading()
        read = time.perf_counter() - begun
        placement = place(laid.docket, progress=held.tell, cancelled=held.is_cancelled)
        _write(held, rows_of(held.run_id, laid, placement, {"read": read}, held.goes_on))
    except Cancelled:
        _end(held, RunStatus.CANCELLED)
    except Exception as error:
        log.error("run.failed", error=type(error).__name__, where=where_it_broke(error))
        session.rollback()
        _end(held, RunStatus.FAILED, type(error).__name__)
    return True


def propose_one() -> bool:
    """Propose the next volunteer for one opening that was turned down."""
    found = session.execute(operations_next.due_next()).first()
    session.rollback()
    if found is None:
        return False
    best = operations_next.find_next(found[0])
    close_reading()
    with transaction():
        operations_next.propose_next(found[0], best)
    return True


@dataclass
class Held:
    """A run this worker took: its lease is kept while it works, and a wish to stop is heard."""

    run_id: int
    as_of: date
    taken_at: datetime
    stage: str = "read"
    looked_at: float = 0.0
    told_at: float = field(default_factory=time.monotonic)
    stop: bool = False

    def tell(self, stage: str, done: int, total: int) -> None:
        """Write the stage when it changes and every two seconds how far it is, which also holds on to the lease."""
        if stage == self.stage and time.monotonic() - self.told_at < TELL_EVERY:
            return
        self.stage, self.told_at = stage, time.monotonic()
        with transaction():
            mine = (DocketRun.id == self.run_id, DocketRun.started_at == self.taken_at)
            lease = clock.now() + operations_runs.LEASE
            far = {"stage": stage, "stage_done": done, "stage_total": total, "lease_until": lease}
            session.execute(update(DocketRun).where(*mine).values(far))

    def goes_on(self, stage: str, done: int, total: int) -> None:
        """Write how far it is, and hear a wish to stop.

        :raises Cancelled: somebody asked to stop, or another worker took the run over
        """
        self.tell(stage, done, total)
        if self.is_cancelled():
            raise Cancelled

    def is_cancelled(self) -> bool:
        """Did somebody ask to stop, or did another worker take the run over?"""
        if not self.stop and time.monotonic() - self.looked_at >= LOOK_EVERY:
            self.looked_at = time.monotonic()
            asked = select(DocketRun.cancel_asked_at, DocketRun.started_at).where(DocketRun.id == self.run_id)
            cancel_asked_at, started_at = session.execute(asked).one()
            session.rollback()
            self.stop = cancel_asked_at is not None or started_at != self.taken_at
        return self.stop


def _take() -> Held | None:
    due = operations_runs.due_run()
    if session.execute(due).first() is None:
        session.rollback()
        return None
    with transaction():
        run = session.execute(due.with_for_update(skip_locked=True)).scalar_one_or_none()
        if run is None:
            return None
        operations_runs.take_run(run)
        assert run.started_at is not None  # noqa: S101
        return Held(run.id, run.as_of, run.started_at)


def _mine(held: Held) -> DocketRun | None:
    """The run, locked, unless another worker took it over."""
    run = lock(session.get_one(DocketRun, held.run_id))
    return run if run.status is RunStatus.RUNNING and run.started_at == held.taken_at else None


def _write(held: Held, rows: RunRows) -> None:
    with transaction():
        run = _mine(held)
        if run is not None and run.cancel_asked_at is not None:
            operations_runs.end_run(run, RunStatus.CANCELLED)
        elif run is not None:
            operations_runs.write_placement(run, rows)


def _end(held: Held, status: RunStatus, failure: str | None = None) -> None:
    with transaction():
        run = _mine(held)
        if run is not None:
            operations_runs.end_run(run, status, failure)


def place_docket_now() -> DocketRun:
    """Place the docket at once, here, and return the run; where a worker is at one, that is left to it."""
    with transaction():
        run_id = operations_runs.ask_for_run(actor=None).id
    run_one()
    return session.get_one(DocketRun, run_id)
