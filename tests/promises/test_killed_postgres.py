"""What was answered as saved is saved and in the audit log, although PostgreSQL itself is killed under load."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.core import db, migrate
from app.core.db import session
from tests.conftest import SERVER

from .own_postgres import OwnPostgres
from .served import Web
from .writers import lost, write_under_kills

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(not SERVER, reason="shown with the tests on PostgreSQL"),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    """A server that may be killed."""
    with tempfile.TemporaryDirectory(prefix="desk-pg-") as room:
        server = OwnPostgres(Path(room))
        made = db.make_engine(server.url())
        migrate.upgrade(made)
        made.dispose()
        yield server
        server.stop()


@pytest.fixture
def database_url(postgres: OwnPostgres) -> str:
    return postgres.url()


@pytest.fixture
def web(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Web]:
    """A web server on it."""
    session.remove()
    running = Web(database_url, tmp_path / "log")
    yield running
    running.stop()


def check(app: Flask, web: Web, postgres: OwnPostgres, kills: int) -> None:
    before = sum(postgres.killed.values())
    writers = write_under_kills(app, web.port, postgres.kill, kills)
    postgres.wait_until_it_answers()
    saved, wrong = sum(len(writer.saved) for writer in writers), lost(writers)
    killed = " and ".join(f"{n} kills of {what}" for what, n in postgres.killed.items())
    print(f"promise 2: {killed} of PostgreSQL, {saved} acknowledged writes: {len(wrong)} lost or unaudited")  # noqa: T201
    assert sum(postgres.killed.values()) == before + kills
    assert saved > kills
    assert wrong == []


@pytest.mark.promise(2)
def test_saved_means_saved_although_postgresql_dies(app: Flask, web: Web, postgres: OwnPostgres) -> None:
    check(app, web, postgres, 2)


@pytest.mark.full
@pytest.mark.promise(2)
def test_postgresql_dies_twenty_times(app: Flask, web: Web, postgres: OwnPostgres) -> None:
    check(app, web, postgres, 20)


@pytest.mark.full
@pytest.mark.promise(2)
def test_a_server_that_answers_before_it_writes_is_found(app: Flask, web: Web, postgres: OwnPostgres) -> None:
    """The planted fault: "committed" is said first, and what was said last is gone with the server."""
    postgres.forget_what_waits()
    postgres.killed = dict.fromkeys(postgres.killed, 0)

    def kill_later(chance: random.Random) -> bool:
        postgres.keep_what_is_there()  # so that everybody is still signed in afterwards
        time.sleep(1.5)
        return postgres.kill(chance)

    writers = write_under_kills(app, web.port, kill_later, 1)
    postgres.wait_until_it_answers()
    assert lost(writers) != []
