"""What others would do with the same pairs: flow, sparse assignment and first come first served."""

from __future__ import annotations

import numpy as np

from app.matching.engine.candidates import Pairs
from app.matching.engine.docket import Docket


def _edges(pairs: Pairs, covered: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    start, end = np.asarray(pairs.start)[covered], np.asarray(pairs.end)[covered]
    tails = np.repeat(np.arange(len(covered)), end - start)
    inside = np.concatenate([np.arange(a, b) for a, b in zip(start, end, strict=True)])
    return tails, np.asarray(pairs.volunteer)[inside], np.asarray(pairs.fit)[inside].astype(np.int64)


def flow(docket: Docket, pairs: Pairs, covered: np.ndarray) -> int:
    """Return the best value of the covered set by OR-Tools' minimum cost flow."""
    from ortools.graph.python import min_cost_flow

    cases, volunteers = len(covered), len(docket.volunteers)
    tails, heads, fits = _edges(pairs, covered)
    sink = cases + volunteers
    steps = [np.nonzero(docket.slots > nth)[0] for nth in range(int(docket.slots.max()))]
    costs = [np.full(len(step), docket.settings.penalty(nth)) for nth, step in enumerate(steps)]
    seats = np.concatenate(steps)
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([tails, seats + cases]),
        np.concatenate([heads + cases, np.full(len(seats), sink)]),
        np.ones(len(tails) + len(seats), dtype=np.int64),
        np.concatenate([-fits, *costs]),
    )
    supplies = np.zeros(sink + 1, dtype=np.int64)
    supplies[:cases], supplies[sink] = 1, -cases
    solver.set_nodes_supplies(np.arange(sink + 1), supplies)
    assert solver.solve() == solver.OPTIMAL
    return -int(solver.optimal_cost())


def sparse_assignment(docket: Docket, pairs: Pairs, covered: np.ndarray) -> int:
    """Return the best value of the covered set by scipy, every slot a column of its own."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    tails, heads, fits = _edges(pairs, covered)
    first = np.concatenate([[0], np.cumsum(docket.slots)])
    rows, columns, worth = [], [], []
    for nth in range(int(docket.slots.max())):
        able = docket.slots[heads] > nth
        rows.append(tails[able])
        columns.append(first[heads[able]] + nth)
        worth.append(fits[able] - docket.settings.penalty(nth) + 10_000)
    shape = (len(covered), int(first[-1]))
    grid = coo_array((np.concatenate(worth), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    chosen = min_weight_full_bipartite_matching(grid.tocsr(), maximize=True)
    return int(grid.tocsr()[chosen].sum()) - 10_000 * len(covered)


def greedy(docket: Docket, pairs: Pairs, order: str) -> int:
    """Return how many cases are placed when each in turn takes its best open volunteer."""
    cases = list(range(len(docket.cases)))
    if order == "arrival":
        cases.sort(key=lambda index: (docket.cases[index].waiting_since, docket.cases[index].case_id))
    left = docket.slots.copy()
    placed = 0
    for case in cases:
        stretch = np.asarray(pairs.volunteer[int(pairs.start[case]) : int(pairs.end[case])])
        free = np.nonzero(left[stretch] > 0)[0]
        if len(free):
            left[stretch[free[0]]] -= 1
            placed += 1
    return placed
