"""A server on a free port and a browser to visit it, for journeys through whole pages.

    def test_something(live, page_at):
        with live.data():                      # rows that the journey begins from
            programme = factories.programme()
        page = page_at(360)                    # or page_at(1280, "dark", scripts=False, language="es")
        page.goto(f"{live.url}/help")
        axe_clean(page)

What a console says, and every error of a page's script, fails the test at its end.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Route
from werkzeug.serving import make_server

from app.core import db
from app.core.db import transaction
from config import Settings
from tests import factories
from tests.conftest import KEYS, Kept

AXE = Axe()
BREACHES = "axe.run({preload: false, resultTypes: ['violations']}).then(({violations}) => violations)"
APP = Path(__file__).resolve().parents[2] / "app"
EXAMINED: set[Any] = set()


@dataclass(frozen=True)
class Live:
    """The application as it is served to the browser."""

    url: str
    app: Flask

    @contextmanager
    def data(self) -> Iterator[None]:
        """Make rows in a transaction of their own."""
        with self.app.app_context(), transaction():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Look at what is stored now."""
        with self.app.app_context():
            yield

    def sign_in(self, page: Page, user_id: int) -> None:
        """Let a page be signed in as somebody."""
        from app.accounts.models import User

        browser = self.app.test_client()
        with self.app.app_context():
            factories.sign_in(browser, db.session.get_one(User, user_id))
        cookie = browser.get_cookie("desk")
        assert cookie is not None
        page.context.add_cookies([{"name": "desk", "value": cookie.value, "url": self.url}])


@pytest.fixture(scope="session")
def catalogues() -> None:
    """The Spanish of every package compiled, as an install has it."""
    for source in sorted(APP.glob("**/translations/es/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale="es")
        with target.open("wb") as file:
            write_mo(file, catalog)


@pytest.fixture
def live(database_url: str, catalogues: None) -> Iterator[Live]:
    """The whole application on a free loopback port, with forgery protection on."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port = _free_port()
    app = Kept.on(Settings(database_url=database_url, port=port, **KEYS))
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Live(f"http://127.0.0.1:{port}", app)
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
    with app.app_context():
        db.engine().dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def page_at(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a window of a width and theme; what its console says fails the test."""
    contexts, said = [], []

    def opened(width: int, theme: str = "light", *, scripts: bool = True, language: str = "en") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=theme,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            locale="es-US" if language == "es" else "en-US",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.route("https://**", _elsewhere)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if _matters(message) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def _matters(message: ConsoleMessage) -> bool:
    """Errors only; a page that refuses is announced as a failed load, and is none."""
    own = "/static/" in message.location["url"]
    refused = not own and re.search(r"status of (401|403|404|409|410|422) ", message.text)
    return message.type == "error" and not refused


def _elsewhere(route: Route) -> None:
    route.fulfill(body="<title>Weather</title><h1>Weather</h1>", content_type="text/html")


def _bones(page: Page) -> Any:
    """What makes two pages the same to who examines them: window, theme and every element, not what it says."""
    return page.evaluate("""() => [innerWidth, matchMedia("(prefers-color-scheme: dark)").matches, document.title,
        document.documentElement.lang, new Set([...document.querySelectorAll("[id]")].map(each => each.id)).size,
        ...[...document.querySelectorAll("*")].map(each => [each.tagName, each.className, each.type, each.open,
          each.hidden, each.role, each.labels?.length, !each.textContent.trim(),
          each.getAttributeNames()].join())].join()""")


def axe_violations(page: Page) -> list[dict[str, Any]]:
    """The rules of access that the page breaks, each with where; what passes stays in the browser."""
    page.evaluate(AXE.axe_script)
    found: list[dict[str, Any]] = page.evaluate(BREACHES)
    return found


def axe_clean(page: Page) -> None:
    """No rule of access is broken, and nothing scrolls sideways; a page that looks the same is examined once."""
    page.wait_for_load_state("load")
    looks = _bones(page)
    broken = []
    if looks not in EXAMINED or os.environ.get("EXAMPLES") == "full":
        broken = [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in axe_violations(page)]
        EXAMINED.add(looks)
    width: Any = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if width > 0:
        broken.append(f"scrolls sideways by {width}")
    assert broken == [], page.url
