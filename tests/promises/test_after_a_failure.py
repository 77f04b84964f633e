"""A page that failed leaves nothing behind for the next one: no old view of the data, no wrong sign-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from app import create_app
from app.core import db
from app.core.access import Role, public
from app.core.db import Base, session, transaction
from config import Settings
from tests import factories
from tests.conftest import SERVER

KEPT: list[object] = []


def fails() -> str:
    """Stops in the middle of reading, and what it read stays referenced as a traceback would."""
    rows = session.execute(select(Base.metadata.tables["users"]))
    KEPT.append(rows)
    next(iter(rows))
    raise LookupError


@pytest.fixture
def desk(settings: Settings) -> Iterator[Flask]:
    """An application whose every request has a context and a session of its own."""
    made = create_app(settings)
    made.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    made.add_url_rule("/fails", "fails", public(fails))
    yield made
    KEPT.clear()
    with made.app_context():
        db.engine().dispose()


def sign_in_afterwards(desk: Flask) -> list[str]:
    """After each failure somebody new signs in; where the desk sent them."""
    sent = []
    for _ in range(5):
        with desk.app_context(), transaction():
            programme = factories.programme()
            for _n in range(20):
                who = factories.user(Role.COORDINATOR, programme=programme)
            number = who.id
        assert desk.test_client().get("/fails").status_code == 500
        other = create_app(desk.extensions["settings"])  # another process: its commits are news to our pool
        browser = desk.test_client()
        with other.app_context():
            factories.sign_in(browser, session.get_one(factories.User, number))
            db.engine().dispose()
        sent.append(str(browser.get("/home").headers.get("Location")))
    return sent


@pytest.mark.promise(9)
def test_who_signs_in_after_a_failure_is_known(desk: Flask) -> None:
    assert sign_in_afterwards(desk) == ["/today"] * 5


def loses_its_database() -> str:
    """Reads, and then the connection's other end is gone."""
    number = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with db.engine().connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
        other.rollback()
    return "read"


@pytest.mark.skipif(not SERVER, reason="SQLite is no connection to elsewhere")
def test_a_page_whose_database_went_away_leaves_no_broken_session(desk: Flask) -> None:
    desk.add_url_rule("/loses", "loses", public(loses_its_database))
    for _ in range(5):
        assert desk.test_client().get("/loses").text == "read"
    assert db.session.registry.registry == {}
    assert sign_in_afterwards(desk) == ["/today"] * 5


@pytest.mark.promise(9)
def test_a_connection_that_still_reads_would_be_noticed(desk: Flask) -> None:
    """The planted fault: reads are not ended when a connection goes back; then nothing is known or saved."""
    with desk.app_context():
        engine = db.engine()
        if engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL ends reads with the transaction")
        event.remove(engine, "reset", db._stop_reading)
    try:
        sent = sign_in_afterwards(desk)
    except OperationalError:
        sent = ["locked"]
    assert sent != ["/today"] * 5
