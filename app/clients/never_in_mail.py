"""The words by which whoever reads along would learn what a mail to a client is about, in disguise too.

A word is found with figures or signs for letters, with marks or unseen characters between its letters, and spelled out
letter by letter. What holds no letter, as a room's number or a sum of days, is never read as a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from app.core.facts import rows_of
from app.core.sealed import fold

ON_NO_DEVICE = ("court", "matter", "other_side")  # that there is a lawyer is kept from watched devices alone
SIGNS = "0123456789@$€!|+¢©†®£§¥°"
LOOK_LIKE = [str.maketrans(SIGNS, f"o{one}zeasgtbgaseiltcctrlsyo") for one in "li"]  # 1 is l or i
SPELLED_OUT = re.compile(r"(?<!\S)\S\W?(?:\s+\W?\S\W?(?!\S)){2,}")  # three or more letters, each by itself


def found_in(text: str) -> list[tuple[str, str]]:
    """(what it tells, the word) for each such word in a text; a disguised one as it was written."""
    plain, disguised, spelled = fold(text), list(_disguised(text)), list(_spelled_out(text))
    undisguised = [fold(" ".join(_letters_of(written, signs) for written in text.split())) for signs in LOOK_LIKE]
    found = []
    for kind, pattern, begins in _never():
        several = undisguised if " " in pattern.pattern else []
        if (match := _first(pattern, [plain, *several])) is not None:
            found.append((kind, match[0]))
        else:
            hidden = (written for written, read in disguised if pattern.search(read))
            apart = (written for written, read in spelled if begins in read)
            found += [(kind, written) for written in (*hidden, *apart)][:1]
    return list(dict.fromkeys(found))


def _first(pattern: re.Pattern[str], texts: Iterable[str]) -> re.Match[str] | None:
    return next((match for text in texts if (match := pattern.search(text)) is not None), None)


def _letters_of(written: str, signs: dict[int, int]) -> str:
    """A word with letters for its figures and signs; what holds no letter is none, and stays."""
    plain = normalize("NFKD", written.casefold())
    return plain.translate(signs) if any(each.isalpha() for each in plain) else written


def _disguised(text: str) -> Iterator[tuple[str, str]]:
    """(as it was written, as it may be read) of what is not written like a word, and may be one."""
    for written in text.split():
        if not written.isalpha():
            yield from ((written, each) for each in _readings(written))


def _spelled_out(text: str) -> Iterator[tuple[str, str]]:
    for match in SPELLED_OUT.finditer(text):
        yield from ((match[0], each) for each in _readings(match[0]))


def _readings(written: str) -> set[str]:
    plain = normalize("NFKD", written.casefold())
    if not any(each.isalpha() for each in plain):
        return set()
    return {fold(each).replace(" ", "") for each in (plain, *(plain.translate(signs) for signs in LOOK_LIKE))}


def words_in(text: str) -> list[str]:
    """Each such word in a text."""
    return [word for _kind, word in found_in(text)]


def must_be_said(text: str) -> bool:
    """Is it for the ear alone, whoever's device it is?"""
    return any(kind in ON_NO_DEVICE for kind, _word in found_in(text))


@lru_cache
def _never() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """What each word tells, how it is found, and its letters without a gap."""
    words = [(row["kind"], row["word"]) for row in rows_of(Path(__file__).parent / "data" / "never_in_mail.csv")]
    stems = [(kind, word, word.rstrip("*")) for kind, word in words]
    return tuple(
        (kind, re.compile(rf"\b{re.escape(stem)}{_rest(word)}"), stem.replace(" ", "")) for kind, word, stem in stems
    )


def _rest(word: str) -> str:
    return r"\w*" if word.endswith("*") else r"\b"
