"""A firm is asked, checks, names its person; the desk says yes; the person sees the case, the firm does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.accounts.models import RoleGrant
from app.clients.models import Case, CaseStatus
from app.core.access import Role
from app.core.db import session
from app.core.mail import Mail
from app.matching.models import Referral, ReferralStatus
from app.volunteers.models import Organisation
from tests import factories
from tests.journeys.conftest import Live, axe_clean

pytestmark = pytest.mark.browser


@pytest.fixture
def ids(live: Live) -> dict[str, Any]:
    """A programme with an open matter, and a firm of two with its coordinator."""
    with live.data():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        firm = factories.add(Organisation(name="Orchard and Vale LLP"))
        people = [factories.volunteer(given_name=name, family_name="Aldous") for name in ("Ines", "Otto")]
        for person in people:
            factories.member(person.id, firm.id)
        answers = factories.user(name="Wren Abbott")
        factories.add(RoleGrant(user=answers, role=Role.FIRM_COORDINATOR, organisation=firm))
        case = factories.case(
            programme, CaseStatus.AVAILABLE, owner=staff, listing_title="Keep a family in their home",
            listing_text="One hearing; the papers are in order.",
        )  # fmt: skip
        return {
            "staff": staff.id, "firm": answers.id, "person": people[1].user.id, "case": case.id,
            "case_id": case.public_id, "opening": case.lead_opening.public_id,
        }  # fmt: skip


@pytest.mark.parametrize(("width", "theme", "scripts"), [(1280, "light", True), (360, "dark", False)])
def test_from_the_offer_to_a_placed_case(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int, theme: str, scripts: bool
) -> None:
    def window(who: str) -> Page:
        page = page_at(width, theme, scripts=scripts)
        live.sign_in(page, ids[who])
        return page

    def look(page: Page) -> None:
        if scripts:
            axe_clean(page)

    staff, firm, person = window("staff"), window("firm"), window("person")
    _staff_ask(live, staff, ids, look)
    _firm_checks(live, firm, look)
    _firm_names(firm, look)
    _person_answers(live, person, look)
    staff.goto(f"{live.url}/requests")
    expect(staff.locator("body")).to_contain_text("Otto Aldous, Orchard and Vale LLP asks for it")
    staff.get_by_role("link", name=re.compile("Answer")).click()
    look(staff)
    staff.get_by_role("button", name="Yes, place it").click()
    expect(staff.locator("body")).to_contain_text("is placed")
    with live.reading():
        assert session.get_one(Case, ids["case"]).status is CaseStatus.PLACED
    person.goto(f"{live.url}/my/cases/{ids['case_id']}")
    expect(person.locator("body")).to_contain_text("Castro")
    firm.goto(f"{live.url}/firm")
    expect(firm.get_by_role("table")).to_contain_text("Otto Aldous")
    expect(firm.locator("body")).not_to_contain_text("Castro")
    look(firm)
    answer = firm.goto(f"{live.url}/my/cases/{ids['case_id']}")
    assert answer is not None
    assert answer.status == 403


def _staff_ask(live: Live, page: Page, ids: dict[str, Any], look: Callable[[Page], None]) -> None:
    page.goto(f"{live.url}/matching/case/{ids['case_id']}")
    page.get_by_role("link", name="Ask a firm").click()
    look(page)
    page.get_by_role("button", name="Ask the firm").click()
    expect(page.locator("body")).to_contain_text("is on its way")
    look(page)


def _firm_checks(live: Live, page: Page, look: Callable[[Page], None]) -> None:
    page.goto(f"{live.url}/firm")
    expect(page.get_by_role("heading", level=1)).to_have_text("One matter waits for your answer")
    look(page)
    page.get_by_role("link", name=re.compile("^Matter 26-")).click()
    expect(page.locator("body")).not_to_contain_text("Castro")
    look(page)
    page.get_by_label("I will use the names only for a conflict check").check()
    page.get_by_role("button", name="Yes, hold it for the firm").click()
    expect(page.get_by_role("table")).to_contain_text("Castro")
    look(page)
    page.get_by_label("No conflict").check()
    page.get_by_label("I checked every name").check()
    page.get_by_role("button", name="Send the firm's answer").click()


def _firm_names(page: Page, look: Callable[[Page], None]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Name the person")
    look(page)
    page.get_by_role("button", name="Name this person").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a person")
    page.get_by_label("Otto Aldous").check()
    page.get_by_role("button", name="Name this person").click()
    expect(page.locator("body")).to_contain_text("Otto Aldous is named")
    look(page)


def _person_answers(live: Live, page: Page, look: Callable[[Page], None]) -> None:
    page.goto(f"{live.url}/my/matters")
    page.get_by_role("link", name=re.compile("Open")).first.click()
    expect(page.locator("body")).to_contain_text("Orchard and Vale LLP named you")
    expect(page.locator("body")).not_to_contain_text("Castro")
    look(page)
    page.get_by_label("I will use the names only for a conflict check").check()
    page.get_by_role("button", name="Show me the names").click()
    expect(page.get_by_role("table")).to_contain_text("Castro")
    look(page)
    page.get_by_label("No conflict").check()
    page.get_by_label("I checked every name").check()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.locator("body")).to_contain_text("You asked for this matter")


def test_a_firm_declines_from_the_mail_without_signing_in(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any]
) -> None:
    staff = page_at(1280)
    live.sign_in(staff, ids["staff"])
    staff.goto(f"{live.url}/openings/{ids['opening']}/firms")
    staff.get_by_role("button", name="Ask the firm").click()
    with live.reading():
        found = re.search(r"(/offer/\S+)", session.query(Mail).filter_by(kind="matching.firm_offer").one().text)
    assert found
    page = page_at(360)
    page.goto(f"{live.url}{found[1]}")
    expect(page.locator("body")).to_contain_text("Asked: Orchard and Vale LLP")
    axe_clean(page)
    page.get_by_role("button", name="Not my field").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your answer")
    with live.reading():
        attempt = session.query(Referral).one()
        assert (attempt.status, attempt.reason) == (ReferralStatus.DECLINED, "not_my_field")


def test_those_close_to_me_are_kept_to_myself(live: Live, page_at: Callable[..., Page], ids: dict[str, Any]) -> None:
    page = page_at(360)
    live.sign_in(page, ids["person"])
    page.goto(f"{live.url}/opportunities")
    expect(page.locator("body")).to_contain_text("Keep a family in their home")
    with live.reading():
        client = next(p.name for p in session.get_one(Case, ids["case"]).parties if p.role.value == "client")
    page.goto(f"{live.url}/my/profile")
    page.get_by_role("link", name=re.compile("^People close to you")).click()
    axe_clean(page)
    page.get_by_label("People I live with").fill("Solo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("given and family name")
    page.get_by_label("People I live with").fill(client)
    page.get_by_role("button", name="Save").click()
    page.goto(f"{live.url}/opportunities?show=all")
    expect(page.locator("body")).not_to_contain_text("Keep a family in their home")


def test_staff_keep_firms(live: Live, page_at: Callable[..., Page], ids: dict[str, Any]) -> None:
    page = page_at(360)
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}/volunteers")
    page.get_by_role("link", name="Firms", exact=True).click()
    axe_clean(page)
    page.get_by_role("link", name="Orchard and Vale LLP").click()
    expect(page.locator("body")).to_contain_text("Wren Abbott")
    axe_clean(page)
    page.get_by_label("Name").first.fill("Lee Moss")
    page.get_by_label("Mail address").fill("lee@orchard.example")
    page.get_by_role("button", name="Let them answer for it").click()
    expect(page.locator("#coordinators")).to_contain_text("Lee Moss")
    page.goto(f"{live.url}/organisations/new")
    axe_clean(page)
