"""Workers are killed in the middle of their work: no mail is lost, and none comes twice unless it was parked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import mail
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.tasks.models import Task
from tests import factories
from tests.conftest import KEYS
from tests.core import mail_servers

ROOT = Path(__file__).parents[2]
NAMES = ("ana", "grey", "refused", "hangup", "bo", "cy", "dee")


@pytest.mark.parametrize(
    ("mails", "kills"), [(120, 12), pytest.param(10_000, 200, marks=pytest.mark.full)], ids=["small", "published"]
)
def test_killed_workers_lose_nothing(app: Flask, database_url: str, mails: int, kills: int) -> None:
    fill(mails)
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        run_workers(database_url, port, kills)
    session.rollback()
    rows = list(session.execute(select(Mail)).scalars())
    times = server.count()
    ids: dict[str, set[str]] = {}
    for address, message in server.taken:
        ids.setdefault(address, set()).add(message["Message-ID"])
    told = set(session.execute(select(Task.record_id).where(Task.cause == "mail_trouble")).scalars())

    kinds = Counter(row.status for row in rows)
    repeated = [row for row in rows if times[row.to_address] > 1]
    print(f"{mails} mails, {kills} kills: {dict(kinds)}, {len(repeated)} repeated")  # noqa: T201
    assert len(rows) == mails
    assert set(kinds) <= {MailStatus.SENT, MailStatus.FAILED, MailStatus.PARKED}
    assert all(times[row.to_address] >= 1 for row in rows if row.status is MailStatus.SENT), "nothing said sent is lost"
    assert all(ids[row.to_address] == {row.message_id} for row in rows if row.status is MailStatus.SENT)
    assert {row.id for row in rows if row.status in (MailStatus.FAILED, MailStatus.PARKED)} == told
    refused = {row.status for row in rows if row.to_address.startswith("refused")}
    assert refused <= {MailStatus.FAILED, MailStatus.PARKED}
    assert all(times[row.to_address] == 2 and not row.harmless_twice for row in repeated), "only parked ones, once"
    assert all(row.occasion.startswith("repeatable") for row in repeated), "never one that must not come twice"
    assert kinds[MailStatus.SENT] >= mails * 5 // 7 - kills


def fill(count: int) -> None:
    """Mails to all kinds of recipients; every third must not come twice."""
    with transaction():
        programme = factories.programme()
        for n in range(count):
            single = n % 3 == 0
            mail.queue(
                "test.kill", occasion=f"{'single' if single else 'repeatable'}:{n}", audience="staff",
                to=f"{NAMES[n % len(NAMES)]}{n}@example.net", subject=f"Mail {n}", text="Good day.\n",
                programme=programme, harmless_twice=not single,
            )  # fmt: skip


def run_workers(database_url: str, port: int, kills: int) -> None:
    """In a process of its own, so that nothing of this test is forked."""
    environ = {
        **os.environ, **{name.upper(): value for name, value in KEYS.items()}, "DATABASE_URL": database_url,
        "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_TIMEOUT": "5", "MAILS_PER_MINUTE": "1000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.core.mortal_workers", str(kills)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
