"""Cases that come one by one and must be placed at once, against what hindsight could have placed."""

from __future__ import annotations

import random

import numpy as np

from app.matching.engine.candidates import Pairs, find_pairs
from app.matching.engine.coverage import Coverage, cover_docket
from app.matching.engine.docket import Docket
from app.matching.engine.machine import Compiled
from app.matching.engine.optimum import place_best, price_slotless
from app.matching.engine.solve import Watch
from benchmarks.dockets import AS_OF, Invented


def covered_by(docket: Docket, pairs: Pairs) -> tuple[Coverage, np.ndarray]:
    cover = cover_docket(docket, pairs, Compiled(), Watch())
    return cover, np.nonzero(np.asarray(cover.volunteer_of) >= 0)[0].astype(np.int32)


def one_by_one(docket: Docket, pairs: Pairs, order: list[int], prices: np.ndarray) -> tuple[int, int]:
    """Return how many cases are placed, and their fit, when each takes the best open fit minus price."""
    left = docket.slots.copy()
    placed = fit = 0
    for case in order:
        stretch = slice(int(pairs.start[case]), int(pairs.end[case]))
        volunteers, fits = np.asarray(pairs.volunteer[stretch]), np.asarray(pairs.fit[stretch])
        worth = np.where(left[volunteers] > 0, fits - prices[volunteers], -(10**9))
        if len(worth) and worth.max() > -(10**9):
            chosen = int(worth.argmax())
            left[volunteers[chosen]] -= 1
            placed += 1
            fit += int(fits[chosen])
    return placed, fit


def arrivals(cases: int = 3_000, volunteers: int = 4_500, seeds: int = 3) -> None:
    """Print coverage by arrival, by urgency and by shortlist with prices of another night's cases."""
    print(f"\narrivals one by one: {cases:,} cases, {volunteers:,} volunteers, prices from other {cases:,} cases")
    machine, watch = Compiled(), Watch()
    for seed in range(seeds):
        invented = Invented(seed, states=1)
        nights = [[invented.case(number) for number in range(cases)] for _ in range(2)]
        people = [invented.volunteer(number) for number in range(volunteers)]
        before, after = (Docket.from_rows(night, people, AS_OF) for night in nights)
        pairs = find_pairs(before, machine, watch)
        cover, covered = covered_by(before, pairs)
        best = place_best(before, pairs, cover, covered, machine, watch)
        price_slotless(before, pairs, covered, best, machine)
        prices = np.asarray(best.price)
        pairs = find_pairs(after, machine, watch)
        hindsight = len(covered_by(after, pairs)[1])
        order = list(range(cases))
        by_urgency, _ = one_by_one(after, pairs, order, prices * 0)
        random.Random(seed).shuffle(order)
        by_arrival, fit_without = one_by_one(after, pairs, order, prices * 0)
        priced, fit_with = one_by_one(after, pairs, order, prices)
        print(
            f"  hindsight {hindsight:,}; by arrival {by_arrival / hindsight:.1%}, by urgency "
            f"{by_urgency / hindsight:.1%}, shortlist with prices {priced / hindsight:.1%} "
            f"(fit {fit_with / fit_without - 1:+.1%})"
        )
