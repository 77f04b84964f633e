"""Which firms an appeal can reach: one whose people could take a matter, by whoever answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from app.clients.models import Opening
from app.core import clock
from app.core.db import session
from app.volunteers.models import Organisation, Volunteer

from . import policy
from .appeals import QUIET, Outcome
from .barring import Purpose, barred_firms
from .firms import coordinated, members, pairs_of
from .models import HOLDING, LIVE, AppealRecipient, Referral
from .volunteer_rows import used_slots


@dataclass(frozen=True)
class FirmLetter:
    """To which firm, about which matters, or why not."""

    organisation_id: int
    opening_ids: tuple[int, ...]
    outcome: Outcome


def reachable() -> list[Organisation]:
    """Every organisation for which somebody answers, by name."""
    stmt = select(Organisation).where(Organisation.id.in_(coordinated())).order_by(Organisation.name)
    return list(session.execute(stmt).scalars())


def firm_letters(openings: Sequence[Opening], organisation_ids: Iterable[int]) -> list[FirmLetter]:
    """What each of the firms would read of, or why it would not be written to; a firm kept from a matter never of it.

    A fixed number of selects, however many firms and matters there are.
    """
    wanted = list(organisation_ids)
    chosen = _chosen(openings)
    people = members(wanted)
    fits = _fits(chosen, people)
    kept, live = barred_firms(chosen, Purpose.MATCH), _asked_now(chosen, wanted)
    lately, places, answered = written_lately(wanted), _places(people), set(session.execute(coordinated()).scalars())
    letters = []
    for firm in wanted:
        fit = [one for one in openings if one.public_id in fits.get(firm, ()) and (firm, one.id) not in live]
        mine = tuple(one.id for one in fit if firm not in kept.get(one.case_id, ()))
        letters.append(_letter(firm, mine, firm in answered, firm in lately, places.get(firm, 0)))
    return letters


def _letter(firm: int, mine: tuple[int, ...], is_answered: bool, lately: bool, places: int) -> FirmLetter:
    if not is_answered:
        return FirmLetter(firm, (), Outcome.NOBODY_ANSWERS)
    if lately:
        return FirmLetter(firm, (), Outcome.ASKED_LATELY)
    if not mine:
        return FirmLetter(firm, (), Outcome.NOTHING_FITS)
    return FirmLetter(firm, mine, Outcome.SENT) if places > 0 else FirmLetter(firm, (), Outcome.FULL)


def _chosen(openings: Sequence[Opening]) -> Select[Any]:
    return select(Opening.id).where(Opening.id.in_([one.id for one in openings]))


def _fits(chosen: Select[Any], people: dict[int, list[int]]) -> dict[int, set[str]]:
    """By firm, the openings that at least one of its people may take."""
    pairs = pairs_of(chosen, [person for ids in people.values() for person in ids])
    may = {
        person: {public_id for public_id, pair in of.items() if not policy.against_a_claim(pair.rules)}
        for person, of in pairs.items()
    }
    return {firm: set().union(*(may.get(person, set()) for person in ids)) for firm, ids in people.items()}


def _asked_now(chosen: Select[Any], firms: list[int]) -> set[tuple[int, int]]:
    stmt = select(Referral.organisation_id, Referral.opening_id).where(
        Referral.opening_id.in_(chosen), Referral.organisation_id.in_(firms), Referral.status.in_(LIVE)
    )
    return {(firm, opening) for firm, opening in session.execute(stmt) if firm is not None}


def _places(people: dict[int, list[int]]) -> dict[int, int]:
    """By firm, the free places of its people, less the matters it holds without a person."""
    everybody = {person for ids in people.values() for person in ids}
    capacity = dict(session.execute(select(Volunteer.id, Volunteer.capacity).where(Volunteer.id.in_(everybody))).all())
    used = used_slots(sorted(everybody)) if everybody else {}
    unnamed = select(Referral.organisation_id, func.count()).where(
        Referral.organisation_id.in_(people), Referral.status.in_(HOLDING), Referral.volunteer_id.is_(None)
    )
    held = dict(session.execute(unnamed.group_by(Referral.organisation_id)).all())
    return {firm: sum(capacity[p] - used[p] for p in ids) - held.get(firm, 0) for firm, ids in people.items()}


def written_lately(organisation_ids: Iterable[int]) -> set[int]:
    """Those whom another appeal reached within two weeks."""
    stmt = select(AppealRecipient.organisation_id).where(
        AppealRecipient.organisation_id.in_(list(organisation_ids)),
        AppealRecipient.outcome == Outcome.SENT,
        AppealRecipient.created_at > clock.now() - QUIET,
    )
    return {firm for firm in session.execute(stmt).scalars() if firm is not None}
