"""Ranked volunteers for a case and ranked cases for a volunteer, by fit minus the price of the slot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .docket import Docket
from .fit import area, fit, needs_mentor, place, terms_of
from .machine import Machine, machine_for
from .rules import can_be_asked, does_such_work, may_take, passes_rest, too_far
from .tables import (
    AREA_POINTS,
    CASE_WIDTH,
    CODE,
    COUNTY,
    EXPERTISE_POINTS,
    FATIGUE,
    IN_PERSON,
    LANGUAGE_POINTS,
    LICENCE,
    PERSON_WIDTH,
    ROLE,
    ROTATION,
    SLACK_MOST,
    STATE,
)

FIRST_JUDGED = 256


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


def most_fit(cs: Any, vs: Any, pool: Any, c: int, members: Any, most: Any) -> None:
    """Write the most that cases of the same role, licence, problem and place can be worth with each member."""
    expertise = 0
    for kind in range(EXPERTISE_POINTS, AREA_POINTS):
        expertise = max(expertise, pool[kind])
    for at in range(len(members)):
        v = members[at] * PERSON_WIDTH
        total = expertise + area(cs, vs, pool, c, v) + pool[LANGUAGE_POINTS] + place(cs, vs, pool, c, v)
        most[at] = max(total + pool[SLACK_MOST] + vs[v + ROTATION] + vs[v + FATIGUE], 1)


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


def _best(worth: np.ndarray, index: np.ndarray, limit: int) -> np.ndarray:
    """Return the places of the greatest numbers, equals in the order of their index."""
    kept = np.arange(len(worth))
    if len(worth) > 4 * limit:
        line = np.partition(worth, len(worth) - limit)[len(worth) - limit]
        kept = np.nonzero(worth >= line)[0]
    return kept[np.lexsort((index[kept], -worth[kept]))][:limit]


def list_pair(docket: Docket, c: int, v: int, fits: int, price: int) -> Listed:
    """Return one pair as a shortlist shows it."""
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


def _near(docket: Docket, case_index: int, machine: Machine) -> tuple[Any, np.ndarray]:
    """Return who of those alike is near enough for cases of the same county, and the most each can be worth.

    Kept likewise; the greatest first.
    """
    key = _key(docket, case_index, (ROLE, LICENCE, CODE, COUNTY, STATE, IN_PERSON))
    if key not in docket.alike:
        alike, row = _alike(docket, case_index, machine), case_index * CASE_WIDTH
        members = machine.vector(len(alike))
        members = members[: machine.kernel(list_near)(*machine.tables(docket), row, alike, members)]
        most = machine.vector(len(members))
        machine.kernel(most_fit)(*machine.tables(docket), row, members, most)
        order = np.argsort(-np.array(most, dtype=np.int32), kind="stable")
        docket.alike[key] = (
            machine.share(np.array(members, dtype=np.int32)[order]),
            np.array(most, dtype=np.int32)[order],
        )
    return docket.alike[key]  # type: ignore[no-any-return]


Able = tuple[np.ndarray, np.ndarray]


def able_volunteers(docket: Docket, case_index: int) -> Able:
    """Return everyone who may take the case, full ones included, by their index, and how well each fits."""
    machine = machine_for(docket)
    members = _near(docket, case_index, machine)[0]
    who, fits = (machine.vector(len(members)) for _ in range(2))
    judge = machine.kernel(judge_volunteers)
    count = judge(*machine.tables(docket), case_index * CASE_WIDTH, members, who, fits)
    found, points = np.array(who[:count], dtype=np.int64), np.array(fits[:count], dtype=np.int64)
    order = np.argsort(found)
    return found[order], points[order]


def volunteers_for(docket: Docket, case_index: int, prices: np.ndarray | None = None, limit: int = 10) -> list[Listed]:
    """Return the best volunteers who may take the case, full ones included; prices per volunteer index, none below 0.

    Members come by the most they can be worth, so judging stops when nobody further on can be among the best.
    """
    machine = machine_for(docket)
    members, most = _near(docket, case_index, machine)
    judge = machine.kernel(judge_volunteers)
    found, fits, price = (np.zeros(0, dtype=np.int64) for _ in range(3))
    at, step = 0, FIRST_JUDGED
    while at < len(members):
        part = members[at : at + step]
        who, points = (machine.vector(len(part)) for _ in range(2))
        count = judge(*machine.tables(docket), case_index * CASE_WIDTH, part, who, points)
        found = np.concatenate([found, np.array(who[:count], dtype=np.int64)])
        fits = np.concatenate([fits, np.array(points[:count], dtype=np.int64)])
        price = np.zeros(len(found), dtype=np.int64) if prices is None else np.asarray(prices)[found]
        at, step = at + len(part), step * 2
        if at < len(members) and int(np.count_nonzero(fits - price > most[at])) >= limit:
            break
    chosen = _best(fits - price, found, limit)
    return [list_pair(docket, case_index, int(found[i]), int(fits[i]), int(price[i])) for i in chosen]


def able_cases(docket: Docket, volunteer_index: int) -> Able:
    """Return the cases the volunteer may take, in priority order, and how well each fits."""
    machine = machine_for(docket)
    found, fits = (machine.vector(len(docket.cases)) for _ in range(2))
    judge = machine.kernel(judge_cases)
    count = judge(*machine.tables(docket), volunteer_index * PERSON_WIDTH, len(docket.cases), found, fits)
    return np.array(found[:count], dtype=np.int64), np.array(fits[:count], dtype=np.int64)


def cases_for(
    docket: Docket, volunteer_index: int, prices: np.ndarray | None = None, limit: int = 10, able: Able | None = None
) -> list[Listed]:
    """Return the cases the volunteer may take, or some of them, best first; equals in priority order."""
    found, fits = able or able_cases(docket, volunteer_index)
    price = 0 if prices is None else int(prices[volunteer_index])
    return [list_pair(docket, int(found[i]), volunteer_index, int(fits[i]), price) for i in _best(fits, found, limit)]
