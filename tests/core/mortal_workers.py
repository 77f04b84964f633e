"""Runs workers that are killed without warning, one after the other: `python -m tests.core.mortal_workers KILLS`."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from threading import Event

from sqlalchemy import select, update

from app import create_app
from app.core import clock
from app.core.db import make_engine
from app.core.mail import Mail, MailStatus
from app.schedule import POST
from app.worker import work_through
from config import load

OPEN = (MailStatus.QUEUED, MailStatus.SENDING, MailStatus.RETRYING)


def main(kills: int) -> None:
    """Kill so many workers in the middle of their work, then let one finish."""
    app = create_app(load())
    url = app.extensions["settings"].database_url
    chance = random.Random(20)
    for _ in range(kills):
        worker = start(app)
        time.sleep(chance.uniform(0.03, 0.25))
        stop(worker, signal.SIGKILL)
        let_time_pass(url)
    worker = start(app)
    while unfinished(url):
        time.sleep(0.2)
        let_time_pass(url, leases=False)
    stop(worker, signal.SIGKILL)


def start(app: object) -> int:
    """A worker in a process of its own, forked before any connection is open."""
    worker = os.fork()
    if worker == 0:
        work_through(app, POST, Event())  # type: ignore[arg-type]
    return worker


def stop(worker: int, how: signal.Signals) -> None:
    """End a worker at once."""
    os.kill(worker, how)
    os.waitpid(worker, 0)


def let_time_pass(url: str, *, leases: bool = True) -> None:
    """Waits are over; the leases of the dead have run out."""
    past = clock.now().replace(year=2000)
    engine = make_engine(url)
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        connection.execute(update(Mail).where(Mail.status == MailStatus.RETRYING).values(due_at=past))
        if leases:
            connection.execute(update(Mail).where(Mail.lease_until.is_not(None)).values(lease_until=past))
    engine.dispose()


def unfinished(url: str) -> bool:
    """Is there a mail that a worker may still send?"""
    engine = make_engine(url)
    may_repeat = (Mail.status == MailStatus.PARKED) & Mail.harmless_twice
    with engine.connect() as connection:
        found = connection.execute(select(Mail.id).where(Mail.status.in_(OPEN) | may_repeat).limit(1)).first()
    engine.dispose()
    return found is not None


if __name__ == "__main__":
    main(int(sys.argv[1]))
