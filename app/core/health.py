"""Is the desk well? For a machine that asks, and for the people who look after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from flask import Flask, Response, current_app, jsonify
from flask_babel import gettext as _
from sqlalchemy import func, select

from . import clock
from .access import public
from .db import session
from .delivery import oldest_due_unsent
from .slots import ScheduleSlot, beats

LIVING = timedelta(minutes=5)
WORK_LIMIT = timedelta(minutes=15)
SKEW_LIMIT = 30  # seconds


class Signs(NamedTuple):
    """What the desk is judged by."""

    last_tick: datetime | None
    oldest_job: datetime | None
    oldest_mail: timedelta | None
    beats: dict[str, tuple[datetime, int]]


def init_app(app: Flask) -> None:
    """Open the health address."""
    app.add_url_rule("/healthz", "healthz", public(healthz))


def healthz() -> Response:
    """What waits how long; 503 where scheduler, workers or post stand still, with a sentence for each.

    Where the database does not answer, `errors` says so for every page and for this one in JSON.
    """
    now, signs = clock.now(), look()
    troubles = troubles_of(signs)
    answer = jsonify(
        well=not troubles,
        standing_still=list(troubles),
        reasons=list(troubles.values()),
        mail_server=bool(current_app.extensions["settings"].mail_server),
        oldest_due_unsent_seconds=int(signs.oldest_mail.total_seconds()) if signs.oldest_mail else 0,
        scheduler_last_tick_seconds=_seconds(now, signs.last_tick),
        oldest_waiting_job_seconds=_seconds(now, signs.oldest_job) or 0,
        last_heard_of_seconds={part: _seconds(now, at) for part, (at, _skew) in sorted(signs.beats.items())},
    )
    answer.status_code = 503 if troubles else 200
    return answer


def _seconds(now: datetime, since: datetime | None) -> int | None:
    return int((now - since).total_seconds()) if since else None


def look() -> Signs:
    """Read what the desk is judged by."""
    last = session.execute(select(func.max(ScheduleSlot.tick_at))).scalar_one()
    waiting = select(func.min(ScheduleSlot.created_at)).where(ScheduleSlot.done_at.is_(None))
    return Signs(last, session.execute(waiting).scalar_one(), oldest_due_unsent(), beats())


def troubles() -> list[str]:
    """What stands still, a sentence each."""
    return list(troubles_of(look()).values())


def troubles_of(signs: Signs) -> dict[str, str]:
    """What stands still, by name."""
    now, settings = clock.now(), current_app.extensions["settings"]
    post_limit = timedelta(minutes=settings.mail_alarm_minutes)
    busy = max(LIVING, timedelta(seconds=10 * settings.mail_timeout))  # with one mail and a slow server
    found = {}
    if signs.last_tick is None or now - signs.last_tick > LIVING or _is_silent(signs, "scheduler", LIVING):
        found["scheduler"] = _("No scheduler is running: nothing that is due by the clock begins.")
    if _is_silent(signs, "work", LIVING) or (signs.oldest_job is not None and now - signs.oldest_job > WORK_LIMIT):
        found["workers"] = _("No worker is running, or work has waited for too long.")
    if settings.mail_server and _is_silent(signs, "post", busy):
        found["carriers"] = _("Nobody carries the post: no mail goes out.")
    if settings.mail_server and signs.oldest_mail is not None and signs.oldest_mail > post_limit:
        minutes = int(signs.oldest_mail.total_seconds() // 60)
        found["post"] = _("A mail that is due has waited for %(minutes)s minutes.", minutes=minutes)
    if any(skew > SKEW_LIMIT for _at, skew in signs.beats.values()):
        found["clocks"] = _("The clock of a machine differs from the database's; set both by the network.")
    return found


def _is_silent(signs: Signs, part: str, limit: timedelta) -> bool:
    heard = signs.beats.get(part)
    return heard is None or clock.now() - heard[0] > limit
