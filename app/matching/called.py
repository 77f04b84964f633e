"""What the parties of a case are called, as keyed hashes: enough to find who is close to them, without their names.

A hash is made once for each sealed value, which changes whenever the name does; no name is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from app.clients.names import stripped
from app.core.sealed import keyed_hash, unseal, word_hashes
from app.volunteers.ties import employer_hash

MOST_KEPT = 20_000  # parties, about a kilobyte each


@dataclass(frozen=True)
class Called:
    """One name: its words, and the whole of it as a firm and as an employer would be called."""

    words: frozenset[str]
    firm: str
    employer: str


@lru_cache(maxsize=MOST_KEPT)
def read(name: bytes, aliases: bytes | None) -> tuple[Called, ...]:
    """A party's names from their sealed columns."""
    others = json.loads(unseal(aliases, "parties.aliases")) if aliases is not None else None
    return tuple(_called(each) for each in (unseal(name, "parties.name"), *(others or ())))


def named(*names: str) -> tuple[Called, ...]:
    """Names as they were typed."""
    return tuple(_called(each) for each in names)


def _called(name: str) -> Called:
    return Called(frozenset(word_hashes(name)), firm_hash(name), employer_hash(name))


@lru_cache(maxsize=MOST_KEPT)
def hash_of_firm(name: str) -> str:
    """The hash of an organisation in our lists; those names are no secret."""
    return firm_hash(name)


def firm_hash(name: str) -> str:
    """The hash by which a firm is found, its legal form aside; nothing where the name says nothing."""
    plain = stripped(name)
    return keyed_hash(plain, "firm") if plain else ""
