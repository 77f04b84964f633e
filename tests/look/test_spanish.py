"""What a client can see of the shells, forms and errors is in Spanish, and reads well there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from .gallery import APP, ERRORS
from .reading import Page

CATALOG = APP / "translations" / "es" / "LC_MESSAGES" / "messages.po"
SEEN = ["shell/page.html", "shell/client.html", "shell/public.html", "shell/appearance.html", "macros/forms.html"]


def spanish() -> Catalog:
    with CATALOG.open("rb") as source:
        return read_po(source, locale="es")


def words(path: Path, how: str) -> Iterator[Any]:
    with path.open("rb") as source:
        for _line, message, _comments, _context in extract(
            how, source, keywords={"_": None, "_l": None, "ngettext": (1, 2)}
        ):
            yield message


def test_every_word_a_client_can_meet_has_its_spanish() -> None:
    known = {message.id for message in spanish() if message.id and message.string}
    pages = [APP / "templates" / name for name in SEEN] + sorted((APP / "templates" / "errors").glob("*.html"))
    needed = {message for page in pages for message in words(page, "jinja2.ext:babel_extract")}
    needed |= {
        message for name in ("errors", "forms", "i18n") for message in words(APP / "core" / f"{name}.py", "python")
    }
    assert len(needed) > 50
    assert needed - known == set()


def test_placeholders_survive_translation() -> None:
    for message in spanish():
        for own, other in zip(_forms(message.id), _forms(message.string), strict=True):
            assert re.findall(r"%\(\w+\)s", own) == re.findall(r"%\(\w+\)s", other), message.id


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (tuple, list)) else (text,)


def test_spanish_addresses_the_reader_as_usted() -> None:
    everything = " ".join(" ".join(_forms(message.string)) for message in spanish())
    assert not re.search(
        r"\b(tú|tu|tus|te|ti|contigo|puedes|tienes|quieres|haz|escribe|prueba otra)\b", everything, re.IGNORECASE
    )


def test_a_client_page_in_spanish_says_so_and_offers_english(visit: Callable[..., Page]) -> None:
    page = visit("/client_errors?lang=es")
    assert page.one("html").attrs["lang"] == "es"
    assert page.one("a", id="leave").text == "Salir rápido de esta página"
    assert page.one("h2", id="errors-title").text == "2 cosas necesitan su atención"
    assert page.one("a", lang="en").text == "English"
    assert [label.text for label in page.all("label") if "-month" in label.attrs.get("for", "")] == ["Mes"]


def test_errors_in_spanish_hold_no_english(visit: Callable[..., Page]) -> None:
    for name in set(ERRORS) - {"refusal"}:
        text = visit(f"/errors/{name}?lang=es&anonymous=1").one("main").text
        assert not re.search(r"\b(the|you|your|was|page|this)\b", text), (name, text)
