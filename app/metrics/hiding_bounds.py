"""The cheapest way to move figures while every sum stays as published: a linear program, solved in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TINY = 1e-9
ABROAD = 1e5  # what it costs to leave a sum unmet: more than any chain of cells
PATIENCE = 40  # steps without progress after which the first column is taken instead of the best, which ends circles


@dataclass
class _Tableau:
    """A basis of the program: its columns, values and prices; a column out of the basis lies at 0 or at its cap."""

    table: Floats
    values: Floats
    prices: Floats
    caps: Floats
    basis: NDArray[np.int64]
    at_cap: NDArray[np.bool_]


def least_moves(rows: Floats, aims: Floats, costs: Floats, caps: Floats) -> Floats | None:
    """The cheapest `moves` with `rows @ moves == aims` and `0 <= moves <= caps`; None where there are none.

    :param rows: relations × columns
    :param costs: what one unit of each column costs, 0 or more
    """
    n = rows.shape[1]
    state = _begin(rows, aims, costs, caps)
    stuck = 0
    for _step in range(60 * sum(rows.shape) + 400):
        column = _entering(state, careful=stuck > PATIENCE)
        if column is None:
            break
        stuck = 0 if _enter(state, column) > TINY else stuck + 1
    else:
        return None
    moves = np.where(state.at_cap, state.caps, 0.0)
    moves[state.basis] = state.values
    return moves[:n] if float(np.abs(moves[n:]).sum()) < 1e-6 else None


def _begin(rows: Floats, aims: Floats, costs: Floats, caps: Floats) -> _Tableau:
    """Begin with nothing moved and every sum unmet."""
    m, n = rows.shape
    signs = np.where(aims < 0, -1.0, 1.0)
    table = np.hstack([rows * signs[:, None], np.eye(m)])
    prices = np.concatenate([costs, np.full(m, ABROAD)]) - ABROAD * table.sum(axis=0)
    return _Tableau(
        table,
        aims * signs,
        prices,
        np.concatenate([caps, np.full(m, np.inf)]),
        np.arange(n, n + m),
        np.zeros(n + m, dtype=bool),
    )


def _entering(state: _Tableau, *, careful: bool) -> int | None:
    """The column whose move saves most, or the first that saves at all."""
    gain = np.where(state.at_cap, state.prices, -state.prices)
    gain[state.caps <= 0] = 0
    gain[state.basis] = 0
    if careful:
        found = np.flatnonzero(gain > 1e-7)
        return int(found[0]) if found.size else None
    best = int(np.argmax(gain))
    return best if gain[best] > 1e-7 else None


def _enter(state: _Tableau, column: int) -> float:
    """Move one column until it or a figure of the basis meets its bound; how far it went."""
    way = state.table[:, column] * (-1.0 if state.at_cap[column] else 1.0)
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
    _pivot(state, row, column)
    state.values[row] = entered
    return step


def _pivot(state: _Tableau, row: int, column: int) -> None:
    state.table[row] /= state.table[row, column]
    others = state.table[:, column].copy()
    others[row] = 0
    touched = np.flatnonzero(np.abs(others) > TINY)
    state.table[touched] -= np.outer(others[touched], state.table[row])
    state.prices -= state.prices[column] * state.table[row]
    state.basis[row] = column
