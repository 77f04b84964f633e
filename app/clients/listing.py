"""What a listing may say: written for the listing, naming nobody, copying nothing the client told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.sealed import fold

from .names import LEGAL_FORMS

RUN = 6  # words in a row that may not be the same as in the story
SHORTEST = 3  # letters of a name word that is looked for
MAIL_OR_PHONE = re.compile(r"\S+@\S+|(?:\d[\s().-]*){7,}")
EVERYDAY = frozenset(
    [
        "will", "may", "mark", "grace", "hope", "faith", "rose", "art", "bill", "rich", "frank", "chase",
        "grant", "law", "case", "court", "home", "house", "rent", "bank", "county", "city", "state", "park",
        "hill", "row", "street", "school", "family", "housing", "credit", "first", "national", "united",
        "american", "management", "properties", "property", "holdings", "holding", "apartments", "apartment",
        "realty", "group", "services", "service", "trust", "association", "department", "office", "center",
        "centre", "hospital", "health", "capital", "financial", "new", "west", "east", "north", "south",
        "green", "white", "black", "young", "long", "best", "page", "day", "summer", "tenant", "landlord",
        "client", "hearing", "eviction", "power", "water", "union", "fund", "loan", "care", "head",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What volunteers read before they ask for a case, and what it asks of them."""

    title: str
    text: str
    level: str
    hours: int  # hundredths of an hour
    role: str = "attorney"
    licence: str | None = None  # None: what the forum asks
    credentials: tuple[str, ...] | None = None
    in_person: bool = False
    interpreter: bool = True
    trainings: tuple[str, ...] = ()
    sensitive: bool = False
    service_level: str = "full"
    short_term_by: str | None = None
    representation: str = "volunteer_only"
    costs_paid_by: str = "programme"


def faults(text: str, names: Iterable[tuple[str, bool]], narrative: str | None) -> list[Any]:
    """Sentences on what a listing's words may not hold; names are (name, is an organisation)."""
    found: list[Any] = []
    if MAIL_OR_PHONE.search(text):
        found.append(_l("The listing holds a phone number or mail address. Take it out."))
    if any(names_somebody(text, name, organisation) for name, organisation in names):
        found.append(_l("The listing names somebody in the matter. Describe them instead, such as “the landlord”."))
    if copies(text, narrative):
        found.append(_l("The listing repeats the client's own words. Write it anew for volunteers."))
    return found


def names_somebody(text: str, name: str, is_organisation: bool) -> bool:
    """Does a text hold a party's name: the whole of it, or a word of it that is no everyday word?"""
    words, parts = fold(text).split(), [each for each in fold(name).split() if each not in LEGAL_FORMS]
    if len(parts) > 1 and _has_run(words, parts):
        return True
    telling = [each for each in parts if len(each) >= SHORTEST and each not in EVERYDAY]
    if set(telling) & set(words):
        return True
    return not is_organisation and any(_as_a_name(text, each) for each in parts if each in EVERYDAY)


def _as_a_name(text: str, word: str) -> bool:
    """An everyday word written with a capital inside a sentence is meant as a name."""
    return re.search(rf"[a-z,;]\s+{re.escape(word.capitalize())}\b", text) is not None


def _has_run(words: list[str], run: list[str]) -> bool:
    return any(words[at : at + len(run)] == run for at in range(len(words) - len(run) + 1))


def copies(text: str, narrative: str | None) -> bool:
    """Does a text share a long run of words with the story?"""
    told = fold(narrative or "").split()
    words = fold(text).split()
    runs = {tuple(told[at : at + RUN]) for at in range(len(told) - RUN + 1)}
    return any(tuple(words[at : at + RUN]) in runs for at in range(len(words) - RUN + 1))
