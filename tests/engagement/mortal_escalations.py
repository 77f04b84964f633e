"""Opens and raises an escalation in processes that kill themselves at one statement after the other.

`python -m tests.engagement.mortal_escalations NTH`; fails where anything but before or after is seen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import engine, session
from app.core.mail import Mail
from app.engagement import jobs_escalations as jobs
from app.engagement.models_escalations import Escalation, EscalationStep
from app.tasks.models import Task
from config import load
from tests.dying import die_at

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
EMPTY = (0, 0, 0, 0, 0, 0)
OPENED = (1, 1, 1, 1, 0, 1)  # escalations, level, steps, tasks ever, mails, entries of the escalation
RAISED = (1, 3, 3, 2, 1, 2)  # the firm's level is passed over, the attorney is written to


def count(kind: Any, *where: Any) -> int:
    return session.execute(select(func.count()).select_from(kind).where(*where)).scalar_one()


def state(app: Flask) -> tuple[int, ...]:
    """What is there of the one escalation."""
    with app.app_context():
        found = (
            count(Escalation),
            session.execute(select(func.coalesce(func.max(Escalation.level), 0))).scalar_one(),
            count(EscalationStep),
            count(Task, Task.record_kind == "escalations"),
            count(Mail),
            count(AuditEntry, AuditEntry.action.like("escalation.%")),
        )
        session.remove()
        engine().dispose()
        return found


def act(app: Flask, at: datetime, work: Callable[[], object], deadly: int) -> None:
    """Do the work, and die at a statement."""
    with app.app_context():
        die_at(deadly)
        with clock.at(at):
            work()
    os._exit(0)


def kill(app: Flask, at: datetime, work: Callable[[], object], before: tuple[int, ...], after: tuple[int, ...],
         nth: int) -> int:  # fmt: skip
    """Kill at the first statement, at every nth after it, and let it be once none is left."""
    kills = 0
    while True:
        child = os.fork()
        if child == 0:
            act(app, at, work, nth * kills + 1)
        _pid, how = os.waitpid(child, 0)
        now = state(app)
        if how == 0:
            break
        if os.WIFEXITED(how) or now not in (before, after):
            raise SystemExit(f"after {kills} statements: {now}, ended {how}")
        kills += 1
        if now == after:  # saved, and killed right after
            break
    if now != after:
        raise SystemExit(f"in the end: {now}")
    return kills


def main(nth: int) -> None:
    """Open and raise."""
    app = create_app(load())
    opened = kill(app, MONDAY, jobs.look, EMPTY, OPENED, nth)
    raised = kill(app, MONDAY + timedelta(days=9), jobs.climb_one, OPENED, RAISED, nth)
    with app.app_context(), clock.at(MONDAY + timedelta(days=9)):
        if jobs.climb_one():
            raise SystemExit("it rose once more")
    print(f"kills: {opened} {raised}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
