"""Somebody asks for help on a phone, in English and Spanish, with and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from app.clients.models import Case
from app.core.db import session
from app.core.mail import Mail
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser

WORDS = {
    "en": {"begin": "Begin", "next": "Save and continue", "send": "Send my request", "done": "We have your request"},
    "es": {"begin": "Empezar", "next": "Guardar y continuar", "send": "Enviar mi solicitud",
           "done": "Tenemos su solicitud"},
}  # fmt: skip


@pytest.fixture
def programme(live: Live) -> str:
    with live.data():
        made = factories.programme(name="Lakeshore Help", prefix="LH")
        factories.coordinator(made)
        return made.public_id


class Asking:
    """A person filling in the pages one after the other."""

    def __init__(self, page: Page, live: Live, language: str, *, scripts: bool = True) -> None:
        self.page, self.live, self.words, self.scripts = page, live, WORDS[language], scripts

    def look(self) -> None:
        if self.scripts:
            axe_clean(self.page)

    def go_on(self) -> None:
        self.look()
        self.page.get_by_role("button", name=self.words["next"]).click()

    def pick(self, name: str, value: str) -> None:
        self.page.locator(f'input[name="{name}"][value="{value}"]').check()

    def begin(self, watched: str) -> None:
        self.page.goto(f"{self.live.url}/help")
        self.look()
        self.pick("watched", watched)
        self.page.get_by_role("button", name=self.words["begin"]).click()
        self.page.wait_for_url("**/help/names")

    def fill(self, programme: str) -> None:
        page = self.page
        page.fill("#given_name", "Yesenia")
        page.fill("#family_name", "Marrón")
        self.go_on()
        self.pick("other_kind", "organisation")
        page.fill("#other_name", "Birchwood Lettings LLC")
        self.go_on()
        page.select_option("#county", f"55025:{programme}")
        self.go_on()
        page.fill("#email", "yesenia@example.net")
        page.fill("#phone", "608-555-0123")
        self.go_on()
        for name in ("call_safe", "email_safe"):
            self.pick(name, "yes")
        for name in ("text_safe", "voicemail_safe"):
            self.pick(name, "no")
        self.go_on()
        self.pick("interpreter", "yes")
        self.go_on()
        page.fill("#adults", "1")
        page.fill("#children", "2")
        self.go_on()
        page.fill("#income", "0")
        self.pick("income_period", "month")
        self.go_on()
        page.fill("#assets", "0")
        self.go_on()
        self.pick("circumstances", "child_at_home")
        self.go_on()
        self.pick("problem", "landlord")
        self.go_on()
        page.fill("#story", "The owner wants us out by the end of the month.")
        self.go_on()
        self.pick("harms", "home")
        self.go_on()
        self.pick("has_dates", "yes")
        page.select_option("#date1_kind", "hearing")
        page.check("#date1_unknown")
        self.go_on()
        self.go_on()
        self.pick("share_names", "yes")
        self.go_on()

    def send(self) -> str:
        self.look()
        self.page.get_by_role("button", name=self.words["send"]).click()
        self.look()
        assert self.page.get_by_role("heading", level=1).inner_text() == self.words["done"]
        return self.page.content()


@pytest.mark.parametrize("language", ["en", "es"])
def test_on_a_phone_from_the_first_page_to_the_own_page(live: Live, page_at, programme: str, language: str) -> None:
    page = page_at(360, "dark" if language == "es" else "light", language=language)
    asking = Asking(page, live, language)
    asking.begin("no")
    asking.fill(programme)
    sent = asking.send()
    assert "LH-26-00001" in sent or re.search(r"LH-\d\d-00001", sent)
    pin = re.search(r"\b(\d{6})\b", page.locator("main").inner_text())
    assert pin
    with live.reading():
        case, mail = session.scalars(select(Case)).one(), session.scalars(select(Mail)).one()
        assert case.language == language
        link = re.search(r"http\S+", mail.text)
    assert link
    page.goto(link[0])
    axe_clean(page)
    page.fill("#pin", pin[1])
    page.locator("main button[type=submit]").click()
    axe_clean(page)
    assert {"en": "We are reading your request", "es": "Estamos leyendo su solicitud"}[language] in page.title()


def test_without_script_the_whole_request_works(live: Live, page_at, programme: str) -> None:
    page = page_at(360, scripts=False)
    asking = Asking(page, live, "en", scripts=False)
    asking.begin("no")
    asking.fill(programme)
    assert "You hear from us by" in asking.send()


def test_the_language_switch_keeps_the_place_and_what_was_typed(live: Live, page_at, programme: str) -> None:
    page = page_at(360)
    asking = Asking(page, live, "en")
    asking.begin("no")
    page.fill("#given_name", "Yesenia")
    page.fill("#family_name", "Marrón")
    asking.go_on()
    page.get_by_role("link", name="Español").click()
    assert page.get_by_role("heading", level=1).inner_text() == "¿Quién está del otro lado?"
    page.get_by_role("link", name="Volver").or_(page.get_by_role("link", name="Atrás")).click()
    assert page.input_value("#given_name") == "Yesenia"


def test_errors_take_the_focus_and_lead_to_the_field(live: Live, page_at, programme: str) -> None:
    page = page_at(360)
    asking = Asking(page, live, "en")
    asking.begin("no")
    page.fill("#given_name", "Yesenia")
    asking.go_on()
    axe_clean(page)
    assert page.title().startswith("Error:")
    page.get_by_role("link", name="Write your last name.").click()
    assert page.evaluate("document.activeElement.id") == "family_name"
    assert page.input_value("#given_name") == "Yesenia"


def test_leaving_fast_leaves_nothing_behind_on_a_watched_device(live: Live, page_at, programme: str) -> None:
    page = page_at(360)
    asking = Asking(page, live, "en")
    asking.begin("yes")
    assert page.title() == "Form"
    page.fill("#given_name", "Yesenia")
    page.fill("#family_name", "Marrón")
    asking.go_on()
    with page.expect_request("https://www.weather.gov/"):
        page.click("#leave")
    assert [each["name"] for each in page.context.cookies() if each["name"] == "desk"] == []
    page.goto(f"{live.url}/help/names")
    assert page.url == f"{live.url}/help"
    assert "Yesenia" not in page.content()


def test_a_request_is_stopped_and_gone_on_with_elsewhere(live: Live, page_at, programme: str) -> None:
    page = page_at(360)
    asking = Asking(page, live, "en")
    asking.begin("no")
    page.fill("#given_name", "Yesenia")
    page.fill("#family_name", "Marrón")
    asking.go_on()
    page.get_by_role("button", name="Save and stop").click()
    axe_clean(page)
    page.get_by_role("button", name="Save and stop").click()
    axe_clean(page)
    code, pin = (page.locator("dl.kv dd").nth(n).inner_text() for n in (1, 2))
    page.get_by_role("button", name="I wrote it down").click()
    other = page_at(1280)
    other.goto(f"{live.url}/help/resume")
    axe_clean(other)
    other.fill("#code", code)
    other.fill("#pin", pin)
    other.get_by_role("button", name="Go on").click()
    assert other.url == f"{live.url}/help/other_side"


def test_a_coordinator_enters_a_request_by_keyboard(live: Live, page_at, programme: str) -> None:
    with live.data():
        from app.accounts.models import Programme

        of = session.scalars(select(Programme).where(Programme.public_id == programme)).one()
        staff = factories.coordinator(of).id
    page = page_at(1280)
    live.sign_in(page, staff)
    page.goto(f"{live.url}/intake/new")
    axe_clean(page)
    page.focus("#given_name")
    page.keyboard.type("Yesenia")
    page.keyboard.press("Tab")
    page.keyboard.type("Marrón")
    page.get_by_role("button", name="Save as a draft").click()
    axe_clean(page)
    assert page.input_value("#family_name") == "Marrón"
    page.get_by_role("button", name="Send the request").click()
    axe_clean(page)
    assert page.title().startswith("Error:")
