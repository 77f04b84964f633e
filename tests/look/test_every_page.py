"""Every page, as everybody who may open it: at both widths, in both themes, in both languages where there are two.

Nothing breaks a rule of access, nothing scrolls sideways (not at 320 px either), the console is silent under the
content policy, and every page has a title and one heading.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from app.accounts.models import Programme
from app.core import clock
from app.core.db import engine, session
from config import Settings
from tests.conftest import KEYS
from tests.journeys.conftest import Live, catalogues, live
from tests.journeys.test_ask_for_help import Asking
from tests.promises import crawl
from tests.promises.conftest import copied

from .everybody import LANGUAGES, Reader, mailed, make_world, readers, who_is
from .eyes import THEMES, WIDTHS, Eyes

__all__ = ["catalogues", "live"]
pytestmark = [pytest.mark.browser, pytest.mark.full]

NOT_PAGES = {
    "healthz": "answers JSON",
    "clients.leave": "leads away from the site",
    "desk.home": "leads to the reader's own first page",
    "clients.intake_export": "a file",
    "volunteers.export_people": "a file",
    "casework.my_hours": "a file",
    "matching.proposals_csv": "a file",
    "matching.wanted_csv": "a file",
    "desk.calendar_file": "a file",
    "metrics.api_figures": "answers JSON",
    "metrics.api_measures": "answers JSON",
    "metrics.certificate_file": "a file",
    "metrics.impact_file": "a file",
    "metrics.page_file": "a file",
    "metrics.public_datapackage": "a file",
    "metrics.public_figures": "a file",
    "metrics.public_picture": "a picture",
    "clients.no_survey": "leads to the client's choices",
    "volunteers.own_mails": "leads to one's choices",
}


@pytest.fixture
def database_url(empty_database: str, tmp_path: Path, worker_id: str) -> str:
    """The demo programme, with somebody of every kind."""
    url = copied(empty_database, f"desk_{worker_id}", tmp_path)
    made = create_app(Settings(database_url=url, **KEYS))
    with made.app_context():
        make_world()
        session.remove()
        engine().dispose()
    return url


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_whole_at_every_width(live: Live, chromium: Browser, theme: str) -> None:
    eyes = Eyes(chromium, theme)
    with live.reading():
        everybody = readers(live.app)
    for reader in everybody:
        _read(live, eyes, reader)
    for language in LANGUAGES:
        for watched in ("no", "yes"):
            _ask_for_help(live, eyes, language, watched)
    looked, unread = sum(eyes.looks.values()), _unread(live.app, eyes)
    print(  # noqa: T201  (the count that is published)
        f"every page, {theme}: {sum(eyes.pages.values())} pages of {len(eyes.pages)} readers x {len(WIDTHS)} widths "
        f"= {looked} looks, and as many at 320 px: {len(eyes.wrong)} faults"
    )
    assert eyes.wrong == [], "\n" + "\n".join(sorted(set(eyes.wrong)))
    assert unread == []
    assert looked == sum(eyes.pages.values()) * len(WIDTHS)


def _unread(app: Flask, eyes: Eyes) -> list[str]:
    """The pages that nobody opened."""
    opened = {crawl.rule_of(app, path) for path in eyes.paths}
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return sorted(r.rule for r in rules if r.rule not in opened and r.endpoint not in {"static", *NOT_PAGES})


def _read(live: Live, eyes: Eyes, reader: Reader) -> None:
    """Open everything that a reader can reach."""
    with eyes.window(reader.name, reader.language) as page:
        if reader.email:
            with live.reading():
                number = who_is(reader.email).id
            live.sign_in(page, number)
        elif reader.cookie:
            _carry(live, page, reader)
        for path in reader.paths:
            eyes.visit(page, reader.name, live.url + path)


def _carry(live: Live, page: Page, reader: Reader) -> None:
    """Give a browser the cookie that the reader's browser holds."""
    browser = live.app.test_client()
    with browser.session_transaction() as cookie:
        cookie.update(reader.cookie)
        if portal := reader.cookie.get("portal"):  # it ends after ten quiet minutes, and others were read before
            cookie["portal"] = {**portal, "seen": int(clock.now().timestamp())}
    kept = browser.get_cookie("desk")
    assert kept is not None
    page.context.add_cookies([{"name": "desk", "value": kept.value, "url": live.url}])


class Looking(Asking):
    """Somebody who asks for help while every page is looked at."""

    def __init__(self, page: Page, live: Live, language: str, eyes: Eyes, who: str) -> None:
        super().__init__(page, live, language)
        self.eyes, self.who = eyes, who

    def look(self) -> None:
        self.eyes.look(self.page, self.who)


def _ask_for_help(live: Live, eyes: Eyes, language: str, watched: str) -> None:
    """Ask for help from the first page to one's own page, and stop halfway once."""
    who = f"client asking in {language}{', watched' if watched == 'yes' else ''}"
    with live.reading():
        programme = session.query(Programme).order_by(Programme.id).first()
        assert programme is not None
        place = programme.public_id
    with eyes.window(who, language) as page:
        asking = Looking(page, live, language, eyes, who)
        asking.begin(watched)
        eyes.visit(page, who, f"{live.url}/help/stop")
        page.locator("main button[type=submit]").first.click()
        asking.look()
        page.goto(f"{live.url}/help/names")
        asking.fill(place)
        asking.send()
        pin = re.search(r"\b(\d{6})\b", page.locator("main").inner_text())
        assert pin
        with live.reading():
            door = mailed("/my-request/.")[0]
        eyes.visit(page, who, f"{live.url}/help/about-you")
        eyes.visit(page, who, live.url + door)
        page.fill("#pin", pin[1])
        page.locator("main button[type=submit]").click()
        asking.look()
