"""Every pair that may be made, found by postings and kept sorted by fit.

Cases alike in role, licence and problem share one list of volunteers who pass what these decide; each case
then judges only that list. Work is about cases x list length, memory 6 bytes a pair: volunteer [pairs] int32
and fit [pairs] int16, with each case's stretch in `start` and `end` [cases]. Within a stretch the best fit
comes first and equal fits go by volunteer id, so a place in the stretch is a rank. Stretches begin at multiples
of a block of 8 pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .docket import Docket
from .fit import fit
from .machine import Machine
from .rules import area_of, can_be_asked, does_such_work, passes_rest
from .tables import AREAS, CASE_WIDTH, CODE, INDEX, LICENCE, PERSON_WIDTH, RAMP, ROLE

MOST_FIT = 32_000
MOST_COPIED = 100_000_000
BLOCK_BITS = 3
BLOCK = 1 << BLOCK_BITS


class TooManyPairs(Exception):
    """There are more pairs than may be held in memory."""


@dataclass(frozen=True)
class Pairs:
    """The feasible pairs of a docket, case by case."""

    volunteer: Any
    fit: Any
    start: Any
    end: Any
    count: int

    def parts(self, cases: Any) -> Iterator[tuple[Any, "Pairs"]]:
        """Return the cases with these pairs: all are at hand at once."""
        yield cases, self

    def able(self, case: int) -> int:
        """Return how many volunteers may take the case."""
        return int(self.end[case]) - int(self.start[case])

    def stretch(self, case: int) -> tuple[Any, Any]:
        """Return who may take the case, and the fit with each; the best fit first."""
        part = slice(int(self.start[case]), int(self.end[case]))
        return self.volunteer[part], self.fit[part]


def gather_list(cs: Any, vs: Any, pool: Any, c: int, posting_start: Any, posting: Any, near: Any) -> int:
    """Copy into `near` the rows of who passes all that role, licence and problem decide; return how many.

    Rows side by side are read at the speed of memory. For the one code they serve, their levels are taken from
    the pool's ramp, which stays in cache, instead of from the table of all codes.
    """
    code = cs[c + CODE]
    count = 0
    for at in range(posting_start[code], posting_start[code + 1]):
        v = posting[at] * PERSON_WIDTH
        if can_be_asked(vs, v) and does_such_work(cs, vs, pool, c, v):
            row = count * PERSON_WIDTH
            for column in range(PERSON_WIDTH):
                near[row + column] = vs[v + column]
            near[row + AREAS] = RAMP + area_of(cs, vs, pool, c, v) - code
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
    cs: Any, vs: Any, pool: Any, order: Any, first: int, last: int, posting_start: Any, posting: Any,
    volunteer: Any, fits: Any, used: int, start: Any, end: Any,
    near: Any, counts: Any, spare_v: Any, spare_f: Any,
) -> tuple[int, int]:  # fmt: skip
    """Write the pairs of the cases order[first:last]; stop early when there may be no room for the next."""
    size, b = 0, -1
    for i in range(first, last):
        c = order[i] * CASE_WIDTH
        if b < 0 or cs[c + CODE] != cs[b + CODE] or cs[c + LICENCE] != cs[b + LICENCE] or cs[c] != cs[b]:
            size = gather_list(cs, vs, pool, c, posting_start, posting, near)
        b = c
        if used + size + BLOCK > len(volunteer):
            return i, used
        used = (used + BLOCK - 1) >> BLOCK_BITS << BLOCK_BITS
        start[order[i]] = used
        for v in range(0, size * PERSON_WIDTH, PERSON_WIDTH):
            if passes_rest(cs, near, pool, c, v):
                volunteer[used] = near[v + INDEX]
                fits[used] = fit(cs, near, pool, c, v)
                used += 1
        end[order[i]] = used
        sort_stretch(volunteer, fits, start[order[i]], used, counts, spare_v, spare_f)
    return last, used


def copy_open(
    cases: int, slots: Any, volunteer: Any, fits: Any, start: Any, end: Any,
    open_volunteer: Any, open_fits: Any, open_start: Any, open_end: Any,
) -> None:  # fmt: skip
    """Copy the pairs whose volunteer has a slot, each case's stretch from a multiple of a block on."""
    used = 0
    for c in range(cases):
        used = (used + BLOCK - 1) >> BLOCK_BITS << BLOCK_BITS
        open_start[c] = used
        for at in range(start[c], end[c]):
            if slots[volunteer[at]] > 0:
                open_volunteer[used] = volunteer[at]
                open_fits[used] = fits[at]
                used += 1
        open_end[c] = used


PARTS = (gather_list, sort_stretch)


def _larger(machine: Machine, old: Any, length: int, kind: type) -> Any:
    new = machine.vector(length, 0, kind)
    new[: len(old)] = old
    return new


class Filling:
    """Writes the pairs of some cases, taken in the order of what they share, into arrays given."""

    def __init__(self, docket: Docket, cases: Any, machine: Machine) -> None:
        rows = np.asarray(cases, dtype=np.int64)
        keys = [docket.case_column(column)[rows] for column in (CODE, LICENCE, ROLE)]
        self.docket, self.machine, self.fill = docket, machine, machine.kernel(fill_pairs)
        self.order = machine.share(rows[np.lexsort(keys)].astype(np.int32))
        self.postings = machine.postings(docket)
        volunteers = len(docket.volunteers)
        self.scratch = (
            machine.vector(volunteers * PERSON_WIDTH, 0, np.int64),
            machine.vector(MOST_FIT + 2),
            machine.vector(volunteers),
            machine.vector(volunteers, 0, np.int16),
        )

    def write(self, at: int, last: int, pairs: Pairs, used: int) -> tuple[int, int]:
        """Write order[at:last] from `used` on; return how far it came and what is used then."""
        reached, used = self.fill(
            *self.machine.tables(self.docket), self.order, at, last, *self.postings,
            pairs.volunteer, pairs.fit, used, pairs.start, pairs.end, *self.scratch,
        )  # fmt: skip
        return int(reached), int(used)


def room_for(docket: Docket, room: int, machine: Machine) -> Pairs:
    """Return empty arrays for so many pairs."""
    cases = len(docket.cases)
    start, end = machine.vector(cases, 0, np.int64), machine.vector(cases, 0, np.int64)
    return Pairs(machine.vector(room), machine.vector(room, 0, np.int16), start, end, 0)


def find_pairs(docket: Docket, machine: Machine, watch: Any, most: int | None = None) -> Pairs:
    """Return every feasible pair of the docket.

    :raises TooManyPairs: there are more than `most`
    """
    cases, volunteers = len(docket.cases), len(docket.volunteers)
    filling = Filling(docket, np.arange(cases), machine)
    room = max(64 * cases, 2 * volunteers, 1) + BLOCK
    pairs = room_for(docket, room, machine)
    at = used = 0
    while at < cases:
        reached, used = filling.write(at, min(at + watch.step, cases), pairs, used)
        if most is not None and used > most:
            raise TooManyPairs
        if reached < min(at + watch.step, cases):
            room = max(room * 2, used + volunteers + BLOCK, int(used / max(reached, 1) * cases * 1.1))
            volunteer = _larger(machine, pairs.volunteer, room, np.int32)
            pairs = Pairs(volunteer, _larger(machine, pairs.fit, room, np.int16), pairs.start, pairs.end, 0)
        at = reached
        watch.tell("candidates", at, cases)
    return replace(pairs, count=int(np.sum(np.asarray(pairs.end) - np.asarray(pairs.start))))


def open_pairs(docket: Docket, pairs: Pairs, machine: Machine) -> Pairs:
    """Return the pairs the search needs to read: those with a slot, copied when memory allows and it pays."""
    if pairs.count > MOST_COPIED or not len(docket.slots) or np.mean(docket.slots > 0) > 0.8:
        return pairs
    cases = len(docket.cases)
    kept = sum(int(np.count_nonzero(docket.slots[part] > 0)) for part in _parts(pairs.volunteer))
    room = kept + BLOCK * (cases + 1)
    volunteer, fits = machine.vector(room), machine.vector(room, 0, np.int16)
    start, end = machine.vector(cases, 0, np.int64), machine.vector(cases, 0, np.int64)
    machine.kernel(copy_open)(
        cases, machine.share(docket.slots), pairs.volunteer, pairs.fit, pairs.start, pairs.end,
        volunteer, fits, start, end,
    )  # fmt: skip
    return Pairs(volunteer, fits, start, end, kept)


def _parts(volunteer: Any) -> Any:
    return (np.asarray(volunteer[at : at + 1_000_000]) for at in range(0, len(volunteer), 1_000_000))
