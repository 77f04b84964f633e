"""The gallery of every part, served without the rest of the application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template_string

from app.core import clock

from .gallery import APP, create_gallery
from .reading import Page

NOW = datetime(2026, 11, 18, 16, 4, tzinfo=UTC)


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The gallery with the Spanish catalogue compiled as an install has it."""
    place = tmp_path_factory.mktemp("translations")
    (place / "es" / "LC_MESSAGES").mkdir(parents=True)
    with (APP / "translations" / "es" / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalog = read_po(source, locale="es")
    with (place / "es" / "LC_MESSAGES" / "messages.mo").open("wb") as target:
        write_mo(target, catalog)
    return create_gallery(Path(place))


@pytest.fixture
def read(gallery: Flask) -> Iterator[Callable[..., Page]]:
    """Render some template text that uses the macros, with the clock standing still."""

    def reading(text: str, **context: Any) -> Page:
        macros = "".join(f'{{% import "macros/{m}.html" as {m} %}}' for m in ("forms", "parts", "charts"))
        return Page(render_template_string(macros + text, **context))

    with clock.at(NOW), gallery.test_request_context("/somewhere?kept=yes"):
        yield reading


@pytest.fixture
def visit(gallery: Flask) -> Iterator[Callable[..., Page]]:
    """Open a page of the gallery."""
    client = gallery.test_client()

    def visiting(path: str, **options: Any) -> Page:
        answer = client.open(path, **options)
        assert answer.status_code == 200, path
        return Page(answer.text)

    with clock.at(NOW):
        yield visiting
