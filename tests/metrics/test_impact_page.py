"""What stands on a published page: every period can be reached, and pictures say what they show."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Grant
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.metrics import operations_public, publishing
from tests import factories
from tests.metrics.test_rollup import a_docket

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
MONTHS = [date(2025, 12 - n, 1) for n in range(4)] + [date(2026, n, 1) for n in range(1, 11)]


@pytest.fixture
def home(app: Flask, client: FlaskClient) -> str:
    """A public page with fourteen periods; the client is a funder of them."""
    programme = a_docket(60, seed=3)
    with clock.at(NOW), transaction():
        grant = session.query(Grant).filter_by(programme_id=programme.id).first()
        staff = factories.coordinator(programme)
        grant.starts_on = min(MONTHS)
        for first in MONTHS:
            publishing.sign_off(grant, first, kind="month", actor=staff)
        operations_public.switch_on(grant, actor=staff)
        pays, slug = factories.user(Role.FUNDER, programme=programme, grant=grant), programme.slug
    factories.sign_in(client, pays)
    return f"/impact/{slug}"


def test_every_published_period_can_be_reached(client: FlaskClient, home: str) -> None:
    for address in ("/impact", home):
        page = client.get(address).text
        found = re.findall(r'href="([^"]+\?period=[0-9a-f]+)"', page.split("<h1")[0])
        assert len(set(found)) == len(MONTHS)
        assert '<details class="data small noprint"><summary>Earlier periods' in page
        oldest = client.get(found[-1]).text
        assert '<details class="data small noprint" open><summary>' in oldest, "where the one that is read stands"
        assert 'aria-current="true">September 2025</a>' in oldest


def test_pictures_say_what_they_show(client: FlaskClient, home: str) -> None:
    told = re.findall(r"<desc[^>]*>([^<]*)</desc>", client.get(f"{home}/picture.svg").text)
    assert len(told) == 1
    for name in ("Accepted", "Closed", "People helped"):
        assert re.search(rf"{name}: (\d+|hidden)\.", told[0]), name
    periods = set(re.findall(r"\?period=[0-9a-f]{16}", client.get("/impact").text))
    assert len(periods) == len(MONTHS)
    for period in periods:
        page = client.get(f"/impact{period}").text
        maps = re.findall(r"<title[^>]*>Closed cases by county</title><desc[^>]*>([^<]*)</desc>", page)
        assert maps
        assert all(words and words == words.strip() and "0 counties" not in words for words in maps), maps


def test_a_share_of_nothing_is_not_called_hidden(client: FlaskClient, home: str) -> None:
    found = re.findall(r"/impact\?period=[0-9a-f]{16}", client.get("/impact").text.split("<h1")[0])
    empty, full = found[-1], next(each for each in found if "counts,listed,Listed,0" not in _file(client, each))
    assert "not shown, to protect people" not in client.get(empty).text
    assert client.get(empty).text.count("nothing to count in this period") == 2
    for key in ("placement_rate", "days_to_placement", "answer_rate"):
        assert re.search(rf"^rates,{key},[^,]*,,2025-09-01", _file(client, empty), re.MULTILINE), key
    assert "nothing to count" in xlsx_text(client.get(f"{empty.replace('?', '/file?')}&format=xlsx").data)
    assert "nothing to count" not in client.get(full).text
    assert "rates,placement_rate,Placement rate,hidden" in _file(client, full)


def _file(client: FlaskClient, address: str) -> str:
    return client.get(f"{address}&format=csv").text


def xlsx_text(body: bytes) -> str:
    """The words of a spreadsheet."""
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return parts.read("xl/sharedStrings.xml").decode()
