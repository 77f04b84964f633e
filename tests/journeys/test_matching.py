"""The docket is placed, reviewed and sent as offers; one is declined from its mail; the next best is proposed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.clients.models import CaseStatus, PriorityLevel
from app.core.db import session
from app.core.mail import Mail
from app.matching import docket_jobs, operations_runs
from app.matching.models import DocketRun, Proposal, RunStatus
from tests import factories
from tests.journeys.conftest import Live, axe_clean

pytestmark = pytest.mark.browser


@pytest.fixture
def ids(live: Live) -> dict[str, Any]:
    """A coordinator, two volunteers, two cases that can be placed and two that cannot; another programme's case."""
    with live.data():
        programme, other = factories.programme(), factories.programme()
        staff = factories.coordinator(programme)
        best = factories.volunteer(capacity=1, counties=["55025"], given_name="Ada", family_name="Brightwater")
        second = factories.volunteer(capacity=1, given_name="Lena", family_name="Fenwick")
        case = factories.case(
            programme, CaseStatus.AVAILABLE, owner=staff, priority_level=PriorityLevel.HIGH, priority_rank=2,
            points=50, listing_title="Keep a family of four in their home",
        )  # fmt: skip
        factories.case(programme, CaseStatus.AVAILABLE, owner=staff, listing_title="A custody order", problem_code="32")
        factories.case(other, CaseStatus.AVAILABLE, listing_title="Secret of the neighbours", problem_code="32")
        return {"staff": staff.id, "case": case.public_id, "best": best.id, "second": second.id}


@pytest.mark.parametrize(("width", "theme", "scripts"), [(1280, "light", True), (360, "dark", False)])
def test_from_the_run_to_the_next_best(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int, theme: str, scripts: bool
) -> None:
    page = page_at(width, theme, scripts=scripts)
    check = axe_clean if scripts else lambda page: None
    live.sign_in(page, ids["staff"])
    page.goto(f"{live.url}/matching")
    check(page)
    page.get_by_role("button", name="Place the docket now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("as soon as a worker is free")
    check(page)
    with live.reading():
        assert docket_jobs.run_one()
    if not scripts:
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 3 cases can be placed", timeout=10_000)
    expect(page.locator("body")).not_to_contain_text("Secret")
    check(page)
    page.get_by_text("Prefer another?").click()
    page.get_by_role("link", name="See what would give").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lena Fenwick instead of Ada Brightwater?")
    check(page)
    page.get_by_role("link", name="Back to the run").click()
    page.get_by_label("Choose Keep a family of four").check()
    page.get_by_role("button", name="Send offers").click()
    expect(page.locator("body")).to_contain_text("One offer is on its way.")
    check(page)
    _declined_from_the_mail(live, page_at(360))
    with live.reading():
        assert docket_jobs.propose_one()
    page.goto(f"{live.url}/matching/case/{ids['case']}")
    expect(page.get_by_role("row").nth(1)).to_contain_text("Lena Fenwick")
    expect(page.locator("body")).not_to_contain_text("Ada Brightwater")
    check(page)
    page.goto(f"{live.url}/matching")
    page.get_by_role("link", name="Review one proposal").click()
    expect(page.get_by_role("table", name="Proposed placements")).to_contain_text("Lena Fenwick")
    with live.reading():
        assert session.query(Proposal).one().volunteer_id == ids["second"]


def _declined_from_the_mail(live: Live, page: Page) -> None:
    with live.reading():
        text = session.query(Mail).filter_by(kind="matching.offer").one().text
    found = re.search(r"(/offer/\S+)", text)
    assert found
    page.goto(f"{live.url}{found[1]}")
    page.get_by_role("button", name="No time just now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your answer")


def test_a_run_at_work_shows_how_far_it_is_by_itself(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any]
) -> None:
    page = page_at(360, "dark")
    live.sign_in(page, ids["staff"])
    with live.data():
        run = operations_runs.ask_for_run(actor=None)
        operations_runs.take_run(run)
        run_id, address = run.id, f"{live.url}/matching/runs/{run.public_id}"
    page.goto(address)
    expect(page.get_by_role("listitem").filter(has_text="Reading the docket")).to_have_attribute("aria-current", "step")
    with live.data():
        run = session.get_one(DocketRun, run_id)
        run.stage, run.stage_done, run.stage_total = "coverage", 2_000, 5_000
    expect(page.get_by_text("2,000 of 5,000")).to_be_visible(timeout=10_000)
    axe_clean(page)
    page.get_by_role("button", name="Stop it").click()
    page.goto(address)
    expect(page.locator("body")).to_contain_text("It stops at its next step.")
    with live.data():
        operations_runs.end_run(session.get_one(DocketRun, run_id), RunStatus.CANCELLED)
    expect(page.get_by_role("heading", level=1)).to_have_text("This run was stopped", timeout=10_000)


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_about_runs_is_open_to_all(
    live: Live, page_at: Callable[..., Page], ids: dict[str, Any], width: int
) -> None:
    with live.data():
        factories.volunteer(areas={"Family": "learning"}, mentor_ok=True)
        factories.volunteer(areas={"Family": "expert"}, capacity=0, mentors_others=True)
    with live.reading():
        docket_jobs.place_docket_now()
        mentored = session.query(Proposal).filter_by(needs_mentor=True).first()
        assert mentored is not None
        custody = mentored.opening.case.public_id
        run = docket_jobs.place_docket_now().public_id
        volunteer = session.get_one(factories.Volunteer, ids["best"]).public_id
    page = page_at(width, "light")
    live.sign_in(page, ids["staff"])
    for where in (f"runs/{run}", f"runs/{run}?show=all", f"runs/{run}/left", f"runs/{run}/send", f"runs/{run}/wanted",
                  f"runs/{run}/changes", f"case/{ids['case']}", f"case/{custody}", f"volunteer/{volunteer}",
                  ""):  # fmt: skip
        page.goto(f"{live.url}/matching/{where}".rstrip("/"))
        axe_clean(page)
