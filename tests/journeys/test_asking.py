"""The desk enters a yes, writes to several volunteers and says which kinds to ask for; a volunteer says from when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.clients.models import CaseStatus, ServiceLevel
from app.matching import operations
from tests import factories
from tests.journeys.conftest import Live, axe_clean

pytestmark = pytest.mark.browser


@pytest.fixture
def ids(live: Live) -> dict[str, Any]:
    """A coordinator, three volunteers, an open matter, a clinic's short service, and a no for want of time."""
    with live.data():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        people = [factories.volunteer() for _ in range(3)]
        case = factories.case(programme, CaseStatus.AVAILABLE, owner=staff, listing_title="Get a deposit back")
        clinic = factories.case(
            programme, CaseStatus.AVAILABLE, owner=staff, listing_title="Advice at the court's desk",
            service_level=ServiceLevel.LIMITED, short_term_by="court",
        )  # fmt: skip
        said_no = operations.send_offer(clinic.lead_opening, people[2], actor=staff)
        operations.decline_offer(said_no, "no_time", actor=None)
        return {
            "staff": staff.id, "resting": people[2].user_id, "case": case.public_id, "slug": programme.slug,
            "opening": case.lead_opening.public_id, "clinic": clinic.lead_opening.public_id, "no": said_no.public_id,
            "first": people[0].name,
        }  # fmt: skip


@pytest.mark.parametrize("width", [1280, 360])
def test_the_desk_asks_in_every_way(live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int) -> None:
    page = page_at(width, "light" if width == 1280 else "dark")
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}/appeals/new")
    page.get_by_label("Get a deposit back").check()
    page.get_by_role("button", name="Show who would get what").click()
    expect(page.get_by_role("heading", name="3. Read and send")).to_be_visible()
    axe_clean(page)
    page.get_by_role("button", name="Send the mails").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 volunteers are written to")
    axe_clean(page)
    page.goto(f"{live.url}/claim-rules/{ids['slug']}")
    page.get_by_label("Housing").select_option("at_once")
    axe_clean(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It counts for every claim from now on.")).to_be_visible()
    page.goto(f"{live.url}/openings/{ids['clinic']}/by-hand")
    page.get_by_label("Volunteer", exact=True).select_option(label=ids["first"])
    page.get_by_label("Said yes on the phone").check()
    page.get_by_label("Not yet").check()
    axe_clean(page)
    page.get_by_role("button", name="Enter the yes").click()
    expect(page.get_by_text("who is told to check the names")).to_be_visible()


def test_a_volunteer_without_time_says_from_when(live: Live, page_at: Callable[..., Page], ids: dict[str, Any]) -> None:
    page = page_at(360)
    live.sign_in(page, ids["resting"])
    page.goto(f"{live.url}/my/matters/{ids['no']}")
    axe_clean(page)
    for label, value in (("Month", "1"), ("Day", "15"), ("Year", "2027")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Ask me from that day").click()
    expect(page.get_by_text("We ask you about nothing before that day")).to_be_visible()
