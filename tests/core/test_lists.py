"""Files of a list are whole, whoever asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.accounts.models import Programme
from app.core.db import session
from app.core.lists import csv_download
from tests import factories


def names() -> Iterator[tuple[str]]:
    """Rows that are only read from the database when they are written."""
    yield from ((each.name,) for each in session.query(Programme).order_by(Programme.id))


def test_a_file_is_whole_after_its_request_is_over(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server writes the body when the request, and with it the way to the database, is gone."""
    name = factories.programme().name
    session.commit()
    with app.test_request_context():
        answer = csv_download("programmes", ("name",), names())
    with monkeypatch.context() as over:
        over.delitem(app.extensions, "engine")  # what a body asks now, it cannot get
        body = answer.get_data(as_text=True)
    assert body == f"\ufeffname\r\n{name}\r\n"
