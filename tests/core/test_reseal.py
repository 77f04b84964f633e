"""After `flask reseal` the old key opens nothing that anybody still needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, func, select

from app.clients.models import Case, Channel, Client, IntakeDraft
from app.core import clock, resealing, sealed
from app.core.db import session, transaction
from app.core.mail import queue
from app.core.sealed import KeyRing, new_key
from app.tables import metadata
from tests import factories

COLUMNS = resealing.sealed_columns(metadata)


@pytest.fixture
def keys() -> Any:
    """Give the process a ring of keys written as in DATA_KEY; the test's own come back afterwards."""
    before = sealed.ring()
    yield lambda *ids: sealed.use_keys(KeyRing(tuple((i, made[i]) for i in ids), before.index))
    sealed.use_keys(before)


made = {name: sealed._key(new_key()) for name in ("2025", "2026")}


def a_desk_with_clients(cases: int = 3) -> list[int]:
    with transaction():
        programme = factories.programme()
        ids = [factories.case(programme, address="4 Pond Lane").id for _ in range(cases)]
        session.get_one(Case, ids[0]).client.safety_word = "harbour"
        factories.add(IntakeDraft(token_hash="t", saved_at=clock.now(), answers={"story": {"text": "Cold flat"}}))
        queue("client.looking", occasion="o", to="maribel@example.net", subject="S", text="T", audience="client")
    return ids


def run(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["reseal"])


def every_value_opens() -> int:
    rows = 0
    for table, columns in COLUMNS.items():
        rows += len(session.execute(select(*columns).select_from(table)).all())
    session.rollback()
    return rows


def test_every_sealed_column_is_walked() -> None:
    names = {str(column) for columns in COLUMNS.values() for column in columns}
    assert {"channels.value", "documents.content", "intake_drafts.answers", "outbox_mails.text"} <= names
    assert all(isinstance(table, Table) for table in COLUMNS)


def test_the_old_key_is_not_needed_after_it(app: Flask, keys: Any) -> None:
    keys("2025")
    (first, *_) = a_desk_with_clients()
    keys("2026", "2025")
    said = run(app)
    assert said.exit_code == 0, said.output
    assert "cases: 3 of 3" in said.output
    keys("2026")
    assert every_value_opens() > 10
    case = session.get_one(Case, first)
    assert (case.narrative, case.client.safety_word) == ("The landlord changed the lock.", "harbour")
    assert session.scalars(select(IntakeDraft)).one().answers == {"story": {"text": "Cold flat"}}


def test_before_it_the_old_key_is_needed(app: Flask, keys: Any) -> None:
    keys("2025")
    a_desk_with_clients(1)
    keys("2026")
    with pytest.raises(KeyError):
        every_value_opens()
    said = run(app)
    assert said.exit_code == 1
    assert "cannot be opened with the key “2025”" in said.output


def test_it_goes_on_where_it_was_stopped(app: Flask, keys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 2)
    keys("2025")
    a_desk_with_clients(5)
    keys("2026", "2025")
    table = Client.metadata.tables["channels"]
    assert next(resealing.reseal(table, COLUMNS[table])) == 2  # and stopped there
    assert resealing.count_old(table, COLUMNS[table]) == 3
    assert "channels: 3 of 3" in run(app).output
    assert resealing.count_old(table, COLUMNS[table]) == 0
    assert "channels" not in run(app).output


def test_nobody_is_said_to_have_changed_a_row(app: Flask, keys: Any) -> None:
    keys("2025")
    a_desk_with_clients(1)
    was = session.execute(select(Channel.version, Channel.changed_at)).one()
    session.rollback()
    keys("2026", "2025")
    with clock.at(clock.now() + timedelta(days=1)):
        run(app)
    assert session.execute(select(Channel.version, Channel.changed_at)).one() == was
    assert session.scalar(select(func.count()).select_from(Channel)) == 1
