"""Workers are killed in the middle of their work: no mail is lost, and none comes twice unless it was parked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.core import mail
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.tasks.models import Task
from tests import factories
from tests.conftest import KEYS
from tests.core import mail_servers

ROOT = Path(__file__).parents[2]
ENDED = (MailStatus.SENT, MailStatus.FAILED, MailStatus.PARKED)
NAMES = ("ana", "grey", "refused", "hangup", "bo", "cy", "dee")


@pytest.mark.full
@pytest.mark.promise(5)
@pytest.mark.parametrize(("mails", "kills"), [(42, 5), (10_000, 200)], ids=["small", "published"])
def test_killed_workers_lose_nothing(app: Flask, database_url: str, mails: int, kills: int) -> None:
    fill(mails)
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        run_workers(database_url, port, kills)
    rows, wrong = outcome(server)
    kinds, times = Counter(row.status for row in rows), server.count()
    again = sum(times[row.to_address] > 1 for row in rows)
    print(f"promise 5: {mails} mails, {kills} kills of workers: {dict(kinds)}, {again} repeated, {len(wrong)} wrong")  # noqa: T201
    assert len(rows) == mails
    assert kinds[MailStatus.SENT] >= mails * 5 // 7 - kills
    assert wrong == []
    check_that_faults_are_found(server)


def outcome(server: mail_servers.Postmaster) -> tuple[list[Mail], list[str]]:
    """What became of the mails, and which were lost, sent twice or given up without a task."""
    session.rollback()
    rows, times = list(session.execute(select(Mail)).scalars()), server.count()
    ids: dict[str, set[str]] = {}
    for address, message in server.taken:
        ids.setdefault(address, set()).add(message["Message-ID"])
    told = set(session.execute(select(Task.record_id).where(Task.cause == "mail_trouble")).scalars())
    return rows, [f"{row.to_address}: {said}" for row in rows for said in wrong_with(row, times, ids, told)]


def wrong_with(row: Mail, times: Counter[str], ids: dict[str, set[str]], told: set[int | None]) -> Iterator[str]:
    """What one mail shows that must not be."""
    if row.status not in ENDED:
        yield f"still {row.status}"
    if row.status is MailStatus.SENT and ids.get(row.to_address) != {row.message_id}:
        yield "said to be sent, and not taken under its own id"
    if (row.status in (MailStatus.FAILED, MailStatus.PARKED)) != (row.id in told):
        yield "given up without a task, or a task without a reason"
    if times[row.to_address] > 1 and (times[row.to_address] > 2 or row.harmless_twice):
        yield "sent more often than once again after it was parked"
    if times[row.to_address] > 1 and not row.occasion.startswith("repeatable"):
        yield "sent twice, and must never be"


def check_that_faults_are_found(server: mail_servers.Postmaster) -> None:
    """The planted faults: said to be sent and never taken; taken twice; given up without a word."""
    with transaction():
        given_up = session.execute(select(Mail).where(Mail.status == MailStatus.FAILED).limit(2)).scalars().all()
        given_up[0].status = MailStatus.SENT
        session.execute(delete(Task).where(Task.record_id == given_up[1].id))
        single = select(Mail.to_address).where(Mail.occasion.startswith("single"), Mail.status == MailStatus.SENT)
        address = session.execute(single.limit(1)).scalar_one()
    server.taken.append(next(each for each in server.taken if each[0] == address))
    _rows, wrong = outcome(server)
    assert len({each.partition(":")[0] for each in wrong}) == 3, wrong


def fill(count: int) -> None:
    """Mails to all kinds of recipients; every third must not come twice."""
    with transaction():
        programme = factories.programme()
        for n in range(count):
            single, name = n % 3 == 0, "slow" if n % 1000 == 500 else NAMES[n % len(NAMES)]
            mail.queue(
                "test.kill", occasion=f"{'single' if single else 'repeatable'}:{n}", audience="staff",
                to=f"{name}{n}@example.net", subject=f"Mail {n}", text="Good day.\n",
                programme=programme, harmless_twice=not single,
            )  # fmt: skip


def run_workers(database_url: str, port: int, kills: int) -> None:
    """In a process of its own, so that nothing of this test is forked."""
    environ = {
        **os.environ, **{name.upper(): value for name, value in KEYS.items()}, "DATABASE_URL": database_url,
        "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_TIMEOUT": "4", "MAILS_PER_MINUTE": "1000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.core.mortal_workers", str(kills)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
