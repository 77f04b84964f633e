"""A client on a phone, in Spanish and without script, and the volunteer write to each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.casework import operations_messages
from app.casework.models import Visibility
from app.clients.intake import pins
from app.clients.models import CaseStatus
from app.core import clock, links
from app.core.db import session
from app.core.mail import Mail
from app.matching.models import Assignment
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser
Windows = Callable[..., Page]
TEXT = "¿Llevo el contrato? \U0001f642\nשלום"


@pytest.fixture
def door(live: Live) -> tuple[str, str, int]:
    """A Spanish speaker's case in service: the link to their page, the case's id and the volunteer."""
    with live.data():
        case = factories.case(factories.programme(), CaseStatus.IN_SERVICE, lead=factories.volunteer(), language="es")
        case.client.pin_hash = pins.hashed("123456")
        token = links.make("portal", case.client, expires_at=clock.now() + timedelta(hours=72))
        user = case.assignments[0].volunteer.user
        assert user is not None
        operations_messages.write_message(case, "Hello", actor=user, visibility=Visibility.LAWYER_AND_CLIENT)
        return f"/my-request/{token}", case.public_id, user.id


def _client_writes(live: Live, page: Page, link: str) -> None:
    page.goto(f"{live.url}{link}")
    page.get_by_role("textbox").fill("123456")
    page.get_by_role("button", name="Abrir").click()
    axe_clean(page)
    page.get_by_role("link", name="Leer y escribir mensajes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mensajes")
    expect(page.get_by_role("heading", name="Un mensaje nuevo")).to_be_visible()
    axe_clean(page)
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Su mensaje").fill(TEXT)
    page.get_by_label("Solo mi abogado o abogada").check()
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("status").first).to_contain_text("Tenemos su mensaje")
    expect(page.get_by_role("heading", name="Un mensaje nuevo")).to_have_count(0)
    axe_clean(page)


def _volunteer_answers(live: Live, page: Page, case: str) -> None:
    page.goto(f"{live.url}/my/cases/{case}")
    page.get_by_role("link", name="Messages (1 new)").click()
    expect(page.locator("blockquote").first).to_contain_text("¿Llevo el contrato?")
    axe_clean(page)
    page.get_by_label("Your message").fill("Yes. <b>Please</b>")
    page.get_by_label("Privileged").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="One new message")).to_have_count(0)
    page.get_by_role("link", name="Correct it").first.click()
    page.get_by_label("Your message").fill("Yes, please, all of it.")
    page.get_by_role("button", name="Send the correction").click()
    expect(page.locator("li", has_text="Corrects an earlier message")).to_have_count(1)
    axe_clean(page)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_client_and_volunteer_write_to_each_other(
    live: Live, page_at: Windows, door: tuple[str, str, int], width: int, theme: str
) -> None:
    link, case, volunteer = door
    phone, desk = page_at(360, scripts=False, language="es"), page_at(width, theme)
    live.sign_in(desk, volunteer)
    with live.reading():
        told = session.query(Mail).filter_by(kind="message.client").one()
        assert "Hello" not in told.text
        assert re.search(r"/my-request/\S+", told.text)
    writing = page_at(360, language="es")
    _client_writes(live, writing, link)
    _volunteer_answers(live, desk, case)
    phone.goto(f"{live.url}{link}")
    phone.get_by_role("textbox").fill("123456")
    phone.get_by_role("button", name="Abrir").click()
    phone.get_by_role("link", name="Leer y escribir mensajes").click()
    expect(phone.locator("blockquote").first).to_have_text("Yes, please, all of it.")
    phone.get_by_role("button", name="Ya lo leí").click()
    expect(phone.get_by_role("button", name="Ya lo leí")).to_have_count(0)
    with live.data():
        session.query(Assignment).one().ended_at = clock.now()
    desk.goto(f"{live.url}/my/cases/{case}/messages")
    expect(desk.locator("body")).to_contain_text("Your part in this case has ended")
