"""The client's own page: link and PIN, ten quiet minutes, and what they may change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.clients import standing_words
from app.clients.intake import pins
from app.clients.mails import tell_client
from app.clients.models import Case, CaseStatus, Consent
from app.clients.operations_intake import reference
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail
from app.tasks.models import Task
from tests import factories

from .asking import Visitor, words

NOW = datetime(2026, 11, 18, 16, 4, tzinfo=UTC)
PIN = "204816"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def case(app: Flask) -> Case:
    return make()


def make(status: CaseStatus = CaseStatus.PRESCREEN, **changes) -> Case:
    with transaction():
        case = factories.case(factories.programme(), status, **changes)
        case.client.pin_hash = pins.hashed(PIN)
        tell_client(case, "received")
    return case


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def mails() -> list[Mail]:
    session.rollback()
    return list(session.scalars(select(Mail).order_by(Mail.id)))


def link(which: int = -1) -> str:
    return re.search(r"https?://[^/]+(/my-request/\S+)", mails()[which].text)[1]


def opened(visitor: Visitor) -> str:
    assert visitor.post(link(), pin=PIN).location == "/my-request"
    return words(visitor.get("/my-request"))


def test_a_link_alone_shows_nothing_but_the_question_for_the_pin(visitor: Visitor, case: Case):
    page = words(visitor.get(link()))
    assert "Your PIN, please" in page
    assert case.number not in page
    assert "reading" not in page


def test_a_request_of_the_evening_was_written_on_that_day(visitor: Visitor):
    evening = datetime(2026, 11, 18, 1, 41, tzinfo=UTC)  # the 17th, 7:41 pm in Chicago
    make(received_at=evening)
    assert "You wrote to us on Tue, Nov 17." in opened(visitor)


def test_link_and_pin_show_where_things_stand_and_whom_to_call(visitor: Visitor, case: Case):
    page = opened(visitor)
    assert "We are reading your request" in page
    assert "What happens next" in page
    assert reference(case) in page
    assert case.programme.phone in page
    assert case.custody.user.name in page


@pytest.mark.parametrize("status", list(CaseStatus))
@pytest.mark.parametrize("watched", [False, True])
def test_every_status_has_words_and_a_watched_one_says_nothing_of_lawyers(app: Flask, status, watched):
    with transaction():
        case = factories.case(factories.programme(), status)
    stands, following = standing_words.words(case, watched=watched)
    assert stands
    assert following
    if watched:
        assert not re.search("lawyer", f"{stands} {following}", re.IGNORECASE)


@pytest.mark.parametrize("status", [CaseStatus.AVAILABLE, CaseStatus.REJECTED, CaseStatus.WITHDRAWN])
def test_the_page_opens_in_every_kind_of_standing(visitor: Visitor, status: CaseStatus):
    case = make(status)
    assert str(standing_words.words(case, watched=False)[0]) in opened(visitor)


def test_a_placed_client_sees_who_their_lawyer_is_unless_somebody_watches(app: Flask):
    with transaction():
        lead = factories.volunteer()
    case = make(CaseStatus.PLACED, lead=lead)
    assert lead.family_name in opened(Visitor(app))
    with transaction():
        case.client.watched_device = True
    page = opened(Visitor(app))
    assert lead.family_name not in page
    assert "lawyer" not in page


def test_missing_things_are_named_on_the_page(visitor: Visitor):
    make(missing_items=["income_proof"])
    assert "proof of income" in opened(visitor)


def test_a_wrong_pin_opens_nothing_and_guesses_are_few(app: Flask, case: Case):
    guesser = Visitor(app)
    for _ in range(5):
        assert guesser.post(link(), pin="999999").status_code == 422
    assert guesser.post(link(), pin=PIN).status_code == 422
    assert "Your PIN, please" not in words(guesser.get("/my-request"))
    assert case.number not in words(guesser.get("/my-request"))


def test_ten_quiet_minutes_close_the_page(visitor: Visitor, case: Case):
    opened(visitor)
    with clock.at(NOW + timedelta(minutes=9)):
        assert "We are reading" in words(visitor.get("/my-request"))
    with clock.at(NOW + timedelta(minutes=18)):
        assert "We are reading" in words(visitor.get("/my-request"))
    with clock.at(NOW + timedelta(minutes=29)):
        assert "We are reading" not in words(visitor.get("/my-request"))
        assert visitor.post("/my-request/call-me").status_code == 410


def test_the_link_ends_after_three_days(visitor: Visitor, case: Case):
    with clock.at(NOW + timedelta(hours=73)):
        answer = visitor.get(link())
    assert answer.status_code == 410
    assert "Ask for a new link" in words(answer)


def test_a_new_link_goes_to_the_safe_address_only_and_the_page_never_tells(visitor: Visitor, case: Case):
    number = reference(case)
    asked = [
        visitor.post("/my-request", number=number, pin=PIN),
        visitor.post("/my-request", number=number, pin="000000"),
        visitor.post("/my-request", number="NOPE-26-00001", pin=PIN),
    ]
    assert {answer.status_code for answer in asked} == {303}
    said = words(visitor.get("/my-request"))
    assert said.count("If number and PIN fit") == 3
    assert [mail.kind for mail in mails()] == ["client.received", "client.new_link"]
    assert "We are reading" in opened(visitor)


def test_no_new_link_without_a_safe_address(visitor: Visitor, case: Case):
    with transaction():
        case.client.channels[0].safe = None
    visitor.post("/my-request", number=reference(case), pin=PIN)
    assert len(mails()) == 1


def test_no_more_mails_means_a_call(visitor: Visitor, case: Case):
    opened(visitor)
    assert visitor.post("/my-request/stop-mails").status_code == 303
    visitor.post("/my-request/stop-mails")
    page = words(visitor.get("/my-request"))
    assert "We write no more mails to you." in page
    assert "We write no mails to you." in page
    session.rollback()
    assert [task.cause for task in session.scalars(select(Task))] == ["call_client"]


def test_something_changed_opens_one_call(visitor: Visitor, case: Case):
    opened(visitor)
    visitor.post("/my-request/call-me")
    visitor.post("/my-request/call-me")
    session.rollback()
    task = session.scalars(select(Task)).one()
    assert "You asked us to call." in task.script


def test_a_consent_is_taken_back_and_staff_are_told(visitor: Visitor, case: Case):
    assert "Take this back" in opened(visitor)
    visitor.post("/my-request/keep-names")
    visitor.post("/my-request/keep-names")
    assert "Take this back" not in words(visitor.get("/my-request"))
    session.rollback()
    assert session.scalars(select(Consent.withdrawn_at)).one() is not None
    assert session.scalars(select(Task.cause)).all() == ["consent_withdrawn"]


def test_a_watched_page_has_a_plain_title_and_no_name(visitor: Visitor, case: Case):
    with transaction():
        case.client.watched_device = True
    opened(visitor)
    page = visitor.get("/my-request")
    assert re.search(r"<title>(.*?)</title>", page.text)[1].strip() == "Form"
    assert "Lakeshore" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_closing_the_page_closes_it(visitor: Visitor, case: Case):
    opened(visitor)
    visitor.post("/my-request/close")
    assert "We are reading" not in words(visitor.get("/my-request"))


def test_the_page_speaks_spanish(visitor: Visitor, case: Case, spanish: None):
    visitor.get("/my-request?lang=es")
    assert "Estamos leyendo su solicitud" in opened(visitor)
