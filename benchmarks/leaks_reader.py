"""A reader who adds up all there is, and what such a reader can say of small counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from app.metrics.hiding_system import Key

Sum = tuple[Key, list[Key]]
Weights = Mapping[Key, int]


@dataclass
class Seen:
    """What a reader has: figures shown, figures hidden, and which make up which."""

    shown: dict[Key, int] = field(default_factory=dict)
    hidden: list[Key] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)  # a total and its parts
    at_most: list[Sum] = field(default_factory=list)  # parts that make up a total or less
    none_less: list[Weights] = field(default_factory=list)  # differences that are people, so zero at least


class Reader:
    """Somebody who adds up all there is: labels, zeros, sums, and that a hidden figure is a whole number from 1."""

    def __init__(self, seen: Seen) -> None:
        self.columns = {key: n for n, key in enumerate(seen.hidden)}
        self.shown = seen.shown
        less = [self._row(total, parts) for total, parts in seen.at_most]
        less += [self._weighed((key, -times) for key, times in people.items()) for people in seen.none_less]
        self.limits = {**self._rows("eq", [self._row(*each) for each in seen.sums]), **self._rows("ub", less)}

    @staticmethod
    def _rows(kind: str, rows: list[tuple[np.ndarray, float]]) -> dict[str, object]:
        told = [(row, known) for row, known in rows if row.any()]
        if not told:
            return {}
        return {f"A_{kind}": csr_array(np.array([r for r, _ in told])), f"b_{kind}": np.array([k for _, k in told])}

    def _row(self, total: Key, parts: list[Key]) -> tuple[np.ndarray, float]:
        return self._weighed(((total, -1), *((part, 1) for part in parts)))

    def _weighed(self, weights: Iterable[tuple[Key, int]]) -> tuple[np.ndarray, float]:
        row, known = np.zeros(len(self.columns)), 0.0
        for key, times in weights:
            if key in self.columns:
                row[self.columns[key]] += times
            else:
                known -= times * self.shown.get(key, 0)
        return row, known

    def range_of(self, weights: Mapping[Key, int]) -> tuple[float, float]:
        """The least and the greatest that a sum of figures can be."""
        aim, known = np.zeros(len(self.columns)), 0
        for key, times in weights.items():
            if key in self.columns:
                aim[self.columns[key]] = times
            else:
                known += times * self.shown.get(key, 0)
        if not aim.any():
            return known, known
        low, high = (linprog(way, bounds=(1, None), **self.limits) for way in (aim, -aim))
        assert low.status != 2, "no such world"
        least = np.ceil(low.fun - 1e-6) if low.status == 0 else -np.inf
        most = np.floor(-high.fun + 1e-6) if high.status == 0 else np.inf
        return known + least, known + most


@dataclass
class Verdict:
    """How many small counts were hidden, how many could be worked out, and how many known to be small."""

    small: int = 0
    beside: int = 0
    pinned: int = 0
    narrow: int = 0
    shown: int = 0  # small counts that were shown

    def judge(self, low: float, high: float, floor: int) -> None:
        """Judge one small count by what a reader can say of it."""
        self.small += 1
        self.pinned += high - low < 1
        self.narrow += low >= 1 and high < floor

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))
