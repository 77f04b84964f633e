"""Accepts a transfer in processes that kill themselves at one statement after the other, until one lives.

`python -m tests.casework.mortal_transfers ASK USER CASE`; fails where anything but before or after is seen.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.accounts.models import User
from app.casework import operations_transfer_receiver as receivers
from app.casework.transfer_models import Transfer, TransferAsk
from app.clients.models import Case, Custody
from app.core import clock
from app.core.db import engine, session, transaction
from app.core.mail import Mail
from app.matching.models import Assignment
from config import load
from tests.dying import die_at

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
BEFORE = (1, 1, "offered", "in_service", 0, 1)
AFTER = (1, 2, "left", "placed", 1, 1)


def state(app: Flask, case_id: int) -> tuple[Any, ...]:
    """Live leads, assignments, where the transfer and the case stand, mails to the new lead, custodians."""
    with app.app_context():
        parts = session.query(Assignment).filter_by(case_id=case_id)
        found = (
            parts.filter(Assignment.ended_at.is_(None)).count(),
            parts.count(),
            str(session.execute(select(Transfer.status).where(Transfer.case_id == case_id)).scalar_one()),
            str(session.get_one(Case, case_id).status),
            session.query(Mail).filter_by(kind="casework.taken_over").count(),
            session.query(Custody).filter_by(case_id=case_id, until_at=None).count(),
        )
        session.remove()
        engine().dispose()
        return found


def accept(app: Flask, ask_id: int, user_id: int, deadly: int) -> None:
    """Accept, and die at a statement."""
    with app.app_context():
        die_at(deadly)
        with clock.at(MONDAY), transaction():
            receivers.accept_transfer(session.get_one(TransferAsk, ask_id), actor=session.get_one(User, user_id))
    os._exit(0)


def main(ask_id: int, user_id: int, case_id: int, nth: int) -> None:
    """Kill at the first statement, at every nth after it, and let it be once none is left."""
    app, kills = create_app(load()), 0
    while True:
        child = os.fork()
        if child == 0:
            accept(app, ask_id, user_id, nth * kills + 1)
        _pid, how = os.waitpid(child, 0)
        now = state(app, case_id)
        if how == 0:
            break
        if os.WIFEXITED(how) or now != BEFORE:
            raise SystemExit(f"after {kills} statements: {now}, ended {how}")
        kills += 1
    if now != AFTER:
        raise SystemExit(f"in the end: {now}")
    print(f"kills: {kills}")  # noqa: T201


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:5]))
