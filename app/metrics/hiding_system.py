"""Everything published of a grant as one set of sums, and the other worlds that would read the same."""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .hiding_bounds import Floats, least_moves

Key = Hashable
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

    @property
    def is_small(self) -> bool:
        """Would it point at people?"""
        return 0 < self.value < self.floor


@dataclass(frozen=True)
class World:
    """Other numbers in the hidden places that give the same publication: the figures that differ, and by how much."""

    moves: Mapping[Key, int]


@dataclass
class System:
    """Figures and the sums between them; each relation adds up to zero."""

    figures: dict[Key, Figure] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
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

    def _around(self, key: Key, movable: Mapping[Key, float]) -> tuple[list[Key], list[int]]:
        """What a figure is bound to through sums: figures that may move, and the sums."""
        figures, sums, waiting = {key: None}, dict[int, None](), [key]
        while waiting:
            for number in self._part_of.get(waiting.pop(), ()):
                if number in sums:
                    continue
                sums[number] = None
                new = [k for k, _ in self.relations[number] if k in movable and k not in figures]
                figures.update(dict.fromkeys(new))
                waiting += new
        return [k for k in figures if k != key], list(sums)

    def other_world(self, key: Key, costs: Mapping[Key, float], *, least: int | None = None) -> World | None:
        """The cheapest world in which a figure is at least its floor, moving only figures that have a cost.

        None where every world that reads the same gives the figure less, or no whole numbers were found.
        """
        figure = self.figures[key]
        need = (figure.floor if least is None else least) - figure.value
        keys, sums = self._around(key, costs)
        matrix = self._matrix([key, *keys], sums)
        down = np.array([max(0, self.figures[k].value - self.figures[k].least) for k in keys], dtype=float)
        price = np.array([costs[k] for k in keys], dtype=float)
        moves = least_moves(
            np.hstack([matrix[:, 1:], -matrix[:, 1:]]),
            -need * matrix[:, 0],
            np.concatenate([price, price]),
            np.concatenate([np.full(len(keys), np.inf), down]),
        )
        return None if moves is None else self._whole(key, need, keys, moves, matrix)

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
        change = np.rint(moves[: len(keys)] - moves[len(keys) :]).astype(int)
        if (matrix.astype(int) @ np.concatenate([[need], change])).any():
            return None
        return World({key: need, **{k: int(n) for k, n in zip(keys, change, strict=True) if n}})
