"""An attorney applies on a phone, a coordinator screens and approves, the invitation sets the password."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.core.access import Role
from app.core.db import session
from app.core.mail import Mail
from app.volunteers.models import Volunteer, VolunteerStatus
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser

PASSWORD = "quiet lake seven herons"


@pytest.fixture
def coordinator(live: Live) -> int:
    """Somebody who screens at a programme in Wisconsin."""
    with live.data():
        programme = factories.programme(name="Lakeshore Legal Aid")
        return int(factories.user(Role.COORDINATOR, programme=programme, name="Ada Lindqvist").id)


def mails(live: Live) -> list[tuple[str, str]]:
    """Kind and text of everything in the outbox, oldest first."""
    with live.reading():
        return [(row.kind, row.text) for row in session.execute(select(Mail).order_by(Mail.id)).scalars()]


def apply(page: Page, live: Live) -> None:
    """Fill the application in with one thing missing, then with everything."""
    page.goto(f"{live.url}/volunteer")
    page.fill("#given_name", "Tomás")
    page.fill("#family_name", "Marchetti")
    page.fill("#email", "tomas@example.org")
    page.locator('input[name="roles"][value="attorney"]').check()
    page.select_option("#licences-0-state", "WI")
    page.fill("#licences-0-number", "1012345")
    page.select_option("#areas-0-area", "Housing")
    page.get_by_role("button", name="Add more states").click()
    expect(page.locator("#licences-1-state")).to_be_visible()
    expect(page.locator("#family_name")).to_have_value("Marchetti")
    page.locator('input[name="places"][value="WI"]').check()
    page.fill("#capacity", "2")
    page.locator('input[name="cover"][value="own"]').check()
    for box in page.locator('input[name="attested"]').all():
        box.check()
    page.get_by_role("button", name="Send the application").click()
    page.get_by_role("link", name="Choose your level in this field.").click()
    page.select_option("#areas-0-level", "competent")
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you: your application is here")


def verify(page: Page, what: str, how: str, standing: str = "") -> None:
    """Open a credential from the checklist and confirm it."""
    page.get_by_role("link", name=re.compile(f"^Verify….*{what}")).first.click()
    axe_clean(page)
    if standing:
        page.select_option("#standing", standing)
    page.select_option("#how", how)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("status").first).to_contain_text("Verified")


def test_from_the_application_to_the_first_sign_in(live: Live, coordinator: int, page_at: Callable[..., Page]) -> None:
    phone = page_at(360)
    phone.goto(f"{live.url}/volunteer")
    axe_clean(phone)
    apply(phone, live)
    axe_clean(phone)
    assert [kind for kind, _ in mails(live)] == ["volunteer.received"]

    desk = page_at(1280)
    live.sign_in(desk, coordinator)
    desk.goto(f"{live.url}/volunteers?view=screen")
    axe_clean(desk)
    desk.get_by_role("link", name="Tomás Marchetti").click()
    axe_clean(desk)
    desk.get_by_role("button", name="Start screening").click()
    verify(desk, "Licence", "register", "active")
    verify(desk, "Malpractice", "certificate")
    desk.get_by_role("link", name=re.compile("Record it.*Orientation")).click()
    desk.select_option("#how", "attended")
    desk.get_by_role("button", name="Record as verified").click()
    axe_clean(desk)
    desk.get_by_role("button", name="Approve").click()
    expect(desk.get_by_text("The invitation is not used yet")).to_be_visible()

    kind, text = mails(live)[-1]
    assert kind == "account.invitation"
    phone.goto(re.search(rf"{live.url}/\S+", text)[0])  # type: ignore[index]
    axe_clean(phone)
    phone.fill("#password", PASSWORD)
    phone.get_by_role("button", name="Set the password and sign in").click()
    phone.goto(f"{live.url}/my/profile")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your profile")
    axe_clean(phone)
    phone.fill("#capacity", "3")
    phone.get_by_role("button", name="Save").last.click()
    expect(phone.get_by_role("status").first).to_contain_text("Saved")
    phone.goto(f"{live.url}/my/credentials")
    axe_clean(phone)
    with live.reading():
        made = session.execute(select(Volunteer)).scalar_one()
        assert (made.status, made.capacity) == (VolunteerStatus.APPROVED, 3)


def test_the_application_needs_no_script(live: Live, coordinator: int, page_at: Callable[..., Page]) -> None:
    apply(page_at(360, scripts=False), live)
    assert [kind for kind, _ in mails(live)] == ["volunteer.received"]
