"""Dockets with more pairs than memory holds: few pairs are kept, all are asked.

Pairs are made anew whenever they are needed, a part of the cases at a time, and only the best `WIDE` of each case are
kept at first. Rounds add what is missing (column generation: Gilmore and Gomory 1961; for assignment Barnhart et al.
1998):

1. Coverage. A set closed over the kept pairs may be open over all of them. The cases of closed sets (unplaced ones and
   those their volunteers hold) are asked again over all pairs; whoever could go to a volunteer not closed by then keeps
   such pairs too, and the walk starts anew. When none could, every set was closed over all pairs when it was closed, so
   the covered set is the lexicographically best exactly: nothing about coverage is cut off.
2. Fit. Prices of the kept pairs price all pairs. A case with a better pair than any it keeps keeps the best of those
   too. The bound is over all pairs every round, and rounds end when the gap to it is small enough (0 is reached too).

Work: every round makes the pairs of the cases it asks once. Memory: the pairs kept and one part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import BLOCK, Filling, Pairs, room_for
from .coverage import Coverage, cover_docket
from .docket import Docket
from .machine import Machine
from .optimum import Certificate, Optimum, place_best, proof_of

WIDE = 32
ROOM = 20_000_000
GAP_PERMILLE = 10
NEVER = 1 << 60
FIT_BITS = 16  # more than any fit takes, so that a later closing counts before any fit
KINDS = (np.int32, np.int32, np.int16)


def count_each(cases: Any, start: Any, end: Any, able: Any) -> None:
    """Write how many may take each of the cases."""
    for i in range(len(cases)):
        able[cases[i]] = end[cases[i]] - start[cases[i]]


def pick(
    cases: Any, volunteer: Any, fits: Any, start: Any, end: Any, fee: Any, bar: Any, most: int,
    case_out: Any, volunteer_out: Any, fit_out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Write up to `most` pairs of each case whose fit less the volunteer's fee is above the case's bar.

    When there are more, those of the better half of the range. Return how many, and the sum of every case's best.
    """
    count = total = 0
    for i in range(len(cases)):
        c = cases[i]
        best, above = -NEVER, 0
        for at in range(start[c], end[c]):
            worth = fits[at] - fee[volunteer[at]]
            best = max(best, worth)
            above += int(worth > bar[c])
        total += best
        line = bar[c] if above <= most else (bar[c] + best) // 2
        taken = 0
        for at in range(start[c], end[c]):
            if taken < min(most, above) and fits[at] - fee[volunteer[at]] > line:
                case_out[count], volunteer_out[count], fit_out[count] = c, volunteer[at], fits[at]
                count += 1
                taken += 1
    return count, total


class Streamed:
    """The pairs of a docket made anew for a part of the cases at a time; `stage` is what they are made for."""

    def __init__(self, docket: Docket, machine: Machine, watch: Any) -> None:
        self.docket, self.machine, self.watch = docket, machine, watch
        self.stage = "candidates"
        self.sizes = machine.vector(len(docket.cases))

    @property
    def count(self) -> int:
        """Return how many pairs there are, once all cases have been asked."""
        return int(np.sum(np.asarray(self.sizes, dtype=np.int64)))

    def parts(self, cases: Any) -> Iterator[tuple[Any, Pairs]]:
        """Return the cases, part by part, with all their pairs; those alike in role, licence and problem together."""
        filling = Filling(self.docket, cases, self.machine)
        widest = len(self.docket.volunteers) + BLOCK
        room = max(min(ROOM, len(filling.order) * widest), widest) + BLOCK
        pairs = room_for(self.docket, room, self.machine)
        at = 0
        while at < len(filling.order):
            reached, _ = filling.write(at, len(filling.order), pairs, 0)
            part = filling.order[at:reached]
            self.machine.kernel(count_each)(part, pairs.start, pairs.end, self.sizes)
            self.watch.tell(self.stage, reached, len(filling.order))
            yield part, pairs
            at = reached

    def able(self, case: int) -> int:
        """Return how many volunteers may take the case."""
        return int(self.sizes[case])

    def stretch(self, case: int) -> tuple[Any, Any]:
        """Return who may take the case, and the fit with each; the best fit first."""
        _, pairs = next(self.parts([case]))
        return pairs.stretch(case)


class Kept:
    """The pairs the rounds keep: case, volunteer and fit of each."""

    def __init__(self, docket: Docket, source: Streamed, machine: Machine) -> None:
        self.docket, self.source, self.machine = docket, source, machine
        self.columns = [tuple(np.zeros(0, dtype=kind) for kind in KINDS)]

    def add(self, cases: np.ndarray, fee: np.ndarray, bar: np.ndarray, most: int) -> tuple[int, int]:
        """Keep more pairs of the cases, all pairs being asked; return how many, and the sum of every case's best."""
        run, share = self.machine.kernel(pick), self.machine.share
        fees, bars = share(fee.astype(np.int64)), share(bar.astype(np.int64))
        added = total = 0
        for part, pairs in self.source.parts(cases):
            out = [self.machine.vector(len(part) * most, 0, kind) for kind in KINDS]
            edges = (pairs.volunteer, pairs.fit, pairs.start, pairs.end)
            count, best = run(part, *edges, fees, bars, most, *out)
            self.columns.append(
                tuple(
                    np.array(column[:count], dtype=column_kind) for column, column_kind in zip(out, KINDS, strict=True)
                )
            )
            added, total = added + int(count), total + int(best)
        return added, total

    def pairs(self) -> Pairs:
        """Return what is kept, laid out as all pairs would be."""
        case, volunteer, fits = (np.concatenate(parts) for parts in zip(*self.columns, strict=True))
        order = np.lexsort((volunteer, -fits.astype(np.int32), case))
        case, volunteer, fits = case[order], volunteer[order], fits[order]
        sizes = np.bincount(case, minlength=len(self.docket.cases))
        blocks = (sizes + BLOCK - 1) // BLOCK * BLOCK
        start = np.cumsum(blocks) - blocks
        at = start[case] + np.arange(len(case)) - (np.cumsum(sizes) - sizes)[case]
        rows = [np.zeros(int(blocks.sum()) + BLOCK, dtype=kind) for kind in (np.int32, np.int16)]
        rows[0][at], rows[1][at] = volunteer, fits
        share = self.machine.share
        return Pairs(share(rows[0]), share(rows[1]), share(start), share(start + sizes), len(case))


@dataclass(frozen=True)
class Found:
    """What the rounds end with."""

    kept: Pairs
    cover: Coverage
    covered: np.ndarray


class Rounds:
    """The rounds of one docket, over all its pairs."""

    def __init__(self, docket: Docket, source: Streamed, machine: Machine, watch: Any, wide: int) -> None:
        self.docket, self.source, self.machine, self.watch, self.wide = docket, source, machine, watch, wide
        self.kept = Kept(docket, source, machine)
        self.slotless = docket.slots == 0
        self.everybody = np.arange(len(docket.cases))
        self.nothing = np.full(len(docket.cases), -1)

    def begin(self) -> None:
        """Keep the best pairs of every case."""
        self.kept.add(self.everybody, np.where(self.slotless, NEVER, 0), self.nothing, self.wide)

    def cover(self) -> Found:
        """Return the covered set, exact over all pairs."""
        self.source.stage = "coverage"
        while True:
            kept = self.kept.pairs()
            cover = cover_docket(self.docket, kept, self.machine, self.watch)
            closed = np.asarray(cover.closed, dtype=np.int64)
            when = np.where(closed < 0, -1 - closed, len(self.everybody))
            volunteer_of = np.array(cover.volunteer_of, dtype=np.int64)
            since = np.append(when, 0)[volunteer_of]
            since[volunteer_of < 0] = self.everybody[volunteer_of < 0]
            enclosed = self.everybody[since < len(self.everybody)]
            fee = np.where(self.slotless, NEVER, -(when << FIT_BITS))
            bar = ((since + 1) << FIT_BITS) - 1
            if not self.kept.add(enclosed, fee, bar, self.wide)[0]:
                return Found(kept, cover, np.nonzero(volunteer_of >= 0)[0].astype(np.int32))

    def best(self, found: Found, permille: int) -> tuple[Optimum, Certificate]:
        """Return a placement of the covered set within so many thousandths of the bound over all pairs."""
        self.source.stage = "fit"
        covered = self.machine.share(found.covered)
        kept = found.kept
        while True:
            best = place_best(self.docket, kept, found.cover, found.covered, self.machine, self.watch)
            price = np.array(best.price, dtype=np.int64)
            own = np.array(best.score) - price[np.array(best.volunteer_of)] if len(price) else price
            fee = np.where(self.slotless, NEVER, price)
            added, most = self.kept.add(found.covered, fee, own, self.wide)
            proof = proof_of(self.docket, covered, best, most, self.machine)
            if not added or proof.gap * 1_000 < permille * proof.value:
                return best, proof
            kept = self.kept.pairs()
