"""Why nobody is left for a case although someone could take it: the closed set that holds every slot.

From the case, everyone able to take it is full; their cases can only go to volunteers in the same set, all
full too. The set reached is the smallest such set. Every listed case was placed before this one, so each ranks
above it. A set can hold thousands, so it is worked out when asked for: one walk over the pairs it reaches, made
anew where they are not at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import Pairs
from .coverage import Coverage
from .docket import Docket
from .machine import Machine
from .optimum import Source


@dataclass(frozen=True, slots=True)
class Witness:
    """Volunteers whose slots the listed cases fill, and who alone could take any of them; ids, sorted."""

    volunteers: tuple[str, ...]
    cases: tuple[str, ...]


def reach(
    c: int, mark: int, volunteer: Any, start: Any, end: Any, head: Any, following: Any,
    seen: Any, reached: Any, queue: Any,
) -> tuple[int, int]:  # fmt: skip
    """Walk from one case to every volunteer of its closed set and the cases they hold; return both counts."""
    queue[0] = c
    looked, waiting, found = 0, 1, 0
    while looked < waiting:
        holder = queue[looked]
        looked += 1
        for at in range(start[holder], end[holder]):
            v = volunteer[at]
            if seen[v] == mark:
                continue
            seen[v] = mark
            reached[found] = v
            found += 1
            other = head[v]
            while other >= 0:
                queue[waiting] = other
                waiting += 1
                other = following[other]
    return found, waiting - 1


class Witnesses:
    """The proofs of one run, each worked out when it is asked for."""

    def __init__(self, docket: Docket, pairs: Source, cover: Coverage, machine: Machine) -> None:
        self.docket, self.pairs, self.cover = docket, pairs, cover
        self.walk = machine.kernel(reach)
        self.seen, self.reached = (machine.vector(len(docket.volunteers)) for _ in range(2))
        self.asked = 0
        self.queue = machine.vector(len(docket.cases) + 1)

    def of(self, c: int) -> Witness:
        """Return the witness of an unplaced case that somebody could take."""
        people, cases = self._at_hand(c, self.pairs) if isinstance(self.pairs, Pairs) else self._by_waves(c)
        return Witness(
            tuple([self.docket.volunteers[v].volunteer_id for v in np.sort(np.asarray(people)).tolist()]),
            tuple(sorted([self.docket.cases[other].case_id for other in cases])),
        )

    def _at_hand(self, c: int, pairs: Pairs) -> tuple[Any, Any]:
        self.asked += 1
        people, held = self.walk(
            c, self.asked, pairs.volunteer, pairs.start, pairs.end, self.cover.head, self.cover.following,
            self.seen, self.reached, self.queue,
        )  # fmt: skip
        return self.reached[:people], self.queue[1 : held + 1]

    def _by_waves(self, c: int) -> tuple[list[int], list[int]]:
        """Ask all cases of a step at once where pairs are made anew."""
        people: set[int] = set()
        wave, cases = [c], []
        while wave:
            able: set[int] = set()
            for part, pairs in self.pairs.parts(wave):
                able.update(v for case in part for v in np.asarray(pairs.stretch(int(case))[0]).tolist())
            wave = [other for v in sorted(able - people) for other in self._held(v)]
            people |= able
            cases += wave
        return list(people), cases

    def _held(self, v: int) -> Iterator[int]:
        other = int(self.cover.head[v])
        while other >= 0:
            yield other
            other = int(self.cover.following[other])
