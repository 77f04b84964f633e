"""Is the desk well? For a machine that asks."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask, Response, current_app, jsonify
from sqlalchemy import func, select

from . import clock
from .access import public
from .db import session
from .delivery import oldest_due_unsent
from .slots import ScheduleSlot

SCHEDULER_LIMIT = timedelta(minutes=5)
WORK_LIMIT = timedelta(minutes=15)
POST_LIMIT = timedelta(minutes=15)


def init_app(app: Flask) -> None:
    """Open the health address."""
    app.add_url_rule("/healthz", "healthz", public(healthz))


def healthz() -> Response:
    """What waits how long; 503 where scheduler, workers or post stand still.

    Where the database does not answer, `errors` says so for every page and for this one in JSON.
    """
    now = clock.now()
    has_server = bool(current_app.extensions["settings"].mail_server)
    last_tick, oldest_job = _ticks()
    post = oldest_due_unsent()
    troubles = []
    if last_tick is None or now - last_tick > SCHEDULER_LIMIT:
        troubles.append("scheduler")
    if oldest_job is not None and now - oldest_job > WORK_LIMIT:
        troubles.append("workers")
    if has_server and post is not None and post > POST_LIMIT:
        troubles.append("post")
    answer = jsonify(
        well=not troubles,
        standing_still=troubles,
        mail_server=has_server,
        oldest_due_unsent_seconds=int(post.total_seconds()) if post else 0,
        scheduler_last_tick_seconds=int((now - last_tick).total_seconds()) if last_tick else None,
        oldest_waiting_job_seconds=int((now - oldest_job).total_seconds()) if oldest_job else 0,
    )
    answer.status_code = 503 if troubles else 200
    return answer


def _ticks() -> tuple[datetime | None, datetime | None]:
    """When the scheduler last put a tick into the queue, and the oldest one that no worker has finished."""
    last = session.execute(select(func.max(ScheduleSlot.tick_at))).scalar_one()
    waiting = select(func.min(ScheduleSlot.created_at)).where(ScheduleSlot.done_at.is_(None))
    return last, session.execute(waiting).scalar_one()
