"""Everything published of a grant as one set of sums, and the other worlds that would read the same."""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .hiding_bounds import FAR, Effort, Floats, least_moves, tightened

Key = Hashable
REACHES = ((2, 4), (3, 6), (4, 12), (1000, 10**6))  # how many sums away a world is looked for, how wide
Relation = Sequence[tuple[Key, int]]


class State(enum.Enum):
    """What a reader has of a figure."""

    OPEN = "open"  # about to be published, shown or hidden as we choose
    SHOWN = "shown"  # published with its number
    HIDDEN = "hidden"  # published as hidden
    WITHIN = "within"  # never published, but part of a sum: a rest, a difference


@dataclass(frozen=True)
class Figure:
    """A count that is published, was, or could be worked out from what is."""

    value: int
    floor: int  # from 1 up to below this it must not be known
    state: State = State.OPEN
    weight: float = 1.0  # what is lost when it is hidden
    least: int = 1  # what everybody knows of it while it is hidden: a zero would have been shown
    wide: int = 0  # up to where a reader must not be able to exclude it; the floor where nothing is said

    @property
    def is_small(self) -> bool:
        """Would it point at people?"""
        return 0 < self.value < self.floor

    @property
    def aim(self) -> int:
        """What another world must give it: more than it is, and no longer a small count."""
        return max(self.wide or self.floor, self.value + 1)


@dataclass(frozen=True)
class World:
    """Other numbers in the hidden places that give the same publication: the figures that differ, and by how much."""

    moves: Mapping[Key, int]


@dataclass
class System:
    """Figures and the sums between them; each relation adds up to zero."""

    figures: dict[Key, Figure] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    effort: Effort = field(default_factory=Effort)
    _part_of: dict[Key, list[int]] = field(default_factory=dict)

    def relate(self, relation: Relation) -> None:
        """Say that a sum holds; figures that are zero and published drop out of it."""
        off = sum(self.figures[key].value * times for key, times in relation)
        if off:
            raise ValueError(f"The sum is off by {off}: {relation}")
        kept = [(key, times) for key, times in relation if self._may_move(key)]
        for key, _times in kept:
            self._part_of.setdefault(key, []).append(len(self.relations))
        self.relations.append(kept)

    def add_up(self, total: Key, parts: Iterable[Key]) -> None:
        """Say that parts make up a total."""
        self.relate([(total, -1), *((part, 1) for part in parts)])

    def _may_move(self, key: Key) -> bool:
        figure = self.figures[key]
        if figure.state is State.OPEN:
            return figure.value > 0
        return figure.state is not State.SHOWN

    def sensitive(self) -> list[Key]:
        """The figures that must not be known, greatest need first."""
        found = [k for k, f in self.figures.items() if f.is_small and f.state is not State.SHOWN]
        return sorted(found, key=lambda k: (self.figures[k].value - self.figures[k].floor, str(k)))

    def pieces(self) -> list[set[Key]]:
        """The figures that may move, in groups that no sum binds to each other."""
        left, found = set(self._part_of), []
        while left:
            group, waiting = set[Key](), [left.pop()]
            while waiting:
                key = waiting.pop()
                group.add(key)
                near = {k for number in self._part_of[key] for k, _ in self.relations[number]} & left
                left -= near
                waiting += near
            found.append(group)
        return found

    def _around(self, key: Key, costs: Mapping[Key, float], reach: int, width: int) -> tuple[list[Key], list[int]]:
        """Figures within a few sums of one, the cheapest and greatest of each sum, and every sum that binds them."""
        figures, edge, seen = {key: None}, [key], set[int]()
        for _step in range(reach):
            sums = [n for n in dict.fromkeys(n for k in edge for n in self._part_of.get(k, ())) if n not in seen]
            seen.update(sums)
            edge = []
            for number in sums:
                near = [k for k, _ in self.relations[number] if k in costs and k not in figures]
                near.sort(key=lambda k: (costs[k], -self.figures[k].value))
                edge += near[:width]
                figures.update(dict.fromkeys(near[:width]))
            if not edge:
                break
        bound = dict.fromkeys(number for k in figures for number in self._part_of.get(k, ()))
        return [k for k in figures if k != key], list(bound)

    def other_world(self, key: Key, costs: Mapping[Key, float], *, far: bool = True) -> World | None:
        """A cheap world in which a figure is at least its aim, moving only figures that have a cost.

        Looked for among the nearest figures first, and only there if not `far`. None where every world that reads the
        same gives it less, or no whole numbers were found.
        """
        tried = -1
        for reach, width in REACHES if far else REACHES[:2]:
            keys, sums = self._around(key, costs, reach, width)
            if len(keys) == tried:
                break
            tried = len(keys)
            world = self._world(key, keys, sums, costs)
            if world is not None:
                return world
        return None

    def _world(self, key: Key, keys: list[Key], sums: list[int], costs: Mapping[Key, float]) -> World | None:
        """The cheapest world among some figures; where that is in halves or quarters, a multiple of another."""
        figure = self.figures[key]
        matrix = self._matrix([key, *keys], sums)
        down = np.array([max(0, self.figures[k].value - self.figures[k].least) for k in keys], dtype=float)
        price = np.array([costs[k] for k in keys], dtype=float)
        for times in (1, 2, 4):
            need = -(-(figure.aim - figure.value) // times) * times
            moves = _moves(matrix, need, times, price, down, self.effort)
            world = None if moves is None else self._whole(key, need, keys, moves, matrix)
            if world is not None or (moves is None and times == 1):
                return world
        return None

    def _matrix(self, keys: list[Key], sums: list[int]) -> Floats:
        columns = {key: n for n, key in enumerate(keys)}
        matrix = np.zeros((len(sums), len(keys)))
        for row, number in enumerate(sums):
            for key, times in self.relations[number]:
                if key in columns:
                    matrix[row, columns[key]] += times
        return matrix

    @staticmethod
    def _whole(key: Key, need: int, keys: list[Key], moves: Floats, matrix: Floats) -> World | None:
        """The world in whole numbers, or None where the program ended between them."""
        change = np.rint(moves).astype(int)
        if (matrix.astype(int) @ np.concatenate([[need], change])).any():
            return None
        return World({key: need, **{k: int(n) for k, n in zip(keys, change, strict=True) if n}})


def _moves(matrix: Floats, need: int, times: int, price: Floats, down: Floats, effort: Effort) -> Floats | None:
    """The cheapest moves of figures beside the first one, which rises as needed; so many times those of a program."""
    bounds = tightened(matrix, np.append(need, -down), np.append(need, np.full(len(down), FAR)))
    if bounds is None:
        return None
    low, high = (bound[1:] for bound in bounds)
    moves = np.where(low == high, low, 0.0)
    free = np.flatnonzero(low < high)
    rows = np.flatnonzero(matrix[:, 1 + free].any(axis=1))
    aims = -(need * matrix[rows, 0] + matrix[rows, 1:] @ moves) / times
    lower, upper = np.floor(np.maximum(0, -low[free]) / times), np.floor(np.maximum(0, high[free]) / times)
    found = least_moves(matrix[np.ix_(rows, 1 + free)], aims, price[free], lower, upper, effort)
    if found is not None:
        moves[free] = found * times
    return None if found is None else moves
