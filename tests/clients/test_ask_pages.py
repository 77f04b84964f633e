"""The pages on which somebody asks for help, without script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Programme
from app.clients.models import Case, IntakeDraft
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
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
def place(programme: Programme) -> str:
    return place_of(programme)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def drafts() -> list[IntakeDraft]:
    session.rollback()
    return list(session.scalars(select(IntakeDraft).order_by(IntakeDraft.id)))


def counted(kind: type) -> int:
    session.rollback()
    return session.scalar(select(func.count(kind.id))) or 0


def test_the_first_page_says_what_asking_is_not(visitor: Visitor, programme: Programme):
    text = words(visitor.get("/help"))
    assert "does not make us your lawyers yet" in text
    assert "does not stop a court date" in text
    assert programme.phone in text


def test_a_whole_request_reaches_a_reference_number(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    check = words(visitor.get("/help/check"))
    assert "Birchwood Lettings LLC" in check
    assert "$1,200" in check
    assert "A hearing or another day in court" in check
    assert visitor.post("/help/check").location == "/help/sent"
    sent = words(visitor.get("/help/sent"))
    assert re.search(r"[0-9A-F]{4}-26-00001", sent)
    assert re.search(r"Your PIN is \d{6}", sent)
    assert "You hear from us by Mon, Nov 23" in sent
    assert "yesenia@example.net" in sent
    assert "Lakeshore office" in sent


def test_every_page_is_saved_as_it_is_left(visitor: Visitor, place: str):
    visitor.begin()
    visitor.post("/help/names", data=PAGES["names"])
    page = visitor.get("/help/other_side")
    assert "Saved 10:04 am" in words(page)
    assert "Question 2 of" in words(page)
    assert drafts()[0].answers["names"]["family_name"] == "Marrón"
    assert 'value="Yesenia"' in visitor.get("/help/names").text


def test_bad_input_names_the_field_and_keeps_what_was_typed(visitor: Visitor, programme: Programme):
    visitor.begin()
    answer = visitor.post("/help/names", given_name="Yesenia", family_name="")
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert 'href="#family_name"' in answer.text
    assert "Write your last name." in words(answer)
    assert 'value="Yesenia"' in answer.text
    assert drafts()[0].answers == {}


@pytest.mark.parametrize(
    ("step", "typed", "said"),
    [
        ("other_side", {"other_kind": "person", "other_name": ""}, "Write their name, or choose"),
        ("other_side", {}, "Choose one of the four."),
        ("place", {"county": ""}, "Choose the county."),
        ("place", {"county": "none"}, "Call 211"),
        ("place", {"county": "99999:nowhere"}, "Choose a county from the list."),
        ("reach", {}, "Give us one way to reach you"),
        ("reach", {"phone": "12"}, "with area code"),
        ("reach", {"email": "not an address"}, "like name@example.org"),
        ("reach", {"trusted_name": "Ana", "no_way": "y"}, "Write their phone number too."),
        ("language", {"spoken": "xx", "interpreter": "yes"}, "Choose your language."),
        ("language", {"spoken": "es"}, "Choose yes or no."),
        ("language", {"spoken": "en", "interpreter": "maybe"}, "Choose yes or no."),
        ("household", {"adults": "0", "children": "0"}, "Count yourself"),
        ("household", {"adults": "1", "children": ""}, "Write 0 if there are none."),
        ("household", {"adults": "many", "children": "0"}, "Write a whole number"),
        ("income", {"income": "", "income_period": "month"}, "Write 0 if no money comes in."),
        ("income", {"income": "a lot", "income_period": "month"}, "Write the amount as a number"),
        ("income", {"income": "-5", "income_period": "month"}, "Write the amount as a number"),
        ("income", {"income": "100"}, "Choose how often."),
        ("assets", {"assets": ""}, "Write 0 if there is nothing."),
        ("problem", {"problem": "nonsense"}, "This is not one of the choices"),
        ("story", {"story": "x" * 20_001}, "at most 20,000"),
        ("dates", {"has_dates": "yes"}, "Choose what date it is."),
        ("dates", {"has_dates": "yes", "date1_kind": "hearing"}, "Write the date, or tick"),
        ("dates", {"has_dates": "yes", "date1_kind": "hearing", "date1_on-month": "13", "date1_on-day": "1",
                   "date1_on-year": "2026"}, "We could not read the date"),
        ("dates", {"has_dates": "yes", "date1_kind": "hearing", "date1_on-month": "12", "date1_on-day": "1",
                   "date1_on-year": "1926"}, "Check the year of this date"),
        ("dates", {"has_dates": "no", "date1_kind": "hearing", "date1_on-month": "12", "date1_on-day": "1",
                   "date1_on-year": "2026"}, "You told us about a date."),
        ("dates", {"has_dates": "unsure", "date1_kind": "hearing", "date1_unknown": "y"}, "You told us about a date."),
        ("other_side", {"other_kind": "unknown", "other_name": "Big Mike"}, "You wrote a name."),
        ("other_side", {"other_kind": "none", "other_more": "Rosa Ibarra"}, "You wrote a name."),
        ("names", {"given_name": "A", "family_name": "B", "born_on-month": "2", "born_on-day": "3",
                   "born_on-year": "2999"}, "Check the year of this date"),
        ("names", {"given_name": "A", "family_name": "B", "born_on-month": "2", "born_on-day": "3",
                   "born_on-year": "85"}, "four digits"),
        ("consent", {}, "Choose yes or no."),
        ("names", {"given_name": "A" * 81, "family_name": "B"}, "at most 80 letters"),
    ],
)  # fmt: skip
def test_each_page_says_what_is_wrong(visitor: Visitor, programme: Programme, step: str, typed: dict, said: str):
    visitor.begin()
    answer = visitor.post(f"/help/{step}", data=typed)
    assert answer.status_code == 422
    assert said in words(answer)


def test_only_ways_that_were_given_are_asked_about(visitor: Visitor, place: str):
    visitor.begin()
    visitor.post("/help/reach", email="yesenia@example.net")
    page = visitor.get("/help/safe").text
    assert 'name="email_safe"' in page
    assert 'name="call_safe"' not in page
    assert visitor.post("/help/safe").status_code == 422
    assert visitor.post("/help/safe", email_safe="no").status_code == 303


def test_somebody_who_calls_us_is_not_asked_what_is_safe(visitor: Visitor, programme: Programme):
    visitor.begin()
    assert visitor.post("/help/reach", no_way="y").location == "/help/language"


def test_change_links_lead_back_to_the_summary(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    answer = visitor.post("/help/household?from=check", adults="2", children="0")
    assert answer.location == "/help/check"


def test_a_new_address_is_asked_about_again_before_sending(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    answer = visitor.post("/help/reach?from=check", email="other@example.net", phone="608-555-0123")
    assert answer.location == "/help/safe?from=check"


def test_sending_early_names_what_is_open(visitor: Visitor, programme: Programme):
    visitor.begin()
    visitor.post("/help/names", data=PAGES["names"])
    assert "14 questions are still open" in words(visitor.get("/help/check"))
    answer = visitor.post("/help/check")
    assert answer.status_code == 422
    assert "Your household" in words(answer)


def test_a_double_click_on_send_has_one_effect(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    assert [visitor.post("/help/check").location for _ in range(2)] == ["/help/sent"] * 2
    assert counted(Case) == 1
    assert counted(Mail) == 1


def test_a_double_click_on_begin_makes_one_request(visitor: Visitor, programme: Programme):
    visitor.begin()
    visitor.begin()
    assert len(drafts()) == 1


def test_the_back_button_after_sending_changes_nothing(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    visitor.post("/help/check")
    assert visitor.get("/help/names").location == "/help/sent"
    answer = visitor.post("/help/names", given_name="Other", family_name="Name")
    assert answer.status_code == 409
    assert "sent already" in words(answer)


def test_two_tabs_on_different_pages_both_keep_theirs(visitor: Visitor, place: str):
    visitor.begin()
    visitor.get("/help/household")
    visitor.get("/help/assets")
    visitor.post("/help/household", adults="1", children="0")
    visitor.post("/help/assets", assets="0")
    assert {"household", "assets"} <= set(drafts()[0].answers)


def test_spanish_stays_through_the_whole_flow_and_keeps_the_place(visitor: Visitor, place: str, spanish: None):
    visitor.begin()
    assert 'href="?lang=es"' in visitor.get("/help/income").text
    assert "¿Cuánto dinero entra" in words(visitor.get("/help/income?lang=es"))
    visitor.answer(place)
    assert 'lang="es"' in visitor.get("/help/check").text
    assert "Mire sus respuestas" in words(visitor.get("/help/check"))
    assert drafts()[0].language == "es"
    assert ">Otro idioma<" in visitor.get("/help/language").text


def test_a_watched_device_gets_a_plain_title_and_no_name(visitor: Visitor, place: str):
    visitor.begin(watched="unsure")
    visitor.post("/help/place", county=place)
    page = visitor.get("/help/problem")
    title = re.search(r"<title>(.*?)</title>", page.text)
    assert title
    assert title[1].strip() == "Form"
    assert "Lakeshore" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert 'autocomplete="given-name"' not in visitor.get("/help/names").text


def test_leaving_clears_the_device(visitor: Visitor, place: str):
    visitor.begin(watched="yes")
    visitor.post("/help/names", data=PAGES["names"])
    assert 'href="/leave"' in visitor.get("/help/place").text
    left = visitor.get("/leave")
    assert left.location == "https://www.weather.gov/"
    assert "Expires=Thu, 01 Jan 1970" in left.headers["Set-Cookie"]
    assert visitor.get("/help/place").location == "/help"
    assert drafts()[0].answers["names"]["given_name"] == "Yesenia"


def test_typing_into_a_page_that_was_closed_elsewhere_loses_nothing(visitor: Visitor, programme: Programme):
    visitor.begin()
    visitor.get("/leave")
    answer = visitor.post("/help/story", story="The owner wants us out by the end of the month.")
    assert answer.status_code == 410
    assert "The owner wants us out by the end of the month." in words(answer)


def test_opening_pages_writes_nothing(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    before = counted(AuditEntry)
    for path in ("/help", "/help/names", "/help/check", "/help/stop", "/help/resume"):
        assert visitor.get(path).status_code == 200
    assert counted(AuditEntry) == before


def test_the_address_never_carries_who_is_asking(visitor: Visitor, place: str):
    visitor.begin()
    visitor.answer(place)
    page = visitor.get("/help/check").text
    assert drafts()[0].public_id not in page


def test_a_county_of_two_programmes_names_the_programme(visitor: Visitor, place: str):
    with transaction():
        factories.programme(name="Prairie Law Help", counties=["55025"])
    visitor.begin()
    page = words(visitor.get("/help/place"))
    assert "Dane County, WI (Prairie Law Help)" in page
    assert "Marathon" not in page


def test_answers_left_for_thirty_days_are_forgotten(visitor: Visitor, place: str):
    from app.clients.intake.forgetting import forget_one

    visitor.begin()
    visitor.post("/help/names", data=PAGES["names"])
    assert not forget_one()
    with clock.at(NOW + timedelta(days=31)):
        assert forget_one()
        assert not forget_one()
    assert drafts() == []


def test_a_sent_request_shows_its_pin_for_three_days_only(visitor: Visitor, place: str):
    from app.clients.intake.forgetting import forget_one

    visitor.begin()
    visitor.answer(place)
    visitor.post("/help/check")
    with clock.at(NOW + timedelta(days=4)):
        assert forget_one()
        assert not forget_one()
    assert drafts()[0].answers == {}


def test_where_no_office_takes_requests_nobody_begins_one(app: Flask) -> None:
    browser = app.test_client()
    for answer in (browser.get("/help"), browser.post("/help", data={"watched": "no"})):
        assert "No office takes requests here yet." in answer.text
    assert drafts() == []


def test_each_way_that_was_left_open_is_named(visitor: Visitor, programme: Programme) -> None:
    visitor.begin()
    visitor.post("/help/reach", phone="(608) 555-0123", email="yesenia@example.net")
    page = words(visitor.post("/help/safe", data={}))
    for question in ("Is it safe to call this number?", "Is it safe to write to this address?"):
        assert f"Choose one of the three: {question}" in page
