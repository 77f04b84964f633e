"""A volunteer finds a matter, checks for conflicts and asks for it; the desk says yes; an offer is declined by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.clients.models import Case, CaseStatus, PriorityLevel
from app.core.db import session
from app.core.mail import Mail
from app.matching import operations
from app.matching.models import Referral, ReferralStatus
from tests import factories
from tests.journeys.conftest import Live, axe_clean

pytestmark = pytest.mark.browser


@pytest.fixture
def ids(live: Live) -> dict[str, Any]:
    """A coordinator, two volunteers and three open matters."""
    with live.data():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        people = [factories.volunteer(languages=["en", "es"]) for _ in range(2)]
        for _n in range(10):
            factories.case(programme, CaseStatus.ACCEPTED, owner=staff, language="es", county="55025")
        case = factories.case(
            programme, CaseStatus.AVAILABLE, owner=staff, language="es", priority_level=PriorityLevel.HIGH,
            priority_rank=2, points=50, listing_title="Keep a family of four in their home",
            listing_text="One hearing; the papers are in order.",
        )  # fmt: skip
        factories.case(programme, CaseStatus.AVAILABLE, owner=staff, hours=400, listing_title="Get a deposit back",
                       listing_text="A letter and a phone call.")  # fmt: skip
        factories.case(programme, CaseStatus.AVAILABLE, owner=staff, problem_code="32", listing_title="A divorce")
        return {
            "staff": staff.id,
            "users": [p.user.id for p in people],
            "people": [p.id for p in people],
            "case": case.id,
            "opening": case.lead_opening.id,
        }


@pytest.mark.parametrize(("width", "theme", "scripts"), [(1280, "light", True), (360, "dark", False)])
def test_from_the_list_to_a_placed_case(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int, theme: str, scripts: bool
) -> None:
    page = page_at(width, theme, scripts=scripts)
    live.sign_in(page, ids["users"][0])
    page.goto(f"{live.url}/opportunities")
    expect(page.get_by_role("heading", level=1)).to_have_text("Matters for you")
    expect(page.locator("body")).not_to_contain_text("A divorce")
    if scripts:
        axe_clean(page)
    page.get_by_role("link", name="Keep a family of four in their home", exact=True).click()
    expect(page.locator("body")).not_to_contain_text("Castro")
    if scripts:
        axe_clean(page)
    page.get_by_role("button", name="Hold it for me").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the box first")
    page.get_by_label("I will use the names only for a conflict check").check()
    page.get_by_role("button", name="Hold it for me").click()
    expect(page.get_by_role("table")).to_contain_text("Castro")
    if scripts:
        axe_clean(page)
    page.get_by_label("No conflict").check()
    page.get_by_label("I checked every name").check()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.locator("body")).to_contain_text("You asked for this matter")
    if scripts:
        axe_clean(page)
    _desk_says_yes(live, page_at(width, theme, scripts=scripts), ids["staff"], scripts)
    with live.reading():
        assert session.get_one(Case, ids["case"]).status is CaseStatus.PLACED


def _desk_says_yes(live: Live, page: Page, staff_id: int, scripts: bool) -> None:
    live.sign_in(page, staff_id)
    page.goto(f"{live.url}/requests")
    if scripts:
        axe_clean(page)
    page.get_by_role("link", name=re.compile("Answer")).click()
    if scripts:
        axe_clean(page)
    page.get_by_role("button", name="Yes, place it").click()
    expect(page.locator("body")).to_contain_text("is placed")


def test_an_offer_is_declined_from_its_mail_without_signing_in(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any]
) -> None:
    with live.data():
        opening = session.get_one(Case, ids["case"]).lead_opening
        person = session.get_one(factories.Volunteer, ids["people"][1])
        operations.send_offer(opening, person, actor=session.get_one(factories.User, ids["staff"]))
        text = session.query(Mail).filter_by(kind="matching.offer").one().text
    found = re.search(r"(/offer/\S+)", text)
    assert found
    page = page_at(360)
    page.goto(f"{live.url}{found[1]}")
    axe_clean(page)
    with live.reading():
        assert session.query(Referral).one().status is ReferralStatus.OFFERED
    page.get_by_role("button", name="No time just now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your answer")
    axe_clean(page)
    with live.reading():
        assert session.query(Referral).one().reason == "no_time"


def test_two_tabs_hold_once(live: Live, page_at: Callable[..., Page], ids: dict[str, Any]) -> None:
    page = page_at(1280)
    live.sign_in(page, ids["users"][0])
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{live.url}/opportunities")
        tab.get_by_role("link", name="Get a deposit back", exact=True).click()
        tab.get_by_label("I will use the names only for a conflict check").check()
    for tab in (page, other):
        tab.get_by_role("button", name="Hold it for me").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Check for conflicts")
    page.go_back()
    with live.reading():
        assert session.query(Referral).count() == 1
