"""Ways out of a case in the browser: a hand-back with a date near, leaving at once, a transfer that is accepted."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.casework.transfer_models import Transfer
from app.clients.models import Case, CaseStatus, CriticalDate
from app.core import clock
from app.core.access import Role
from app.core.db import session
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser

SIZES = [(1280, "light"), (360, "dark")]
Windows = Callable[..., Page]
PICTURES = os.environ.get("PICTURES")


@pytest.fixture
def ids(live: Live) -> dict[str, int]:
    """A case in service, its lead, a possible receiver and staff."""
    with live.data():
        programme = factories.programme()
        staff, person = factories.coordinator(programme, name="Inés Calloway"), factories.volunteer()
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme, name="Odell Birch")
        receiver = factories.volunteer(given_name="Sol", family_name="Marten")
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=person)
        assert person.user is not None
        assert receiver.user is not None
        return {"staff": staff.id, "user": person.user.id, "case": case.id, "receiver": receiver.user.id,
                "attorney": attorney.id}  # fmt: skip


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def looked_at(page: Page, name: str, width: int) -> None:
    """No rule of access is broken; a picture where somebody wants one."""
    axe_clean(page)
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)


def fill_checklist(page: Page) -> None:
    page.get_by_label("What is done").fill("The answer is filed.")
    page.get_by_label("What comes next").fill("Call the clerk on Monday.")
    page.get_by_label("None; everything is in this file").check()
    page.get_by_label("No, no court needs to agree").check()


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_with_a_date_near_a_coordinator_takes_custody_first(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    with live.data():
        day = clock.now().date() + timedelta(days=4)
        case = session.get_one(Case, ids["case"])
        session.add(CriticalDate(case=case, kind="hearing", on_day=day, standing="confirmed"))
        case.next_critical_on = day
    page = page_at(width, theme, scripts=False)
    live.sign_in(page, ids["user"])
    page.goto(f"{live.url}/my/cases")
    page.get_by_role("link", name="Eviction hearing").click()
    file = page.url
    page.get_by_role("link", name="Give it back").click()
    looked_at_without_script(page)
    page.get_by_label("I no longer have the time").check()
    page.get_by_label("What is done").fill("The answer is filed.")
    press(page, "Keep as a draft")
    expect(page.locator("body")).to_contain_text("A hand-over is being prepared")
    page.get_by_role("link", name="Go on with it").click()
    fill_checklist(page)
    page.get_by_role("button", name="Give it back").click()
    expect(page.locator("body")).to_contain_text("You are still responsible for the case")
    assert page.request.get(file).status == 200
    _staff_take_custody(live, page_at(width, theme), ids, width)
    assert page.request.get(file).status == 404
    page.reload()
    expect(page.locator("body")).to_contain_text("Your part and your access have ended")


def looked_at_without_script(page: Page) -> None:
    """The page stands without script."""
    expect(page.locator("h1")).to_be_visible()


def _staff_take_custody(live: Live, page: Page, ids: dict[str, int], width: int) -> None:
    with live.reading():
        path = f"/transfers/{session.query(Transfer).one().public_id}"
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}{path}")
    looked_at(page, "hand-back-waits", width)
    press(page, "Take custody")
    expect(page.locator("body")).to_contain_text("You answer for the case now")
    page.get_by_role("link", name="Root cause").click()
    looked_at(page, "root-cause", width)
    page.get_by_label("The volunteer's time ran out or changed").check()
    press(page, "Note it")
    expect(page.locator("h1")).to_contain_text("done")
    page.goto(f"{live.url}/reports/hand-overs")
    expect(page.locator("h1")).to_contain_text("1 lead went early")
    looked_at(page, "trends", width)
    page.get_by_role("link", name="1 Hand-back").first.click()
    looked_at(page, "trends-behind", width)


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_leaving_at_once_stops_at_the_next_click(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    live.sign_in(page, ids["user"])
    page.goto(f"{live.url}/my/cases")
    page.get_by_role("link", name="Eviction hearing").click()
    file = page.url
    page.get_by_role("link", name="Give it back").click()
    looked_at(page, "hand-back", width)
    page.get_by_role("link", name="I must stop at once").click()
    looked_at(page, "leave-at-once", width)
    press(page, "Stop now")
    expect(page.get_by_role("alert")).to_contain_text("Choose what comes closest")
    looked_at(page, "leave-at-once-error", width)
    page.get_by_label("A conflict came up").check()
    page.get_by_label("Yes, and leave of the court is still needed").check()
    press(page, "Stop now")
    expect(page.locator("body")).to_contain_text("Your withdrawal is recorded")
    expect(page.locator("body")).to_contain_text("Odell Birch")
    looked_at(page, "left-at-once", width)
    page.goto(file)
    expect(page.locator("body")).to_contain_text("Your part in this case has ended")
    axe_clean(page)


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_a_transfer_goes_to_the_lawyer_who_accepts(
    live: Live, page_at: Windows, ids: dict[str, int], width: int, theme: str
) -> None:
    desk = page_at(width, theme)
    live.sign_in(desk, ids["staff"])
    with live.reading():
        public_id = session.get_one(Case, ids["case"]).public_id
    desk.goto(f"{live.url}/cases/{public_id}/ways-out")
    looked_at(desk, "ways-out", width)
    desk.get_by_role("link", name="Hand it to another lawyer").click()
    looked_at(desk, "start-transfer", width)
    desk.get_by_label("The lead has too much in hand").check()
    press(desk, "Begin")
    _staff_prepare(desk, width)
    receiver = page_at(width, theme)
    _receiver_accepts(live, receiver, ids, width)
    desk.reload()
    expect(desk.locator("body")).to_contain_text("the case is theirs from this moment")
    looked_at(desk, "transfer-complete", width)
    desk.goto(f"{live.url}/cases/{public_id}")
    expect(desk.locator("#handovers")).to_contain_text("Had a part before")
    looked_at(desk, "case-after", width)


def _staff_prepare(desk: Page, width: int) -> None:
    desk.get_by_role("link", name="Complete the checklist").click()
    looked_at(desk, "checklist", width)
    press(desk, "Keep the checklist")
    expect(desk.get_by_role("alert")).to_contain_text("Write what the next lawyer must know")
    fill_checklist(desk)
    press(desk, "Keep the checklist")
    desk.get_by_role("link", name="Choose the receiver").click()
    looked_at(desk, "receivers", width)
    desk.get_by_role("link", name="See the checks").click()
    looked_at(desk, "receiver-checks", width)
    press(desk, "Choose this lawyer")
    desk.get_by_role("link", name="Record the client's consent").click()
    looked_at(desk, "consent", width)
    desk.get_by_label("By phone").check()
    desk.get_by_label("The client knows who will see the file").check()
    press(desk, "Record the consent")
    expect(desk.locator("body")).to_contain_text("Check the names and answer")
    looked_at(desk, "transfer-asked", width)


def _receiver_accepts(live: Live, page: Page, ids: dict[str, int], width: int) -> None:
    live.sign_in(page, ids["receiver"])
    page.goto(f"{live.url}/my/cases")
    looked_at(page, "my-cases-asked", width)
    page.get_by_role("link", name="Look at it").click()
    looked_at(page, "take-over", width)
    assert "Castro" not in page.content()
    press(page, "I keep them confidential; show me the names")
    expect(page.locator("main")).to_contain_text("Castro")
    looked_at(page, "take-over-names", width)
    page.get_by_label("No conflict for me or my firm").check()
    page.get_by_label("I checked every name").check()
    press(page, "Send my answer")
    expect(page.locator("body")).to_contain_text("The case is yours")
    axe_clean(page)
