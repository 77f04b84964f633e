"""A coordinator's day in the browser: today, the docket, a case; at both widths, in both themes, without script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.clients.models import Case, CaseStatus, PriorityLevel
from app.clients.names import index_names
from app.clients.priority import refresh_priority
from app.core import clock
from app.core.db import session
from app.tasks.operations import open_task
from tests import factories as make

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser


@pytest.fixture
def office(live: Live) -> tuple[int, list[str]]:
    """Inés and Ruben, two waiting cases, one in service, a promise that is late; her id and the cases' ids."""
    with live.data():
        programme = make.programme(name="Lakeshore Legal Aid")
        inés = make.coordinator(programme, name="Inés Calloway")
        make.coordinator(programme, name="Ruben Amadi")
        cases = [
            make.case(programme, CaseStatus.AVAILABLE, owner=inés, listing_title="Eviction hearing Friday"),
            make.case(programme, CaseStatus.AVAILABLE, owner=inés, listing_title="Debt collection"),
            make.case(programme, CaseStatus.IN_SERVICE, owner=inés, lead=make.volunteer()),
        ]
        for case in cases:
            refresh_priority(case)
            index_names(case)
        open_task("review_pause", cases[0], programme=programme, case=cases[0], title="Look at the paused case again",
                  due_at=clock.now() - timedelta(days=2), actor=None)  # fmt: skip
        return inés.id, [case.public_id for case in cases]


def arrive(live: Live, page: Page, who: int, path: str = "/home") -> None:
    page.goto(f"{live.url}/sign-in")
    live.sign_in(page, who)
    page.goto(f"{live.url}{path}")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_the_day_begins_with_the_oldest_promise(
    live: Live, page_at: Callable[..., Page], office: tuple[int, list[str]], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    arrive(live, page, office[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("One decision waits. One promise is late.")
    axe_clean(page)
    page.locator(".pad").get_by_role("link", name="Done…").click()
    page.get_by_text("Not needed any more").click()
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing waits for you.")
    axe_clean(page)


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (360, "light")])
def test_cases_are_chosen_on_the_docket_and_handed_to_a_colleague(
    live: Live, page_at: Callable[..., Page], office: tuple[int, list[str]], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    arrive(live, page, office[0], "/docket")
    axe_clean(page)
    page.locator("details.pop summary").first.click()
    expect(page.locator("details.pop[open]")).to_contain_text("Rules version 1.")
    page.keyboard.press("Escape")
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="Assign to…").click()
    axe_clean(page)
    page.get_by_label("Who answers for it from now on").select_option(label="Ruben Amadi")
    page.get_by_text("To spread the work").click()
    page.get_by_role("button", name="Hand them over").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 1 done")
    axe_clean(page)


def test_a_case_is_found_read_and_noted_without_script(
    live: Live, page_at: Callable[..., Page], office: tuple[int, list[str]]
) -> None:
    page = page_at(1280, scripts=False)
    arrive(live, page, office[0], "/today")
    page.get_by_role("searchbox").fill("castro")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 cases found")
    assert "castro" not in page.url
    page.get_by_role("link", name="Eviction hearing Friday").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Eviction hearing Friday")
    page.get_by_role("link", name="Add a note").click()
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the note first.")
    page.get_by_label("Note").fill("The client moved to her sister's place.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#happened")).to_contain_text("moved to her sister's place")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_the_pages_of_a_case_break_no_rule_of_access(
    live: Live, page_at: Callable[..., Page], office: tuple[int, list[str]], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    arrive(live, page, office[0], f"/cases/{office[1][2]}")
    axe_clean(page)
    for step in ("note", "contact", "time", "letter", "hand-back", "withdraw", "dormant", "custody"):
        page.goto(f"{live.url}/cases/{office[1][2]}/{step}")
        axe_clean(page)


def test_withdrawing_asks_first_and_one_double_click_is_one_effect(
    live: Live, page_at: Callable[..., Page], office: tuple[int, list[str]]
) -> None:
    page = page_at(1280)
    arrive(live, page, office[0], f"/cases/{office[1][1]}")
    page.get_by_text("More…", exact=True).click()
    page.get_by_role("link", name="Withdraw the case…").click()
    page.get_by_text("The client wants no more help").click()
    page.get_by_role("button", name="Withdraw it").dblclick()
    expect(page.locator(".track [aria-current=step]")).to_contain_text("Withdrawn")
    with live.reading():
        case = session.query(Case).filter_by(public_id=office[1][1]).one()
        assert [move.to_status for move in case.moves].count(CaseStatus.WITHDRAWN) == 1
        assert case.priority_level in list(PriorityLevel)


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (360, "es")])
def test_the_front_door_leads_to_a_request_for_help(
    live: Live, page_at: Callable[..., Page], width: int, language: str
) -> None:
    with live.data():
        make.programme(name="Lakeshore Legal Aid")
    page = page_at(width, language=language)
    page.goto(f"{live.url}/")
    axe_clean(page)
    page.get_by_role("link", name="Pedir ayuda" if language == "es" else "Ask for help").click()
    page.wait_for_url("**/help**")
