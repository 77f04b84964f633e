"""With more pairs than memory holds, coverage is as exact, the bound is over all pairs, and reasons are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.matching.engine import beyond, solve
from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.machine import Compiled, Machine, Plain
from app.matching.engine.solve import Placement, place
from app.matching.placement_files import pair_rows, report
from benchmarks.dockets import invent

from .judge import judge
from .rows import AS_OF, dockets

PATIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
Rows = tuple[list[CaseRow], list[VolunteerRow]]


def in_rounds(docket: Docket, wide: int, permille: int, patch: pytest.MonkeyPatch, machine: Machine) -> Placement:
    """Place a docket as if no pairs fitted in memory, keeping `wide` of each case at a time and one part at most."""
    patch.setattr(solve, "WIDE", wide)
    patch.setattr(solve, "GAP_PERMILLE", permille)
    patch.setattr(beyond, "ROOM", 1)
    return place(docket, machine=machine, most_pairs=-1)


@PATIENT
@given(rows=dockets(cases=10, volunteers=8), wide=st.integers(1, 3))
def test_rounds_to_the_end_place_as_the_independent_judge_and_say_why(
    rows: Rows, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    docket, verdict = Docket.from_rows(*rows, AS_OF), judge(*rows, AS_OF)
    found, exact = in_rounds(docket, wide, 0, monkeypatch, Plain()), place(docket, machine=Plain())
    assert [row.case_id for row in found.proposals] == verdict.covered
    assert (found.certificate.value, found.certificate.gap) == (verdict.value, 0)
    assert found.prices.tolist() == exact.prices.tolist()
    assert found.pairs.count == exact.pairs.count
    assert list(pair_rows(found)) == list(pair_rows(exact))
    assert found.wanted == exact.wanted
    for row, other in zip(found.unplaced, exact.unplaced, strict=True):
        assert (row.reason, row.binding_rule, row.after) == (other.reason, other.binding_rule, other.after)
        assert row.witness == other.witness
    for row in found.proposals:
        names = sorted(verdict.fits[row.case_id].items(), key=lambda pair: (-pair[1], pair[0]))
        others = [name for name, _ in names if name != row.volunteer_id]
        assert [name for name, _ in names].index(row.volunteer_id) + 1 == row.rank
        assert row.runner_up == (others[0] if others else "")


@PATIENT
@given(rows=dockets(cases=10, volunteers=8), permille=st.sampled_from([10, 100, 10_000]))
def test_a_run_that_stops_early_covers_exactly_and_never_overstates_itself(
    rows: Rows, permille: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    docket, verdict = Docket.from_rows(*rows, AS_OF), judge(*rows, AS_OF)
    found = in_rounds(docket, 1, permille, monkeypatch, Plain())
    proof = found.certificate
    assert [row.case_id for row in found.proposals] == verdict.covered
    assert proof.value == found.total_fit - found.load_penalty <= verdict.value <= proof.upper_bound
    assert proof.gap == 0 or proof.gap * 1_000 < permille * proof.value


@pytest.mark.parametrize("slots", [pytest.param("few", marks=pytest.mark.full), "many"])
def test_a_county_in_rounds_is_alike_on_both_machines(slots: str, monkeypatch: pytest.MonkeyPatch) -> None:
    docket = Docket.from_rows(*invent(300, 240 if slots == "few" else 600, states=1, seed=4), AS_OF)
    exact = place(docket, machine=Plain())
    plain = in_rounds(docket, 4, 10, monkeypatch, Plain())
    monkeypatch.setattr(beyond, "ROOM", 3_000)
    compiled = place(docket, machine=Compiled(), most_pairs=1_000)
    assert compiled.proposals == plain.proposals
    assert np.array_equal(compiled.prices, plain.prices)
    assert compiled.certificate == plain.certificate
    assert [row.case_id for row in plain.proposals] == [row.case_id for row in exact.proposals]
    assert plain.certificate.value <= exact.certificate.value <= plain.certificate.upper_bound
    assert plain.certificate.gap * 100 < plain.certificate.value
    assert report(plain)["feasible_pairs"] == exact.pairs.count
