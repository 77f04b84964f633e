"""Who is kept from a case: bars, parties and those close to them, earlier tries, exclusions."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    LargeBinary,
    Select,
    and_,
    bindparam,
    false,
    or_,
    select,
    type_coerce,
    union_all,
)

from app.clients.models import Case, Opening, Party
from app.core.db import session
from app.volunteers.models import Membership, Organisation, Standing, Volunteer, VolunteerWord

from . import called, ties
from .called import Called
from .models import HOLDING, LIVE, Assignment, Bar, Referral, ReferralStatus

MOST_WORDS = 4_000
GIVEN_BACK = "given_back"

Barred = dict[int, set[str]]


class Purpose(enum.StrEnum):
    """For what a pair is judged: earlier tries count differently."""

    MATCH = "match"
    CLAIM = "claim"
    PLACE = "place"


def barred_volunteers(openings: Select[Any], purpose: Purpose, **asked: Any) -> Barred:
    """The public ids of the volunteers kept from each case; a fixed number of selects for any number of openings.

    `openings` selects opening ids; `asked` are its parameters, where it has any.
    """
    kept: Barred = defaultdict(set)
    for case_id, public_id in session.execute(_kept_by_rows(openings, purpose), asked):
        kept[case_id].add(public_id)
    for case_id, close in _close_to_parties(openings, asked):
        kept[case_id] |= close
    return kept


def barred_firms(openings: Select[Any], purpose: Purpose, **asked: Any) -> dict[int, set[int]]:
    """The ids of the firms kept from each case as a whole: barred, answered before, a party or the firm of one."""
    kept: dict[int, set[int]] = defaultdict(set)
    for case_id, firm_id in session.execute(_firms_kept_by_rows(openings, purpose), asked):
        kept[case_id].add(firm_id)
    names_of, firms = _called(openings, asked), _firms()
    bearers = _bearers(frozenset(word for names in names_of.values() for name in names for word in name.words))
    theirs = _firms_of(bearers)
    for case_id, names in names_of.items():
        for name in names:
            kept[case_id].update(firms.get(name.firm, ()))
            kept[case_id].update(*(theirs[v] for v, (_, words) in bearers.items() if words <= name.words))
    return kept


@lru_cache(maxsize=16)
def _firms_kept_by_rows(openings: Select[Any], purpose: Purpose) -> CompoundSelect[int, int]:
    bars = select(Bar.case_id, Bar.organisation_id).where(
        Bar.case_id.in_(_cases(openings)), Bar.organisation_id.is_not(None)
    )
    tries = select(Opening.case_id, Referral.organisation_id).join(Referral, Referral.opening_id == Opening.id)
    return union_all(bars, tries.where(Opening.id.in_(openings), Referral.organisation_id.is_not(None), _no(purpose)))


def _no(purpose: Purpose) -> ColumnElement[bool]:
    """The answers of a firm that keep it from an opening; an offer that ran out only keeps staff from asking again."""
    ended = [ReferralStatus.CONFLICT]
    if purpose is not Purpose.PLACE:
        ended.append(ReferralStatus.DECLINED)
    if purpose is Purpose.MATCH:
        ended.append(ReferralStatus.EXPIRED)
    return Referral.status.in_(ended)


def attempts_of_barred() -> Select[Referral]:
    """Live attempts of somebody who was barred from the case since, in person or with their firm."""
    theirs = select(Membership.organisation_id).where(Membership.volunteer_id == Referral.volunteer_id)
    theirs = theirs.correlate(Referral)
    imputed = and_(Bar.organisation_id.in_(theirs), Case.short_term_by.is_(None))
    named = or_(Bar.volunteer_id == Referral.volunteer_id, Bar.organisation_id == Referral.organisation_id, imputed)
    barred = select(Bar.id).where(Bar.case_id == Opening.case_id, named).correlate(Opening, Case, Referral).exists()
    return select(Referral).join(Referral.opening).join(Opening.case).where(Referral.status.in_(LIVE), barred)


def _firms_of(volunteers: Iterable[int]) -> dict[int, set[int]]:
    wanted, found = list(volunteers), defaultdict[int, set[int]](set)
    if wanted:
        stmt = select(Membership.volunteer_id, Membership.organisation_id)
        for volunteer_id, firm_id in session.execute(stmt.where(Membership.volunteer_id.in_(wanted))):
            found[volunteer_id].add(firm_id)
    return found


@lru_cache(maxsize=16)
def _kept_by_rows(openings: Select[Any], purpose: Purpose) -> CompoundSelect[int, str]:
    cases = _cases(openings)
    sources = [_bars(cases), _bars_of_firms(cases), _exclusions(cases), _tries(openings, purpose)]
    if purpose is not Purpose.PLACE:
        sources.append(_on_the_case(cases))
    return union_all(*sources)


def _cases(openings: Select[Any]) -> Select[int]:
    return select(Opening.case_id).where(Opening.id.in_(openings))


def _bars(cases: Select[Any]) -> Select[int, str]:
    return (
        select(Bar.case_id, Volunteer.public_id)
        .join(Volunteer, Volunteer.id == Bar.volunteer_id)
        .where(Bar.case_id.in_(cases))
    )


def _bars_of_firms(cases: Select[Any]) -> Select[int, str]:
    return (
        select(Bar.case_id, Volunteer.public_id)
        .join(Case, Case.id == Bar.case_id)
        .join(Membership, Membership.organisation_id == Bar.organisation_id)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .where(Bar.case_id.in_(cases), Case.short_term_by.is_(None))
    )


def _exclusions(cases: Select[Any]) -> Select[int, str]:
    return (
        select(Case.id, Volunteer.public_id)
        .join(Standing, Standing.programme_id == Case.programme_id)
        .join(Volunteer, Volunteer.id == Standing.volunteer_id)
        .where(Case.id.in_(cases), Standing.standing == "excluded")
    )


def _on_the_case(cases: Select[Any]) -> Select[int, str]:
    return (
        select(Assignment.case_id, Volunteer.public_id)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .where(Assignment.case_id.in_(cases), Assignment.ended_at.is_(None))
    )


def _tries(openings: Select[Any], purpose: Purpose) -> Select[int, str]:
    given_back = and_(Referral.status == ReferralStatus.WITHDRAWN, Referral.reason == GIVEN_BACK)
    counts = {
        Purpose.PLACE: Referral.status == ReferralStatus.CONFLICT,
        Purpose.CLAIM: Referral.status.in_((ReferralStatus.CONFLICT, ReferralStatus.DECLINED)),
        Purpose.MATCH: or_(
            Referral.status.in_(
                (
                    ReferralStatus.CONFLICT,
                    ReferralStatus.DECLINED,
                    ReferralStatus.EXPIRED,
                    ReferralStatus.CONFIRMED,
                    ReferralStatus.OFFERED,
                    *HOLDING,
                )
            ),
            given_back,
        ),
    }
    return (
        select(Opening.case_id, Volunteer.public_id)
        .join(Referral, Referral.opening_id == Opening.id)
        .join(Volunteer, Volunteer.id == Referral.volunteer_id)
        .where(Opening.id.in_(openings), counts[purpose])
    )


def _close_to_parties(openings: Select[Any], asked: dict[str, Any]) -> Iterator[tuple[int, set[str]]]:
    """Volunteers who bear a party's name, everyone of their firm or of a firm that is a party, household, employer."""
    names_of = _called(openings, asked)
    yield from _close(names_of, set(session.execute(_short_term(openings), asked).scalars()))


def close_to(party: Party) -> set[str]:
    """The public ids of the volunteers close to one party, as `barred_volunteers` finds them for all of a case."""
    names = called.named(party.name, *(party.aliases or ()))
    short_term = {party.case_id} if party.case.short_term_by is not None else set[int]()
    return set().union(*(close for _case_id, close in _close({party.case_id: list(names)}, short_term)))


def close_through(volunteer: Volunteer) -> set[str]:
    """The public ids of whoever is close to a case in which the volunteer is a party: of their firm, home or work."""
    own = volunteer.id
    by_firm, at_work = _members([own], []).by_volunteer[own], ties.colleagues_of([own]).get(own, set())
    return {*by_firm, *at_work, *_at_home([own]).get(own, ())} - {volunteer.public_id}


def cases_that_name(case_ids: Iterable[int], is_meant: Callable[[Called], bool]) -> list[int]:
    """Those of some cases one of whose parties bears a name that is meant."""
    names_of = _called(OF_CASES, {"cases": list(case_ids)})
    return sorted(case_id for case_id, names in names_of.items() if any(map(is_meant, names)))


OF_CASES = select(Opening.id).where(Opening.case_id.in_(bindparam("cases", expanding=True)))


def _close(names_of: dict[int, list[Called]], short_term: set[int]) -> Iterator[tuple[int, set[str]]]:
    firms = _firms()
    every = {name for names in names_of.values() for name in names}
    bearers = _bearers(frozenset(word for name in every for word in name.words))
    members = _members(bearers.keys(), [firm for name in every for firm in firms.get(name.firm, ())])
    tied, at_home, at_work = ties.Ties(every), _at_home(bearers), ties.colleagues_of(bearers)
    for case_id, names in names_of.items():
        close: set[str] = set()
        for name in names:
            found = {v for v, (_, words) in bearers.items() if words <= name.words}
            close |= {bearers[v][0] for v in found}
            if case_id not in short_term:
                close |= {p for v in found for p in (*members.by_volunteer[v], *at_work.get(v, ()))}
            close |= {p for firm in firms.get(name.firm, ()) for p in members.by_firm[firm]}
            close |= tied.living_with(name) | tied.employed_by(name)
            close |= {p for v in found for p in at_home.get(v, ())}
        if close:
            yield case_id, close


@lru_cache(maxsize=16)
def _short_term(openings: Select[Any]) -> Select[int]:
    """A clinic's short services, where a conflict of one lawyer is not a conflict of the firm (Rule 6.5)."""
    return select(Case.id).where(Case.id.in_(_cases(openings)), Case.short_term_by.is_not(None))


def _called(openings: Select[Any], asked: dict[str, Any]) -> dict[int, list[Called]]:
    """What the parties of each case are called, by hashes; a sealed name is opened only once in a process."""
    names: dict[int, list[Called]] = defaultdict(list)
    for case_id, name, aliases in session.execute(_parties(openings), asked):
        names[case_id] += called.read(bytes(name), None if aliases is None else bytes(aliases))
    return names


@lru_cache(maxsize=16)
def _parties(openings: Select[Any]) -> Any:
    of = select(Party.case_id, type_coerce(Party.name, LargeBinary), type_coerce(Party.aliases, LargeBinary))
    return of.where(Party.case_id.in_(_cases(openings)), Party.removed_at.is_(None))


def _bearers(words: frozenset[str]) -> dict[int, tuple[str, set[str]]]:
    """Volunteers every word of whose name is among the words: id -> (public id, words)."""
    if not words:
        return {}
    few = len(words) <= MOST_WORDS
    found: dict[int, tuple[str, set[str]]] = {}
    stmt, asked = (ONE_OF_THE_WORDS, {"words": list(words)}) if few else (EVERYBODYS_WORDS, {})
    for volunteer_id, public_id, word in session.execute(stmt, asked):
        found.setdefault(volunteer_id, (public_id, set()))[1].add(word)
    return {v: entry for v, entry in found.items() if entry[1] <= words}


def _at_home(bearers: Iterable[int]) -> dict[int, set[str]]:
    """By volunteer, the volunteers whom they named as living with them."""
    homes = ties.homes_of(bearers)
    theirs = _bearers(frozenset(word for named in homes.values() for words in named for word in words))
    return {
        v: {public_id for public_id, words in theirs.values() if any(words <= name for name in named)}
        for v, named in homes.items()
    }


EVERYBODYS_WORDS = select(VolunteerWord.volunteer_id, Volunteer.public_id, VolunteerWord.word).join(Volunteer)
ONE_OF_THE_WORDS = EVERYBODYS_WORDS.where(
    VolunteerWord.volunteer_id.in_(
        select(VolunteerWord.volunteer_id).where(VolunteerWord.word.in_(bindparam("words", expanding=True)))
    )
)
FIRMS = select(Organisation.id, Organisation.name)


def _firms() -> dict[str, list[int]]:
    firms: dict[str, list[int]] = defaultdict(list)
    for firm_id, name in session.execute(FIRMS):
        if called.hash_of_firm(name):
            firms[called.hash_of_firm(name)].append(firm_id)
    return firms


class _Members:
    def __init__(self) -> None:
        self.by_firm: dict[int, set[str]] = defaultdict(set)
        self.by_volunteer: dict[int, set[str]] = defaultdict(set)


def _members(volunteers: Iterable[int], firms: list[int]) -> _Members:
    found, wanted = _Members(), list(volunteers)
    if not wanted and not firms:
        return found
    theirs = select(Membership.organisation_id).where(Membership.volunteer_id.in_(wanted) if wanted else false())
    stmt = (
        select(Membership.organisation_id, Membership.volunteer_id, Volunteer.public_id)
        .join(Volunteer)
        .where(or_(Membership.organisation_id.in_(firms), Membership.organisation_id.in_(theirs)))
    )
    firms_of: dict[int, set[int]] = defaultdict(set)
    for firm_id, volunteer_id, public_id in session.execute(stmt):
        found.by_firm[firm_id].add(public_id)
        firms_of[volunteer_id].add(firm_id)
    for volunteer_id in wanted:
        for firm_id in firms_of[volunteer_id]:
            found.by_volunteer[volunteer_id] |= found.by_firm[firm_id]
    return found
