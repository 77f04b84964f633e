"""The figures of docs/matching.md, measured in one interleaved run on the same pairs.

python -m benchmarks.matching --sizes small            a check in under a minute
python -m benchmarks.matching --sizes 5k,50k           the published table
python -m benchmarks.matching --sizes 50k-quarter      the same with a quarter of the volunteers' slots withdrawn
python -m benchmarks.matching --sizes 200k             the largest docket, without the peers
python -m benchmarks.matching --only rounds --sizes 50k  as if its pairs did not fit in memory
python -m benchmarks.matching --only shortlist|arrivals|county
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from app.matching.engine.beyond import GAP_PERMILLE, WIDE, Rounds, Streamed
from app.matching.engine.candidates import Pairs, find_pairs, open_pairs
from app.matching.engine.coverage import cover_docket
from app.matching.engine.docket import Docket
from app.matching.engine.machine import Compiled
from app.matching.engine.optimum import Certificate, certify, place_best, price_slotless
from app.matching.engine.solve import Watch
from benchmarks.arrivals import arrivals
from benchmarks.dockets import AS_OF, invent
from benchmarks.peers import flow, greedy, sparse_assignment

SIZES = {
    "small": (500, 1_000, 1),
    "5k": (5_000, 10_000, 1),
    "50k": (50_000, 100_000, 20),
    "200k": (200_000, 500_000, 50),
}
CROWDED = {"": 0.0, "-quarter": 0.25, "-half": 0.5}  # the share of volunteers whose slots are withdrawn
STAGES = ("candidates", "coverage", "fit", "certificate")


class Memory:
    """The most memory held above the start, sampled every few milliseconds."""

    def __init__(self) -> None:
        import threading

        self.process = psutil.Process()
        self.begun = self.most = self.process.memory_info().rss
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.stop.wait(0.01):
            self.most = max(self.most, self.process.memory_info().rss)

    def __enter__(self) -> Memory:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        self.thread.join()

    @property
    def added(self) -> float:
        return (self.most - self.begun) / (1 << 20)


@dataclass
class Ours:
    """One run of ours: what came out and what it took."""

    pairs: Pairs
    covered: np.ndarray
    certificate: Certificate
    seconds: dict[str, float]
    cpu: float
    memory: float

    @property
    def total(self) -> float:
        return sum(self.seconds[stage] for stage in STAGES)


def run_ours(docket: Docket) -> Ours:
    machine, watch = Compiled(), Watch()
    cpu = time.process_time()
    with Memory() as memory:
        with watch.stage("candidates"):
            pairs = find_pairs(docket, machine, watch)
        with watch.stage("coverage"):
            useful = open_pairs(docket, pairs, machine)
            cover = cover_docket(docket, useful, machine, watch)
            covered = np.nonzero(np.asarray(cover.volunteer_of) >= 0)[0].astype(np.int32)
        with watch.stage("fit"):
            best = place_best(docket, useful, cover, covered, machine, watch)
        with watch.stage("certificate"):
            price_slotless(docket, pairs, covered, best, machine)
            certificate = certify(docket, pairs, covered, best, machine)
    return Ours(pairs, covered, certificate, watch.seconds, time.process_time() - cpu, memory.added)


def timed(call: Callable[[], int | None]) -> tuple[int | None, float, float, float]:
    """Return the value, wall seconds, processor seconds and memory added."""
    wall, cpu = time.perf_counter(), time.process_time()
    with Memory() as memory:
        value = call()
    return value, time.perf_counter() - wall, time.process_time() - cpu, memory.added


def invented(name: str) -> Docket:
    """Return the docket of a size, with as many slots withdrawn as its ending says."""
    size, dash, ending = name.partition("-")
    cases, people = invent(*SIZES[size])
    chance = random.Random(7)
    share = CROWDED[dash + ending]
    people = [replace(row, slots=0) if chance.random() < share else row for row in people]
    return Docket.from_rows(cases, people, AS_OF)


def rounds_of(name: str) -> None:
    """Print what a docket takes when few pairs are kept and all are asked."""
    docket, machine, watch = invented(name), Compiled(), Watch()
    source = Streamed(docket, machine, watch)
    rounds = Rounds(docket, source, machine, watch, WIDE)
    cpu = time.process_time()
    with Memory() as memory:
        with watch.stage("candidates"):
            rounds.begin()
        with watch.stage("coverage"):
            found = rounds.cover()
        with watch.stage("fit"):
            _, proof = rounds.best(found, GAP_PERMILLE)
    parts = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in watch.seconds.items())
    print(f"\n{name} in rounds: {source.count:,} feasible pairs, {found.kept.count:,} kept for coverage")
    print(f"  {time.process_time() - cpu:.1f} s cpu, wall by stage {parts}; +{memory.added:,.0f} MB")
    print(f"  placed {len(found.covered):,}; value {proof.value:,}, gap {proof.gap / max(proof.value, 1):.2%}")


def compare(name: str, rounds: int, peers: bool) -> float:
    """Print one size; return our processor time per pair in nanoseconds."""
    docket = invented(name)
    cases, volunteers = len(docket.cases), len(docket.volunteers)
    ours = [run_ours(docket)]
    first = ours[0]
    theirs: list[tuple[int | None, float, float, float]] = []
    for _ in range(rounds if peers else 0):
        theirs.append(timed(lambda: flow(docket, first.pairs, first.covered)))
        ours.append(run_ours(docket))
    best = min(ours, key=lambda run: run.cpu)
    print(f"\n{name}: {cases:,} cases x {volunteers:,} volunteers, {first.pairs.count:,} feasible pairs")
    parts = ", ".join(f"{stage} {best.seconds[stage]:.2f}" for stage in STAGES)
    print(f"  ours        {best.total:8.2f} s wall {best.cpu:8.2f} s cpu  ({parts}), +{best.memory:,.0f} MB")
    print(f"  placed {len(first.covered):,}; value {first.certificate.value:,}, gap {first.certificate.gap}")
    if theirs:
        value, wall, cpu, memory = min(theirs, key=lambda run: run[2])
        same = "equal" if value == first.certificate.value else f"DIFFERENT: {value}"
        print(f"  OR-Tools    {wall:8.2f} s wall {cpu:8.2f} s cpu  flow alone, +{memory:,.0f} MB, value {same}")
        print(f"  ours / OR-Tools: time {best.cpu / cpu:.2f}, memory {best.memory / max(memory, 1):.2f}")
    if peers and cases <= 5_000:
        value, wall, cpu, memory = timed(lambda: sparse_assignment(docket, first.pairs, first.covered))
        same = "equal" if value == first.certificate.value else f"DIFFERENT: {value}"
        print(f"  scipy       {wall:8.2f} s wall {cpu:8.2f} s cpu  matching alone, +{memory:,.0f} MB, value {same}")
    by_urgency, by_arrival = greedy(docket, first.pairs, "urgency"), greedy(docket, first.pairs, "arrival")
    placed = len(first.covered)
    print(f"  greedy by urgency places {by_urgency:,} (ours {placed / by_urgency - 1:+.1%})", end="")
    print(f", by arrival {by_arrival:,} (ours {placed / by_arrival - 1:+.1%})")
    return best.cpu / max(first.pairs.count, 1) * 1e9


def shortlists() -> None:
    """Print how long one case against 100,000 volunteers takes when warm, and one volunteer against 20,000 cases."""
    from app.matching.engine.shortlist import cases_for, volunteers_for

    docket = Docket.from_rows(*invent(2_000, 100_000, 20), AS_OF)
    prices = np.arange(len(docket.volunteers)) % 97
    warm("10 of 100,000 volunteers for a case", lambda index: volunteers_for(docket, index, prices))
    docket = Docket.from_rows(*invent(20_000, 2_000, 20), AS_OF)
    warm("10 of 20,000 cases for a volunteer", lambda index: cases_for(docket, index, prices))


def warm(what: str, ask: Callable[[int], object]) -> None:
    """Print what 2,000 shortlists take, asked a second time."""
    for index in range(2_000):
        ask(index)
    taken, worked = [], []
    for index in range(2_000):
        begun, cpu = time.perf_counter(), time.thread_time()
        ask(index)
        taken.append((time.perf_counter() - begun) * 1e3)
        worked.append((time.thread_time() - cpu) * 1e3)
    for name, times in (("wall", taken), ("processor", worked)):
        p99 = float(np.percentile(times, 99))
        print(f"{what}, {name}: median {median(times):.2f} ms, p99 {p99:.2f} ms")


def county() -> None:
    """Print what a county's docket takes in a fresh process, imports included and no compile cache."""
    program = (
        "from benchmarks.dockets import AS_OF, invent\n"
        "from app.matching.engine.docket import Docket\n"
        "from app.matching.engine.solve import place\n"
        "print(place(Docket.from_rows(*invent(200, 300, 1), AS_OF)).certificate)"
    )
    import resource

    wall, worked = [], []
    for _ in range(5):
        begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent, env=os.environ | {"PYTHONPATH": "."},
        )  # fmt: skip
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - begun)
        worked.append(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
    print(f"\ncounty docket (200 x 300), fresh process: best {min(wall):.2f} s wall, {min(worked):.2f} s processor")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="small")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--only", choices=("sizes", "rounds", "shortlist", "arrivals", "county"))
    chosen = options.parse_args()
    run_ours(Docket.from_rows(*invent(50, 50, 1), AS_OF))
    if chosen.only in (None, "sizes"):
        names = chosen.sizes.split(",")
        per_pair = {name: compare(name, chosen.rounds, peers=not name.startswith("200k")) for name in names}
        print("\ntime per pair (ns of processor): " + ", ".join(f"{n} {t:.0f}" for n, t in per_pair.items()))
    if chosen.only == "rounds":
        for name in chosen.sizes.split(","):
            rounds_of(name)
    if chosen.only in (None, "shortlist"):
        shortlists()
    if chosen.only in (None, "county"):
        county()
    if chosen.only in (None, "arrivals"):
        arrivals()


if __name__ == "__main__":
    main()
