"""Letters that look like others, or cannot be seen, by which a word could pass a guard that reads letters.

After Unicode Technical Standard 39 (security mechanisms), more strictly: of letters only those are taken whose
compatibility decomposition (Unicode Standard Annex 15, NFKD) is a letter of English, with or without marks. English and
Spanish need no other, so no table of confusables has to be kept up to date.
"""

from __future__ import annotations

import re
from unicodedata import category, combining, name, normalize

UNSEEN = ("Cf", "Co", "Cn", "Cs", "Cc")
WRITTEN = re.compile(r"\S+")


def strange_word(text: str) -> str | None:
    """The first word with a letter of another alphabet or a character that is not seen; none where all is plain."""
    if text.isascii():
        return None
    return next((word for word in WRITTEN.findall(text) if any(map(_is_strange, word))), None)


def _is_strange(character: str) -> bool:
    if character.isascii():
        return False
    if category(character) in UNSEEN:
        return True
    plain = [each for each in normalize("NFKD", character) if not combining(each)]
    return any(not each.isascii() and _is_letter(each) for each in plain)


def _is_letter(character: str) -> bool:
    said = name(character, "")
    return category(character).startswith("L") or "LETTER" in said or "REGIONAL INDICATOR" in said
