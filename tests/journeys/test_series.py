"""When and what is asked: a coordinator changes a rule and sees the days move; a volunteer answers twice on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.clients.models import CaseStatus
from app.core import clock, links
from app.core.access import Role
from app.core.db import session
from app.engagement import mails
from app.engagement.models import Audience, Checkin
from tests import factories

from .conftest import Live, axe_clean

pytestmark = pytest.mark.browser
Windows = Callable[..., Page]


@pytest.fixture
def desk(live: Live) -> dict[str, str]:
    """A programme with a case at work, its coordinator, an administrator, and a check-in that was just sent."""
    with live.data():
        programme = factories.programme(holiday_calendar="none")
        staff = factories.coordinator(programme)
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=factories.volunteer())
        asked = Checkin(
            case=case, assignment=case.assignments[0], audience=Audience.VOLUNTEER, series_key="now",
            questions="volunteer_regular", due_on=clock.now().date(), due_at=clock.now(), sent_at=clock.now(),
        )  # fmt: skip
        token = links.make(mails.PURPOSE, factories.add(asked), expires_at=clock.now() + timedelta(days=9))
        return {"staff": str(staff.id), "admin": str(factories.user(Role.ADMIN).id), "slug": programme.slug,
                "case": case.number, "token": token}  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_a_changed_rule_moves_the_days(
    live: Live, page_at: Windows, desk: dict[str, str], width: int, theme: str
) -> None:
    page = page_at(width, theme)
    live.sign_in(page, int(desk["staff"]))
    page.goto(f"{live.url}/series")
    axe_clean(page)
    page.get_by_role("link", name="Preview").click()
    axe_clean(page)
    before = page.locator("tbody th, tbody td.t").all_inner_texts()
    page.get_by_label("Show it for").select_option(label=desk["case"])
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main")).to_contain_text(f"Case {desk['case']}")
    page.get_by_role("link", name="The rules").click()
    page.get_by_role("link", name=re.compile("^Change.*: 2 days after")).click()
    axe_clean(page)
    page.get_by_label("After how many days?").fill("-4")
    page.get_by_label("Why do you change it?").fill("Two days were too soon.")
    page.get_by_role("button", name="Make a new version").click()
    expect(page.get_by_role("alert")).to_contain_text("due before it begins")
    axe_clean(page)
    page.get_by_label("After how many days?").fill("4")
    page.get_by_role("button", name="Make a new version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Preview of the days")
    assert page.locator("tbody th, tbody td.t").all_inner_texts() != before
    page.get_by_role("link", name="The rules").click()
    expect(page.locator("main")).to_contain_text("Two days were too soon.")
    page.get_by_role("link", name="Go back to the rules").click()
    axe_clean(page)


def test_questions_are_changed_by_an_administrator(live: Live, page_at: Windows, desk: dict[str, str]) -> None:
    page = page_at(360)
    live.sign_in(page, int(desk["admin"]))
    page.goto(f"{live.url}/questions")
    axe_clean(page)
    page.get_by_role("link", name="Volunteer: how it goes").click()
    axe_clean(page)
    page.get_by_label("In English").first.fill("How is it going?")
    page.get_by_role("button", name="Check how easy it is").click()
    expect(page.locator("main")).to_contain_text("Reading age")
    page.get_by_role("button", name="Ask this from now on").click()
    expect(page.get_by_role("alert")).to_contain_text("Write why")
    axe_clean(page)
    page.get_by_label("Why do you change it?").fill("As we say it.")
    page.get_by_role("button", name="Ask this from now on").click()
    expect(page.locator("main")).to_contain_text("Version 1 is asked from now on")


def test_a_volunteer_answers_twice_on_a_phone(live: Live, page_at: Windows, desk: dict[str, str]) -> None:
    page = page_at(360, "dark", scripts=False)
    page.goto(f"{live.url}/checkin/{desk['token']}")
    page.get_by_label("On track").check()
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator("main")).to_contain_text("until")
    page.get_by_role("link", name="Change the answer").click()
    expect(page.locator("main")).to_contain_text("You can change your answer until")
    page.get_by_label("I cannot go on with this case").check()
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator("main")).to_contain_text("the case stays with you")
    with live.reading():
        answered = session.query(Checkin).one().answers
        assert [each.standing for each in answered] == ["on_track", "cannot_go_on"]
