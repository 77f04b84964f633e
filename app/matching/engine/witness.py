"""Why nobody is left for a case although someone could take it: the closed set that holds every slot.

From the case, everyone able to take it is full; their cases can only go to volunteers in the same set, all
full too. The set reached is the smallest such set. Every listed case was placed before this one, so each ranks
above it. Work per case: one walk over what it reaches; cases with the same set share one answer.
"""

from dataclasses import dataclass
from typing import Any

from .candidates import Pairs
from .coverage import Coverage


@dataclass(frozen=True, slots=True)
class Witness:
    """Volunteers whose slots are all filled by the listed cases, and who alone could take any of them."""

    volunteers: tuple[int, ...]
    cases: tuple[int, ...]


def reach(
    c: int, volunteer: Any, start: Any, end: Any, head: Any, following: Any, seen: Any, reached: Any, queue: Any
) -> tuple[int, int]:
    """Walk from one case to every volunteer of its closed set and the cases they hold; return both counts."""
    queue[0] = c
    looked, waiting, found = 0, 1, 0
    while looked < waiting:
        holder = queue[looked]
        looked += 1
        for at in range(start[holder], end[holder]):
            v = volunteer[at]
            if seen[v] == c + 1:
                continue
            seen[v] = c + 1
            reached[found] = v
            found += 1
            other = head[v]
            while other >= 0:
                queue[waiting] = other
                waiting += 1
                other = following[other]
    return found, waiting - 1


def witnesses(pairs: Pairs, cover: Coverage, taken: list[int], machine: Any, watch: Any) -> dict[int, Witness]:
    """Return the witness of each case that has feasible volunteers but no place."""
    walk = machine.kernel(reach)
    seen, reached = machine.vector(len(cover.head)), machine.vector(len(cover.head))
    queue = machine.vector(len(cover.following) + 1)
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}
    found = {}
    for done, c in enumerate(taken):
        people, held = walk(
            c, pairs.volunteer, pairs.start, pairs.end, cover.head, cover.following, seen, reached, queue
        )
        volunteers = tuple(sorted(int(v) for v in reached[:people]))
        cases = tuple(sorted(int(other) for other in queue[1 : held + 1]))
        found[c] = Witness(shared.setdefault(volunteers, volunteers), shared.setdefault(cases, cases))
        if done % watch.step == 0:
            watch.tell("explain", done, len(taken))
    return found
