"""Staff list an interpreter's part and a package; a paralegal takes the package, does it, and staff approve it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.accounts.models import Programme, User
from app.clients import operations as clients
from app.clients.models import Case, CaseStatus, Opening, OpeningStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session
from app.matching.models import Assignment
from tests import factories
from tests.journeys.conftest import Live, axe_clean
from tests.matching.players import person

pytestmark = pytest.mark.browser


@pytest.fixture
def ids(live: Live) -> dict[str, Any]:
    """A case in service whose client speaks Spanish, its lead, a paralegal and an interpreter."""
    with live.data():
        programme = factories.programme(claims_taken_at_once=True)
        staff, lead = factories.coordinator(programme), factories.volunteer()
        case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=lead, language="es")
        _screened(case, programme, staff)
        paralegal = person("paralegal", given_name="Ana", family_name="Wells")
        speaker = person("interpreter", languages=["en", "es"], areas={})
        assert paralegal.user is not None
        assert speaker.user is not None
        return {
            "staff": staff.id, "case": case.id, "at": case.public_id, "paralegal": paralegal.user.id,
            "speaker": speaker.user.id,
        }  # fmt: skip


def _screened(case: Case, programme: Programme, staff: User) -> None:
    """Every decision that a listing needs."""
    found = clients.search_conflicts(case, actor=staff)
    clients.decide_conflicts(found, "clear", "Other people.", actor=staff)
    clients.judge_merits(case, "fair", None, actor=factories.user(Role.SUPERVISING_ATTORNEY, programme=programme))
    grant = factories.grant(programme)
    clients.decide_eligibility(case, grant, gross_income=2_000_000, household_size=3, assets=0, actor=staff)


@pytest.mark.parametrize(("width", "theme", "scripts"), [(1280, "light", True), (360, "dark", False)])
def test_a_package_from_the_case_page_to_its_approval(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int, theme: str, scripts: bool
) -> None:
    def look(page: Page) -> None:
        if scripts:
            axe_clean(page)

    desk = page_at(width, theme, scripts=scripts)
    live.sign_in(desk, ids["staff"])
    _add_part(live, desk, ids, look)
    _add_package(desk, look)
    mine = page_at(width, theme, scripts=scripts)
    live.sign_in(mine, ids["paralegal"])
    _take_it(live, mine, look)
    _report_it(live, mine, ids, look)
    desk.goto(f"{live.url}/cases/{ids['at']}")
    look(desk)
    desk.get_by_role("link", name=re.compile("Check the report")).first.click()
    expect(desk.locator("body")).to_contain_text("The form is filed.")
    look(desk)
    desk.get_by_role("button", name="Approve: it is done").click()
    expect(desk.locator("body")).to_contain_text("Done. Their part has ended")
    mine.goto(f"{live.url}/my/cases/{ids['at']}")
    expect(mine.locator("body")).to_contain_text("Your part in this case has ended")
    with live.reading():
        case = session.get_one(Case, ids["case"])
        assert case.status is CaseStatus.IN_SERVICE
        done = session.query(Opening).filter(Opening.package.is_not(None)).one()
        assert done.status is OpeningStatus.CLOSED
        assert session.query(Assignment).filter_by(opening_id=done.id).one().end_reason == "done"


def _add_part(live: Live, page: Page, ids: dict[str, Any], look: Callable[[Page], None]) -> None:
    page.goto(f"{live.url}/cases/{ids['at']}")
    look(page)
    page.get_by_role("link", name="Add a part…").click()
    look(page)
    page.get_by_label("Part", exact=True).select_option("interpreter")
    page.get_by_label("What volunteers read").fill("Two meetings at the office.")
    page.get_by_label("Hours", exact=True).fill("4")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=re.compile("List it.*Interpreter")).click()
    expect(page.locator("#openings")).to_contain_text("Listed")


def _add_package(page: Page, look: Callable[[Page], None]) -> None:
    page.get_by_role("link", name="Add a package…").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Name the task.")
    look(page)
    day = clock.now() + timedelta(days=14)
    page.get_by_label("Task", exact=False).first.fill("Draft the fee waiver")
    page.get_by_label("What is to be done").fill("One form with its papers.")
    page.get_by_label("Hours", exact=True).fill("3")
    page.get_by_label("Paralegal, beside an attorney").check()
    for part, value in (("month", day.month), ("day", day.day), ("year", day.year)):
        page.locator(f"input[name=ends_on-{part}]").fill(str(value))
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=re.compile("List it.*Draft the fee waiver")).click()
    look(page)


def _take_it(live: Live, page: Page, look: Callable[[Page], None]) -> None:
    page.goto(f"{live.url}/opportunities")
    expect(page.locator("body")).not_to_contain_text("Interpreter: Eviction hearing")
    look(page)
    page.get_by_role("link", name="Draft the fee waiver", exact=True).click()
    expect(page.locator("body")).to_contain_text("One task of a case")
    expect(page.locator("body")).not_to_contain_text("Castro")
    look(page)
    page.get_by_label("I will use the names only for a conflict check").check()
    page.get_by_role("button", name="Hold it for me").click()
    expect(page.get_by_role("table")).to_contain_text("Castro")
    page.get_by_label("No conflict").check()
    page.get_by_label("I checked every name").check()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.locator("body")).to_contain_text("It is yours. This page shows what your part needs.")
    look(page)


def _report_it(live: Live, page: Page, ids: dict[str, Any], look: Callable[[Page], None]) -> None:
    page.goto(f"{live.url}/my/cases")
    look(page)
    page.get_by_role("link", name="Draft the fee waiver").click()
    page.get_by_role("link", name="Report it done…").click()
    look(page)
    page.get_by_label("What was done").fill("The form is filed.")
    page.get_by_label("Hours in all").fill("2.5")
    page.get_by_role("button", name="Report it done").click()
    expect(page.locator("body")).to_contain_text("Thank you. The programme looks at it")
    expect(page.locator("body")).to_contain_text("Reported done")


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (360, "light")])
def test_an_interpreter_sees_contact_and_dates_and_gives_the_part_back(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int, theme: str
) -> None:
    with live.data():
        opening = Opening(case_id=ids["case"], role="interpreter", hours=400, status=OpeningStatus.LISTED)
        case, speaker = session.get_one(Case, ids["case"]), session.get_one(User, ids["speaker"]).volunteer
        assert speaker is not None
        factories.assignment(case, speaker, role="interpreter", acts_as="interpreter", opening=factories.add(opening))
        opening.status = OpeningStatus.FILLED
    page = page_at(width, theme)
    live.sign_in(page, ids["speaker"])
    page.goto(f"{live.url}/my/cases/{ids['at']}")
    expect(page.locator("body")).to_contain_text("Maribel Castro")
    expect(page.locator("body")).not_to_contain_text("The landlord changed the lock")
    axe_clean(page)
    page.get_by_role("link", name="Add a note").click()
    expect(page.locator("body")).not_to_contain_text("Privileged")
    page.go_back()
    page.get_by_role("link", name="Give it back…").click()
    axe_clean(page)
    page.get_by_label("I no longer have the time").check()
    page.get_by_role("button", name="Give it back").click()
    expect(page.locator("body")).to_contain_text("Thank you for telling us")
    with live.reading():
        assert session.query(Opening).filter_by(role="interpreter").one().status is OpeningStatus.LISTED


def test_staff_name_an_attorney_for_a_paralegal_who_stands_alone(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any]
) -> None:
    with live.data():
        case, helper = session.get_one(Case, ids["case"]), session.get_one(User, ids["paralegal"]).volunteer
        assert helper is not None
        factories.assignment(case, helper, role="paralegal", acts_as="paralegal", opening=None)
        factories.user(Role.SUPERVISING_ATTORNEY, programme=case.programme, name="Noor Falk")
        case.assignments[0].ended_at = clock.now()
    mine = page_at(360)
    live.sign_in(mine, ids["paralegal"])
    mine.goto(f"{live.url}/my/cases")
    expect(mine.locator("body")).to_contain_text("Rests: no attorney answers for the case just now")
    axe_clean(mine)
    mine.goto(f"{live.url}/my/cases/{ids['at']}")
    expect(mine.locator("body")).to_contain_text("No attorney answers for this case just now")
    page = page_at(1280)
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}/cases/{ids['at']}")
    expect(page.locator("#openings")).to_contain_text("stands alone on this case")
    axe_clean(page)
    page.get_by_role("link", name="Name a supervising attorney…").click()
    axe_clean(page)
    page.get_by_label("Noor Falk").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#openings")).to_contain_text("Noor Falk of our staff answers")
    mine.goto(f"{live.url}/my/cases/{ids['at']}")
    expect(mine.locator("body")).to_contain_text("Maribel Castro")
