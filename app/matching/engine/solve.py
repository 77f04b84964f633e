"""One run over the whole docket: who is proposed for which case, what that proves, and why the rest waits."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .beyond import GAP_PERMILLE, WIDE, Rounds, Streamed
from .candidates import Pairs, TooManyPairs, find_pairs, open_pairs
from .coverage import Coverage, cover_docket
from .docket import PRIORITIES, Docket
from .fit import needs_mentor, terms_of
from .funnels import funnels_of
from .machine import Machine, machine_for
from .optimum import Certificate, Optimum, Source, certify, place_best, price_slotless
from .tables import CASE_WIDTH, PERSON_WIDTH
from .wanted import Want, wanted_list
from .witness import Beside, Witness, Witnesses

NO_ONE_CAN = "no_one_can"
ALL_TAKEN = "all_taken"
MOST_PAIRS = 320_000_000  # at 6 bytes each


class Cancelled(Exception):
    """The run was asked to stop."""


@dataclass
class Watch:
    """Tells how far a run is, and stops it when asked; kernels are called `step` cases at a time."""

    progress: Callable[[str, int, int], None] | None = None
    cancelled: Callable[[], bool] | None = None
    step: int = 2_000
    seconds: dict[str, float] = field(default_factory=dict)

    def tell(self, stage: str, done: int, total: int) -> None:
        """Report how many of the stage's cases are done.

        :raises Cancelled: the run was asked to stop
        """
        if self.progress is not None:
            self.progress(stage, done, total)
        if self.cancelled is not None and self.cancelled():
            raise Cancelled

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage in seconds."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class Proposal:
    """One case with the volunteer proposed for it; `case` and `volunteer` are indices of the docket."""

    case: int
    volunteer: int
    case_id: str
    volunteer_id: str
    terms: dict[str, int]
    fit: int
    load_penalty: int
    needs_mentor: bool
    rank: int
    runner_up: str


@dataclass(frozen=True)
class Unplaced:
    """One case without a proposal, and why; who blocks it is worked out when asked for."""

    case: int
    case_id: str
    reason: str
    binding_rule: str
    after: tuple[int, ...]
    witnesses: Witnesses = field(repr=False, compare=False)

    @property
    def witness(self) -> Witness:
        """Return the proof that every slot is taken by more urgent cases; nothing when no one can take it."""
        return self.witnesses.of(self.case) if self.reason == ALL_TAKEN else Witness((), ())

    def beside(self, shown: Collection[str]) -> Beside | None:
        """Return a proof by the witness of one of the cases shown, where one serves."""
        return self.witnesses.beside(self.case, shown) if self.reason == ALL_TAKEN else None

    @property
    def blocking_volunteers(self) -> tuple[str, ...]:
        """Return the ids of the volunteers of the witness."""
        return self.witness.volunteers

    @property
    def blocking_cases(self) -> tuple[str, ...]:
        """Return the ids of the cases of the witness."""
        return self.witness.cases


@dataclass(frozen=True)
class Placement:
    """The result of a run: all rows in priority order, prices in points per volunteer index."""

    docket: Docket
    pairs: Source
    proposals: tuple[Proposal, ...]
    unplaced: tuple[Unplaced, ...]
    wanted: tuple[Want, ...]
    certificate: Certificate
    prices: np.ndarray
    slot_worth: np.ndarray
    seconds: dict[str, float]

    @property
    def mentors_needed(self) -> int:
        """Return how many proposals need a named mentor."""
        return sum(proposal.needs_mentor for proposal in self.proposals)

    @property
    def total_fit(self) -> int:
        """Return the fit of all proposals together."""
        return sum(proposal.fit for proposal in self.proposals)

    @property
    def load_penalty(self) -> int:
        """Return the load penalties of all proposals together."""
        return sum(proposal.load_penalty for proposal in self.proposals)

    @property
    def placed_by_priority(self) -> dict[str, int]:
        """Return how many cases of each priority are placed."""
        counts = dict.fromkeys(PRIORITIES, 0)
        for proposal in self.proposals:
            counts[self.docket.cases[proposal.case].priority] += 1
        return counts


def place(
    docket: Docket,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    machine: Machine | None = None,
    most_pairs: int | None = None,
) -> Placement:
    """Return the best placement of the docket with its certificate and reasons.

    With more than `most_pairs` pairs (MOST_PAIRS where none is given) only some are kept in memory: coverage is as
    exact, the fit within one in a hundred of the bound.

    :raises Cancelled: `cancelled` said so; it is asked between steps of each stage
    """
    machine = machine or machine_for(docket)
    watch = Watch(progress, cancelled)
    try:
        with watch.stage("candidates"):
            pairs = find_pairs(docket, machine, watch, MOST_PAIRS if most_pairs is None else most_pairs)
        found = _exact(docket, pairs, machine, watch)
    except TooManyPairs:
        found = _in_rounds(docket, machine, watch)
    with watch.stage("explain"):
        unplaced = _explain(docket, found.source, found.cover, machine, watch)
        wanted = wanted_list(docket, [row.case for row in unplaced])
        proposals = _proposals(docket, found.source, found.best, found.covered)
    prices = np.array(found.best.price, dtype=np.int64)
    return Placement(
        docket, found.source, proposals, unplaced, tuple(wanted), found.certificate, prices,
        _slot_worth(docket, prices), watch.seconds,
    )  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What is placed, before reasons are given."""

    source: Source
    cover: Coverage
    covered: Any
    best: Optimum
    certificate: Certificate


def _exact(docket: Docket, pairs: Pairs, machine: Machine, watch: Watch) -> Found:
    """Place with all pairs in memory."""
    with watch.stage("coverage"):
        useful = open_pairs(docket, pairs, machine)
        cover = cover_docket(docket, useful, machine, watch)
        placed = np.nonzero(np.array(cover.volunteer_of) >= 0)[0].astype(np.int32)
        covered = machine.share(placed)
    with watch.stage("fit"):
        best = place_best(docket, useful, cover, placed, machine, watch)
    with watch.stage("certificate"):
        price_slotless(docket, pairs, covered, best, machine)
        certificate = certify(docket, pairs, covered, best, machine)
    return Found(pairs, cover, covered, best, certificate)


def _in_rounds(docket: Docket, machine: Machine, watch: Watch) -> Found:
    """Place with few pairs kept and all asked."""
    source = Streamed(docket, machine, watch)
    rounds = Rounds(docket, source, machine, watch, WIDE)
    with watch.stage("candidates"):
        rounds.begin()
    with watch.stage("coverage"):
        cover = rounds.cover()
        covered = machine.share(cover.covered)
    with watch.stage("fit"):
        best, certificate = rounds.best(cover, GAP_PERMILLE)
    with watch.stage("certificate"):
        price_slotless(docket, source, covered, best, machine)
    source.stage = "explain"
    return Found(source, cover.cover, covered, best, certificate)


def _slot_worth(docket: Docket, prices: np.ndarray) -> np.ndarray:
    """Return what one more slot of each volunteer adds at these prices, in points [volunteers]."""
    slots = docket.slots.astype(np.int64)
    settings = docket.settings
    next_cost = np.where(slots == 0, 0, settings.load_second + settings.load_next * (slots - 1))
    worth: np.ndarray = np.maximum(prices - next_cost, 0)
    return worth


def _proposals(docket: Docket, source: Source, best: Optimum, covered: Any) -> tuple[Proposal, ...]:
    places: dict[int, tuple[int, int]] = {}
    for cases, pairs in source.parts(covered):
        for c in map(int, cases):
            places[c] = _place_in(pairs, c, int(best.volunteer_of[c]))
    held: dict[int, int] = {}
    proposals = []
    for c in (int(case) for case in covered):
        v = int(best.volunteer_of[c])
        proposals.append(_proposal(docket, c, v, held.get(v, 0), *places[c]))
        held[v] = held.get(v, 0) + 1
    return tuple(proposals)


def _place_in(pairs: Pairs, c: int, v: int) -> tuple[int, int]:
    """Return how many who may take the case stand before the volunteer, and the first who is somebody else, or -1."""
    stretch = pairs.stretch(c)[0]
    before = int(np.nonzero(np.asarray(stretch) == v)[0][0])
    other = 0 if before else 1
    return before, int(stretch[other]) if other < len(stretch) else -1


def _proposal(docket: Docket, c: int, v: int, nth: int, before: int, other: int) -> Proposal:
    terms = terms_of(*docket.tables, c * CASE_WIDTH, v * PERSON_WIDTH)
    return Proposal(
        case=c,
        volunteer=v,
        case_id=docket.cases[c].case_id,
        volunteer_id=docket.volunteers[v].volunteer_id,
        terms=terms,
        fit=max(sum(terms.values()), 1),
        load_penalty=docket.settings.penalty(nth),
        needs_mentor=bool(needs_mentor(*docket.tables, c * CASE_WIDTH, v * PERSON_WIDTH)),
        rank=before + 1,
        runner_up=docket.volunteers[other].volunteer_id if other >= 0 else "",
    )


def _explain(docket: Docket, pairs: Source, cover: Coverage, machine: Machine, watch: Watch) -> tuple[Unplaced, ...]:
    unplaced = machine.share(np.nonzero(np.array(cover.volunteer_of) < 0)[0].astype(np.int32))
    funnels = funnels_of(docket, unplaced, machine, watch)
    proofs = Witnesses(docket, pairs, cover, machine)
    rows = []
    for c in (int(case) for case in unplaced):
        reason = ALL_TAKEN if pairs.able(c) else NO_ONE_CAN
        funnel = funnels[c]
        rows.append(Unplaced(c, docket.cases[c].case_id, reason, funnel.binding_rule, funnel.after, proofs))
    return tuple(rows)
