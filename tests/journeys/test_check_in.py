"""Both sides answer a check-in by link, and what does not fit together reaches staff."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session
from app.core.mail import Mail
from app.engagement import operations
from app.engagement.models import Audience, Checkin
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser
Windows = Callable[..., Page]


@pytest.fixture
def links(live: Live) -> dict[str, str]:
    """One check-in sent to each side of a Spanish speaker's case, as the paths in their mails, and the coordinator."""
    with live.data():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=factories.volunteer(), language="es")
        for audience, questions in ((Audience.CLIENT, "client_contact"), (Audience.VOLUNTEER, "volunteer_regular")):
            asked = Checkin(
                case=case, assignment=case.assignments[0], audience=audience, series_key=f"now_{audience}",
                questions=questions, due_on=clock.now().date(), due_at=clock.now() - timedelta(hours=1),
            )  # fmt: skip
            session.add(asked)
            session.flush()
            operations.send_checkin(asked)
        found = {"staff": str(staff.id)}
        for mail in session.query(Mail):
            path = re.search(r"(/checkin/\S+)", mail.text)
            assert path
            found[str(mail.audience)] = path[1]
        return found


def _client_answers(live: Live, page: Page, path: str) -> None:
    page.goto(f"{live.url}{path}")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("heading", level=1)).to_have_text("¿Cómo van las cosas?")
    axe_clean(page)
    page.get_by_role("button", name="Enviar la respuesta").click()
    expect(page.get_by_role("alert")).to_be_visible()
    axe_clean(page)
    page.get_by_label("No, nadie todavía").check()
    page.get_by_label("No, gracias").check()
    page.get_by_role("button", name="Enviar la respuesta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gracias, recibimos su respuesta")
    axe_clean(page)


def _volunteer_answers(live: Live, page: Page, path: str) -> None:
    page.goto(f"{live.url}{path}")
    axe_clean(page)
    page.get_by_label("On track").check()
    page.get_by_label("Hours since last time").fill("1.5")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have your answer")
    axe_clean(page)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_a_mismatch_reaches_staff_and_neither_side(
    live: Live, page_at: Windows, links: dict[str, str], width: int, theme: str
) -> None:
    page = page_at(360, theme, language="es")
    _client_answers(live, page, links["client"])
    _volunteer_answers(live, page_at(width, theme), links["volunteer"])
    staff = page_at(width, theme)
    live.sign_in(staff, int(links["staff"]))
    staff.goto(f"{live.url}/checkins?state=answered")
    axe_clean(staff)
    staff.goto(f"{live.url}/today")
    expect(staff.locator("main")).to_contain_text("Find out why client and volunteer disagree")
    staff.get_by_role("link", name="Find out why client and volunteer disagree").first.click()
    expect(staff.get_by_role("heading", level=1)).to_have_text("Client and volunteer disagree")
    axe_clean(staff)
    staff.get_by_role("button", name="Take it on").click()
    expect(staff.get_by_role("heading", name="You have it")).to_be_visible()
    staff.get_by_role("button", name="Close it").click()
    expect(staff.get_by_role("alert")).to_be_visible()
    axe_clean(staff)
    staff.get_by_label("What did you find?").fill("The number had changed.")
    staff.get_by_label("Why did it come to this?").select_option(label="Wrong or changed contact details")
    staff.get_by_role("button", name="Close it").click()
    expect(staff.get_by_role("heading", name="What was found")).to_be_visible()
    staff.goto(f"{live.url}/escalations/trends?by=root")
    axe_clean(staff)
    staff.get_by_role("link", name="1 Wrong or changed contact details").click()
    expect(staff.locator("main table")).to_contain_text("Client and volunteer disagree")
    axe_clean(staff)
    page.reload()
    expect(page.locator("body")).not_to_contain_text("disagree")


def test_the_answer_is_changed_within_a_day_and_opening_it_changes_nothing(
    live: Live, page_at: Windows, links: dict[str, str]
) -> None:
    page = page_at(360, scripts=False)
    page.goto(f"{live.url}{links['client']}")
    page.get_by_label("Sí, ya hablamos").check()
    page.get_by_label("No, gracias").check()
    page.get_by_role("button", name="Enviar la respuesta").click()
    page.get_by_role("link", name="Cambiar la respuesta").click()
    with live.reading():
        assert len(session.query(Checkin).filter_by(audience=Audience.CLIENT).one().answers) == 1
    page.get_by_label("Sí, ya hablamos").check()
    page.get_by_label("Sí, por favor llámenme").check()
    page.get_by_role("button", name="Enviar la respuesta").click()
    with live.reading():
        answers = session.query(Checkin).filter_by(audience=Audience.CLIENT).one().answers
        assert [a.standing for a in answers] == ["in_touch", "call_me"]
