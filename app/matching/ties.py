"""Volunteers who live with or work for somebody in a case, or share an employer with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select

from app.core.db import session
from app.volunteers.models import Membership, Organisation, Tie, TieKind, TieWord, Volunteer
from app.volunteers.ties import employer_hash

from .called import Called

MOST_WORDS = 4_000

WORDS = (
    select(Tie.id, Tie.kind, Volunteer.public_id, TieWord.word)
    .join(TieWord, TieWord.tie_id == Tie.id)
    .join(Volunteer, Volunteer.id == Tie.volunteer_id)
)
SOME_WORDS = WORDS.where(Tie.id.in_(select(TieWord.tie_id).where(TieWord.word.in_(bindparam("words", expanding=True)))))


class Ties:
    """The ties that names of parties may touch, read once for any number of cases."""

    def __init__(self, names: Iterable[Called]) -> None:
        asked = {word for name in names for word in (*name.words, name.employer)}
        self._households: list[tuple[str, set[str]]] = []
        self._employed: dict[str, set[str]] = defaultdict(set)
        for kind, public_id, words in _read(asked):
            if kind is TieKind.HOUSEHOLD:
                self._households.append((public_id, words))
            else:
                for word in words:
                    self._employed[word].add(public_id)

    def living_with(self, name: Called) -> set[str]:
        """Those who live with the bearer of a name."""
        return {public_id for public_id, theirs in self._households if theirs <= name.words}

    def employed_by(self, name: Called) -> set[str]:
        """Those who work for the organisation of a name."""
        return self._employed.get(name.employer, set())


def _read(asked: set[str]) -> Iterable[tuple[TieKind, str, set[str]]]:
    few = len(asked) <= MOST_WORDS
    stmt, values = (SOME_WORDS, {"words": list(asked)}) if few else (WORDS, {})
    found: dict[int, tuple[TieKind, str, set[str]]] = {}
    for tie_id, kind, public_id, word in session.execute(stmt, values):
        found.setdefault(tie_id, (kind, public_id, set()))[2].add(word)
    return found.values()


def homes_of(volunteers: Iterable[int]) -> dict[int, list[set[str]]]:
    """By volunteer, the hashed names of those they live with."""
    wanted, homes = list(volunteers), defaultdict[int, dict[int, set[str]]](lambda: defaultdict(set))
    if not wanted:
        return {}
    found = select(Tie.volunteer_id, Tie.id, TieWord.word).join(TieWord, TieWord.tie_id == Tie.id)
    for volunteer_id, tie_id, word in session.execute(
        found.where(Tie.kind == TieKind.HOUSEHOLD, Tie.volunteer_id.in_(wanted))
    ):
        homes[volunteer_id][tie_id].add(word)
    return {volunteer_id: list(named.values()) for volunteer_id, named in homes.items()}


def colleagues_of(volunteers: Iterable[int]) -> dict[int, set[str]]:
    """By volunteer, those with the same employer: as both say, or as one says and the other's firm is called."""
    wanted = list(volunteers)
    if not wanted:
        return {}
    called: dict[int, set[str]] = defaultdict(set)
    for volunteer_id, word in session.execute(_employers(Tie.volunteer_id.in_(wanted))):
        called[volunteer_id].add(word)
    firms = select(Membership.volunteer_id, Organisation.name).join(Organisation)
    for volunteer_id, name in session.execute(firms.where(Membership.volunteer_id.in_(wanted))):
        called[volunteer_id].add(employer_hash(name))
    hashes = {word for words in called.values() for word in words}
    people = _people_at(hashes) if hashes else {}
    return {v: {p for word in called[v] for p in people.get(word, ())} for v in wanted if called[v]}


def _employers(condition: Any) -> Any:
    found = select(Tie.volunteer_id, TieWord.word).join(TieWord, TieWord.tie_id == Tie.id)
    return found.where(Tie.kind == TieKind.EMPLOYER, condition)


def _people_at(hashes: set[str]) -> dict[str, set[str]]:
    people: dict[str, set[str]] = defaultdict(set)
    ids = select(TieWord.word, Volunteer.public_id).join(Tie, Tie.id == TieWord.tie_id)
    stmt = ids.join(Volunteer, Volunteer.id == Tie.volunteer_id).where(
        Tie.kind == TieKind.EMPLOYER, TieWord.word.in_(list(hashes))
    )
    for word, public_id in session.execute(stmt):
        people[word].add(public_id)
    members = (
        select(Organisation.name, Volunteer.public_id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
    )
    for name, public_id in session.execute(members):
        if employer_hash(name) in hashes:
            people[employer_hash(name)].add(public_id)
    return people
