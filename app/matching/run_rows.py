"""From what the engine found to the rows of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from .dockets import Laid
from .engine.docket import PRIORITIES
from .engine.rules import RULES
from .engine.solve import Placement
from .engine.solve import Proposal as Found
from .engine.solve import Unplaced as Left
from .engine.wanted import Profile


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


def unplaced_rows(run_id: int, laid: Laid, placement: Placement) -> list[dict[str, Any]]:
    """What a run left without a volunteer: how many remain after each rule, and who has the places."""
    placed_with: dict[str, list[str]] = defaultdict(list)
    for found in placement.proposals:
        placed_with[found.volunteer_id].append(found.case_id)
    return [
        _unplaced(run_id, laid, n, left, placed_with, _able(placement, left.case))
        for n, left in enumerate(placement.unplaced)
    ]


def _able(placement: Placement, case: int) -> set[str]:
    """The ids of everyone who may take a case."""
    people = placement.docket.volunteers
    return {people[int(v)].volunteer_id for v in placement.pairs.stretch(case)[0]}


def _unplaced(
    run_id: int, laid: Laid, position: int, left: Left, placed: dict[str, list[str]], able: set[str]
) -> dict[str, Any]:
    witness = left.witness
    listed = set(witness.cases)
    return {
        "run_id": run_id,
        "position": position,
        "opening_id": laid.openings[left.case_id],
        "reason": left.reason,
        "binding_rule": left.binding_rule or None,
        "funnel": [[rule, int(count)] for rule, count in zip(RULES, left.after, strict=True)],
        "blocking": [
            [laid.volunteers[who], [laid.openings[case] for case in placed.get(who, ()) if case in listed], who in able]
            for who in witness.volunteers
        ],
    }


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
