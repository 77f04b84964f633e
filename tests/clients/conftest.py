"""What tests about clients share."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

APP = Path(__file__).resolve().parents[2] / "app"


@pytest.fixture(scope="session")
def spanish() -> None:
    """The Spanish catalogues compiled, as an install has them."""
    for source in sorted(APP.glob("**/translations/es/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale="es")
        with target.open("wb") as file:
            write_mo(file, catalog)
