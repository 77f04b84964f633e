"""Ranked volunteers for a case and ranked cases for a volunteer, by fit minus the price of the slot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .docket import Docket
from .fit import fit, needs_mentor, terms_of
from .machine import Machine, machine_for
from .rules import can_be_asked, does_such_work, may_take, passes_rest, too_far
from .tables import CASE_WIDTH, CODE, COUNTY, IN_PERSON, LICENCE, PERSON_WIDTH, ROLE, STATE


@dataclass(frozen=True, slots=True)
class Listed:
    """One pair of a shortlist; `worth` is the fit minus the price of a slot."""

    case: int
    volunteer: int
    case_id: str
    volunteer_id: str
    fit: int
    price: int
    worth: int
    terms: dict[str, int]
    needs_mentor: bool


def list_alike(cs: Any, vs: Any, pool: Any, c: int, posting_start: Any, posting: Any, members: Any) -> int:
    """Write who may take cases of the same role, licence and problem as far as these decide; return how many."""
    count = 0
    code = cs[c + CODE]
    for at in range(posting_start[code], posting_start[code + 1]):
        v = posting[at] * PERSON_WIDTH
        if can_be_asked(vs, v) and does_such_work(cs, vs, pool, c, v):
            members[count] = posting[at]
            count += 1
    return count


def list_near(cs: Any, vs: Any, pool: Any, c: int, alike: Any, members: Any) -> int:
    """Write who of those alike is near enough for the case; return how many."""
    count = 0
    for at in range(len(alike)):
        if not too_far(cs, vs, pool, c, alike[at] * PERSON_WIDTH):
            members[count] = alike[at]
            count += 1
    return count


def judge_volunteers(cs: Any, vs: Any, pool: Any, c: int, members: Any, found: Any, fits: Any) -> int:
    """Write who of the members may take the case and how well they fit; return how many."""
    count = 0
    for at in range(len(members)):
        v = members[at] * PERSON_WIDTH
        if passes_rest(cs, vs, pool, c, v):
            found[count] = members[at]
            fits[count] = fit(cs, vs, pool, c, v)
            count += 1
    return count


def judge_cases(cs: Any, vs: Any, pool: Any, v: int, cases: int, found: Any, fits: Any) -> int:
    """Write which cases the volunteer may take and how well they fit; return how many."""
    count = 0
    for i in range(cases):
        c = i * CASE_WIDTH
        if may_take(cs, vs, pool, c, v):
            found[count] = i
            fits[count] = fit(cs, vs, pool, c, v)
            count += 1
    return count


def _best(worth: np.ndarray, limit: int) -> np.ndarray:
    """Return the places of the greatest numbers, equals in the order they stand."""
    if len(worth) > 4 * limit:
        line = np.partition(worth, len(worth) - limit)[len(worth) - limit]
        kept = np.nonzero(worth >= line)[0]
        return kept[np.argsort(-worth[kept], kind="stable")][:limit]
    return np.argsort(-worth, kind="stable")[:limit]


def _listed(docket: Docket, c: int, v: int, fits: int, price: int) -> Listed:
    return Listed(
        case=c,
        volunteer=v,
        case_id=docket.cases[c].case_id,
        volunteer_id=docket.volunteers[v].volunteer_id,
        fit=fits,
        price=price,
        worth=fits - price,
        terms=terms_of(*docket.tables, c * CASE_WIDTH, v * PERSON_WIDTH),
        needs_mentor=bool(needs_mentor(*docket.tables, c * CASE_WIDTH, v * PERSON_WIDTH)),
    )


def _key(docket: Docket, case_index: int, columns: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(docket.case_column(column)[case_index]) for column in columns)


def _alike(docket: Docket, case_index: int, machine: Machine) -> Any:
    """Return who may take cases alike in role, licence and problem, kept with the docket once listed."""
    key = _key(docket, case_index, (ROLE, LICENCE, CODE))
    if key not in docket.alike:
        start, posting = machine.postings(docket)
        members = machine.vector(int(start[key[2] + 1] - start[key[2]]))
        run = machine.kernel(list_alike)
        count = run(*machine.tables(docket), case_index * CASE_WIDTH, start, posting, members)
        docket.alike[key] = members[:count]
    return docket.alike[key]


def _near(docket: Docket, case_index: int, machine: Machine) -> Any:
    """Return who of those alike is near enough for cases of the same county, kept likewise."""
    key = _key(docket, case_index, (ROLE, LICENCE, CODE, COUNTY, STATE, IN_PERSON))
    if key not in docket.alike:
        alike = _alike(docket, case_index, machine)
        members = machine.vector(len(alike))
        count = machine.kernel(list_near)(*machine.tables(docket), case_index * CASE_WIDTH, alike, members)
        docket.alike[key] = members[:count]
    return docket.alike[key]


def volunteers_for(docket: Docket, case_index: int, prices: np.ndarray | None = None, limit: int = 10) -> list[Listed]:
    """Return the best volunteers who may take the case, full ones included; prices per volunteer index."""
    machine = machine_for(docket)
    members = _near(docket, case_index, machine)
    found, fits = (machine.vector(len(members)) for _ in range(2))
    judge = machine.kernel(judge_volunteers)
    count = judge(*machine.tables(docket), case_index * CASE_WIDTH, members, found, fits)
    found, fits = np.array(found[:count], dtype=np.int64), np.array(fits[:count], dtype=np.int64)
    price = np.zeros(count, dtype=np.int64) if prices is None else np.asarray(prices)[found]
    return [_listed(docket, case_index, int(found[i]), int(fits[i]), int(price[i])) for i in _best(fits - price, limit)]


def cases_for(docket: Docket, volunteer_index: int, prices: np.ndarray | None = None, limit: int = 10) -> list[Listed]:
    """Return the cases the volunteer may take, best first; equals in priority order."""
    machine = machine_for(docket)
    found, fits = (machine.vector(len(docket.cases)) for _ in range(2))
    judge = machine.kernel(judge_cases)
    count = judge(*machine.tables(docket), volunteer_index * PERSON_WIDTH, len(docket.cases), found, fits)
    found, fits = np.array(found[:count], dtype=np.int64), np.array(fits[:count], dtype=np.int64)
    price = 0 if prices is None else int(prices[volunteer_index])
    return [_listed(docket, int(found[i]), volunteer_index, int(fits[i]), price) for i in _best(fits, limit)]
