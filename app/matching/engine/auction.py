"""The best fit where every slot is taken: cases bid for the slots of the closed volunteers.

Coverage leaves closed sets: volunteers all of whose slots are filled, by cases that nobody outside could take. Within
them there are as many slots as cases, whichever placement is best, so it is an assignment problem of its own and slot
costs are a constant. There the searches of `optimum` pass through thousands of full volunteers; an auction does not
search (Bertsekas 1988; with slots alike, Bertsekas and Castanon 1989). Each case without a slot offers for its best
volunteer what makes the second best as good, and an `edge` more; who is outbid bids again. The edge falls by quarters,
prices staying, from 64 points to less than one part in as many as there are cases: what is left then is exactly best,
since fits are whole numbers.

Prices are counted in parts of a point, `parts` bits of them. They leave open how far the whole market may be moved up
or down, so `lower` brings every price to the least that holds, which is a whole number of points and the same
whichever way it was found. Work: bids, in practice about a hundred a case, each reading a few blocks of its stretch;
then every pair of the market once.
"""

from typing import Any

import numpy as np

from .candidates import BLOCK, BLOCK_BITS, Pairs
from .docket import Docket
from .heap import MASK, WHO_BITS, drop_least, lift
from .machine import Machine
from .tables import CODE, COUNTY, LICENCE

FEWEST = 1_000
FIRST_EDGE = 6
EDGE_STEP = 2
NEVER = 1 << 50
BIDS = 200_000


def best_two(
    c: int, parts: int, volunteer: Any, fits: Any, start: Any, end: Any, ceiling: Any, price: Any
) -> tuple[int, int, int, int]:
    """Return a case's best worth, the second best, the best volunteer and the fit with them."""
    most, second, chosen, chosen_fit = -NEVER, -NEVER, -1, 0
    at = start[c]
    while at < end[c] and fits[at] << parts > second:
        block = at >> BLOCK_BITS
        if ceiling[block] > second:
            high = -NEVER
            for pair in range(at, min(at + BLOCK, end[c])):
                worth = (fits[pair] << parts) - price[volunteer[pair]]
                high = max(high, worth)
                if worth > most:
                    most, second, chosen, chosen_fit = worth, most, volunteer[pair], fits[pair]
                elif worth > second:
                    second = worth
            ceiling[block] = high
        at += BLOCK
    return most, second, chosen, chosen_fit


def cheapest_two(v: int, first_slot: Any, slot_price: Any) -> tuple[int, int]:
    """Return a volunteer's cheapest slot and the price of the next."""
    slot, following = first_slot[v], NEVER
    for other in range(slot + 1, first_slot[v + 1]):
        if slot_price[other] < slot_price[slot]:
            slot, following = other, slot_price[slot]
        else:
            following = min(following, slot_price[other])
    return slot, following


def bid(
    waiting: int, line: Any, bids: int, edge: int, parts: int,
    volunteer: Any, fits: Any, start: Any, end: Any, ceiling: Any, price: Any,
    first_slot: Any, slot_price: Any, holder: Any, slot_of: Any, volunteer_of: Any, score: Any,
) -> int:  # fmt: skip
    """Let those in line bid, at most so many times; return how many still wait."""
    while waiting > 0 and bids > 0:
        bids -= 1
        waiting -= 1
        c = line[waiting]
        most, second, v, points = best_two(c, parts, volunteer, fits, start, end, ceiling, price)
        slot, following = cheapest_two(v, first_slot, slot_price)
        if following < NEVER:
            second = max(second, (points << parts) - following)
        slot_price[slot] += edge if second == -NEVER else most - second + edge
        price[v] = min(slot_price[slot], following)
        outbid = holder[slot]
        if outbid >= 0:
            slot_of[outbid] = -1
            line[waiting] = outbid
            waiting += 1
        holder[slot], slot_of[c], volunteer_of[c], score[c] = c, slot, v, points
    return waiting


def vacate(
    market: Any, line: Any, edge: int, parts: int, volunteer: Any, fits: Any, start: Any, end: Any, ceiling: Any,
    price: Any, slot_price: Any, holder: Any, slot_of: Any, score: Any,
) -> int:  # fmt: skip
    """Put in line, last first, whoever has no slot or is further than the edge from their best; return how many."""
    waiting = 0
    for i in range(len(market) - 1, -1, -1):
        c = market[i]
        slot = slot_of[c]
        if slot >= 0:
            own = (score[c] << parts) - slot_price[slot]
            most = best_two(c, parts, volunteer, fits, start, end, ceiling, price)[0]
            if own >= most - edge:
                continue
            holder[slot] = -1
            slot_of[c] = -1
        line[waiting] = c
        waiting += 1
    return waiting


def least_by_others(
    outside: Any, volunteer: Any, fits: Any, start: Any, end: Any,
    true_price: Any, volunteer_of: Any, score: Any, least: Any,
) -> None:  # fmt: skip
    """Raise `least` of whoever in the market cases placed outside could take, to what keeps those where they are."""
    for i in range(len(outside)):
        c = outside[i]
        own = score[c] - true_price[volunteer_of[c]]
        for at in range(start[c], end[c]):
            if fits[at] <= own:
                break
            least[volunteer[at]] = max(least[volunteer[at]], fits[at] - own)


def lower(
    sellers: Any, parts: int, volunteer: Any, fits: Any, start: Any, end: Any, price: Any,
    first_slot: Any, holder: Any, score: Any, least: Any, fall: Any, heap: Any, place: Any,
) -> None:  # fmt: skip
    """Lower each seller's price, in parts, as far as all others allow: `fall` by nearest first (Dijkstra 1959)."""
    size = 0
    for i in range(len(sellers)):
        v = sellers[i]
        fall[v] = price[v] - (least[v] << parts)
        lift(heap, place, size, (fall[v] << WHO_BITS) | v)
        size += 1
    while size > 0:
        v, near = heap[0] & MASK, heap[0] >> WHO_BITS
        size = drop_least(heap, place, size)
        for slot in range(first_slot[v], first_slot[v + 1]):
            c = holder[slot]
            own = (score[c] << parts) - price[v]
            for at in range(start[c], end[c]):
                w = volunteer[at]
                reach = near + max(0, own - (fits[at] << parts) + price[w])
                if reach < fall[w]:
                    fall[w] = reach
                    lift(heap, place, place[w], (reach << WHO_BITS) | w)


PARTS = (best_two, cheapest_two)


class Market:
    """Volunteers whose every slot is taken, and the cases that take them."""

    def __init__(self, docket: Docket, pairs: Pairs, cases: Any, is_seller: np.ndarray, machine: Machine) -> None:
        self.docket, self.pairs, self.machine, self.cases = docket, pairs, machine, cases
        self.edges = (pairs.volunteer, pairs.fit, pairs.start, pairs.end)
        self.is_seller = is_seller
        self.sellers = machine.share(np.nonzero(is_seller)[0].astype(np.int32))
        self.parts = len(cases).bit_length()
        slots = np.where(is_seller, docket.slots, 0)
        count = int(slots.sum())
        self.first_slot = machine.share(np.concatenate([[0], np.cumsum(slots, dtype=np.int64)]))
        self.slot_price, self.holder = machine.vector(count, 0, np.int64), machine.vector(count, -1)
        self.slot_of = machine.vector(len(docket.cases), -1)
        self.price = machine.share(np.where(is_seller, 0, 2 * NEVER).astype(np.int64))
        self.ceiling = machine.share(np.array(pairs.fit[::BLOCK], dtype=np.int64) << self.parts)

    def sell(self, volunteer_of: Any, score: Any, watch: Any) -> None:
        """Place the market's cases as well as can be."""
        line = self.machine.vector(len(self.cases))
        run, clear = self.machine.kernel(bid), self.machine.kernel(vacate)
        edges = [1 << bits for bits in range(FIRST_EDGE + self.parts, 0, -EDGE_STEP)] + [1]
        done, total = 0, len(self.cases) * len(edges)
        for edge in edges:
            waiting = clear(
                self.cases, line, edge, self.parts, *self.edges, self.ceiling, self.price,
                self.slot_price, self.holder, self.slot_of, score,
            )  # fmt: skip
            while waiting > 0:
                waiting = run(
                    waiting, line, BIDS, edge, self.parts, *self.edges, self.ceiling, self.price,
                    self.first_slot, self.slot_price, self.holder, self.slot_of, volunteer_of, score,
                )  # fmt: skip
                watch.tell("fit", (done + len(self.cases) - waiting) // len(edges), total // len(edges))
            done += len(self.cases)

    def lowest(self, outside: Any, volunteer_of: Any, score: Any, true_price: Any) -> np.ndarray:
        """Return the least whole prices of the sellers that hold, 0 elsewhere [volunteers]."""
        people, settings = len(self.docket.slots), self.docket.settings
        last = self.docket.slots - 1
        floor = np.where(last > 0, settings.load_second + settings.load_next * (last - 1), 0)
        least = self.machine.share(floor.astype(np.int64))
        self.machine.kernel(least_by_others)(outside, *self.edges, true_price, volunteer_of, score, least)
        sellers = np.asarray(self.sellers)
        raised = max(int(np.max(np.asarray(least)[sellers])), 0) << self.parts
        self.price = self.machine.share(np.asarray(self.price) + np.where(self.is_seller, raised, 0))
        fall = self.machine.vector(people, -1, np.int64)
        heap, place = self.machine.vector(people + 1, 0, np.int64), self.machine.vector(people)
        self.machine.kernel(lower)(
            self.sellers, self.parts, *self.edges, self.price, self.first_slot, self.holder, score,
            least, fall, heap, place,
        )  # fmt: skip
        lowered = np.asarray(self.price) - np.asarray(fall)
        whole: np.ndarray = np.where(self.is_seller, -((-lowered) >> self.parts), 0)
        return whole


def market_of(docket: Docket, pairs: Pairs, cover: Any, covered: np.ndarray, machine: Machine) -> Market | None:
    """Return the market of the closed volunteers, or none where there is too little of it to pay."""
    is_seller = (np.asarray(cover.closed) < 0) & (docket.slots > 0)
    cases = covered[is_seller[np.asarray(cover.volunteer_of)[covered]]] if len(covered) else covered
    keys = [docket.case_column(column)[cases] for column in (COUNTY, CODE, LICENCE)]
    cases = cases[np.lexsort(keys)]  # neighbours compete, and read the same memory
    return Market(docket, pairs, machine.share(cases), is_seller, machine) if len(cases) >= FEWEST else None
