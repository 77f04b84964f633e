"""From what the engine found to the rows of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .dockets import Laid
from .engine.docket import PRIORITIES
from .engine.rules import RULES
from .engine.solve import Placement
from .engine.solve import Proposal as Found
from .engine.solve import Unplaced as Left
from .engine.wanted import Profile

MOST_BLOCKING = 100  # volunteers kept by name of those who have the places; the rest are counted
MORE = 0  # stands where their ids would


@dataclass(frozen=True)
class RunRows:
    """What is written down of a run, gathered before its row is locked."""

    proposals: list[dict[str, Any]]
    left: list[dict[str, Any]]
    values: dict[str, Any]


def rows_of(
    run_id: int, laid: Laid, placement: Placement, seconds: dict[str, float], tell: Callable[[str, int, int], None]
) -> RunRows:
    """The rows and columns of a run; `tell` hears how far the proofs are."""
    return RunRows(
        proposal_rows(run_id, laid, placement),
        unplaced_rows(run_id, laid, placement, tell),
        {
            "settings": placement.docket.settings.as_mapping(),
            "input_digest": laid.digest,
            "report": report_of(placement, seconds),
            "wanted": wanted_rows(placement),
            "prices": prices_of(placement),
            "found": found_rows(laid, placement),
        },
    )


def proposal_rows(run_id: int, laid: Laid, placement: Placement) -> list[dict[str, Any]]:
    """The proposals of a run, in priority order."""
    return [_proposal(run_id, laid, placement, n, found) for n, found in enumerate(placement.proposals)]


def _proposal(run_id: int, laid: Laid, placement: Placement, position: int, found: Found) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "position": position,
        "opening_id": laid.openings[found.case_id],
        "volunteer_id": laid.volunteers[found.volunteer_id],
        "fit": found.fit,
        "terms": found.terms,
        "load_penalty": found.load_penalty,
        "needs_mentor": found.needs_mentor,
        "rank": found.rank,
        "able": placement.pairs.able(found.case),
        "runner_up_id": laid.volunteers.get(found.runner_up),
    }


def found_rows(laid: Laid, placement: Placement) -> list[list[int]]:
    """What the run found, kept as it was, the most urgent first: opening, volunteer and fit; zeros where nobody."""
    rows = {p.case: [laid.openings[p.case_id], laid.volunteers[p.volunteer_id], p.fit] for p in placement.proposals}
    rows |= {left.case: [laid.openings[left.case_id], 0, 0] for left in placement.unplaced}
    return [rows[case] for case in sorted(rows)]


def unplaced_rows(
    run_id: int, laid: Laid, placement: Placement, tell: Callable[[str, int, int], None] | None = None
) -> list[dict[str, Any]]:
    """What a run left without a volunteer: how many remain after each rule, and who has the places."""
    placed_with: dict[str, list[str]] = defaultdict(list)
    for found in placement.proposals:
        placed_with[found.volunteer_id].append(found.case_id)
    rows = []
    for n, left in enumerate(placement.unplaced):
        rows.append(_unplaced(run_id, laid, n, left, placed_with, _able(placement, left.case)))
        if tell is not None:
            tell("explain", n + 1, len(placement.unplaced))
    return rows


def _able(placement: Placement, case: int) -> set[str]:
    """The ids of everyone who may take a case."""
    people = placement.docket.volunteers
    return {people[int(v)].volunteer_id for v in placement.pairs.stretch(case)[0]}


def _unplaced(
    run_id: int, laid: Laid, position: int, left: Left, placed: dict[str, list[str]], able: set[str]
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "position": position,
        "opening_id": laid.openings[left.case_id],
        "reason": left.reason,
        "binding_rule": left.binding_rule or None,
        "funnel": [[rule, int(count)] for rule, count in zip(RULES, left.after, strict=True)],
        "blocking": _blocking(laid, left, placed, able),
    }


def _blocking(laid: Laid, left: Left, placed: dict[str, list[str]], able: set[str]) -> list[list[Any]]:
    """Each volunteer of the witness, for what they are proposed, and whether they could take the case themselves.

    Whatever they are proposed for is among the witness' cases, which fill their places. Of very many volunteers those
    who could take the case come first, and the last entry counts the volunteers, cases and able ones left out.
    """
    people, kept = left.witness.volunteers, list(left.witness.volunteers)
    if len(people) > MOST_BLOCKING:
        others = islice((who for who in people if who not in able), MOST_BLOCKING)
        kept = [*sorted(able), *others][:MOST_BLOCKING]
    rows: list[list[Any]] = [
        [laid.volunteers[who], [laid.openings[case] for case in placed.get(who, ())], who in able] for who in kept
    ]
    if len(people) > len(kept):
        cases = len(left.witness.cases) - sum(len(row[1]) for row in rows)
        rows.append([MORE, [], False, len(people) - len(kept), cases, len(able) - sum(row[2] for row in rows)])
    return rows


def report_of(placement: Placement, seconds: dict[str, float]) -> dict[str, Any]:
    """The figures of a run; `value` is the fit less the load penalties."""
    docket, proof = placement.docket, placement.certificate
    by_priority = Counter(case.priority for case in docket.cases)
    return {
        "cases": len(docket.cases),
        "volunteers": len(docket.volunteers),
        "feasible_pairs": int(placement.pairs.count),
        "placed": len(placement.proposals),
        "placed_by_priority": placement.placed_by_priority,
        "cases_by_priority": {level: by_priority[level] for level in PRIORITIES},
        "total_fit": int(placement.total_fit),
        "load_penalty": int(placement.load_penalty),
        "value": int(proof.value),
        "upper_bound": int(proof.upper_bound),
        "gap": int(proof.gap),
        "mentors_needed": placement.mentors_needed,
        "seconds": {stage: round(took, 4) for stage, took in {**placement.seconds, **seconds}.items()},
    }


def wanted_rows(placement: Placement) -> list[dict[str, Any]]:
    """The profiles worth recruiting, with the openings each would place."""
    return [
        {
            **{name: getattr(want.profile, name) for name in Profile.__slots__},
            "openings": [placement.docket.cases[index].case_id for index in want.cases],
        }
        for want in placement.wanted
    ]


def prices_of(placement: Placement) -> dict[str, dict[str, int]]:
    """By volunteer: what a place costs the others now, and what one more place would add; zeros are left out."""
    ids = [volunteer.volunteer_id for volunteer in placement.docket.volunteers]
    return {
        "price": {who: int(price) for who, price in zip(ids, placement.prices, strict=True) if price},
        "worth": {who: int(worth) for who, worth in zip(ids, placement.slot_worth, strict=True) if worth},
    }
