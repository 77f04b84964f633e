"""Every page has its bones: language, title, skip link, places, and a way out for clients."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from .gallery import APP, ERRORS, PAGES
from .reading import Page

Visit = Callable[..., Page]
ANY_PAGE = (
    [f"/{page}" for page in PAGES] + [f"/errors/{name}" for name in ERRORS] + ["/appearance", "/watched/client_errors"]
)


@pytest.mark.parametrize("path", ANY_PAGE)
def test_a_page_is_whole(visit: Visit, path: str) -> None:
    page = visit(path)
    assert page.one("html").attrs["lang"] == "en"
    assert len(page.all("title")[0].text) > 3
    assert page.one("a", class_="skip").attrs["href"] == f"#{page.one('main').attrs['id']}"
    assert len(page.all("h1")) == 1
    assert len(page.all(class_="pad")) <= 1
    ids = [e.attrs["id"] for e in page.elements if "id" in e.attrs]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", ANY_PAGE)
def test_a_page_keeps_the_policy(visit: Visit, path: str) -> None:
    page = visit(path)
    assert not page.all("style")
    assert not [e for e in page.elements if "style" in e.attrs]
    assert not [e for e in page.elements if any(name.startswith("on") for name in e.attrs)]
    assert all(script.attrs.get("src", "").startswith("/static/") for script in page.all("script"))


@pytest.mark.parametrize("path", ANY_PAGE)
def test_every_icon_on_a_page_is_in_the_file_and_silent(visit: Visit, path: str) -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (APP / "static" / "icons.svg").read_text()))
    page = visit(path)
    assert {use.attrs["href"].split("#")[1] for use in page.all("use")} <= known
    assert all(svg.has(aria_hidden="true") for svg in page.all("svg", class_="i"))


@pytest.mark.parametrize("path", ANY_PAGE)
def test_every_field_on_a_page_has_a_name_for_the_ear(visit: Visit, path: str) -> None:
    page = visit(path)
    labelled = {label.attrs.get("for") for label in page.all("label")}
    for field in [*page.all("input"), *page.all("select"), *page.all("textarea")]:
        if field.attrs.get("type") in ("hidden", "submit"):
            continue
        assert "aria-label" in field.attrs or field.attrs.get("id") in labelled or "label" in field.inside, field.attrs


@pytest.mark.parametrize("path", ANY_PAGE)
def test_every_form_that_writes_carries_the_token(visit: Visit, path: str) -> None:
    page = visit(path)
    assert len(page.all("input", name="csrf_token")) == len(page.all("form", method="post"))


def test_the_title_names_the_product_once(visit: Visit) -> None:
    assert visit("/desk_today").all("title")[0].text == "14 decisions wait · Pro Bono Desk"
    assert visit("/public_sign_in").all("title")[0].text == "Sign out everywhere? · Pro Bono Desk"


def test_the_title_of_a_form_that_failed_says_so_first(visit: Visit) -> None:
    assert visit("/desk_form").all("title")[0].text == "Error: Write the listing · Pro Bono Desk"
    assert visit("/client_question").all("title")[0].text == "Is there a court date? Question 4 of 9 · Help Line"


def test_tabs_carry_counts_and_the_open_one_is_marked(visit: Visit) -> None:
    tabs = visit("/desk_docket").all("a")
    current = [tab for tab in tabs if tab.has(aria_current="page")]
    assert [tab.text for tab in current] == ["Docket 83 waiting"]
    assert [tab.text for tab in tabs if tab.text.startswith("Matching")] == ["Matching"]


def test_a_client_page_offers_the_way_out_and_no_product(visit: Visit) -> None:
    page = visit("/client_question")
    assert page.one("a", id="leave").has(rel="noreferrer", href="https://www.weather.gov/")
    assert "Pro Bono" not in page.one("html").text
    assert page.one("meta", name="robots").attrs["content"] == "noindex"


def test_a_client_page_keeps_its_referrer_for_its_own_forms(visit: Visit) -> None:
    """Over HTTPS the token check wants it; the site's header keeps it from everyone else."""
    assert not visit("/client_question").all("meta", name="referrer")


def test_a_watched_page_gives_nothing_away(visit: Visit) -> None:
    page = visit("/watched/client_errors")
    assert page.all("title")[0].text == "Error: Form"
    assert page.one("link", rel="icon").attrs["href"] == "data:,"
    assert not page.all(class_="brand")
    assert "505-555-0142" not in page.one("footer").text
    assert page.one("a", id="leave")


def test_a_reader_who_is_not_signed_in_meets_errors_in_the_neutral_shell(visit: Visit) -> None:
    for name in ERRORS:
        page = visit(f"/errors/{name}?anonymous=1")
        assert "Pro Bono" not in page.one("html").text
        assert page.one("a", id="leave")


def test_a_refusal_says_which_rule_and_leads_to_the_cure(visit: Visit) -> None:
    page = visit("/errors/refusal")
    assert page.one("h1").text == "This case cannot be listed yet"
    assert "A party was added on Nov 17" in page.one("main").text
    assert page.one("a", href="/check").text == "Run the conflict check again"


@pytest.mark.parametrize("name", ["400", "500", "refusal"])
def test_what_was_typed_comes_back_when_a_form_is_refused(visit: Visit, name: str) -> None:
    sent = {
        "story": "A long story that must not be lost.",
        "new_password": "never-show-this-again",
        "csrf_token": "x" * 30,
    }
    page = visit(f"/errors/{name}", method="POST", data=sent)
    assert [quote.text for quote in page.all("blockquote")] == ["A long story that must not be lost."]


def test_an_error_leads_back_only_to_this_site(visit: Visit) -> None:
    own, foreign = "http://localhost/case/7", "https://elsewhere.example/case/7"
    assert visit("/errors/400", headers={"Referer": own}).all("a", href=own)
    assert not visit("/errors/400", headers={"Referer": foreign}).all("a", href=foreign)


def test_a_message_after_saving_is_announced(visit: Visit) -> None:
    assert visit("/desk_states").all("p", class_="ok")[0].has(role="status")


@pytest.mark.parametrize(
    ("cookie", "attribute", "media"),
    [
        ("", None, "screen and (prefers-color-scheme: dark)"),
        ("dark", "dark", "screen"),
        ("light", "light", None),
        ("neon", None, "screen and (prefers-color-scheme: dark)"),
    ],
)
def test_the_theme_follows_the_cookie_or_the_device(
    gallery: Flask, cookie: str, attribute: str | None, media: str | None
) -> None:
    client = gallery.test_client()
    client.set_cookie("theme", cookie)
    page = Page(client.get("/desk_today").text)
    assert page.one("html").attrs.get("data-theme") == attribute
    dark = [link.attrs["media"] for link in page.all("link") if "dark.css" in link.attrs["href"]]
    assert dark == ([media] if media else [])


def test_the_language_switch_names_itself_and_keeps_the_place(visit: Visit) -> None:
    switch = visit("/client_question?step=4").one("a", lang="es")
    assert switch.text == "Español"
    assert switch.has(hreflang="es", href="?step=4&lang=es")
