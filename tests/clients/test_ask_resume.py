"""Stopping in the middle and coming back with code or link and the PIN."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Programme
from app.clients.models import IntakeDraft
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail, reason_to_drop
from tests import factories

from .asking import PAGES, Visitor, place_of, words

NOW = datetime(2026, 11, 18, 16, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        made = factories.programme()
        factories.coordinator(made)
    return made


@pytest.fixture
def visitor(app: Flask, programme: Programme) -> Visitor:
    visitor = Visitor(app)
    visitor.begin()
    visitor.post("/help/names", data=PAGES["names"])
    return visitor


def stop(visitor: Visitor) -> tuple[str, str]:
    """Save and stop; returns the code and the PIN shown."""
    assert visitor.post("/help/stop").location == "/help/stopped"
    page = words(visitor.get("/help/stopped"))
    return re.search(r"Code ((?:[0-9a-f]{4} ?){4})", page)[1].strip(), re.search(r"PIN (\d{6})", page)[1]


def mails() -> list[Mail]:
    session.rollback()
    return list(session.scalars(select(Mail)))


def link(mail: Mail) -> str:
    return re.search(r"https?://[^/]+(/\S+)", mail.text)[1]


def test_code_and_pin_open_the_request_in_another_browser(app: Flask, visitor: Visitor):
    code, pin = stop(visitor)
    other = Visitor(app)
    assert other.post("/help/resume", code=code, pin=pin).location == "/help/other_side"
    assert 'value="Yesenia"' in other.get("/help/names").text


def test_stopping_keeps_what_is_typed_on_the_open_page(visitor: Visitor):
    typed = {"other_kind": "person", "other_name": "Rex Stone", "other_lawyer": "no", "stop": "yes"}
    assert visitor.post("/help/other_side", data=typed).location == "/help/stop"
    assert 'value="Rex Stone"' in visitor.get("/help/other_side").text


def test_stopping_on_a_page_left_empty_asks_nothing_more(visitor: Visitor):
    assert visitor.post("/help/income", stop="yes", income="").location == "/help/stop"


def test_stopping_with_a_half_typed_page_says_so_and_lets_go(visitor: Visitor):
    answer = visitor.post("/help/income", stop="yes", income="12,34")
    assert answer.status_code == 422
    assert 'value="12,34"' in answer.text
    assert "Stop without keeping this page" in answer.text


def test_a_request_begun_by_somebody_else_on_this_device_can_be_put_aside(visitor: Visitor):
    assert "This was not me" in visitor.get("/help").text
    visitor.post("/help/close")
    visitor.begin()
    assert "Yesenia" not in visitor.get("/help/names").text


def test_the_browser_that_had_it_open_before_is_out(app: Flask, visitor: Visitor):
    code, pin = stop(visitor)
    Visitor(app).post("/help/resume", code=code, pin=pin)
    assert visitor.get("/help/names").location == "/help"


def test_stopping_twice_gives_the_same_pin(visitor: Visitor):
    assert stop(visitor) == stop(visitor)


def test_closing_leaves_nothing_in_the_browser(visitor: Visitor):
    stop(visitor)
    answer = visitor.post("/help/close")
    assert "Expires=Thu, 01 Jan 1970" in answer.headers["Set-Cookie"]


def test_no_mail_leaves_without_a_safe_address(visitor: Visitor):
    visitor.post("/help/reach", email="yesenia@example.net")
    stop(visitor)
    visitor.post("/help/safe", email_safe="unsure")
    stop(visitor)
    assert mails() == []


def test_a_safe_address_gets_the_link_which_wants_the_pin(app: Flask, visitor: Visitor):
    visitor.post("/help/reach", email="yesenia@example.net")
    visitor.post("/help/safe", email_safe="yes")
    _code, pin = stop(visitor)
    mail = mails()[0]
    assert mail.to_address == "yesenia@example.net"
    assert pin not in mail.text
    other = Visitor(app)
    page = words(other.get(link(mail)))
    assert "Yesenia" not in page
    assert other.post(link(mail), pin=pin).status_code == 303
    assert 'value="Yesenia"' in other.get("/help/names").text


def test_the_mail_is_dropped_where_the_address_is_no_longer_safe(visitor: Visitor):
    visitor.post("/help/reach", email="yesenia@example.net")
    visitor.post("/help/safe", email_safe="yes")
    stop(visitor)
    assert reason_to_drop(mails()[0]) is None
    visitor.post("/help/safe", email_safe="no")
    assert reason_to_drop(mails()[0]) == "unsafe"


def test_a_wrong_pin_and_an_unknown_code_are_answered_alike(app: Flask, visitor: Visitor):
    code, _pin = stop(visitor)
    wrong = Visitor(app).post("/help/resume", code=code, pin="000000x")
    unknown = Visitor(app).post("/help/resume", code="ffff ffff ffff ffff", pin="123456")
    assert wrong.status_code == unknown.status_code == 422
    assert "That does not fit." in words(wrong)
    assert "That does not fit." in words(unknown)


def test_guesses_are_few_and_then_even_the_right_pin_waits(app: Flask, visitor: Visitor):
    code, pin = stop(visitor)
    wrong = "111111" if pin != "111111" else "222222"
    guesser = Visitor(app)
    for _ in range(5):
        guesser.post("/help/resume", code=code, pin=wrong)
    assert Visitor(app).post("/help/resume", code=code, pin=pin).status_code == 422
    with clock.at(NOW + timedelta(minutes=16)):
        assert Visitor(app).post("/help/resume", code=code, pin=pin).status_code == 303


def test_a_tampered_or_used_up_link_says_what_to_do(app: Flask, visitor: Visitor):
    answer = visitor.get("/help/resume/nonsense")
    assert answer.status_code == 410
    assert "no longer works" in words(answer)
    assert 'href="/help/resume">Go on with your code and PIN</a>' in answer.text


def test_the_link_ends_when_the_request_is_sent(app: Flask, visitor: Visitor, programme: Programme):
    visitor.answer(place_of(programme))
    visitor.post("/help/stop")
    sent_link = link(mails()[0])
    assert visitor.get(sent_link).status_code == 200
    assert visitor.post("/help/check").status_code == 303
    assert Visitor(app).get(sent_link).status_code == 410


def test_the_pin_written_down_stays_the_clients_pin(visitor: Visitor, programme: Programme):
    visitor.answer(place_of(programme))
    _code, pin = stop(visitor)
    visitor.post("/help/check")
    assert f"Your PIN is {pin}" in words(visitor.get("/help/sent"))


def test_after_thirty_days_the_code_opens_nothing(app: Flask, visitor: Visitor):
    code, pin = stop(visitor)
    with clock.at(NOW + timedelta(days=31)):
        assert Visitor(app).post("/help/resume", code=code, pin=pin).status_code == 422


def test_the_pin_is_stored_as_a_hash(visitor: Visitor):
    _code, pin = stop(visitor)
    session.rollback()
    stored = session.scalars(select(IntakeDraft.pin_hash)).one()
    assert stored.startswith("$argon2id$")
    assert pin not in stored
