"""A programme with its coordinator signed in, and a counter of what the database is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.accounts.models import Programme, User
from app.core import db
from tests import factories as make


@dataclass
class Desk:
    """One programme, who works there, and their browser."""

    programme: Programme
    inés: User
    browser: FlaskClient


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Desk:
    """Inés coordinates at Lakeshore and is signed in."""
    programme = make.programme()
    inés = make.coordinator(programme, name="Inés Calloway")
    make.sign_in(client, inés)
    return Desk(programme, inés, client)


@pytest.fixture
def asked(app: Flask) -> Callable[..., Any]:
    """Count the statements of a block, without those that only begin a transaction."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        found: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA")):
                found.append(statement)

        event.listen(db.engine(), "before_cursor_execute", note)
        yield found
        event.remove(db.engine(), "before_cursor_execute", note)

    return counting
