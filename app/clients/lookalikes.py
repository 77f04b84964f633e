"""Letters that look like others, or cannot be seen, by which a word could pass a guard that reads letters.

After Unicode Technical Standard 39 (security mechanisms), more strictly: of letters only those are taken whose
compatibility decomposition (Unicode Standard Annex 15, NFKD) is a letter of English, with or without marks. English and
Spanish need no other, so no table of confusables has to be kept up to date.
"""

from __future__ import annotations

import re
from unicodedata import category, combining, name, normalize

UNSEEN = ("Cf", "Co", "Cn", "Cs", "Cc", "Zs", "Zl", "Zp")
WRITTEN = re.compile(r"[^ \t\r\n\u00a0]+")  # other spaces may be too thin to be seen


def strange_word(text: str) -> str | None:
    """The first word with a letter of another alphabet or a character that is not seen; none where all is plain."""
    return next((word for word in WRITTEN.findall(text) if any(map(_is_strange, word))), None)


def _is_strange(character: str) -> bool:
    kind = category(character)
    if kind in UNSEEN or (kind[0] == "M" and not combining(character)):  # such a mark selects a shape, and shows none
        return True
    if character.isascii():
        return False
    plain = [each for each in normalize("NFKD", character) if not combining(each)]
    return any(not each.isascii() and _is_letter(each) for each in plain)


def _is_letter(character: str) -> bool:
    said = name(character, "")
    return category(character).startswith("L") or "LETTER" in said or "REGIONAL INDICATOR" in said
