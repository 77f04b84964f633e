"""What would give if a coordinator prefers another volunteer for a case."""

from dataclasses import dataclass, replace

import numpy as np

from .candidates import find_pairs
from .coverage import cover_docket
from .docket import Docket
from .fit import fit_terms
from .machine import machine_for
from .optimum import place_best
from .rules import rules_against
from .solve import Watch


class NotAble(ValueError):
    """The preferred volunteer may not take the case, or has no slot in this run."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What changes: cases that lose their place or gain one, cases that move, and the change in value."""

    case_id: str
    volunteer_id: str
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    moved: tuple[tuple[str, str, str], ...]
    value_change: int


def _rest(docket: Docket, case: int, volunteer: int) -> Docket:
    """Return the docket without the case and without one of the volunteer's slots."""
    people = list(docket.volunteers)
    people[volunteer] = replace(people[volunteer], slots=people[volunteer].slots - 1)
    others = [row for index, row in enumerate(docket.cases) if index != case]
    return Docket.from_rows(others, people, docket.as_of, docket.settings)


@dataclass(frozen=True, slots=True)
class Best:
    """The best placement of a docket without its reasons: who is proposed for which case, and its value."""

    volunteer_of: dict[str, str]
    value: int


def best_of(docket: Docket) -> Best:
    """Return the best placement of a docket."""
    machine, watch = machine_for(docket), Watch()
    pairs = find_pairs(docket, machine, watch)
    cover = cover_docket(docket, pairs, machine, watch)
    covered = np.nonzero(np.array(cover.volunteer_of) >= 0)[0].astype(np.int32)
    best = place_best(docket, pairs, cover, covered, machine, watch)
    names = {
        docket.cases[case].case_id: docket.volunteers[int(best.volunteer_of[case])].volunteer_id
        for case in covered.tolist()
    }
    return Best(names, sum(int(best.score[case]) for case in covered) - _penalties(docket, names))


def _penalties(docket: Docket, names: dict[str, str]) -> int:
    loads: dict[str, int] = {}
    total = 0
    for volunteer in names.values():
        total += docket.settings.penalty(loads.get(volunteer, 0))
        loads[volunteer] = loads.get(volunteer, 0) + 1
    return total


def prefer(docket: Docket, best: Best, case_id: str, volunteer_id: str) -> Preference:
    """Return what gives when this volunteer takes this case and all others are placed anew around it.

    :param best: the best placement of the docket as it is
    :raises NotAble: a hard rule speaks against the pair, or the volunteer has no slot
    """
    case, volunteer = docket.case_index[case_id], docket.volunteer_index[volunteer_id]
    case_row, volunteer_row = docket.cases[case], docket.volunteers[volunteer]
    against = rules_against(case_row, volunteer_row, docket.as_of, docket.settings)
    if against or volunteer_row.slots < 1:
        raise NotAble(against[0] if against else "full")
    before, rest = best.volunteer_of, best_of(_rest(docket, case, volunteer))
    after = rest.volunteer_of | {case_id: volunteer_id}
    fit = rest.value + _penalties(docket, rest.volunteer_of)
    fit += max(1, sum(fit_terms(case_row, volunteer_row, docket.as_of, docket.settings).values()))
    return Preference(
        case_id,
        volunteer_id,
        lost=tuple(sorted(before.keys() - after.keys())),
        gained=tuple(sorted(after.keys() - before.keys())),
        moved=tuple(
            (name, before[name], after[name])
            for name in sorted(before.keys() & after.keys())
            if name != case_id and before[name] != after[name]
        ),
        value_change=fit - _penalties(docket, after) - best.value,
    )
