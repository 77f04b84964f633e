"""Every pair that may be made, found by postings and kept sorted by fit.

Cases alike in role, licence and problem share one list of volunteers who pass what these decide; each case
then judges only that list. Work is about cases x list length, memory 6 bytes a pair: volunteer [pairs] int32
and fit [pairs] int16, with each case's stretch in `start` and `end` [cases]. Within a stretch the best fit
comes first and equal fits go by volunteer id, so a place in the stretch is a rank.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .docket import Docket
from .fit import fit
from .machine import Machine
from .rules import no_licence, opted_out, passes_rest, wrong_role

MOST_FIT = 32_000


@dataclass(frozen=True)
class Pairs:
    """The feasible pairs of a docket, case by case."""

    volunteer: Any
    fit: Any
    start: Any
    end: Any
    count: int


def gather_list(d: Any, c: int, posting_start: Any, posting: Any, members: Any) -> int:
    """Fill `members` with who passes all that role, licence and problem decide; return how many."""
    code = d.c_code[c]
    count = 0
    for at in range(posting_start[code], posting_start[code + 1]):
        v = posting[at]
        if d.v_approved[v] == 0 or d.v_available[v] == 0 or d.v_rested[v] == 0:
            continue
        if no_licence(d, c, v) or wrong_role(d, c, v) or opted_out(d, c, v):
            continue
        members[count] = v
        count += 1
    return count


def sort_stretch(volunteer: Any, fits: Any, start: int, end: int, counts: Any, spare_v: Any, spare_f: Any) -> None:
    """Sort one stretch by fit, best first, keeping the order of equals: counting sort, linear."""
    if end - start < 2:
        return
    low, high = fits[start], fits[start]
    for at in range(start, end):
        low, high = min(low, fits[at]), max(high, fits[at])
    for value in range(high - low + 2):
        counts[value] = 0
    for at in range(start, end):
        counts[high - fits[at] + 1] += 1
        spare_v[at - start] = volunteer[at]
        spare_f[at - start] = fits[at]
    for value in range(1, high - low + 2):
        counts[value] += counts[value - 1]
    for at in range(end - start):
        slot = high - spare_f[at]
        to = start + counts[slot]
        counts[slot] += 1
        volunteer[to] = spare_v[at]
        fits[to] = spare_f[at]


def fill_pairs(
    d: Any, order: Any, first: int, last: int, posting_start: Any, posting: Any, volunteer: Any, fits: Any,
    used: int, start: Any, end: Any, members: Any, counts: Any, spare_v: Any, spare_f: Any,
) -> tuple[int, int]:  # fmt: skip
    """Write the pairs of the cases order[first:last]; stop early when there may be no room for the next."""
    size = 0
    for i in range(first, last):
        c = order[i]
        b = order[i - 1] if i > first else -1
        alike = b >= 0 and d.c_code[c] == d.c_code[b] and d.c_licence[c] == d.c_licence[b]
        if not alike or d.c_role[c] != d.c_role[b]:
            size = gather_list(d, c, posting_start, posting, members)
        if used + size > len(volunteer):
            return i, used
        start[c] = used
        for at in range(size):
            v = members[at]
            if passes_rest(d, c, v):
                volunteer[used] = v
                fits[used] = fit(d, c, v)
                used += 1
        end[c] = used
        sort_stretch(volunteer, fits, start[c], used, counts, spare_v, spare_f)
    return last, used


PARTS = (gather_list, sort_stretch)


def _larger(machine: Machine, old: Any, length: int, kind: type) -> Any:
    new = machine.vector(length, 0, kind)
    new[: len(old)] = old
    return new


def find_pairs(docket: Docket, machine: Machine, watch: Any) -> Pairs:
    """Return every feasible pair of the docket."""
    cases, volunteers = len(docket.cases), len(docket.volunteers)
    columns = docket.columns
    order = machine.share(np.lexsort((columns.c_code, columns.c_licence, columns.c_role)).astype(np.int32))
    posting_start, posting = machine.postings(docket)
    scratch = (
        machine.vector(volunteers),
        machine.vector(MOST_FIT + 2),
        machine.vector(volunteers),
        machine.vector(volunteers, 0, np.int16),
    )
    start, end = machine.vector(cases, 0, np.int64), machine.vector(cases, 0, np.int64)
    room = max(64 * cases, 2 * volunteers, 1)
    volunteer, fits = machine.vector(room), machine.vector(room, 0, np.int16)
    fill = machine.kernel(fill_pairs)
    at = used = 0
    while at < cases:
        reached, used = fill(
            machine.columns(docket), order, at, min(at + watch.step, cases), posting_start, posting,
            volunteer, fits, used, start, end, *scratch,
        )  # fmt: skip
        if reached < min(at + watch.step, cases):
            room = max(room * 2, used + volunteers, int(used / max(reached, 1) * cases * 1.1))
            volunteer = _larger(machine, volunteer, room, np.int32)
            fits = _larger(machine, fits, room, np.int16)
        at = reached
        watch.tell("candidates", at, cases)
    return Pairs(volunteer, fits, start, end, used)
