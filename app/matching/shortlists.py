"""Ranked volunteers for one case and ranked cases for one volunteer, by fit less the price of the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from app.clients.models import Opening
from app.core.db import session
from app.volunteers.models import Volunteer

from .dockets import Laid, docket_of_opening, docket_of_volunteer, today
from .engine.docket import VolunteerRow
from .engine.rules import RULES, fails
from .engine.shortlist import Listed, cases_for, volunteers_for
from .engine.tables import PERSON_WIDTH
from .models import DocketRun, RunStatus

SHOWN = 10
NEARLY = 5

Prices = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Choice:
    """One volunteer on the shortlist of a case."""

    row: VolunteerRow
    listed: Listed
    volunteer_id: int


@dataclass(frozen=True)
class Kept:
    """A volunteer whom only one or two rules keep from a case."""

    row: VolunteerRow
    rules: list[str]
    volunteer_id: int


@dataclass(frozen=True)
class Shortlist:
    """Who may take a case, the best first, and whom little keeps from it."""

    choices: list[Choice]
    able: int
    nearly: list[Kept]


def prices_of_last_run() -> Prices:
    """What a place of each volunteer costs the others, by the newest run with a result."""
    stmt = select(DocketRun.prices).where(DocketRun.status == RunStatus.DONE).order_by(DocketRun.id.desc()).limit(1)
    return session.execute(stmt).scalar_one_or_none() or {}


def ranked_volunteers(laid: Laid, case_index: int, prices: Prices) -> list[Listed]:
    """Everyone who may take a case, full ones included; of two worth the same, the one others need less comes first."""
    people = laid.docket.volunteers
    listed = volunteers_for(laid.docket, case_index, charged(people, prices), limit=max(1, len(people)))
    return sorted(listed, key=lambda one: (-one.worth, one.price, one.volunteer_id))


def charged(people: Sequence[VolunteerRow], prices: Prices) -> np.ndarray:
    """The price of a place by the volunteer's index."""
    price = prices.get("price", {})
    return np.array([price.get(row.volunteer_id, 0) for row in people], dtype=np.int64)


def shortlist_for(opening: Opening, proposed: str = "") -> Shortlist:
    """The volunteers for one opening, as things stand now; of equals, the one the last run proposes comes first."""
    laid = docket_of_opening(opening, today())
    listed = ranked_volunteers(laid, 0, prices_of_last_run())
    people = laid.docket.volunteers
    free_first = sorted(
        listed, key=lambda one: (people[one.volunteer].slots == 0, -one.worth, one.volunteer_id != proposed)
    )
    choices = [Choice(people[one.volunteer], one, laid.volunteers[one.volunteer_id]) for one in free_first[:SHOWN]]
    return Shortlist(choices, len(listed), _nearly(laid, {one.volunteer for one in listed}))


def _nearly(laid: Laid, able: set[int]) -> list[Kept]:
    """Approved volunteers of the field whom the fewest rules keep away."""
    tables, kept = laid.docket.lists, []
    for index, row in enumerate(laid.docket.volunteers):
        if index in able:
            continue
        against = [name for rule, name in enumerate(RULES) if fails(*tables, 0, index * PERSON_WIDTH, rule)]
        if "not_approved" not in against and "no_area" not in against and "barred" not in against:
            kept.append(Kept(row, against, laid.volunteers[row.volunteer_id]))
    return sorted(kept, key=lambda one: (len(one.rules), one.row.volunteer_id))[:NEARLY]


@dataclass(frozen=True)
class Matter:
    """One case on the shortlist of a volunteer."""

    listed: Listed
    opening_id: int


def shortlist_for_volunteer(volunteer: Volunteer) -> tuple[list[Matter], VolunteerRow]:
    """The open cases one volunteer may take, the best first, as things stand now."""
    laid = docket_of_volunteer(volunteer, today())
    row = laid.docket.volunteers[0]
    price = charged(laid.docket.volunteers, prices_of_last_run())
    listed = cases_for(laid.docket, 0, price, limit=max(1, len(laid.docket.cases)))
    return [Matter(one, laid.openings[one.case_id]) for one in listed], row
