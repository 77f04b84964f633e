"""Places the docket in processes that kill themselves at one statement after the other, until one lives.

`python -m tests.matching.mortal_runs EVERY_NTH`; fails where anything but nothing or everything is seen.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.core import clock
from app.core.db import engine, session
from app.matching import docket_jobs
from app.matching.models import DocketRun, Proposal, Unplaced
from app.matching.operations_runs import LEASE
from config import load
from tests.dying import die_at

MONDAY = datetime(2026, 11, 2, 16, tzinfo=UTC)

State = tuple[list[str], int, int]


def state(app: Flask) -> State:
    """The runs, and how many proposals and cases left without one there are."""
    with app.app_context():
        runs = [str(status) for status in session.execute(select(DocketRun.status)).scalars()]
        counts = [session.execute(select(func.count()).select_from(kind)).scalar_one() for kind in (Proposal, Unplaced)]
        session.remove()
        engine().dispose()
        return runs, counts[0], counts[1]


def work(app: Flask, now: datetime, deadly: int) -> None:
    """Do what a worker does, and die at a statement."""
    with app.app_context():
        die_at(deadly)
        docket_jobs.TELL_EVERY = 0.0
        with clock.at(now):
            done = docket_jobs.run_one()
    os._exit(0 if done else 3)


def main(nth: int) -> None:
    """Kill at the first statement, at every nth after it, and let it be once none is left."""
    app, kills = create_app(load()), 0
    while True:
        child = os.fork()
        if child == 0:
            work(app, MONDAY + kills * (LEASE + timedelta(seconds=1)), nth * kills + 1)
        _pid, how = os.waitpid(child, 0)
        runs, proposals, left = state(app)
        if how == 0 or runs == ["done"]:
            break
        if os.WIFEXITED(how) or runs not in (["waiting"], ["running"]) or (proposals, left) != (0, 0):
            raise SystemExit(f"after {kills} statements: {(runs, proposals, left)}, ended {how}")
        kills += 1
    print(f"kills: {kills} runs: {runs} proposals: {proposals} left: {left}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
