"""Who may work here: inviting a colleague, roles that come and go, signing out everywhere, two programmes apart."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.models import CaseStatus
from app.clients.names import index_names
from app.core.access import Role
from app.core.db import session
from app.core.mail import Mail
from tests import factories as make

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser

PASSWORD = "quiet lake seven herons"
PageAt = Callable[..., Page]
ISLAND = {
    "Name": "Island Legal Aid", "Sender of mails": "Island office", "Phone": "808-555-0142", "Opens at": "10:00",
    "Closes at": "09:00", "Short name": "island", "Prefix": "IS",
}  # fmt: skip


@pytest.fixture
def offices(live: Live) -> dict[str, str]:
    """Two programmes with a listed case each, and an administrator with a password."""
    with live.data():
        ids = {}
        for name in ("Lakeshore", "Northwoods"):
            programme = make.programme(name=f"{name} Legal Aid")
            case = make.case(programme, CaseStatus.AVAILABLE, listing_title=f"Eviction in {name}")
            index_names(case)
            ids[name] = case.public_id
        admin = make.user(Role.ADMIN, name="Ingrid Halloway", email="ingrid@example.org")
        return {**ids, "admin": str(admin.id)}


def desk_of(live: Live, page: Page, offices: dict[str, str], path: str) -> None:
    """Let the administrator open a page."""
    page.goto(f"{live.url}/sign-in")
    live.sign_in(page, int(offices["admin"]))
    page.goto(f"{live.url}{path}")


def invite(live: Live, page: Page, offices: dict[str, str], place: str) -> str:
    """Invite Tomás as a coordinator; the link in his mail."""
    desk_of(live, page, offices, "/people")
    axe_clean(page)
    page.get_by_role("link", name="Invite somebody…").click()
    axe_clean(page)
    page.get_by_label("Name").fill("Tomás Marchetti")
    page.get_by_label("Mail address").fill("tomas@example.org")
    page.get_by_label("Role").select_option(label="Coordinator")
    page.get_by_role("button", name="Open the account and invite").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the programme, the funding source or the firm")
    axe_clean(page)
    expect(page.get_by_label("Name")).to_have_value("Tomás Marchetti")
    page.get_by_label("For", exact=True).select_option(label=place)
    page.get_by_role("button", name="Open the account and invite").click()
    expect(page.get_by_role("status")).to_contain_text("The invitation is on its way.")
    axe_clean(page)
    with live.reading():
        mail = session.execute(select(Mail).order_by(Mail.id.desc()).limit(1)).scalar_one()
        assert (mail.kind, mail.to_address) == ("account.invitation", "tomas@example.org")
        return re.search(rf"{live.url}/\S+", mail.text)[0]  # type: ignore[index]


def accept(page: Page, link: str) -> None:
    """Set the password behind an invitation: first a weak one, then a good one."""
    page.goto(link)
    axe_clean(page)
    page.get_by_label("New password").fill("tomas")
    page.get_by_role("button", name="Set the password and sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Use at least 12 characters.")
    axe_clean(page)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password and sign in").click()
    expect(page.get_by_role("navigation").get_by_role("link", name=re.compile("Docket"))).to_be_visible()


def sign_in_by_keyboard(live: Live, page: Page) -> None:
    """Sign in without touching a mouse: tab to each field, Enter sends."""
    page.goto(f"{live.url}/sign-in")
    tab_to(page, "email")
    page.keyboard.type("tomas@example.org")
    page.keyboard.press("Tab")
    assert focused(page) == "password"
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a field has the focus, and see that the focus shows."""
    for _ in range(20):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        if focused(page) == name:
            return
    raise AssertionError(f"{name} is not reached with Tab")


@pytest.mark.parametrize(("width", "other"), [(1280, 360), (360, 1280)])
def test_an_invited_colleague_sets_a_password_and_signs_in_by_keyboard(
    live: Live, page_at: PageAt, offices: dict[str, str], width: int, other: int
) -> None:
    link = invite(live, page_at(width), offices, "Lakeshore Legal Aid")
    theirs = page_at(other)
    accept(theirs, link)
    theirs.get_by_role("button", name="Sign out").click()
    sign_in_by_keyboard(live, theirs)
    axe_clean(theirs)
    again = page_at(other, "dark")
    again.goto(link)
    expect(again.locator("h1")).to_have_text("This link no longer works.")
    axe_clean(again)


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (360, "light")])
def test_a_role_counts_from_the_next_click_and_so_does_its_loss(
    live: Live, page_at: PageAt, offices: dict[str, str], width: int, theme: str
) -> None:
    link = invite(live, page_at(width, theme), offices, "Lakeshore Legal Aid")
    admin, theirs = page_at(width, theme), page_at(1280)
    accept(theirs, link)
    theirs.goto(f"{live.url}/docket")
    expect(theirs.locator("main")).to_contain_text("Eviction in Lakeshore")
    expect(theirs.locator("main")).not_to_contain_text("Eviction in Northwoods")

    desk_of(live, admin, offices, "/people")
    admin.get_by_role("link", name="Tomás Marchetti").click()
    admin.get_by_label("Role").select_option(label="Coordinator")
    admin.get_by_label("For", exact=True).select_option(label="Northwoods Legal Aid")
    admin.get_by_role("button", name="Give the role").click()
    expect(admin.get_by_role("status")).to_contain_text("It counts from the next click.")
    axe_clean(admin)
    theirs.reload()
    expect(theirs.locator("main")).to_contain_text("Eviction in Northwoods")

    for place in ("Northwoods", "Lakeshore"):
        theirs.get_by_role("link", name=f"Eviction in {place}").click()
        expect(theirs.get_by_role("heading", level=1)).to_have_text(f"Eviction in {place}")
        axe_clean(theirs)
        admin.get_by_role("button", name=re.compile(f"Take away.*{place}")).click()
        expect(admin.get_by_role("status")).to_contain_text("The role is taken away.")
        theirs.get_by_role("link", name="Add a note").click()
        expect(theirs.get_by_role("heading", level=1)).to_have_text(
            "We could not find that page" if place == "Northwoods" else "Your account may not do that."
        )
        axe_clean(theirs)
        theirs.goto(f"{live.url}/docket")
    expect(admin.get_by_text("No role yet: this person can sign in and see only their own account.")).to_be_visible()


def test_signing_out_everywhere_ends_the_other_browser_too(
    live: Live, page_at: PageAt, offices: dict[str, str]
) -> None:
    link = invite(live, page_at(1280), offices, "Lakeshore Legal Aid")
    office, phone = page_at(1280), page_at(360, "dark")
    accept(office, link)
    sign_in_by_keyboard(live, phone)
    phone.goto(f"{live.url}/account")
    axe_clean(phone)
    expect(phone.locator("#sign-ins li")).to_have_count(2)
    phone.get_by_role("button", name="Sign out everywhere, here too").click()
    office.get_by_role("link", name=re.compile("Docket")).first.click()
    expect(office.get_by_role("button", name="Sign in")).to_be_visible()
    phone.goto(f"{live.url}/docket")
    expect(phone.get_by_role("button", name="Sign in")).to_be_visible()
    axe_clean(phone)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_a_programme_is_opened_with_its_own_clock_and_holidays(
    live: Live, page_at: PageAt, offices: dict[str, str], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    desk_of(live, page, offices, "/people")
    page.get_by_role("navigation").get_by_role("link", name="Programmes").click()
    axe_clean(page)
    page.get_by_role("link", name="Open a programme…").click()
    axe_clean(page)
    for label, text in ISLAND.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("State", exact=True).select_option("HI")
    page.get_by_label("Time zone").select_option("Pacific/Honolulu")
    page.get_by_label("Friday").uncheck()
    page.get_by_role("button", name="Open the programme").click()
    expect(page.get_by_role("alert")).to_contain_text("The office must close later than it opens.")
    axe_clean(page)
    page.get_by_label("Closes at").fill("16:00")
    page.get_by_role("button", name="Open the programme").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Island Legal Aid")
    expect(page.get_by_text("Next holidays:")).to_be_visible()
    axe_clean(page)

    page.get_by_text("None; only the days listed below").click()
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_text("Next holidays:")).to_have_count(0)
    for part, number in (("Month", "6"), ("Day", "14"), ("Year", "2034")):
        page.locator("#closures").get_by_label(part).fill(number)
    page.get_by_label("Why", exact=True).fill("Staff training")
    page.get_by_role("button", name="Add the day").click()
    expect(page.locator("#closures li")).to_contain_text("Staff training")
    axe_clean(page)
    with live.reading():
        made = session.execute(select(Programme).filter_by(slug="island")).scalar_one()
        assert (made.time_zone, made.holiday_calendar, made.opens_at.hour) == ("Pacific/Honolulu", "none", 10)
        closed = made.closures[0].on_day
        assert not calendars.is_business_day(closed, made)
        assert calendars.is_business_day(closed.replace(day=15), made)
        assert not calendars.is_business_day(closed.replace(day=16), made)  # a Friday


@pytest.mark.parametrize("width", [1280, 360])
def test_staff_of_one_programme_do_not_see_the_cases_of_another(
    live: Live, page_at: PageAt, offices: dict[str, str], width: int
) -> None:
    link = invite(live, page_at(1280), offices, "Northwoods Legal Aid")
    theirs = page_at(width)
    accept(theirs, link)
    for path in ("/today", "/docket", "/intake", "/outbox", "/matching", "/requests", "/checkins"):
        theirs.goto(f"{live.url}{path}")
        expect(theirs.locator("main")).not_to_contain_text("Lakeshore")
    theirs.get_by_role("searchbox").fill("castro")
    theirs.get_by_role("searchbox").press("Enter")
    expect(theirs.locator("main")).to_contain_text("Eviction in Northwoods")
    expect(theirs.locator("main")).not_to_contain_text("Eviction in Lakeshore")
    theirs.goto(f"{live.url}/cases/{offices['Northwoods']}")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Eviction in Northwoods")
    theirs.goto(f"{live.url}/cases/{offices['Lakeshore']}")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("We could not find that page")
    admins = page_at(width)
    desk_of(live, admins, offices, f"/cases/{offices['Lakeshore']}")
    expect(admins.get_by_role("heading", level=1)).to_have_text("Your account may not do that.")
