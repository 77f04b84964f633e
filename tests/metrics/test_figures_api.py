"""Another program reads with a key what the report says, and nothing without one or of another programme."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.links import Link
from app.metrics import rollup
from app.metrics.measures import MEASURES
from tests import factories
from tests.metrics.lives import Lives

NOW = datetime(2026, 9, 1, 15, tzinfo=UTC)
PERIOD = "from=2026-01-01&to=2026-08-31"


def test_a_program_reads_by_its_key_what_stands_in_the_file(app: Flask, client: FlaskClient) -> None:
    with clock.at(NOW):
        with transaction():
            programme, other = factories.programme(), factories.programme()
            Lives(programme, 7).some(12)
            staff = factories.coordinator(programme)
        rollup.refresh(programme.id)
        desk, program = factories.sign_in(client, staff), app.test_client()
        assert "There is no key yet" in desk.get("/reports/key").text
        key = _made(desk)
        told = _ask(program, key, f"figures?{PERIOD}").get_json()
        file = desk.get(f"/reports?{PERIOD}&format=csv").get_data(as_text=True).removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(file)))
        names = ("measure", "name", "dimension", "member", "label", "unit")
        assert [[line[n] for n in names] for line in told["figures"]] == [[row[n] for n in names] for row in rows]
        assert [str(line["value"]) for line in told["figures"]] == [row["value"] for row in rows]
        assert (told["from"], told["to"], told["programme"]["slug"]) == ("2026-01-01", "2026-08-31", programme.slug)
        assert told["counted_at"].startswith("2026-09-01")
        meanings = _ask(program, key, "measures").get_json()
        assert {each["key"] for each in meanings["measures"]} == set(MEASURES)
        assert other.name not in str(told)
        for query, why in (("from=2026-06-30&to=2026-01-01", "ended before it began"), ("span=soon", "do not know")):
            wrong = _ask(program, key, f"figures?{query}")
            assert wrong.status_code == 422
            assert why in wrong.get_json()["error"]
        newer = _made(desk)
        assert _ask(program, key, "figures").status_code == 401, "a new key ends the one before"
        assert _ask(program, newer, "figures").status_code == 200
        assert "no longer works" in desk.post("/reports/key/end", follow_redirects=True).text
        for gone in (newer, "", "x" * 32):
            answer = _ask(program, gone, "figures")
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert "key" in answer.get_json()["error"]
    kept = session.scalars(select(Link.token_hash)).all()
    assert newer not in "".join(kept), "only its hash is stored"
    acts = select(AuditEntry.action).where(AuditEntry.action.like("figures.%_key"))
    assert session.scalars(acts).all() == ["figures.new_key", "figures.new_key", "figures.end_key"]


def test_only_a_programmes_coordinator_makes_its_key(client: FlaskClient) -> None:
    with transaction():
        programme, other = factories.programme(), factories.programme()
        staff = factories.coordinator(other)
    desk = factories.sign_in(client, staff)
    for way in ("", "/end"):
        assert desk.post(f"/reports/key{way}?programme={programme.slug}").status_code == 404
    assert session.scalars(select(Link)).all() == []


def _made(desk: FlaskClient) -> str:
    found = re.search(r'id="key"[^>]*value="([^"]+)"', desk.post("/reports/key").text)
    assert found is not None
    return found[1]


def _ask(program: FlaskClient, key: str, what: str):
    return program.get(f"/api/{what}", headers={"Authorization": f"Bearer {key}"} if key else {})
