"""Why nobody is left for a case although someone could take it: the closed set that holds every slot.

From the case, everyone able to take it is full; their cases can only go to volunteers in the same set, all
full too. The set reached is the smallest such set. Every listed case was placed before this one, so each ranks
above it. A set can hold thousands, so it is worked out when asked for: one walk over the pairs it reaches, made
anew where they are not at hand. In a crowded docket most sets are nearly all of the docket; a large one found for a
more urgent case is a proof for every later case whose people are all in it, and is given again. Two such sets together
are one more, so of the set of a later case only what lies beside one found before needs to be told.
"""

from collections.abc import Collection, Iterable, Iterator
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
    found_for: str = ""  # the case it was first asked for: this one, or a more urgent one


LARGE = 1_000  # volunteers; smaller sets are always the smallest there are
MOST_KEPT = 32


@dataclass(frozen=True, slots=True)
class Large:
    """A witness found before: of which case, and whether each volunteer is in it [volunteers]."""

    case: int
    inside: np.ndarray
    witness: Witness


@dataclass(frozen=True, slots=True)
class Beside:
    """A proof by the witness of a more urgent case together with these volunteers and cases; ids, sorted."""

    case_id: str
    volunteers: tuple[str, ...]
    cases: tuple[str, ...]


def reach(
    c: int, mark: int, volunteer: Any, start: Any, end: Any, head: Any, following: Any, known: Any,
    seen: Any, reached: Any, queue: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Walk from one case to every volunteer of its closed set and the cases they hold; return both counts.

    A closed set that is known is not entered; the third count says how often the walk came upon it.
    """
    queue[0] = c
    looked, waiting, found, met = 0, 1, 0, 0
    while looked < waiting:
        holder = queue[looked]
        looked += 1
        for at in range(start[holder], end[holder]):
            v = volunteer[at]
            if known[v]:
                met += 1
                continue
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
    return found, waiting - 1, met


class Witnesses:
    """The proofs of one run, each worked out when it is asked for."""

    def __init__(self, docket: Docket, pairs: Source, cover: Coverage, machine: Machine) -> None:
        self.docket, self.pairs, self.cover = docket, pairs, cover
        self.walk = machine.kernel(reach)
        self.seen, self.reached = (machine.vector(len(docket.volunteers)) for _ in range(2))
        self.nobody = np.zeros(len(docket.volunteers), dtype=bool)
        self.asked = 0
        self.large: list[Large] = []
        self.queue = machine.vector(len(docket.cases) + 1)

    def of(self, c: int) -> Witness:
        """Return the witness of an unplaced case that somebody could take."""
        able = self._able(c)
        for found in self.large if self._with_slots(able).size else ():
            if found.case < c and found.inside[able].all():
                return found.witness
        people, cases, _met = self._walk(c, self.nobody)
        inside = np.sort(np.asarray(people))
        witness = Witness(
            tuple([self.docket.volunteers[v].volunteer_id for v in inside.tolist()]),
            self._case_ids(cases),
            self.docket.cases[c].case_id,
        )
        if len(inside) > LARGE:
            self._keep(c, inside, witness)
        return witness

    def beside(self, c: int, shown: Collection[str]) -> Beside | None:
        """Return a proof by the witness of a case in `shown`, or None where none says most of it."""
        able = self._with_slots(self._able(c))
        usable = [found for found in self.large if found.case < c and found.witness.found_for in shown]
        if not usable or not able.size:
            return None
        best = max(usable, key=lambda found: int(found.inside[able].sum()))
        people, cases, met = self._walk(c, best.inside)
        if not met or len(people) > LARGE:
            return None
        names = sorted(self.docket.volunteers[int(v)].volunteer_id for v in people)
        return Beside(best.witness.found_for, tuple(names), self._case_ids(cases))

    def _able(self, c: int) -> np.ndarray:
        return np.asarray(self.pairs.stretch(c)[0], dtype=np.int64)

    def _with_slots(self, people: np.ndarray) -> np.ndarray:
        chosen: np.ndarray = people[self.docket.slots[people] > 0]
        return chosen

    def _case_ids(self, cases: Iterable[int]) -> tuple[str, ...]:
        return tuple(sorted([self.docket.cases[case].case_id for case in cases]))

    def _keep(self, c: int, inside: np.ndarray, witness: Witness) -> None:
        mask = np.zeros(len(self.docket.volunteers), dtype=bool)
        mask[inside] = True
        self.large = [found for found in self.large if not mask[found.inside].all()]
        self.large.append(Large(c, mask, witness))
        self.large = sorted(self.large, key=lambda found: -len(found.witness.volunteers))[:MOST_KEPT]

    def _walk(self, c: int, known: np.ndarray) -> tuple[Any, Any, int]:
        """Return the volunteers of a case's closed set outside a known one, their cases, and whether it met that."""
        if not isinstance(self.pairs, Pairs):
            return self._by_waves(c, known)
        pairs = self.pairs
        self.asked += 1
        people, held, met = self.walk(
            c, self.asked, pairs.volunteer, pairs.start, pairs.end, self.cover.head, self.cover.following, known,
            self.seen, self.reached, self.queue,
        )  # fmt: skip
        return self.reached[:people], self.queue[1 : held + 1], met

    def _by_waves(self, c: int, known: np.ndarray) -> tuple[list[int], list[int], int]:
        """Ask all cases of a step at once where pairs are made anew."""
        people, met = set[int](), 0
        wave, cases = [c], []
        while wave:
            able: set[int] = set()
            for part, pairs in self.pairs.parts(wave):
                able.update(v for case in part for v in np.asarray(pairs.stretch(int(case))[0]).tolist())
            met += sum(bool(known[v]) for v in able)
            able = {v for v in able - people if not known[v]}
            wave = [other for v in sorted(able) for other in self._held(v)]
            people |= able
            cases += wave
        return list(people), cases, met

    def _held(self, v: int) -> Iterator[int]:
        other = int(self.cover.head[v])
        while other >= 0:
            yield other
            other = int(self.cover.following[other])
