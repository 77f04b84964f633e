"""Ranked volunteers for one case and ranked cases for one volunteer, by fit less the price of the place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from app.clients.models import Opening
from app.core.db import session
from app.volunteers.models import Volunteer

from .dockets import Laid, docket_of_opening, docket_of_volunteer, today
from .engine.docket import Docket, VolunteerRow
from .engine.rules import RULES, fails
from .engine.shortlist import Listed, able_cases, able_volunteers, cases_for, list_pair, volunteers_for
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
    docket, people = laid.docket, laid.docket.volunteers
    able, fits = able_volunteers(docket, 0)
    price = charged(people, prices_of_last_run())[able]
    is_proposed = np.array([people[v].volunteer_id == proposed for v in able], dtype=bool)
    best = np.lexsort((able, price, ~is_proposed, price - fits, docket.slots[able] == 0))[:SHOWN]
    listed = [list_pair(docket, 0, int(able[at]), int(fits[at]), int(price[at])) for at in best]
    choices = [Choice(people[one.volunteer], one, laid.volunteers[one.volunteer_id]) for one in listed]
    return Shortlist(choices, len(able), _nearly(laid, set(able.tolist())))


HOPELESS = ("not_approved", "no_area", "barred")


def _nearly(laid: Laid, able: set[int]) -> list[Kept]:
    """Approved volunteers of the field whom the fewest rules keep away, no further than until enough lack only one."""
    kept: list[Kept] = []
    single = 0
    for index, row in enumerate(laid.docket.volunteers):
        against = [] if index in able else _against(laid.docket, index)
        if against:
            kept.append(Kept(row, against, laid.volunteers[row.volunteer_id]))
            single += len(against) == 1
        if single == NEARLY:
            break
    return sorted(kept, key=lambda one: (len(one.rules), one.row.volunteer_id))[:NEARLY]


def _against(docket: Docket, volunteer: int) -> list[str]:
    """The rules that keep a volunteer from the one case; nothing where one of them is beyond help."""
    person = volunteer * PERSON_WIDTH
    if any(fails(*docket.lists, 0, person, RULES.index(name)) for name in HOPELESS):
        return []
    return [name for rule, name in enumerate(RULES) if fails(*docket.lists, 0, person, rule)]


@dataclass(frozen=True)
class Matter:
    """One case on the shortlist of a volunteer."""

    listed: Listed
    opening_id: int


@dataclass(frozen=True)
class MattersFor:
    """The open cases one volunteer may take: the best of the reader's, and how many there are."""

    row: VolunteerRow
    matters: list[Matter]
    total: int
    elsewhere: int


def shortlist_for_volunteer(volunteer: Volunteer, programmes: Collection[str], limit: int) -> MattersFor:
    """The cases of some programmes that one volunteer may take, the best first, as things stand now.

    :param programmes: the slugs of the reader's; other programmes' cases are only counted
    """
    laid = docket_of_volunteer(volunteer, today())
    docket = laid.docket
    found, fits = able_cases(docket, 0)
    mine = np.array([docket.cases[case].programme in programmes for case in found], dtype=bool)
    able = (found[mine], fits[mine])
    listed = cases_for(docket, 0, charged(docket.volunteers, prices_of_last_run()), limit, able)
    matters = [Matter(one, laid.openings[one.case_id]) for one in listed]
    return MattersFor(docket.volunteers[0], matters, len(able[0]), len(found) - len(able[0]))
