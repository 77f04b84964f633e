"""How the names of those close to a volunteer are found: by keyed hashes, like the volunteers' own."""

from __future__ import annotations

from app.core.sealed import fold, keyed_hash, word_hashes

from .models import TieKind, Volunteer

LEGAL_FORMS = frozenset(
    ["the", "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "l", "c", "llp", "lp", "ltd",
     "limited", "pllc", "pc", "p", "sc"]
)  # fmt: skip


def employer_hash(name: str) -> str:
    """The hash by which an employer's name is found, its legal form aside."""
    words = [word for word in fold(name).split() if word not in LEGAL_FORMS]
    return keyed_hash(" ".join(words) or fold(name), "employer")


def hashes_of(kind: TieKind, name: str) -> list[str]:
    """The hashes by which a name is found: every word of a person's, the whole of an employer's."""
    return word_hashes(name) if kind is TieKind.HOUSEHOLD else [employer_hash(name)]


def names_of(volunteer: Volunteer, kind: TieKind) -> list[str]:
    """The names a volunteer gave, in the order they were given."""
    return [tie.name for tie in volunteer.ties if tie.kind is kind]
