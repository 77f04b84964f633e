"""Where the database cannot be had in time, nothing is saved and the reader is told to try again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.accounts.models import User
from app.catalogues import compile_catalogues
from app.core import db
from app.core.db import session, transaction
from tests import factories
from tests.conftest import SERVER


@pytest.fixture
def taken(app: Flask) -> Iterator[None]:
    """Somebody else writes and does not stop; the app waits 50 ms instead of half a minute."""
    if SERVER:
        pytest.skip("SQLite's one write lock")
    engine = db.engine()
    session.remove()
    engine.dispose()
    event.listen(engine, "connect", lambda connection, record: connection.execute("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(str(engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def person(app: Flask, client: FlaskClient) -> User:
    who = factories.coordinator(factories.programme(), name="Ida Brandt")
    factories.sign_in(client, who)
    return who


def test_a_change_that_cannot_be_saved_says_so(client: FlaskClient, person: User, taken: None) -> None:
    answer = client.post("/account", data={"name": "Somebody Quite Else", "language": "en"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "The desk is very busy just now" in answer.text
    assert "Nothing of what you sent was saved" in answer.text
    assert "Somebody Quite Else" in answer.text  # and what was typed is kept on the page
    session.rollback()
    assert session.scalars(select(User.name).where(User.id == person.id)).one() == "Ida Brandt"


def test_it_says_so_in_spanish(client: FlaskClient, taken: None) -> None:
    compile_catalogues()
    answer = client.post("/help", data={"watched": "no"}, headers={"Accept-Language": "es"})
    assert answer.status_code == 503
    assert "Espere un momento" in answer.text


def test_afterwards_it_is_saved(client: FlaskClient, person: User) -> None:
    form = {"name": "Somebody Else", "language": "en", "seen_version": str(person.version)}
    assert client.post("/account", data=form).status_code == 303


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
def test_postgresql_asks_to_try_again_too(code: str) -> None:
    origin = psycopg.errors.lookup(code)("deadlock detected")
    assert db.is_overload(OperationalError("UPDATE cases", {}, origin))


def test_any_other_trouble_is_ours() -> None:
    full = sqlite3.OperationalError("disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert not db.is_overload(OperationalError("INSERT", {}, full))
    assert not db.is_overload(IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation("twice")))
    assert not db.is_overload(DBAPIError("SELECT", {}, Exception("gone")))
    assert db.is_overload(PoolTimeout())


def test_a_writer_elsewhere_stops_no_reader(client: FlaskClient, person: User, taken: None) -> None:
    assert client.get("/account").status_code == 200
    with pytest.raises(OperationalError) as stopped, transaction():
        raise AssertionError("nobody gets here")
    assert db.is_overload(stopped.value)
