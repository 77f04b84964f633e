"""What clients say about themselves: asked of nobody who does not want it, read by nobody who need not."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.clients import about_you
from app.clients import operations_about_you as operations
from app.clients import operations_intake as intake
from app.clients.intake import forgetting
from app.clients.mails import LINK_LASTS
from app.clients.models import Case, CaseStatus, Demographics
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from tests import factories as make

from .asking import Visitor, full_draft, words

APP = Path(__file__).resolve().parents[2] / "app"
NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)
TOLD = {"age": "18_35", "race": ["asian", "white"], "gender": "woman"}


def kept() -> list[dict]:
    session.rollback()
    return [{k: v for k, v in each.items() if k != "pad"} for each in session.scalars(select(Demographics.answers))]


@pytest.fixture(autouse=True)
def _now(app: Flask, spanish: None):
    with clock.at(NOON):
        yield


def test_a_client_says_it_after_the_request_or_never_and_in_their_language(app: Flask) -> None:
    visitor = Visitor(app)
    assert visitor.get("/help/about-you").location == "/help/sent"  # which leads to the beginning
    with transaction():
        programme = make.programme()
        make.coordinator(programme)
        draft = full_draft(programme)
        draft.token_hash = intake.hashed("this browser")
    with visitor.http.session_transaction() as browser:
        browser["request"] = "this browser"
    assert visitor.get("/help/about-you").location == "/help/sent"
    assert visitor.post("/help/about-you", data=TOLD).status_code == 410
    visitor.post("/help/check")
    assert "you do not have to answer" in words(visitor.get("/help/sent"))
    assert visitor.post("/help/about-you").location == "/help/sent"
    assert kept() == []  # nothing said, nothing kept

    spanish = words(visitor.get("/help/about-you?lang=es"))
    assert "ninguna respuesta cambia" in spanish
    assert "Hispana o latina" in spanish
    both = visitor.post("/help/about-you", data={"race": ["asian", "declined"]})
    assert both.status_code == 422
    assert "pero no los dos" in words(both)
    assert visitor.post("/help/about-you", data={"race": ["martian"]}).status_code == 422

    before = session.execute(select(Case.points, Case.next_critical_on, Case.circumstances)).all()
    assert visitor.post("/help/about-you", data=TOLD).status_code == 303
    assert "Gracias" in words(visitor.get("/help/sent"))
    assert kept() == [TOLD]
    again = visitor.get("/help/about-you").text
    assert "checked" not in again  # a borrowed telephone shows nothing,
    assert re.search(r'<form method="post"[^>]* autocomplete="off"', again)  # its back button neither
    assert session.execute(select(Case.points, Case.next_critical_on, Case.circumstances)).all() == before
    visitor.post("/help/about-you", data={"gender": "declined"})
    assert kept() == [{"gender": "declined"}]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "client.about_you")).all()[0]
    assert (entry.actor_kind, entry.after) == ("public", {"answered": ["age", "gender", "race"]})
    with clock.at(NOON + LINK_LASTS + timedelta(hours=1)):
        forgetting.forget_one()
        assert visitor.get("/help/about-you").location == "/help/sent"
        assert visitor.post("/help/about-you", data=TOLD).status_code == 410
        assert "three questions" not in words(visitor.get("/help/sent"))


def test_staff_note_and_correct_it_in_one_place_and_nobody_else_opens_it(client: FlaskClient) -> None:
    with transaction():
        here, other = make.programme(), make.programme()
        staff, stranger = make.coordinator(here), make.coordinator(other)
        volunteer, funder = make.volunteer().user, make.user(Role.FUNDER, programme=here, grant=make.grant(here))
        case = make.case(here, CaseStatus.PLACED, lead=volunteer.volunteer)
        case.circumstances = ["over_60"]
        path = f"/cases/{case.public_id}/about-client"
        with pytest.raises(operations.OlderThanThat):
            operations.note_about_client(case.client, TOLD, actor=None)
        with pytest.raises(NotAllowed):
            operations.told_about_client(case.client, viewer=stranger)
    for who, status in ((volunteer, 403), (funder, 403), (stranger, 404)):
        assert make.sign_in(client, who).get(path).status_code == status
    page = make.sign_in(client, staff).get(path).text
    assert "the request says “60 or older”" in page
    assert session.scalars(select(AuditEntry.action)).all()[-1] == "about_client.view"
    seen = re.findall(r'name="seen"[^>]*value="([^"]*)"', page)[0]
    assert client.post(path, data={"race": "black", "gender": "", "seen": seen}).status_code == 303
    assert kept() == [{"race": ["black"]}]
    stale = client.post(path, data={"race": ["mena"], "gender": "man", "seen": seen})
    assert stale.status_code == 409
    assert "Black or African American" in stale.text
    assert kept() == [{"race": ["black"]}]


def test_answers_sent_at_once_are_one_row_and_one_of_them(app: Flask) -> None:
    with transaction():
        case_id = make.case(make.programme()).id
    answers = [{"gender": "woman"}, {"gender": "man"}, {"age": "60"}, {"race": ["white"]}]

    def tell(told: dict) -> None:
        with app.app_context(), clock.at(NOON), transaction():
            operations.note_about_client(session.get_one(Case, case_id).client, told, actor=None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, answers))
    assert len(kept()) == 1
    assert kept()[0] in answers


def test_what_was_said_is_sealed_in_one_length_and_read_in_two_places() -> None:
    with transaction():
        for told in (
            TOLD,
            {"gender": "man"},
            {"race": ["white"] * 90},
            {"race": [key for key, _label in about_you.races()], "age": "declined"},
        ):
            operations.note_about_client(make.case(make.programme()).client, told, actor=None)
    stored = session.execute(text("SELECT answers FROM demographics")).scalars().all()
    assert len({len(bytes(each)) for each in stored}) == 1
    assert not any(b"asian" in bytes(each) for each in stored)
    readers = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if "Demographics" in path.read_text()}
    assert readers == {"clients/models/__init__.py", "clients/models/people.py", "clients/operations_about_you.py",
                       "metrics/equity.py"}  # fmt: skip
