"""The log holds ids and path templates, whatever goes wrong."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import logs
from app.core.access import public
from app.core.db import session

CANARY = "Maribel-Castro-Cottonwood"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the desk writes to standard error."""
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stderr", caught)
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.set_up_logs()
    yield caught
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def trouble(kind: str) -> str:
    if kind == "value":
        raise ValueError(f"cannot read {CANARY}")
    if kind == "sql":
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": CANARY})
    if kind == "library":
        try:
            raise KeyError(CANARY)
        except KeyError:
            logging.getLogger("gunicorn.error").exception("Error handling request %s", f"/checkin/{CANARY}")
    return "ok"


@pytest.mark.promise(18)
@pytest.mark.parametrize("kind", ["value", "sql", "library", "fine"])
def test_a_clients_words_never_reach_the_log(app: Flask, written: io.StringIO, kind: str) -> None:
    app.add_url_rule("/trouble/<token>/<kind>", "trouble", public(lambda token, kind: trouble(kind)))
    app.test_client().get(f"/trouble/{CANARY}/{kind}?q={CANARY}", headers={"User-Agent": CANARY, "Referer": CANARY})
    line = written.getvalue()
    assert CANARY not in line
    assert '"page": "/trouble/<token>/<kind>"' in line
    expected = {"value": "ValueError", "sql": "OperationalError", "library": "KeyError", "fine": '"status": 200'}
    found = expected[kind] if kind != "sql" else "Error"
    assert found in line


def test_an_unknown_page_is_not_named(app: Flask, written: io.StringIO) -> None:
    app.test_client().get(f"/{CANARY}")
    assert CANARY not in written.getvalue()
    assert '"page": "unknown"' in written.getvalue()


def test_an_error_says_where_in_our_code_it_happened(app: Flask) -> None:
    with pytest.raises(AttributeError) as broken:
        logs.where_it_broke(None)  # type: ignore[arg-type]
    assert logs.where_it_broke(broken.value).startswith("core/logs.py:")
    with pytest.raises(ZeroDivisionError) as elsewhere:
        app.jinja_env.from_string("{{ 1 // 0 }}").render()
    assert logs.where_it_broke(elsewhere.value) == ""
