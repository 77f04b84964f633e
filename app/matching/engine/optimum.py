"""The best fit of exactly the covered cases, with the prices that prove it.

Successive shortest augmenting paths with capacities and convex slot costs (Jonker and Volgenant 1987 for the
one-slot form; Ahuja, Magnanti and Orlin 1993, ch. 9 and 14). Cases join one at a time by the cheapest path in
reduced cost; prices P [volunteers], in points, keep every reduced cost at 0 or more. Stretches are sorted by
fit, so a scan stops as soon as no later volunteer could matter; and as prices only rise, the best fit minus price
a block of pairs had when last read stays its ceiling, so most blocks are passed over. Work per case: one Dijkstra
over what it reaches.

For any prices the value of every placement of the covered set is at most
sum over cases of max(fit - P) + sum over slots of max(0, P - slot cost), which is the certificate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .auction import market_of
from .candidates import BLOCK, BLOCK_BITS, Pairs
from .coverage import Coverage, seat, unseat
from .docket import Docket
from .heap import FAR, MASK, WHO_BITS, drop_least, lift
from .machine import Machine


class Source(Protocol):
    """Where the feasible pairs come from: memory, or made anew a part of the cases at a time."""

    @property
    def count(self) -> int:
        """Return how many pairs there are."""

    def parts(self, cases: Any) -> Iterable[tuple[Any, Pairs]]:
        """Return the cases, part by part, with all their pairs."""

    def able(self, case: int) -> int:
        """Return how many volunteers may take the case."""

    def stretch(self, case: int) -> tuple[Any, Any]:
        """Return who may take the case, and the fit with each."""


@dataclass(frozen=True)
class Optimum:
    """The best placement: each case's volunteer or -1 [cases], what it scores, prices [volunteers] and fit sums."""

    volunteer_of: Any
    score: Any
    price: Any
    load: Any


@dataclass(frozen=True)
class Certificate:
    """What the placement is worth, what none can exceed, and the gap between them."""

    value: int
    upper_bound: int
    gap: int


def slot_cost(nth: int, second: int, following: int) -> int:
    """Return what a volunteer's nth new case costs, counted from 0."""
    return 0 if nth == 0 else second + following * (nth - 1)


def scan(
    holder: int, base: int, best: int, target: int, size: int, touched_count: int, slots: Any, costs: Any,
    volunteer: Any, fits: Any, start: Any, end: Any, ceiling: Any, price: Any, load: Any,
    distance: Any, entered_from: Any, entered_fit: Any, touched: Any, heap: Any, place: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Relax one case's pairs; `base` is what reaching it costs, `best` the cheapest open slot so far."""
    at = start[holder]
    while at < end[holder] and base - fits[at] < best:
        block = at >> BLOCK_BITS
        if base - ceiling[block] >= best:
            at += BLOCK
            continue
        high = -FAR
        for pair in range(at, min(at + BLOCK, end[holder])):
            v = volunteer[pair]
            worth = fits[pair] - price[v]
            high = max(high, worth)
            reach = base - worth
            if reach >= best or reach >= distance[v]:
                continue
            if distance[v] == FAR:
                touched[touched_count] = v
                touched_count += 1
                size += 1
                lift(heap, place, size - 1, (reach << WHO_BITS) | v)
            else:
                lift(heap, place, place[v], (reach << WHO_BITS) | v)
            distance[v] = reach
            entered_from[v] = holder
            entered_fit[v] = fits[pair]
            if load[v] < slots[v]:
                total = reach + slot_cost(load[v], costs[0], costs[1]) - price[v]
                if total < best:
                    best, target = total, v
        ceiling[block] = high
        at += BLOCK
    return best, target, size, touched_count


def assign(
    covered: Any, first: int, last: int, slots: Any, costs: Any,
    volunteer: Any, fits: Any, start: Any, end: Any, ceiling: Any, price: Any, load: Any,
    volunteer_of: Any, score: Any, head: Any, following: Any, before: Any,
    distance: Any, entered_from: Any, entered_fit: Any, touched: Any, heap: Any, place: Any,
) -> None:  # fmt: skip
    """Bring the covered cases [first, last) in, each by its cheapest augmenting path."""
    for i in range(first, last):
        c = covered[i]
        best, target, size, count = scan(
            c, fits[start[c]], FAR, -1, 0, 0, slots, costs, volunteer, fits, start, end, ceiling, price, load,
            distance, entered_from, entered_fit, touched, heap, place,
        )  # fmt: skip
        while size > 0 and (heap[0] >> WHO_BITS) < best:
            v = heap[0] & MASK
            reach = heap[0] >> WHO_BITS
            size = drop_least(heap, place, size)
            other = head[v]
            while other >= 0:
                best, target, size, count = scan(
                    other, reach + score[other] - price[v], best, target, size, count, slots, costs,
                    volunteer, fits, start, end, ceiling, price, load,
                    distance, entered_from, entered_fit, touched, heap, place,
                )  # fmt: skip
                other = following[other]
        settle(best, count, touched, distance, price)
        load[target] += 1
        hand_over(c, target, volunteer_of, score, head, following, before, entered_from, entered_fit)


def settle(best: int, count: int, touched: Any, distance: Any, price: Any) -> None:
    """Raise the price of whoever is nearer than the slot found; forget the search."""
    for i in range(count):
        v = touched[i]
        if distance[v] < best:
            price[v] += best - distance[v]
        distance[v] = FAR


def hand_over(
    c: int, target: int, volunteer_of: Any, score: Any, head: Any, following: Any, before: Any,
    entered_from: Any, entered_fit: Any,
) -> None:  # fmt: skip
    """Move each case on the path one volunteer on, the new case coming last."""
    holder = entered_from[target]
    while holder != c:
        left = volunteer_of[holder]
        unseat(holder, volunteer_of, head, following, before)
        seat(holder, target, volunteer_of, head, following, before)
        score[holder] = entered_fit[target]
        target = left
        holder = entered_from[left]
    seat(c, target, volunteer_of, head, following, before)
    score[c] = entered_fit[target]


def price_the_slotless(
    covered: Any, slots: Any, volunteer: Any, fits: Any, start: Any, end: Any,
    price: Any, volunteer_of: Any, score: Any,
) -> None:  # fmt: skip
    """Give volunteers without a slot the least price that keeps every bound: what a first slot is worth."""
    for i in range(len(covered)):
        c = covered[i]
        own = score[c] - price[volunteer_of[c]]
        for at in range(start[c], end[c]):
            if fits[at] <= own:
                break
            v = volunteer[at]
            if slots[v] == 0:
                price[v] = max(price[v], fits[at] - own)


def bound_cases(covered: Any, volunteer: Any, fits: Any, start: Any, end: Any, price: Any) -> int:
    """Return the most the covered cases are worth at the prices, over all their pairs."""
    total = 0
    for i in range(len(covered)):
        c = covered[i]
        most = -FAR
        for at in range(start[c], end[c]):
            most = max(most, fits[at] - price[volunteer[at]])
        total += most
    return total


def bound_slots(slots: Any, costs: Any, price: Any) -> int:
    """Return the most the slots are worth at the prices."""
    total = 0
    for v in range(len(slots)):
        for nth in range(slots[v]):
            spare = price[v] - slot_cost(nth, costs[0], costs[1])
            if spare <= 0:
                break
            total += spare
    return total


PARTS = (slot_cost, scan, settle, hand_over)


def _costs(docket: Docket, machine: Machine) -> Any:
    costs = machine.vector(2)
    costs[0], costs[1] = docket.settings.load_second, docket.settings.load_next
    return costs


def place_best(
    docket: Docket, pairs: Pairs, cover: Coverage, covered: np.ndarray, machine: Machine, watch: Any
) -> Optimum:
    """Return the best placement of exactly the covered cases: the market of the closed volunteers, then the rest."""
    volunteer_of, score = (machine.vector(len(docket.cases), -1) for _ in range(2))
    market = market_of(docket, pairs, cover, covered, machine)
    sold = np.zeros(len(docket.slots), dtype=bool) if market is None else market.is_seller
    outside = covered[~sold[np.asarray(cover.volunteer_of)[covered]]] if len(covered) else covered
    choices = np.asarray(pairs.end)[outside] - np.asarray(pairs.start)[outside]
    outside = outside[np.argsort(choices, kind="stable")]  # who has the fewest first: a third less to search
    price = machine.share(np.where((docket.slots == 0) | sold, FAR, 0).astype(np.int32))
    load = machine.share(np.where(sold, docket.slots, 0).astype(np.int32))
    if market is not None:
        market.sell(volunteer_of, score, watch)
    search(docket, pairs, machine.share(outside), Optimum(volunteer_of, score, price, load), machine, watch)
    if market is not None:
        lowest = market.lowest(machine.share(outside), volunteer_of, score, price)
        price = machine.share(np.where(sold, lowest, np.asarray(price)).astype(np.int32))
    return Optimum(volunteer_of, score, price, load)


def search(docket: Docket, pairs: Pairs, covered: Any, best: Optimum, machine: Machine, watch: Any) -> None:
    """Bring the cases in one after another by searches."""
    cases, volunteers = len(docket.cases), len(docket.volunteers)
    run = machine.kernel(assign)
    slots, costs = machine.share(docket.slots), _costs(docket, machine)
    edges = (pairs.volunteer, pairs.fit, pairs.start, pairs.end)
    ceiling = machine.share(np.array(pairs.fit[::BLOCK], dtype=np.int32))
    following, before = (machine.vector(cases, -1) for _ in range(2))
    head = machine.vector(volunteers, -1)
    distance = machine.vector(volunteers, FAR)
    entered_from, entered_fit, touched, place = (machine.vector(volunteers) for _ in range(4))
    heap = machine.vector(volunteers + 1, 0, np.int64)
    for at in range(0, len(covered), watch.step):
        last = min(at + watch.step, len(covered))
        run(
            covered, at, last, slots, costs, *edges, ceiling, best.price, best.load,
            best.volunteer_of, best.score, head, following, before,
            distance, entered_from, entered_fit, touched, heap, place,
        )  # fmt: skip
        watch.tell("fit", last, len(covered))


def price_slotless(docket: Docket, source: Source, covered: Any, best: Optimum, machine: Machine) -> None:
    """Set the prices of volunteers without a slot, which the search never reads."""
    slots, run = machine.share(docket.slots), machine.kernel(price_the_slotless)
    for v in np.nonzero(docket.slots == 0)[0].tolist():
        best.price[v] = 0
    for cases, pairs in source.parts(covered):
        run(
            cases, slots, pairs.volunteer, pairs.fit, pairs.start, pairs.end,
            best.price, best.volunteer_of, best.score,
        )  # fmt: skip


def certify(docket: Docket, source: Source, covered: Any, best: Optimum, machine: Machine) -> Certificate:
    """Return the placement's worth beside the bound its prices prove."""
    run = machine.kernel(bound_cases)
    most = 0
    for cases, pairs in source.parts(covered):
        most += int(run(cases, pairs.volunteer, pairs.fit, pairs.start, pairs.end, best.price))
    return proof_of(docket, covered, best, most, machine)


def proof_of(docket: Docket, covered: Any, best: Optimum, most: int, machine: Machine) -> Certificate:
    """Return the certificate when the covered cases are worth at most so much at the prices."""
    value = sum(int(best.score[c]) for c in covered)
    value -= sum(docket.settings.penalty(nth) for load in best.load for nth in range(load))
    slots, costs = machine.share(docket.slots), _costs(docket, machine)
    upper = most + int(machine.kernel(bound_slots)(slots, costs, best.price))
    return Certificate(value, upper, upper - value)
