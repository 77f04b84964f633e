"""While the database is stopped or starts again, every page says so plainly, and afterwards all goes on by itself."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text

from app import create_app
from app.accounts.models import User
from app.catalogues import compile_catalogues
from app.core import db, migrate
from app.core.access import public
from app.core.db import session, transaction
from config import Settings
from tests import factories
from tests.conftest import SERVER

from .own_postgres import OwnPostgres

TITLE = "The desk is not answering just now"


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    """A server that may be stopped."""
    if sys.platform != "linux" or not SERVER:
        pytest.skip("shown with the tests on PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="desk-pg-") as room:
        server = OwnPostgres(Path(room))
        made = db.make_engine(server.url())
        migrate.upgrade(made)
        made.dispose()
        yield server
        server.stop()


@pytest.fixture
def desk(settings: Settings, postgres: OwnPostgres) -> Iterator[Flask]:
    """An application on that server, whose every request has a session of its own."""
    made = create_app(settings.model_copy(update={"database_url": postgres.url()}))
    made.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    yield made
    with made.app_context():
        db.engine().dispose()


@pytest.fixture
def person(desk: Flask) -> tuple[FlaskClient, int]:
    """Somebody who is signed in."""
    browser = desk.test_client()
    with desk.app_context(), transaction():
        who = factories.coordinator(factories.programme(), name="Ida Brandt")
        factories.sign_in(browser, who)
        number = who.id
    return browser, number


def name_of(desk: Flask, number: int) -> str:
    with desk.app_context():
        return session.scalars(select(User.name).where(User.id == number)).one()


def says_away(answer: object, *, form: bool = False) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert TITLE in answer.text
    assert ("Nothing you sent was saved" in answer.text) is form
    for inner in ("Traceback", "psycopg", "SELECT", "sqlalchemy", "127.0.0.1:"):
        assert inner not in answer.text


def test_every_kind_of_page_says_so_while_the_server_is_stopped(
    desk: Flask, person: tuple[FlaskClient, int], postgres: OwnPostgres
) -> None:
    browser, number = person
    typed = {"name": "Somebody Quite Else", "language": "en", "seen_version": "1"}
    assert browser.get("/account").status_code == 200
    postgres.halt()
    try:
        for address in ("/account", "/docket", "/", "/help", "/sign-in", "/no-such-page", "/volunteer"):
            says_away(browser.get(address))
        answer = browser.post("/account", data=typed)
        says_away(answer, form=True)
        assert "Your browser keeps what you typed" in answer.text
        assert "Somebody Quite Else" in answer.text
        says_away(desk.test_client().post("/help", data={"watched": "no"}), form=True)
        health = browser.get("/healthz")
        assert (health.status_code, health.json) == (503, {"well": False, "standing_still": ["database"]})
        assert health.headers["Retry-After"] == "60"
        assert browser.get("/static/app.css").status_code == 200  # what needs no database is served
        compile_catalogues()
        spanish = desk.test_client().get("/help", headers={"Accept-Language": "es"})
        assert (spanish.status_code, "En este momento no podemos responder" in spanish.text) == (503, True)
    finally:
        postgres.go_on()
    assert browser.get("/account").status_code == 200  # the same browser, still signed in
    assert name_of(desk, number) == "Ida Brandt"
    assert browser.post("/account", data=typed).status_code == 303
    assert name_of(desk, number) == "Somebody Quite Else"


def test_a_server_stopped_in_the_middle_of_a_change_saved_nothing(
    desk: Flask, person: tuple[FlaskClient, int], postgres: OwnPostgres
) -> None:
    browser, number = person

    def stops() -> str:
        with transaction():
            session.get_one(User, number).name = "Nobody"
            session.flush()
            postgres.halt()
        return "saved"

    desk.add_url_rule("/stops", "stops", public(stops), methods=["POST"])
    try:
        answer = browser.post("/stops")
    finally:
        postgres.go_on()
    assert answer.status_code == 503
    assert name_of(desk, number) == "Ida Brandt"


def lost_at_the_word(engine: object) -> Callable[..., None]:
    """The way to the server is lost as it is told to save."""

    def lose(connection: object) -> None:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
            other.rollback()

    return lose


def test_where_it_stops_in_the_moment_of_saving_the_page_does_not_claim_to_know(
    desk: Flask, person: tuple[FlaskClient, int]
) -> None:
    browser, number = person

    def at_the_word() -> str:
        event.listen(db.engine(), "commit", lost_at_the_word(db.engine()), once=True)
        with transaction():
            session.get_one(User, number).name = "Nobody"
        return "saved"

    desk.add_url_rule("/at-the-word", "at_the_word", public(at_the_word), methods=["POST"])
    answer = browser.post("/at-the-word")
    assert answer.status_code == 503
    assert "we cannot tell whether what you sent was saved" in answer.text
    assert "Nothing you sent was saved" not in answer.text


def test_a_sqlite_file_that_cannot_be_read_is_away_and_one_that_is_taken_is_busy(
    settings: Settings, tmp_path: Path
) -> None:
    desk = create_app(settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'no' / 'such.sqlite3'}"}))
    says_away(desk.test_client().get("/sign-in"))
    assert desk.test_client().get("/healthz").json == {"well": False, "standing_still": ["database"]}
