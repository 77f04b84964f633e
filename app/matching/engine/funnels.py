"""Why a case stays unplaced: who remains after each rule, and the one rule that costs it most.

Cases alike in role and licence share one walk over all volunteers, and those alike in problem too share the list
of who fails at most one of approved, role, licence and area: nobody else can be the work of a single rule.
Each case then judges only that list. Work: a walk per role and licence, then cases x list length.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .docket import Docket
from .machine import Machine
from .rules import RULES, fails, no_area, no_credential, no_licence, opted_out, passes_rest, wrong_role
from .tables import APPROVED, AVAILABLE, CASE_WIDTH, CODE, LICENCE, PERSON_WIDTH, RESTED, ROLE

NONE, NOT_APPROVED, WRONG_ROLE, NO_LICENCE, NO_CREDENTIAL, NO_AREA = -1, 0, 1, 2, 3, 4
ALL = 14


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many volunteers remain after each rule in order, and the binding rule or blank."""

    after: tuple[int, ...]
    binding_rule: str


def first_of_who(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the first of approved, role and licence the pair fails, or -1."""
    if vs[v + APPROVED] == 0:
        return NOT_APPROVED
    if wrong_role(cs, vs, pool, c, v):
        return WRONG_ROLE
    return NO_LICENCE if no_licence(cs, vs, pool, c, v) else NONE


def only_of_who(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return which one of approved, role and licence the pair fails, or -1 when none or several."""
    failures = int(vs[v + APPROVED] == 0) + int(wrong_role(cs, vs, pool, c, v)) + int(no_licence(cs, vs, pool, c, v))
    return first_of_who(cs, vs, pool, c, v) if failures == 1 else NONE


def passes_others(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Say whether the pair passes everything but approved, role, licence and area."""
    if vs[v + AVAILABLE] == 0 or vs[v + RESTED] == 0 or opted_out(cs, vs, pool, c, v):
        return False
    return passes_rest(cs, vs, pool, c, v)


def gather_licensed(
    cs: Any, vs: Any, pool: Any, c: int, volunteers: int, licensed: Any, fell_who: Any
) -> int:  # fmt: skip
    """List who passes approved, role and licence; count who falls at each of them."""
    fell_who[0] = fell_who[1] = fell_who[2] = 0
    count = 0
    for v in range(0, volunteers * PERSON_WIDTH, PERSON_WIDTH):
        first = first_of_who(cs, vs, pool, c, v)
        if first == NONE:
            licensed[count] = v
            count += 1
        else:
            fell_who[first] += 1
    return count


def gather_near(
    cs: Any, vs: Any, pool: Any, c: int, licensed: Any, able: int, posting_start: Any, posting: Any,
    near: Any, lacking: Any,
) -> int:  # fmt: skip
    """List who fails at most one of approved, role, licence and area, and which."""
    for at in range(able):
        near[at] = licensed[at]
        lacking[at] = NO_AREA if no_area(cs, vs, pool, c, licensed[at]) else NONE
    count = able
    for at in range(posting_start[cs[c + CODE]], posting_start[cs[c + CODE] + 1]):
        v = posting[at] * PERSON_WIDTH
        lack = only_of_who(cs, vs, pool, c, v)
        if lack != NONE:
            near[count] = v
            lacking[count] = lack
            count += 1
    return count


def judge_whole(cs: Any, vs: Any, pool: Any, c: int, v: int, fell: Any, alone: Any, base: int) -> None:
    """Count where a volunteer who passes the shared rules falls, and whether nothing else stands against them."""
    failed = NONE
    for rule in range(NO_CREDENTIAL, ALL):
        if rule != NO_AREA and fails(cs, vs, pool, c, v, rule):
            if failed != NONE:
                return
            failed = rule
            fell[base + rule] += 1
    if failed != NONE:
        alone[base + failed] += 1


def judge_case(
    cs: Any, vs: Any, pool: Any, c: int, size: int, near: Any, lacking: Any, fell: Any, alone: Any, base: int
) -> None:
    """Judge one case against its list."""
    for at in range(size):
        v, lack = near[at], lacking[at]
        if lack == NONE:
            judge_whole(cs, vs, pool, c, v, fell, alone, base)
            continue
        if lack == NO_AREA:
            fell[base + (NO_CREDENTIAL if no_credential(cs, vs, pool, c, v) else NO_AREA)] += 1
        if passes_others(cs, vs, pool, c, v):
            alone[base + lack] += 1


def sift(
    cs: Any, vs: Any, pool: Any, unplaced: Any, order: Any, first: int, last: int, volunteers: int,
    posting_start: Any, posting: Any, licensed: Any, near: Any, lacking: Any, fell_who: Any, fell: Any, alone: Any,
) -> None:  # fmt: skip
    """Count per case and rule who falls at it first (`fell`) and who fails nothing else (`alone`): [cases x 14]."""
    size, able, b = 0, 0, -1
    for i in range(first, last):
        c = unplaced[order[i]] * CASE_WIDTH
        other = b < 0 or cs[c + ROLE] != cs[b + ROLE] or cs[c + LICENCE] != cs[b + LICENCE]
        if other:
            able = gather_licensed(cs, vs, pool, c, volunteers, licensed, fell_who)
        if other or cs[c + CODE] != cs[b + CODE]:
            size = gather_near(cs, vs, pool, c, licensed, able, posting_start, posting, near, lacking)
        b = c
        base = order[i] * ALL
        for rule in range(3):
            fell[base + rule] = fell_who[rule]
        judge_case(cs, vs, pool, c, size, near, lacking, fell, alone, base)


PARTS = (first_of_who, only_of_who, passes_others, gather_licensed, gather_near, judge_whole, judge_case)


def funnels_of(docket: Docket, unplaced: Any, machine: Machine, watch: Any) -> dict[int, Funnel]:
    """Return the funnel of every unplaced case."""
    size, volunteers = len(unplaced), len(docket.volunteers)
    fell, alone = (machine.vector(size * ALL) for _ in range(2))
    licensed, near = (machine.vector(volunteers, 0, np.int64) for _ in range(2))
    lacking, fell_who = machine.vector(volunteers), machine.vector(3)
    rows = np.array(unplaced, dtype=np.int64)
    keys = [docket.case_column(column)[rows] for column in (CODE, LICENCE, ROLE)]
    order = machine.share(np.lexsort(keys).astype(np.int32))
    run = machine.kernel(sift)
    for at in range(0, size, watch.step):
        last = min(at + watch.step, size)
        run(
            *machine.tables(docket), unplaced, order, at, last, volunteers, *machine.postings(docket),
            licensed, near, lacking, fell_who, fell, alone,
        )  # fmt: skip
        watch.tell("explain", last, size)
    after = volunteers - np.cumsum(np.array(fell, dtype=np.int64).reshape(size, ALL), axis=1)
    admits = np.array(alone).reshape(size, ALL)
    return {
        int(case): Funnel(tuple(after[i].tolist()), _binding(admits[i].tolist())) for i, case in enumerate(unplaced)
    }


def _binding(admits: list[int]) -> str:
    return RULES[admits.index(max(admits))] if max(admits) else ""
