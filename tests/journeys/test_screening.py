"""A request is screened by a coordinator and a supervising attorney, and put on the docket."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from app.accounts.calendars import today
from app.clients import operations
from app.clients.models import Case, CaseStatus
from app.core.access import Role
from app.core.db import session
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser


@pytest.fixture
def request_made(live: Live) -> dict[str, int | str]:
    with live.data():
        of = factories.programme(name="Lakeshore Legal Aid")
        staff = factories.coordinator(of, name="Inés Calloway")
        lawyer = factories.user(Role.SUPERVISING_ATTORNEY, programme=of, name="Odile Renner")
        grant = factories.grant(of, name="Basic field grant")
        old = factories.case(of, CaseStatus.REJECTED)
        case = factories.case(of, owner=staff, problem_code=None, listing_title=None, listing_text=None)
        hearing = today(of) + timedelta(days=6)
        operations.add_critical_date(case, kind="hearing", on_day=hearing, paper="summons", actor=staff)
        return {"staff": staff.id, "lawyer": lawyer.id, "grant": grant.id, "case": case.public_id, "old": old.number,
                "number": case.number}  # fmt: skip


def button(page: Page, part: str, name: str) -> None:
    page.locator(f"#{part}").get_by_role("button", name=name, exact=True).click()


def say_whose_it_is(page: Page, old: str) -> None:
    """The same person asked before; a slip of the hand is taken back."""
    beside = page.locator("#conflicts li").filter(has_text=old)
    same, other = (beside.get_by_role("button", name=re.compile(name)) for name in ("^The same", "^Not the same"))
    same.click()
    other.click()
    page.get_by_text("The two requests count as two persons' now.").wait_for()
    same.click()
    other.wait_for()


def screen(page: Page, look: bool) -> None:
    """Everything a coordinator decides on the page."""
    button(page, "conflicts", "Search the names")
    page.check('input[name="conflicts-outcome"][value="clear"]')
    page.fill('[name="conflicts-note"]', "Another person of a similar name.")
    button(page, "conflicts", "Save the decision")
    page.get_by_text("The landlord changed the lock.").wait_for()
    page.select_option('[name="matter-problem_code"]', "63")
    button(page, "matter", "Save")
    page.check('input[name="triage-harms"][value="home"]')
    button(page, "triage", "Save")
    page.fill('[name="eligibility-household_size"]', "3")
    button(page, "eligibility", "Decide")
    page.get_by_text("Write the income. If there is none, write 0.").first.wait_for()
    if look:
        axe_clean(page)
    page.fill('[name="eligibility-gross_income"]', "20,000")
    page.fill('[name="eligibility-assets"]', "0")
    button(page, "eligibility", "Decide")
    page.get_by_text("73.2 % of the guideline").wait_for()


@pytest.mark.parametrize(
    ("width", "theme", "scripts"), [(1280, "light", True), (360, "dark", True), (360, "light", False)]
)
def test_a_request_travels_from_the_queue_to_the_docket(
    live: Live, page_at, request_made, width: int, theme: str, scripts: bool
) -> None:
    page = page_at(width, theme, scripts=scripts)
    live.sign_in(page, request_made["staff"])
    page.goto(f"{live.url}/intake")
    if scripts:
        axe_clean(page)
    page.get_by_role("link", name=request_made["number"], exact=True).click()
    assert page.get_by_text("changed the lock").count() == 0
    say_whose_it_is(page, request_made["old"])
    screen(page, scripts)
    assert page.get_by_role("link", name="A supervising attorney has not judged the merits.").is_visible()

    lawyer = page_at(width, theme, scripts=scripts)
    live.sign_in(lawyer, request_made["lawyer"])
    lawyer.goto(f"{live.url}/intake/{request_made['case']}")
    lawyer.check('input[name="merits-rating"][value="fair"]')
    button(lawyer, "merits", "Save the judgement")
    lawyer.get_by_text("The judgement is saved.").wait_for()

    page.reload()
    button(page, "accept", "Accept the request")
    page.get_by_role("link", name="Write the listing").first.click()
    page.fill('[name="title"]', "Tenant facing removal")
    page.fill('[name="text"]', "Maribel has a hearing.")
    page.fill('[name="hours"]', "12")
    page.get_by_role("button", name="Save and list the case").click()
    page.get_by_text("The listing names somebody in the matter.").first.wait_for()
    if scripts:
        axe_clean(page)
    page.fill('[name="text"]', "A tenant has a hearing and the flat has repair faults.")
    page.get_by_role("button", name="Save and list the case").click()
    page.wait_for_url(lambda url: not url.endswith("/listing"))
    with live.reading():
        case = session.scalars(select(Case).where(Case.public_id == request_made["case"])).one()
        assert (case.status, case.hours, case.priority_level.value) == (CaseStatus.AVAILABLE, 1200, "high")


def test_rejecting_names_other_help_by_keyboard_alone(live: Live, page_at, request_made) -> None:
    page = page_at(1280)
    live.sign_in(page, request_made["staff"])
    page.goto(f"{live.url}/intake/{request_made['case']}/reject")
    axe_clean(page)
    page.locator('input[name="reason"]').first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("County bar referral line, 608-555-0143")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/intake")
    with live.reading():
        case = session.scalars(select(Case).where(Case.public_id == request_made["case"])).one()
        assert (case.status, case.rejected_reason) == (CaseStatus.REJECTED, "over_income")


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (360, "light")])
def test_every_screening_page_is_clean(live: Live, page_at, request_made, width: int, theme: str) -> None:
    page = page_at(width, theme)
    live.sign_in(page, request_made["staff"])
    case = request_made["case"]
    for path in (f"/intake/{case}", f"/intake/{case}/priority", f"/cases/{case}/pause", "/priority-rules"):
        page.goto(live.url + path)
        axe_clean(page)
