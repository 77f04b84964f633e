"""Looking at a page in a browser at every width, in a theme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

WIDTHS, THEMES, NARROWEST = (1280, 360), ("light", "dark"), 320
LOOK = """async () => {
  const found = await axe.run(document, {preload: false, resultTypes: ["violations"]});
  return found.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 200)}`);
}"""
TOO_WIDE = """() => {
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over <= 0) return "";
  const out = [...document.querySelectorAll("main *")].filter(
    each => each.getBoundingClientRect().right > innerWidth + 0.5 && !each.closest(".scroll, .tabs, .bulk"));
  return `${over} px: ${out.slice(-2).map(each => each.outerHTML.slice(0, 120)).join(" | ")}`;
}"""
BONES = """() => [document.title.trim(), document.querySelectorAll("h1").length]"""
OPEN = """() => {
  const shut = [...document.querySelectorAll("details:not([open])")];
  shut.forEach(each => { each.open = true; each.dataset.shut = "" });
  return shut.length;
}"""
SHUT = """() => document.querySelectorAll("details[data-shut]").forEach(each => { each.open = false })"""


class Eyes:
    """What was looked at in a theme, and what is wrong with it."""

    def __init__(self, browser: Browser, theme: str) -> None:
        self.browser, self.theme, self.axe = browser, theme, Axe().axe_script
        self.looks, self.pages = Counter[str](), Counter[str]()
        self.paths: set[str] = set()
        self.wrong: list[str] = []

    @contextmanager
    def window(self, who: str, language: str) -> Iterator[Page]:
        """A window of somebody's own; whatever its console says is wrong."""
        context = self.browser.new_context(
            viewport={"width": WIDTHS[0], "height": 800},
            locale="es-US" if language == "es" else "en-US",
            reduced_motion="reduce",
            color_scheme="dark" if self.theme == "dark" else "light",
        )
        context.add_init_script(self.axe)
        page = context.new_page()
        page.on("console", lambda message: self._hear(who, page, message))
        page.on("pageerror", lambda error: self.wrong.append(f"{who} {page.url}: {error}"))
        yield page
        context.close()

    def _hear(self, who: str, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(f"{who} {urlsplit(page.url).path} says: {message.text}")

    def visit(self, page: Page, who: str, url: str) -> None:
        """Open a page and look at it; it must be there."""
        answer = page.goto(url)
        if answer is None or answer.status != 200 or page.url.partition("#")[0] != url:
            self.wrong.append(f"{who} {url}: {answer and answer.status}, at {page.url}")
        self.look(page, who)

    def look(self, page: Page, who: str) -> None:
        """Look at the page that is open, at every width."""
        page.wait_for_load_state("load")
        path = urlsplit(page.url).path
        self.paths.add(path)
        self.pages[who] += 1
        title, headings = page.evaluate(BONES)
        if not title or headings != 1:
            self._fault(who, path, f"title {title!r}, {headings} h1")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            self._fault(who, path, page.evaluate(TOO_WIDE), f"too wide at {width}")
            self.looks[f"{width}"] += 1
            for fault in page.evaluate(LOOK):
                self._fault(who, path, fault, f"{width}")
        self._open_everything(page, who, path)
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        self._fault(who, path, page.evaluate(TOO_WIDE), f"too wide at {NARROWEST}")
        page.evaluate(SHUT)
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})

    def _open_everything(self, page: Page, who: str, path: str) -> None:
        """What opens on demand is looked at on a phone, and may not widen it."""
        if page.evaluate(OPEN):
            self._fault(who, path, page.evaluate(TOO_WIDE), "too wide, opened")
            for fault in page.evaluate(LOOK):
                self._fault(who, path, fault, "opened")

    def _fault(self, who: str, path: str, what: Any, where: str = "") -> None:
        if what:
            self.wrong.append(f"{path} ({who}) {self.theme} {where}: {what}")
