"""Why a case stays unplaced: who remains after each rule, and the one rule that costs it most."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .docket import Docket
from .machine import Machine
from .rules import RULES, fails
from .tables import CASE_WIDTH, PERSON_WIDTH


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many volunteers remain after each rule in order, and the binding rule or blank."""

    after: tuple[int, ...]
    binding_rule: str


def sift(
    cs: Any, vs: Any, pool: Any, unplaced: Any, first: int, last: int, volunteers: int, fell: Any, alone: Any
) -> None:
    """Count per case and rule who falls at it first (`fell`) and who fails nothing else (`alone`): [cases x 14]."""
    for i in range(first, last):
        c = unplaced[i] * CASE_WIDTH
        for v in range(volunteers):
            failed = -1
            for rule in range(14):
                if fails(cs, vs, pool, c, v * PERSON_WIDTH, rule):
                    if failed >= 0:
                        failed = -1
                        break
                    failed = rule
                    fell[i * 14 + rule] += 1
            if failed >= 0:
                alone[i * 14 + failed] += 1


def funnels_of(docket: Docket, unplaced: Any, machine: Machine, watch: Any) -> dict[int, Funnel]:
    """Return the funnel of every unplaced case."""
    size, volunteers = len(unplaced), len(docket.volunteers)
    fell, alone = (machine.vector(size * len(RULES)) for _ in range(2))
    run = machine.kernel(sift)
    for at in range(0, size, watch.step):
        last = min(at + watch.step, size)
        run(*machine.tables(docket), unplaced, at, last, volunteers, fell, alone)
        watch.tell("explain", last, size)
    after = volunteers - np.cumsum(np.array(fell, dtype=np.int64).reshape(size, len(RULES)), axis=1)
    admits = np.array(alone).reshape(size, len(RULES))
    return {
        int(case): Funnel(tuple(after[i].tolist()), _binding(admits[i].tolist())) for i, case in enumerate(unplaced)
    }


def _binding(admits: list[int]) -> str:
    return RULES[admits.index(max(admits))] if max(admits) else ""
