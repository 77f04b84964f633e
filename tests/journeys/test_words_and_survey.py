"""A coordinator writes the programme's own words and tries them; a client answers a survey in Spanish on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.clients.lifecycle import move_case
from app.clients.mails import tell_client
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import session
from app.core.mail import Mail
from app.engagement import operations_surveys as operations
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser
Windows = Callable[..., Page]


def closed_case(live: Live) -> tuple[int, str]:
    """A Spanish speaker's closed case whose survey has left: its coordinator, and the path in the client's mail."""
    with live.data():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        case = factories.case(programme, CaseStatus.CLOSING, owner=staff, lead=factories.volunteer(), language="es")
        case.assignments[0].ended_at, case.assignments[0].end_reason = clock.now(), "closed"
        move = move_case(case, CaseStatus.CLOSED, operation="casework.approve_closing", actor=staff)
        session.flush()
        for survey in operations.plan_surveys(move):
            if survey.audience is Audience.CLIENT:
                operations.send_survey(survey)
        found = re.search(r"(/survey/\S+)", session.query(Mail).filter_by(kind="engagement.survey").one().text)
        assert found
        return staff.id, found[1]


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_own_words_are_tried_refused_and_sent(live: Live, page_at: Windows, width: int, theme: str) -> None:
    with live.data():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        case_id = factories.case(programme, CaseStatus.AVAILABLE, owner=staff).id
        slug, staff_id = programme.slug, staff.id
    page = page_at(width, theme)
    live.sign_in(page, staff_id)
    page.goto(f"{live.url}/words")
    axe_clean(page)
    page.goto(f"{live.url}/words/{slug}/looking/en")
    axe_clean(page)
    expect(page.locator("#preview blockquote")).to_contain_text("We are looking for the right person")
    page.get_by_label("Subject").fill("Your hearing")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_role("alert")).to_contain_text("“hearing” tells that there is a court")
    axe_clean(page)
    page.get_by_label("Subject").fill("Still at work for you")
    page.get_by_label("Text").fill("Hello,\n\nwe go on. See {link} or call {phone}.\n")
    page.get_by_role("button", name="Try it out").click()
    expect(page.locator("#preview blockquote")).to_contain_text("call 608-555-0100")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Version 1")
    with live.data():
        tell_client(session.get_one(Case, case_id), "looking")
        assert session.query(Mail).one().subject == "Still at work for you"
    page.get_by_role("button", name="Back to the desk’s words").click()
    expect(page.get_by_label("Subject")).to_have_value("An update for you")


def test_a_survey_is_answered_in_spanish_on_a_phone_without_script(live: Live, page_at: Windows) -> None:
    staff_id, path = closed_case(live)
    page = page_at(360, language="es", scripts=False)
    page.goto(f"{live.url}{path}")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("heading", level=1)).to_have_text("¿Cómo le fue?")
    page.get_by_role("group", name="Me trataron con respeto.").get_by_label("Sí, mucho").check()
    page.get_by_role("group", name="La ayuda llegó a tiempo.").get_by_label("No es mi caso").check()
    page.get_by_label("¿Qué más debemos saber?").fill("Me escucharon con paciencia.")
    page.get_by_label("Pueden mostrar estas palabras").check()
    page.get_by_role("button", name="Enviar la respuesta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gracias, recibimos su respuesta")
    page.get_by_role("link", name="Cambiar la respuesta").click()
    page.get_by_label("Algo no estuvo bien").check()
    page.get_by_role("button", name="Enviar la respuesta").click()
    expect(page.locator("main")).to_contain_text("Alguien revisa lo que no estuvo bien")
    seen = page_at(360, "dark", language="es")
    seen.goto(f"{live.url}{path}")
    axe_clean(seen)
    with live.reading():
        row = session.query(Survey).filter_by(audience=Audience.CLIENT).one()
        assert (row.scores, row.may_quote, row.complains) == ({"respect": 5}, True, True)
    staff = page_at(1280)
    live.sign_in(staff, staff_id)
    for address in ("/surveys", "/surveys/words"):
        staff.goto(f"{live.url}{address}")
        axe_clean(staff)
    expect(staff.locator("main")).to_contain_text("Me escucharon con paciencia.")
