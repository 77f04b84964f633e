"""A real database for every test: SQLite, or the PostgreSQL that TEST_DATABASE_URL names."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as examples
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app import create_app, tables
from app.accounts import passwords
from app.clients import conflicts
from app.clients.intake import pins
from app.core import db as database
from app.core import migrate
from app.core.sealed import new_key
from config import Settings

KEYS = {"data_key": f"test:{new_key()}", "index_key": new_key(), "secret_key": "s" * 40}
ALONE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SERVER = os.environ.get("TEST_DATABASE_URL", "")
examples.register_profile("daily", max_examples=25, deadline=None)
examples.register_profile("full", max_examples=500, deadline=None)
examples.load_profile(os.environ.get("EXAMPLES", "daily"))
FIRST = ("tests/promises/", "tests/core/test_processes", "tests/core/test_delivery", "tests/journeys/test_people")
STRONG = {"password": passwords.hasher, "PIN": pins.hasher}  # as the desk hashes; a test looks at their strength
passwords.hasher = pins.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walk a journey in one of its widths, themes and languages every day, in turn, and in all of them with `--full`.

    What waits and what is long begins first. Every day one process makes the small world for all who look at it.
    """
    items.sort(key=_turn)
    for item in items:
        if "small_world" in getattr(item, "fixturenames", ()) and os.environ.get("EXAMPLES") != "full":
            item.add_marker(pytest.mark.xdist_group("small world"))
    by_journey: dict[str, list[pytest.Item]] = {}
    for item in items:
        if _has_looks(item):
            by_journey.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for turn, looks in enumerate(by_journey.values()):
        for item in looks[: turn % len(looks)] + looks[turn % len(looks) + 1 :]:
            item.add_marker(pytest.mark.full)


def _turn(item: pytest.Item) -> tuple[bool, bool, bool]:
    """What sends forms comes after what has found them."""
    is_first = item.nodeid.startswith(FIRST)
    return item.get_closest_marker("full") is None, not is_first, "test_hostile_input" in item.nodeid


def _has_looks(item: pytest.Item) -> bool:
    """Does a test say the same of several widths, or walk in several languages?"""
    named = set(getattr(getattr(item, "callspec", None), "params", {}))
    return "width" in named or ("language" in named and "page_at" in getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a test reaches beyond this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("127.0.0.1", "::1", "localhost", "unix"):
            self.close()
            raise RuntimeError(f"A test tried to reach {host}.")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """A migrated database without rows, copied for each test."""
    if SERVER:
        name = f"desk_template_{worker_id}"
        _on_server(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('db') / 'empty.sqlite3'}"
    engine = database.make_engine(url)
    migrate.upgrade(engine)
    if not SERVER:
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    yield url
    if SERVER:
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this worker's database lies, one after another under one name."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture
def database_url(empty_database: str, own_folder: Path, worker_id: str) -> Iterator[str]:
    """This test's own database."""
    if not SERVER:
        yield fresh_copy(empty_database, own_folder)
        return
    url = make_url(SERVER).set(database=f"desk_{worker_id}").render_as_string(hide_password=False)
    try:
        empty(url)
    except DBAPIError:  # not made yet, or a test left it in no state to be emptied
        of = make_url(empty_database).database
        _on_server(
            f"DROP DATABASE IF EXISTS desk_{worker_id} WITH (FORCE)",
            f"CREATE DATABASE desk_{worker_id} TEMPLATE {of}",
        )
    yield url


def empty(url: str) -> None:
    """Empty every table that has rows: half the time of making the database anew."""
    names = [f'"{table.name}"' for table in tables.metadata.sorted_tables]
    each = (f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)  # noqa: S608  names of our own tables
    filled = text(" UNION ALL ".join(each))
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(ALONE))
        found = connection.execute(filled).scalars().all()
        if found:
            connection.execute(text(f"TRUNCATE {', '.join(found)} RESTART IDENTITY CASCADE"))


def fresh_copy(of: str, folder: Path) -> str:
    """A copy of a SQLite database at rest, in the place of the one before."""
    copy = folder / "desk.sqlite3"
    for each in (copy, *(folder / f"desk.sqlite3-{part}" for part in ("wal", "shm"))):
        each.unlink(missing_ok=True)
    shutil.copy(of.removeprefix("sqlite:///"), copy)
    return f"sqlite:///{copy}"


def _on_server(*statements: str) -> None:
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """This worker's name, also when there is only one."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Plain settings for a test."""
    return Settings(database_url=database_url, **KEYS)


class Kept:
    """The application of this process, made once: making it anew costs more than most tests."""

    app: ClassVar[Flask | None] = None
    endpoints: ClassVar[int] = 0
    config: ClassVar[dict[str, Any]] = {}
    globals: ClassVar[dict[str, Any]] = {}
    engines: ClassVar[dict[str, Engine]] = {}

    @classmethod
    def engine(cls, url: str) -> Engine:
        """A new engine that knows every statement compiled for its address before: that took a third of the time."""
        made = database.make_engine(url)
        kept = cls.engines.setdefault(url, made)
        made.dialect = made.pool._dialect = kept.dialect
        made._compiled_cache = kept._compiled_cache
        return made

    @classmethod
    def on(cls, settings: Settings) -> Flask:
        """The application on a test's own database, as if it were new."""
        if cls.app is None or len(cls.app.view_functions) != cls.endpoints:
            cls.app = create_app(settings)
            cls.endpoints = len(cls.app.view_functions)
            cls.config, cls.globals = dict(cls.app.config), dict(cls.app.jinja_env.globals)
        made = cls.app
        made.config.clear()
        made.config.update(cls.config)
        made.jinja_env.globals.clear()
        made.jinja_env.globals.update(cls.globals)
        made.extensions.update(engine=cls.engine(settings.database_url), settings=settings)
        made._got_first_request = False
        conflicts._kept.clear()  # names read from another test's database of the same name
        return made


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on this test's database, with a context of its own."""
    made = Kept.on(settings)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    with made.app_context():
        yield made
        database.session.remove()
        database.engine().dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without script, signed out."""
    return app.test_client()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all the pages of a process."""
    if not os.path.exists(CHROMIUM):
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
