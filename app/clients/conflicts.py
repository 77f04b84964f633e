"""Searching a programme's people and parties for a case's names: decrypted in memory only, kept while unchanged."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select

from app.core.db import engine, session

from .models import Case, CaseStatus, Channel, Client, ConflictSearch, Party, PartyRole, Person
from .names import Hit, Index, Name, hits
from .queries import other_requests


@dataclass(frozen=True)
class Bearer:
    """Who bears a name: in which case, as what."""

    case_id: int
    role: PartyRole


@dataclass
class _Kept:
    state: tuple[Any, ...] = ()
    names: dict[tuple[str, int], tuple[int, list[Name]]] = field(default_factory=dict)
    index: Index = field(default_factory=Index)


_kept: dict[tuple[str, int], _Kept] = {}
_lock = threading.Lock()


def programme_names(programme_id: int) -> Index:
    """Every name of a programme's clients, parties and rejected applicants, prepared for searching.

    Kept in memory and renewed when a person or party was added or changed; only changed rows are decrypted.
    """
    state = (_state(Party, programme_id), _state(Person, programme_id))
    with _lock:
        kept = _kept.setdefault((str(engine().url), programme_id), _Kept())
        if kept.state != state:
            _renew(kept, programme_id)
            kept.state = state
        return kept.index


def _state(kind: Any, programme_id: int) -> tuple[Any, ...]:
    counted = select(func.count(), func.max(kind.id), func.sum(kind.version))
    if kind is Party:
        counted = counted.select_from(Party).join(Case, Party.case_id == Case.id)
        counted = counted.where(Case.programme_id == programme_id, Party.removed_at.is_(None))
    else:
        counted = counted.where(Person.programme_id == programme_id)
    return tuple(session.execute(counted).one())


def _renew(kept: _Kept, programme_id: int) -> None:
    versions = {
        ("party", row.id): row.version for row in session.execute(_parties(programme_id, Party.id, Party.version))
    }
    versions |= {
        ("person", row.id): row.version for row in session.execute(_persons(programme_id, Client.id, Person.version))
    }
    fresh = {key: known for key, known in kept.names.items() if versions.get(key) == known[0]}
    for key, names in _decrypted(programme_id, [key for key in versions if key not in fresh]):
        fresh[key] = (versions[key], names)
    kept.names = fresh
    kept.index = Index.of(name for _, names in fresh.values() for name in names)


def _parties(programme_id: int, *columns: Any) -> Any:
    joined = select(*columns).select_from(Party).join(Case, Party.case_id == Case.id)
    return joined.where(Case.programme_id == programme_id, Party.removed_at.is_(None))


def _persons(programme_id: int, *columns: Any) -> Any:
    joined = select(*columns).select_from(Client).join(Person, Client.person_id == Person.id)
    return joined.where(Person.programme_id == programme_id)


def _decrypted(programme_id: int, keys: list[tuple[str, int]]) -> Iterable[tuple[tuple[str, int], list[Name]]]:
    parties = [key for kind, key in keys if kind == "party"]
    people = [key for kind, key in keys if kind == "person"]
    columns = (Party.id, Party.case_id, Party.role, Party.name, Party.aliases, Party.is_organisation, Party.born_on)
    for some in _batches(parties):
        for row in session.execute(_parties(programme_id, *columns).where(Party.id.in_(some))):
            yield ("party", row.id), party_names(row)
    of_person = (Client.id, Client.case_id, Person.given_name, Person.family_name, Person.other_names, Person.born_on)
    for some in _batches(people):
        for row in session.execute(_persons(programme_id, *of_person).where(Client.id.in_(some))):
            bearer = Bearer(row.case_id, PartyRole.CLIENT)
            first = Name(f"{row.given_name} {row.family_name}".strip(), bearer, born_on=row.born_on)
            more = [Name(each, bearer, is_alias=True, born_on=row.born_on) for each in row.other_names or []]
            yield ("person", row.id), [first, *more]


def _batches(ids: list[int], size: int = 500) -> Iterable[list[int]]:
    return (ids[at : at + size] for at in range(0, len(ids), size))


def party_names(party: Party | Row[Any]) -> list[Name]:
    """A party's name and other names."""
    bearer = Bearer(party.case_id, PartyRole(party.role))
    first = Name(party.name, bearer, party.is_organisation, born_on=party.born_on)
    others = (Name(each, bearer, party.is_organisation, True, party.born_on) for each in party.aliases or [])
    return [first, *others]


def find_hits(case: Case) -> list[Hit]:
    """Every name in the programme's other cases that is like one of this case's, or of its client's other requests."""
    return _found(case, _names(case))


def _names(case: Case) -> list[Name]:
    names = _own_names(case)
    return names + _names_elsewhere(case, names)


def _own_names(case: Case) -> list[Name]:
    names = [name for party in case.parties if party.removed_at is None for name in party_names(party)]
    return names + _names_of([case.client.person] if case.client is not None else [], case, names)


def _names_elsewhere(case: Case, own: list[Name]) -> list[Name]:
    """The names that the client gave with other requests, and not with this one."""
    others = other_requests(case.client) if case.client is not None else ()
    return _names_of([other.person for other in others], case, own)


def _names_of(persons: Iterable[Person], case: Case, known: list[Name]) -> list[Name]:
    bearer, seen, names = Bearer(case.id, PartyRole.CLIENT), {name.text for name in known}, list[Name]()
    for person in persons:
        own = dict.fromkeys((person.name, *(person.other_names or [])))
        names += [Name(one, bearer, born_on=person.born_on) for one in own if one not in seen]
        seen.update(own)
    return names


def _found(case: Case, names: list[Name]) -> list[Hit]:
    found = hits(names, programme_names(case.programme_id))
    return _once([hit for hit in found if hit.found.ref.case_id != case.id])


def _once(found: list[Hit]) -> list[Hit]:
    """A client is stored as person and as party: one hit for both, the strongest."""
    kept: dict[tuple[Any, ...], Hit] = {}
    for hit in sorted(found, key=lambda each: (each.strength, each.found.text)):
        key = (hit.searched.ref, hit.searched.text, hit.found.ref, hit.found.text)
        kept.setdefault(key, hit)
    return list(kept.values())


def stored(found: list[Hit]) -> list[dict[str, Any]]:
    """Hits as they are sealed into a search."""
    cases = _cases({hit.found.ref.case_id for hit in found})
    return [
        {
            "searched": hit.searched.text, "searched_role": hit.searched.ref.role.value,
            "found": hit.found.text, "role": hit.found.ref.role.value, "why": list(hit.why),
            **cases[hit.found.ref.case_id],
        }
        for hit in found
    ]  # fmt: skip


def _cases(ids: set[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for some in _batches(sorted(ids)):
        rows = session.execute(select(Case.id, Case.public_id, Case.number, Case.status).where(Case.id.in_(some)))
        found |= {row.id: {"case": row.public_id, "number": row.number, "status": row.status.value} for row in rows}
    return found


def latest_search(case: Case) -> ConflictSearch | None:
    """The last search of the case's names, whatever state of the parties it was for."""
    newest = select(ConflictSearch).where(ConflictSearch.case_id == case.id).order_by(ConflictSearch.id.desc())
    return session.scalars(newest.limit(1)).first()


def is_clear(case: Case, search: ConflictSearch | None) -> bool:
    """Did staff find no conflict among the parties as they are now?"""
    return search is not None and search.outcome == "clear" and search.parties_version == case.parties_version


def must_be_searched_again(case: Case) -> bool:
    """Have the parties changed, or was something found, since staff last found the names clear?"""
    search = latest_search(case)
    return search is not None and not is_clear(case, search)


MOST = 20  # duplicates shown, the newest ones


@dataclass(frozen=True)
class Duplicate:
    """Another request that may be the same person's: by name, or by a phone, mail or address."""

    case: Case
    why: tuple[str, ...]
    same_problem: bool
    is_theirs: bool = False  # staff said so


def possible_duplicates(case: Case) -> list[Duplicate]:
    """Cases of the programme whose client is or may be the same person, the newest first."""
    theirs = {other.case_id for other in other_requests(case.client)} if case.client is not None else set()
    why: dict[int, list[str]] = {case_id: [] for case_id in theirs}
    own = _own_names(case)
    elsewhere = [hit for hit in _found(case, _names_elsewhere(case, own)) if hit.found.ref.case_id not in theirs]
    for hit in (*_found(case, [name for name in own if name.ref.role is PartyRole.CLIENT]), *elsewhere):
        if hit.found.ref.role is PartyRole.CLIENT and hit.strength <= 2:
            why.setdefault(hit.found.ref.case_id, []).extend(hit.why)
    for case_id in _same_contacts(case):
        why.setdefault(case_id, []).append("contact")
    newest = select(Case).where(Case.id.in_(theirs | set(sorted(why)[-MOST:]))).order_by(Case.id.desc())
    found = session.scalars(newest).all() if why else []
    return [
        Duplicate(each, tuple(dict.fromkeys(why[each.id])), _same_problem(each, case), each.id in theirs)
        for each in found
    ]


def _same_problem(one: Case, other: Case) -> bool:
    ended = (CaseStatus.REJECTED, CaseStatus.WITHDRAWN)
    return one.problem_code is not None and one.problem_code == other.problem_code and one.status not in ended


def _same_contacts(case: Case) -> list[int]:
    mine = select(Channel.value_hash).join(Client).where(Client.case_id == case.id)
    same = (
        select(Client.case_id)
        .join(Channel, Channel.client_id == Client.id)
        .join(Case, Case.id == Client.case_id)
        .where(Channel.value_hash.in_(mine), Client.case_id != case.id, Case.programme_id == case.programme_id)
    )
    return sorted(set(session.scalars(same)))
