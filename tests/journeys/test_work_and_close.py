"""A volunteer works on an own case, from the first contact to the closing that staff approve."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.casework.models import Note, TimeEntry
from app.clients.models import Case, CaseStatus
from app.core.db import session
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser

SIZES = [(1280, "light"), (360, "dark")]
Windows = Callable[..., Page]


@pytest.fixture
def ids(live: Live) -> dict[str, int]:
    """A placed case, its volunteer and its coordinator."""
    with live.data():
        programme = factories.programme()
        staff, person = factories.coordinator(programme), factories.volunteer()
        case = factories.case(programme, CaseStatus.PLACED, owner=staff, lead=person)
        assert person.user is not None
        return {"staff": staff.id, "user": person.user.id, "case": case.id}


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_from_the_first_contact_to_the_closing(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    live.sign_in(page, ids["user"])
    page.goto(f"{live.url}/my/cases")
    axe_clean(page)
    page.get_by_role("link", name="Eviction hearing").click()
    expect(page.locator("main")).to_contain_text("Maribel Castro")
    axe_clean(page)
    press(page, "We have spoken")
    expect(page.locator("body")).to_contain_text("The service has begun")
    _writes_down(page)
    _reports(page)
    expect(page.locator("body")).to_contain_text("Your closing report is being checked")
    axe_clean(page)
    _staff_agree(live, page_at(width, theme), ids)
    assert page.request.get(page.url).status == 404
    page.goto(f"{live.url}/my/cases")
    expect(page.locator("body")).to_contain_text("Cases you had")
    axe_clean(page)


def _writes_down(page: Page) -> None:
    page.get_by_role("link", name="Add a note").click()
    axe_clean(page)
    press(page, "Keep the note")
    expect(page.get_by_role("alert")).to_contain_text("Write the note first")
    axe_clean(page)
    page.get_by_label("Note").fill("She has the lease at home.")
    press(page, "Keep the note")
    expect(page.locator("#notes")).to_contain_text("She has the lease at home.")
    page.get_by_role("link", name="Log hours").click()
    axe_clean(page)
    page.get_by_label("Hours").fill("1.5")
    press(page, "Keep the hours")
    expect(page.locator("#hours")).to_contain_text("1.5")


def _reports(page: Page) -> None:
    page.get_by_role("link", name="Report the closing").click()
    axe_clean(page)
    page.locator("input[name=closing_code][value=IB]").check()
    press(page, "Send the report")
    expect(page.get_by_role("alert")).to_contain_text("Code IB needs counsel of record")
    axe_clean(page)
    page.locator("input[name=closing_code][value=A]").check()
    page.get_by_label("Your hours in all").fill("2.5")
    page.get_by_label("Cost avoided").fill("1,200")
    press(page, "Send the report")


def _staff_agree(live: Live, page: Page, ids: dict[str, int]) -> None:
    with live.reading():
        case = session.get_one(Case, ids["case"])
        assert (case.status, session.query(Note).count()) == (CaseStatus.CLOSING, 1)
        assert sum(e.hundredths for e in session.query(TimeEntry)) == 250
        path = f"/cases/{case.public_id}/closing/approve"
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}{path}")
    axe_clean(page)
    press(page, "Approve and close")
    page.wait_for_url("**/cases/*")
    with live.reading():
        assert session.get_one(Case, ids["case"]).status is CaseStatus.CLOSED


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_giving_a_case_back_ends_access_at_once(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    live.sign_in(page, ids["user"])
    page.goto(f"{live.url}/my/cases")
    page.get_by_role("link", name="Eviction hearing").click()
    file = page.url
    page.get_by_role("link", name="Give it back").click()
    axe_clean(page)
    page.get_by_label("I no longer have the time").check()
    page.get_by_label("What is done").fill("Nothing is filed yet.")
    page.get_by_label("What comes next").fill("Call her.")
    page.get_by_label("None; everything is in this file").check()
    page.get_by_label("No, no court needs to agree").check()
    press(page, "Give it back")
    expect(page.locator("body")).to_contain_text("Your part and your access have ended")
    axe_clean(page)
    assert page.request.get(file).status == 404
