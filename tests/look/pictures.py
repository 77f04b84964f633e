"""Keep the pictures of the pages in docs/screens, from a demo programme that is running.

bin/run                                    # in another terminal
python -m tests.look.pictures http://127.0.0.1:8000
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

KEPT = Path(__file__).resolve().parents[2] / "docs" / "screens"
LOOKS = ((1280, 900, "light"), (360, 780, "dark"))
# Who looks: the pages by name, each an address or an address and what to open there.
PAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "": {"landing": ("/",), "ask": ("/help",)},
    "coordinator": {
        "today": ("/today",),
        "docket": ("/docket",),
        "matching": ("/matching", "main a[href*='/matching/runs/']"),
        "case": ("/docket?view=with_volunteer", "td a.t"),
        "reports": ("/reports",),
    },
    "volunteer": {"volunteer-home": ("/my",), "opportunities": ("/opportunities",)},
    "funder": {"impact": ("/impact",)},
}


def keep(browser: Browser, address: str, who: str) -> None:
    """Keep what one person sees, wide and by day, narrow and by night."""
    for width, height, theme in LOOKS:
        window = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-US",
        )
        page = window.new_page()
        if who:
            sign_in(page, address, who)
        for name, (path, *opened) in PAGES[who].items():
            page.goto(address + path)
            for link in opened:
                page.goto(address + str(page.locator(link).first.get_attribute("href")))
            page.screenshot(path=KEPT / f"{name}-{width}-{theme}.png")
        window.close()


def sign_in(page: Page, address: str, who: str) -> None:
    """Enter as one of the demo programme's people."""
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", f"{who}@demo.test")
    page.fill("input[type=password]", "demo-pass-word")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def main() -> None:
    """Keep every picture."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for who in PAGES:
            keep(browser, sys.argv[1].rstrip("/"), who)
        browser.close()


if __name__ == "__main__":
    main()
