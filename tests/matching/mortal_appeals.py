"""Sends an appeal in processes that kill themselves at one statement after the other, until one lives.

`python -m tests.matching.mortal_appeals STAFF OPENINGS PEOPLE FIRMS NTH [halves]`, ids with commas between; fails where
anything but nothing or all of it is seen, also after it was sent again. With `halves` each letter is kept by itself.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from app import create_app
from app.accounts.models import User
from app.clients.models import Opening
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import engine, session, transaction
from app.core.mail import Mail
from app.matching import operations_appeals
from app.matching.models import Appeal, AppealRecipient
from app.volunteers.models import Organisation, Volunteer
from config import load
from tests.dying import die_at

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
KEY = "0123456789abcdef"
NOTHING = (0, 0, 0, 0)
Chosen = tuple[list[int], list[int], list[int]]


def state(app: Flask) -> tuple[int, ...]:
    """Appeals, who was chosen, mails, and entries about the whole of it."""
    with app.app_context():
        found = (
            session.query(Appeal).count(),
            session.query(AppealRecipient).count(),
            session.query(Mail).filter_by(kind="matching.appeal").count(),
            session.query(AuditEntry).filter_by(action="appeal.send").count(),
        )
        session.remove()
        engine().dispose()
        return found


def send(app: Flask, staff_id: int, chosen: Chosen, deadly: int) -> None:
    """Send, and die at a statement."""
    with app.app_context():
        die_at(deadly)
        with clock.at(MONDAY), transaction():
            openings, people, firms = (
                [session.get_one(kind, each) for each in ids]  # type: ignore[type-var]
                for kind, ids in zip((Opening, Volunteer, Organisation), chosen, strict=True)
            )
            staff: Any = session.get_one(User, staff_id)
            operations_appeals.send_appeal(openings, people, organisations=firms, key=KEY, actor=staff)  # type: ignore[arg-type]
    os._exit(0)


def keep_each_letter_by_itself() -> None:
    """The planted fault."""
    whole = operations_appeals._send

    def half(*args: Any, **to: Any) -> None:
        whole(*args, **to)
        session.connection().exec_driver_sql("COMMIT")
        session.connection().exec_driver_sql("BEGIN")

    operations_appeals._send = half


def main(staff_id: int, chosen: Chosen, nth: int) -> None:
    """Kill at the first statement, at every nth after it; let it be once none is left, and send the same once more."""
    app, kills = create_app(load()), 0
    expected = (1, len(chosen[1]) + len(chosen[2]), len(chosen[1]) + len(chosen[2]), 1)
    again = False
    while True:
        child = os.fork()
        if child == 0:
            send(app, staff_id, chosen, 0 if again else nth * kills + 1)
        _pid, how = os.waitpid(child, 0)
        now = state(app)
        if how == 0 and now == expected and not again:
            again = True
            continue
        if how == 0:
            break
        if os.WIFEXITED(how) or now not in (NOTHING, expected):
            raise SystemExit(f"after {kills} statements: {now}, ended {how}")
        kills += 1
        if now == expected:  # killed in the commit, which was kept: the same form sent once more changes nothing
            again = True
    if now != expected:
        raise SystemExit(f"in the end: {now}, not {expected}")
    print(f"kills: {kills}")  # noqa: T201


if __name__ == "__main__":
    if sys.argv[6:] == ["halves"]:
        keep_each_letter_by_itself()
    of: Any = tuple([int(each) for each in ids.split(",") if each] for ids in sys.argv[2:5])
    main(int(sys.argv[1]), of, int(sys.argv[5]))
