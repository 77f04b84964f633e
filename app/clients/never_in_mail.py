"""The words by which whoever reads along would learn what a mail to a client is about."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from app.core.facts import rows_of
from app.core.sealed import fold

ON_NO_DEVICE = ("court", "matter", "other_side")  # that there is a lawyer is kept from watched devices alone


def found_in(text: str) -> list[tuple[str, str]]:
    """(what it tells, the word) for each such word in a text."""
    plain = fold(text)
    found = ((kind, pattern.search(plain)) for kind, pattern in _never())
    return [(kind, match[0]) for kind, match in found if match]


def words_in(text: str) -> list[str]:
    """Each such word in a text."""
    return [word for _kind, word in found_in(text)]


def must_be_said(text: str) -> bool:
    """Is it for the ear alone, whoever's device it is?"""
    return any(kind in ON_NO_DEVICE for kind, _word in found_in(text))


@lru_cache
def _never() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = rows_of(Path(__file__).parent / "data" / "never_in_mail.csv")
    return tuple(
        (row["kind"], re.compile(rf"\b{re.escape(row['word'].rstrip('*'))}{_rest(row['word'])}")) for row in rows
    )


def _rest(word: str) -> str:
    return r"\w*" if word.endswith("*") else r"\b"
