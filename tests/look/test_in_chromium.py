"""The parts as a browser draws them: no violations, no sideways scroll, and they work by keyboard."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route
from werkzeug.serving import make_server

from tests.conftest import CHROMIUM
from tests.journeys.conftest import axe_violations

from .gallery import ERRORS, PAGES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="Chromium is not installed"),
]
EVERY = [*PAGES, "appearance", "watched/client_errors", *(f"errors/{name}" for name in ERRORS)]


@pytest.fixture(scope="module")
def address(gallery: Flask) -> Iterator[str]:
    """The gallery on a free loopback port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, gallery, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


def weather(route: Route) -> None:
    """Stand in for the page the way out leads to."""
    route.fulfill(body="<h1>Weather</h1>", content_type="text/html")


def look(chromium: Browser, width: int, **options: Any) -> tuple[Page, list[str]]:
    """A window, and what its console says."""
    page = chromium.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce", **options).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark"), (320, "light")])
def test_no_page_breaks_the_rules_of_access_or_scrolls_sideways(
    chromium: Browser, address: str, width: int, scheme: Any
) -> None:
    page, said = look(chromium, width, color_scheme=scheme)
    found = []
    for name in EVERY:
        page.goto(f"{address}/{name}")
        found += [f"{name}: {text}" for text in said]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name} scrolls sideways at {width}")
        for violation in axe_violations(page):
            found.append(f"{name}: {violation['id']} {violation['nodes'][0]['html'][:120]}")
        said.clear()
    page.context.close()
    assert found == []


def test_leaving_does_not_come_back_with_the_back_button(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 360)
    page.route("https://www.weather.gov/**", weather)
    page.goto(f"{address}/appearance")
    page.goto(f"{address}/client_question")
    page.click("#leave")
    page.wait_for_url("https://www.weather.gov/")
    page.go_back()
    assert page.url == f"{address}/appearance"
    page.context.close()


def test_leaving_works_without_script(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 360, java_script_enabled=False)
    page.route("https://www.weather.gov/**", weather)
    page.goto(f"{address}/client_question")
    page.click("#leave")
    page.wait_for_url("https://www.weather.gov/")
    page.context.close()


def test_the_error_summary_has_the_focus_and_leads_to_the_field(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 360)
    page.goto(f"{address}/client_errors")
    page.wait_for_function("document.activeElement.className.startsWith('errors')")  # given with the first picture
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "hearing_on-month"
    page.context.close()


def test_a_double_click_sends_once(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 1280)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.route("**/out", lambda route: None)  # an answer that never comes
    page.goto(f"{address}/public_sign_in")
    page.dblclick("form[action='/out'] button", no_wait_after=True)
    page.wait_for_timeout(200)
    assert len(sent) == 1
    page.context.close()


def test_choosing_all_opens_the_bulk_bar_with_the_count(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 1280)
    page.goto(f"{address}/desk_docket")
    assert not page.is_visible(".bulk")
    page.check("[data-pick-all]")
    assert page.inner_text(".bulk b") == "4 chosen"
    page.uncheck("tbody .pick input >> nth=0")
    assert page.inner_text(".bulk b") == "3 chosen"
    page.context.close()


def test_the_bulk_bar_works_without_script(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 1280, java_script_enabled=False)
    page.goto(f"{address}/desk_docket")
    assert not page.is_visible("[data-pick-all]")
    page.check("tbody .pick input >> nth=0")
    assert page.is_visible(".bulk button")
    page.context.close()


def test_reasons_open_by_keyboard_and_close_with_escape(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 1280)
    page.goto(f"{address}/desk_docket")
    page.focus(".pop summary >> nth=0")
    page.keyboard.press("Enter")
    assert page.is_visible(".pop > div >> nth=0")
    page.keyboard.press("Escape")
    assert not page.is_visible(".pop > div >> nth=0")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.context.close()


def test_the_open_tab_is_in_view_on_a_phone(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 360)
    page.goto(f"{address}/desk_docket")
    box = page.locator(".tabs [aria-current]").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.context.close()


def test_print_is_light_and_drops_what_cannot_be_pressed(chromium: Browser, address: str) -> None:
    page, _said = look(chromium, 1280, color_scheme="dark")
    page.goto(f"{address}/desk_docket")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')") == "#15221d"
    assert not page.is_visible(".tabs")
    assert not page.is_visible(".filters")
    page.context.close()
