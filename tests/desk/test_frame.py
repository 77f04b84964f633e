"""The frame around pages: who goes where, what costs a query, and the search that keeps names out of addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.clients.models import CaseStatus
from app.clients.names import index_names
from app.core import clock, i18n
from app.core.access import Role
from app.core.db import session
from app.desk.counts import AtLeast, capped
from app.desk.places import FIRM, VOLUNTEER
from tests import factories as make

from .conftest import Desk


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.COORDINATOR, "/today"),
        (Role.SUPERVISING_ATTORNEY, "/today"),
        (Role.ADMIN, "/people"),
        (Role.FUNDER, "/impact"),
    ],
)
def test_everybody_starts_at_their_own_place(app: Flask, client: FlaskClient, role: Role, start: str) -> None:
    of = make.programme()
    who = make.user(role, programme=of, grant=make.grant(of) if role is Role.FUNDER else None)
    make.sign_in(client, who)
    assert client.get("/home").headers["Location"] == start
    assert ('href="/volunteers/requirements"' in client.get(start).text) == (role is Role.ADMIN)


def test_a_volunteer_starts_among_the_volunteers(app: Flask, client: FlaskClient) -> None:
    make.sign_in(client, make.volunteer().user)
    assert client.get("/home").headers["Location"] in ("/my", "/opportunities")


def test_the_front_door_says_where_to_go_in_english_and_spanish(app: Flask, client: FlaskClient) -> None:
    make.programme(name="Lakeshore Legal Aid")
    session.commit()
    english = client.get("/").text
    assert "A lawyer in your corner, at no cost." in english
    assert 'href="/help"' in english
    spanish = client.get("/?lang=es").text
    assert '<html lang="es"' in spanish
    assert "¿Necesita ayuda ahora?" in spanish
    assert '<html lang="es"' in client.get("/").text


def test_pages_behind_the_sign_in_are_english_whatever_the_browser_speaks(app: Flask, client: FlaskClient) -> None:
    make.sign_in(client, make.volunteer().user)
    page = client.get("/my?lang=es", headers={"Accept-Language": "es"}).text
    assert '<html lang="en"' in page
    assert 'hreflang="es"' not in page
    assert '<html lang="es"' in client.get("/", headers={"Accept-Language": "es"}).text


@pytest.mark.parametrize("address", ["/volunteer", "/opportunities/open", "/sign-in"])
def test_pages_for_volunteers_are_english_whole(app: Flask, client: FlaskClient, address: str) -> None:
    make.programme()
    session.commit()
    answer = client.get(f"{address}?lang=es", headers={"Accept-Language": "es"})
    assert '<html lang="en"' in answer.text
    assert "hreflang" not in answer.text
    assert '<html lang="es"' in client.get("/appearance?lang=es").text


def test_tabs_carry_what_waits(desk: Desk) -> None:
    make.case(desk.programme, CaseStatus.PRESCREEN)
    make.case(desk.programme, CaseStatus.ACCEPTED)
    make.case(desk.programme, CaseStatus.PRESCREEN, paused_at=clock.now())
    make.case(desk.programme, CaseStatus.AVAILABLE)
    session.commit()
    page = desk.browser.get("/search").text
    assert 'Intake <span class="n">2' in page
    assert "2 requests wait" in desk.browser.get("/intake").text
    assert 'Docket <span class="n">1' in page


def test_every_icon_of_a_place_is_drawn() -> None:
    drawn = Path(i18n.__file__).parents[1].joinpath("static", "icons.svg").read_text()
    named = {icon for _label, _endpoint, icon in (*VOLUNTEER, *FIRM)}
    assert [icon for icon in named if f'id="{icon}"' not in drawn] == []


def test_a_public_page_counts_nothing(app: Flask, client: FlaskClient, asked: Any) -> None:
    make.programme()
    session.commit()
    client.get("/sign-in")
    with asked() as found:
        client.get("/sign-in")
    assert not [s for s in found if "tasks" in s or "FROM cases" in s]


def test_a_count_that_stopped_says_so() -> None:
    assert f"{capped(1500, 999):,}" == "999+"
    assert f"{capped(12, 999):,}" == "12"
    assert isinstance(capped(1000, 999), AtLeast)


def test_a_broken_database_still_gives_a_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("app.accounts.queries.find_sign_in", fail)
    answer = desk.browser.get("/today")
    assert answer.status_code == 500
    assert "went wrong on our side" in answer.text


class TestSearch:
    def test_a_whole_name_finds_the_case_without_accents(self, desk: Desk) -> None:
        case = make.case(desk.programme, CaseStatus.AVAILABLE)
        case.client.person.family_name = "Peña Leyva"
        index_names(case)
        session.commit()
        page = desk.browser.post("/search", data={"q": "pena maribel"}).text
        assert case.number in page
        assert "Peña Leyva" in page

    def test_a_number_leads_to_its_case(self, desk: Desk) -> None:
        case = make.case(desk.programme, CaseStatus.AVAILABLE)
        session.commit()
        for text in (case.number, f" {desk.programme.prefix}-{case.number} "):
            assert desk.browser.post("/search", data={"q": text}).headers["Location"] == f"/cases/{case.public_id}"

    def test_a_mail_address_finds_its_client(self, desk: Desk) -> None:
        case = make.case(desk.programme, CaseStatus.AVAILABLE)
        address = case.client.channels[0].value
        session.commit()
        assert case.number in desk.browser.post("/search", data={"q": address.upper()}).text

    def test_other_programmes_are_not_searched(self, desk: Desk) -> None:
        other = make.programme()
        other.last_case_number = 800
        case = make.case(other, CaseStatus.AVAILABLE)
        index_names(case)
        session.commit()
        for text in (case.number, "Castro", case.client.channels[0].value):
            answer = desk.browser.post("/search", data={"q": text})
            assert case.public_id not in answer.text + answer.headers.get("Location", "")

    def test_a_name_in_the_address_is_not_searched(self, desk: Desk) -> None:
        case = make.case(desk.programme, CaseStatus.AVAILABLE)
        index_names(case)
        session.commit()
        assert case.number not in desk.browser.get("/search?q=Castro").text

    @pytest.mark.parametrize("text", ["", "   ", "12", "%", "555-555", "☃" * 80, "' OR 1=1 --"])
    def test_anything_can_be_typed(self, desk: Desk, text: str) -> None:
        assert desk.browser.post("/search", data={"q": text}).status_code == 200

    def test_too_much_is_said(self, desk: Desk) -> None:
        assert desk.browser.post("/search", data={"q": "x" * 81}).status_code == 422


def test_midnight_is_told_as_the_end_of_the_day_before(app: Flask) -> None:
    """A hold that ends as the day of a hearing begins ends on the day before for whoever reads it."""
    assert i18n.when_at(datetime(2026, 11, 23, 6, tzinfo=UTC), "America/Chicago").startswith("Nov 22, 11:59 pm")
    assert i18n.when_at(datetime(2026, 11, 23, 6, 1, tzinfo=UTC), "America/Chicago").startswith("Nov 23, 12:01 am")
