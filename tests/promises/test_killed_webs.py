"""What was answered as saved is saved and in the audit log, although web workers are killed under load."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.db import session, transaction

from .served import Web
from .writers import count_entries, lost, write_under_kills

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def web(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Web]:
    """A running web server."""
    session.remove()
    running = Web(database_url, tmp_path / "log")
    yield running
    running.stop()


def check(app: Flask, web: Web, kills: int) -> None:
    writers = write_under_kills(app, web.port, web.kill_one, kills)
    saved, wrong = sum(len(writer.saved) for writer in writers), lost(writers)
    print(f"promise 2: {kills} kills of web workers, {saved} acknowledged writes: {len(wrong)} lost or unaudited")  # noqa: T201
    assert saved, "nothing was acknowledged, so nothing was shown"
    assert wrong == []
    writer = next(writer for writer in writers if writer.saved)
    with transaction():  # the planted fault: a write undone
        session.get_one(User, writer.user_id).name = "Robin 0"
    assert len(lost(writers)) == 2, "the name is wrong, and a change is not in the log"
    with transaction():  # the planted fault: an entry gone
        session.get_one(User, writer.user_id).name = f"Robin {max(writer.saved)}"
        gone = session.query(AuditEntry).filter_by(action="account.change", actor_id=writer.user_id)
        session.delete(gone.order_by(AuditEntry.id).first())
    assert [each for each in lost(writers) if "in the log" in each] != []
    assert count_entries(writer.user_id) == len(writer.saved) - 1 or len(writer.sent) > len(writer.saved)


@pytest.mark.promise(2)
def test_saved_means_saved_although_workers_die(app: Flask, web: Web) -> None:
    check(app, web, 5)


@pytest.mark.full
@pytest.mark.promise(2)
def test_a_hundred_workers_die(app: Flask, web: Web) -> None:
    check(app, web, 100)
