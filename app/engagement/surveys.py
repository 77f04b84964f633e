"""What a survey asks, how it is answered, and which words of an answer may be shown to others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.sealed import fold

SCALE: tuple[tuple[str, Any], ...] = (
    ("5", _l("Yes, very much")),
    ("4", _l("Rather yes")),
    ("3", _l("Partly")),
    ("2", _l("Rather no")),
    ("1", _l("No, not at all")),
    ("na", _l("Does not apply to me")),
)
LEFT_OUT = "…"


@dataclass(frozen=True)
class Item:
    """One sentence to agree with or not."""

    key: str
    words: str


@lru_cache
def items(audience: str, language: str = "en") -> tuple[Item, ...]:
    """The six sentences one side is asked about."""
    lang = language if language in ("en", "es") else "en"
    return tuple(Item(row["key"], row[lang]) for row in _sets()[audience])


@lru_cache
def _sets() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(
        (Path(__file__).parent / "data" / "surveys.json").read_text(encoding="utf-8")
    )
    return found


def scores(typed: Mapping[str, str]) -> dict[str, int]:
    """The points given, without what does not apply."""
    return {key: int(value) for key, value in typed.items() if value in ("1", "2", "3", "4", "5")}


def is_excerpt(quote: str, comment: str) -> bool:
    """Does a quote only leave words out of what was written, and add none?"""
    rest = iter(fold(comment).split())
    wanted = fold(quote.replace(LEFT_OUT, " ").replace("...", " ")).split()
    return bool(wanted) and all(any(word == each for each in rest) for word in wanted)
