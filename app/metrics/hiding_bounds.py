"""The cheapest way to move figures while every sum stays as published: a linear program, solved in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TINY = 1e-9
ABROAD = 1e5  # what it costs to leave a sum unmet: more than any chain of cells
FAR = 1e7  # a bound that is none
HAIR, GOLDEN = 1e-5, 0.6180339887498949
STEPS = 8  # for each row and column; a program that needs more is given up
A_STEP = 100_000  # what a step takes however small the program, in numbers gone over
PATIENCE = 40  # steps without progress after which the first column is taken instead of the best, which ends circles
TIGHTENED = 12  # how often bounds are drawn from each other


@dataclass
class Effort:
    """How much was worked out: the numbers that the steps of a program went over."""

    spent: int = 0


def tightened(rows: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats] | None:
    """Between what whole numbers each move must lie so that every row can add up to zero; None where one cannot.

    :param rows: relations × columns
    :param low: the least that each column may move, and `high` the most
    """
    row, column = np.nonzero(rows)
    times = rows[row, column]
    low, high = low.copy(), high.copy()
    for _round in range(TIGHTENED):
        ends = np.where(times > 0, low[column], high[column]), np.where(times > 0, high[column], low[column])
        least, most = (np.bincount(row, times * end, len(rows)) for end in ends)
        if (least > TINY).any() or (most < -TINY).any():
            return None
        reach = ends[0] - least[row] / times, ends[1] - most[row] / times
        lower, upper = low.copy(), high.copy()
        np.minimum.at(upper, column, np.floor(np.maximum(*reach) + 1e-6))
        np.maximum.at(lower, column, np.ceil(np.minimum(*reach) - 1e-6))
        if (lower > upper).any():
            return None
        if (lower == low).all() and (upper == high).all():
            break
        low, high = lower, upper
    return low, high


@dataclass
class _Tableau:
    """A basis of the program. A column stands for a move up and, with its sign turned, for one down.

    What is not in the basis lies at 0 or at its cap; numbers from 2 × columns on are sums still unmet.
    """

    table: Floats
    values: Floats
    costs: Floats
    slopes: Floats  # what a column saves beside its own cost
    caps: Floats
    basis: NDArray[np.int64]
    at_cap: NDArray[np.bool_]


def least_moves(rows: Floats, aims: Floats, costs: Floats, down: Floats, up: Floats, effort: Effort) -> Floats | None:
    """The cheapest `moves` with `rows @ moves == aims` and `-down <= moves <= up`; None where there are none.

    Nearly every sum begins at zero, where a step may change the basis and move nothing. So each column may fall a
    hair below its bounds, each by its own; whoever reads the answer rounds it.

    :param rows: relations × columns
    :param costs: what one unit of each column costs, up or down, 0 or more
    """
    n = rows.shape[1]
    hair = HAIR * (0.5 + np.arange(1, 2 * n + 1) * GOLDEN % 1)
    state = _begin(rows, aims + rows @ (hair[:n] - hair[n:]), costs, np.concatenate([up, down]) + hair)
    stuck = 0
    for _step in range(STEPS * sum(rows.shape) + 400):
        column = _entering(state, careful=stuck > PATIENCE)
        if column is None:
            break
        stuck = 0 if _enter(state, column) > TINY else stuck + 1
        effort.spent += rows.size + A_STEP
    else:
        return None
    if float(state.values[state.basis >= 2 * n].sum()) > 1e-6:
        return None
    moves = np.where(state.at_cap, state.caps, 0.0)[: 2 * n]
    known = state.basis < 2 * n
    moves[state.basis[known]] = state.values[known]
    moves -= hair
    return moves[:n] - moves[n:]


def _begin(rows: Floats, aims: Floats, costs: Floats, caps: Floats) -> _Tableau:
    """Begin with nothing moved: each sum is left to a column that is in no other and has room, or is unmet."""
    m, n = rows.shape
    table = rows * np.where(aims < 0, -1.0, 1.0)[:, None]
    values, basis, slopes = np.abs(aims), np.arange(2 * n, 2 * n + m), np.full(m, ABROAD)
    for column in np.flatnonzero(np.count_nonzero(rows, axis=0) == 1):
        row = int(np.flatnonzero(rows[:, column])[0])
        times = abs(table[row, column])
        chosen = int(column) if table[row, column] > 0 else int(column) + n
        if basis[row] >= 2 * n and values[row] / times <= caps[chosen]:
            basis[row], slopes[row] = chosen, costs[column]
            table[row] /= times
            values[row] /= times
    return _Tableau(
        table, values, costs, -slopes @ table, np.concatenate([caps, np.full(m, np.inf)]), basis,
        np.zeros(2 * n + m, dtype=bool),
    )  # fmt: skip


def _entering(state: _Tableau, *, careful: bool) -> int | None:
    """The column whose move saves most, or the first that saves at all."""
    n = len(state.costs)
    prices = np.concatenate([state.costs + state.slopes, state.costs - state.slopes])
    gain = np.where(state.at_cap[: 2 * n], prices, -prices)
    gain[state.basis[state.basis < 2 * n]] = 0
    if careful:
        found = np.flatnonzero(gain > 1e-7)
        return int(found[0]) if found.size else None
    best = int(np.argmax(gain)) if n else 0
    return best if n and gain[best] > 1e-7 else None


def _enter(state: _Tableau, column: int) -> float:
    """Move one column until it or a figure of the basis meets its bound; how far it went."""
    n = len(state.costs)
    sign = 1.0 if column < n else -1.0
    way = state.table[:, column % n] * (-sign if state.at_cap[column] else sign)
    room = np.full(len(way), np.inf)
    falls, rises = way > TINY, way < -TINY
    room[falls] = state.values[falls] / way[falls]
    room[rises] = (state.caps[state.basis[rises]] - state.values[rises]) / -way[rises]
    row = int(np.argmin(room)) if len(room) else -1
    step = max(0.0, float(room[row])) if row >= 0 else np.inf
    if state.caps[column] <= step:
        state.values -= way * state.caps[column]
        state.at_cap[column] = not state.at_cap[column]
        return float(state.caps[column])
    state.values -= way * step
    entered = state.caps[column] - step if state.at_cap[column] else step
    state.at_cap[state.basis[row]] = way[row] < 0
    state.at_cap[column] = False
    _pivot(state, row, column % n, sign)
    state.basis[row] = column
    state.values[row] = entered
    return step


def _pivot(state: _Tableau, row: int, column: int, sign: float) -> None:
    price = state.costs[column] + sign * state.slopes[column]
    state.table[row] /= sign * state.table[row, column]
    others = sign * state.table[:, column]
    others[row] = 0
    touched, moved = np.flatnonzero(np.abs(others) > TINY), np.flatnonzero(state.table[row])
    state.table[np.ix_(touched, moved)] -= np.outer(others[touched], state.table[row, moved])
    state.slopes -= price * state.table[row]
