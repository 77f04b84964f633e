"""Why nobody is left for a case although someone could take it: the closed set that holds every slot.

From the case, everyone able to take it is full; their cases can only go to volunteers in the same set, all
full too. The set reached is the smallest such set. Every listed case was placed before this one, so each ranks
above it. A set can hold thousands, so it is worked out when asked for: one walk over the pairs it reaches.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import Pairs
from .coverage import Coverage
from .docket import Docket
from .machine import Machine


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

    def __init__(self, docket: Docket, pairs: Pairs, cover: Coverage, machine: Machine) -> None:
        self.docket, self.pairs, self.cover = docket, pairs, cover
        self.walk = machine.kernel(reach)
        self.seen, self.reached = (machine.vector(len(docket.volunteers)) for _ in range(2))
        self.asked = 0
        self.queue = machine.vector(len(docket.cases) + 1)

    def of(self, c: int) -> Witness:
        """Return the witness of an unplaced case that somebody could take."""
        pairs, cover = self.pairs, self.cover
        self.asked += 1
        people, held = self.walk(
            c, self.asked, pairs.volunteer, pairs.start, pairs.end, cover.head, cover.following,
            self.seen, self.reached, self.queue,
        )  # fmt: skip
        volunteers = np.sort(np.asarray(self.reached[:people])).tolist()
        return Witness(
            tuple([self.docket.volunteers[v].volunteer_id for v in volunteers]),
            tuple(sorted([self.docket.cases[other].case_id for other in self.queue[1 : held + 1]])),
        )
