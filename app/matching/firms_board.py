"""The list of open matters as a firm's coordinator may see it: those that one of the firm's people could take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from app.clients.models import Opening
from app.core.db import session
from app.volunteers.models import Organisation

from . import policy
from .barring import Purpose, barred_firms
from .board import Listing, lay_listings
from .firms import members, pairs_of
from .rules import Pair, listed_openings


@dataclass(frozen=True)
class FirmListing:
    """One open matter, and how many of the firm's people could take it."""

    listing: Listing
    able: int

    @property
    def urgency(self) -> tuple[Any, ...]:
        """The most urgent first."""
        return self.listing.urgency


def open_matters(organisation: Organisation) -> list[FirmListing]:
    """Every listed opening that the firm may know of and one of its people could take, the most urgent first."""
    return sorted(_listings(organisation, listed_openings()), key=lambda matter: matter.urgency)


def one_matter(organisation: Organisation, opening: Opening) -> FirmListing | None:
    """One listed opening, or None where the firm may not know of it."""
    chosen = listed_openings().where(Opening.id == opening.id)
    return next(iter(_listings(organisation, chosen)), None)


def _listings(organisation: Organisation, openings: Select[Any]) -> list[FirmListing]:
    pairs = pairs_of(openings, members([organisation.id])[organisation.id])
    able = _able(list(pairs.values()))
    kept = barred_firms(openings, Purpose.CLAIM)
    firm_is_kept = {case_id for case_id, firms in kept.items() if organisation.id in firms}
    laid = lay_listings(openings, {id_: best for id_, (best, _n) in able.items()}, _is_mine(organisation))
    cases = _cases(openings) if firm_is_kept else {}
    return [
        FirmListing(matter, able[matter.public_id][1])
        for matter in laid
        if cases.get(matter.facts.id) not in firm_is_kept
    ]


def _able(pairs: list[dict[str, Pair]]) -> dict[str, tuple[Pair, int]]:
    """By opening, the best pair and how many of the people may take it; openings that nobody may take are missing."""
    found: dict[str, tuple[Pair, int]] = {}
    for of_person in pairs:
        for public_id, pair in of_person.items():
            if policy.against_a_claim(pair.rules):
                continue
            best, count = found.get(public_id, (pair, 0))
            found[public_id] = (max(best, pair, key=lambda one: one.fit), count + 1)
    return found


def _is_mine(organisation: Organisation) -> Any:
    return lambda referral: referral.organisation_id == organisation.id


def _cases(openings: Select[Any]) -> dict[int, int]:
    return dict(session.execute(select(Opening.id, Opening.case_id).where(Opening.id.in_(openings))).all())
