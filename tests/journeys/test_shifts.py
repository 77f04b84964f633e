"""Help without a case: a volunteer logs an advice shift on a phone, staff the clinic from its sheet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser

SIZES = [(1280, "dark"), (360, "light")]
Windows = Callable[..., Page]


@pytest.fixture
def ids(live: Live) -> dict[str, int]:
    """A programme with a coordinator and three volunteers."""
    with live.data():
        programme = factories.programme(name="Lakeshore Legal Aid")
        people = [factories.volunteer(given_name=name, family_name="Vale") for name in ("Ana", "Bo", "Cleo")]
        assert people[0].user is not None
        return {"staff": factories.coordinator(programme).id, "ana": people[0].user.id}


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_a_shift_is_logged_by_who_was_there_and_a_clinic_by_its_sheet(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    mine = page_at(width, theme)
    live.sign_in(mine, ids["ana"])
    _logs_her_own(live, mine)
    desk = page_at(width, theme)
    live.sign_in(desk, ids["staff"])
    _enters_the_sheet(live, desk)
    mine.goto(f"{live.url}/my/shifts")
    expect(mine.get_by_role("row")).to_have_count(3)  # the head, the telephone, the clinic
    mine.get_by_role("button", name=re.compile("Take back.*Advice shift")).click()
    expect(mine.get_by_role("status")).to_contain_text("It counts no more.")
    expect(mine.get_by_role("row")).to_have_count(2)
    axe_clean(mine)
    mine.goto(f"{live.url}/my/impact")
    expect(mine.locator("main")).to_contain_text("of these 3 at clinics and on advice shifts")
    axe_clean(mine)


def _logs_her_own(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/my/impact")
    axe_clean(page)
    page.get_by_role("link", name="Log a clinic or advice shift").click()
    axe_clean(page)
    page.get_by_label("Advice shift").check()
    page.get_by_label("Hours").fill("30")
    page.get_by_label("How many people did you speak with?").fill("4")
    press(page, "Log it")
    expect(page.get_by_role("alert")).to_contain_text("Write between 0.1 and 24 hours for one day.")
    axe_clean(page)
    page.get_by_label("Hours").fill("1.5")
    press(page, "Log it")
    expect(page.get_by_role("status")).to_contain_text("Logged. Thank you.")
    axe_clean(page)


def _enters_the_sheet(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/volunteers")
    page.get_by_role("link", name="Clinics and advice shifts").click()
    axe_clean(page)
    page.get_by_label("Clinic").check()
    page.get_by_label("Hours").fill("3")
    press(page, "Log it for everybody ticked")
    expect(page.get_by_role("alert")).to_contain_text("Tick who was there.")
    axe_clean(page)
    page.get_by_label("Ana Vale").check()
    page.get_by_text("2 other volunteers").click()
    page.get_by_label("Bo Vale").check()
    press(page, "Log it for everybody ticked")
    expect(page.get_by_role("status")).to_contain_text("Logged for 2 people.")
    axe_clean(page)
    page.goto(f"{live.url}/reports?span=year")
    page.locator("summary", has_text="Volunteers").click()
    page.get_by_role("link", name="7.5 Hours at clinics and on advice shifts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hours at clinics and on advice shifts: 7.5")
    axe_clean(page)
