"""The same payloads in a real browser: nothing that is stored runs there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from app.accounts.queries import find_user
from app.clients.models import Case, CaseStatus
from app.core.access import public
from app.core.db import session
from app.matching.models import Assignment
from tests.journeys.conftest import Live

from . import crawl
from .test_stored_text import PAYLOADS, TAGS, poison

pytestmark = pytest.mark.browser
PLACES = {
    "coordinator@demo.test": ("/cases/{case}", "/docket", "/today", "/intake", "/volunteers", "/outbox", "/checkins"),
    "volunteer@demo.test": ("/my/cases/{case}", "/my/cases/{case}/hours", "/my", "/opportunities"),
}


@pytest.fixture
def database_url(world_url: str) -> str:
    return world_url


def watch(page: Page) -> list[str]:
    """What ran: a dialog, or the mark that every payload leaves."""
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(f"a dialog on {page.url}"), dialog.dismiss()))
    page.on("pageerror", lambda error: None)
    return ran


def open_in_browser(page: Page, base: str, paths: list[str]) -> list[str]:
    """Open pages, point at and focus what can be; where something ran."""
    ran = watch(page)
    for path in paths:
        answer = page.goto(base + path, wait_until="load")
        assert answer is not None
        assert answer.ok, f"{path} answered {answer.status}"
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.keyboard.press("Tab")
        flag: Any = page.evaluate("window.__ran ?? null")
        if flag is not None or not page.url.startswith((base, "data:")):
            ran.append(path)
    return ran


def pages_of(live: Live, email: str | None, each_rule: int, links: list[str]) -> list[str]:
    """The pages that somebody reaches, from the doors and from links in mails."""
    with live.app.app_context():
        seen = crawl.walk(live.app, email, each_rule, links).pages
    return list(dict.fromkeys(p.url for p in seen if p.status == 200 and p.kind == "text/html"))


def poisoned(live: Live) -> tuple[str, list[str]]:
    """Payloads everywhere; what was put where, and the links of mails from before."""
    with live.data():
        links = crawl.mailed_links()
        filled, texts = poison()
    return f"{len(PAYLOADS)} payloads in {filled} columns ({texts} texts)", links


def open_as(live: Live, page: Page, email: str | None, paths: list[str]) -> list[str]:
    """Open pages in a browser of somebody; where something ran."""
    if email is not None:
        with live.app.app_context():
            who = find_user(email)
            assert who is not None
            number = who.id
        live.sign_in(page, number)
    return open_in_browser(page, live.url, paths)


def led_by_the_volunteer(live: Live) -> str:
    """A case in service that the volunteer of the demo works on."""
    with live.reading():
        star = find_user("volunteer@demo.test")
        assert star is not None
        assert star.volunteer is not None
        led = select(Case.public_id).join(Assignment, Assignment.case_id == Case.id)
        return (
            session.scalars(
                led.where(Assignment.volunteer_id == star.volunteer.id, Case.status == CaseStatus.IN_SERVICE)
            ).first()
            or ""
        )


@pytest.mark.promise(12)
def test_no_stored_text_runs_in_chromium(live: Live, page_at: Callable[..., Page]) -> None:
    put, _links = poisoned(live)
    opened, ran = 0, []
    for email, places in PLACES.items():
        paths = [place.format(case=led_by_the_volunteer(live)) for place in places]
        ran += open_as(live, page_at(1280), email, paths)
        opened += len(paths)
    print(f"promise 12 in Chromium: {put}, {opened} pages: {len(ran)} ran")  # noqa: T201
    assert ran == []


@pytest.mark.full
@pytest.mark.promise(12)
def test_no_stored_text_runs_on_any_page_in_chromium(live: Live, page_at: Callable[..., Page]) -> None:
    put, links = poisoned(live)
    opened, ran = 0, []
    for email in crawl.PEOPLE:
        paths = pages_of(live, email, 4, links)
        ran += open_as(live, page_at(1280), email, paths)
        opened += len(paths)
    print(f"promise 12 in Chromium: {put}, every page of everybody, {opened} in all: {len(ran)} ran")  # noqa: T201
    assert opened > 300
    assert ran == []


@pytest.mark.full
@pytest.mark.promise(12)
def test_a_page_without_a_policy_that_trusts_its_text_runs_it(live: Live, page_at: Callable[..., Page]) -> None:
    """The planted fault: text let through as markup, and the policy that would still stop it taken away."""

    def trusting() -> Any:
        return f"<p>{TAGS[0]}</p>", 200, {"Content-Security-Policy": "script-src 'unsafe-inline'"}

    live.app.add_url_rule("/trusting", "trusting", public(trusting))
    assert open_in_browser(page_at(1280), live.url, ["/trusting"]) == ["/trusting"]
