"""Where every slot is taken an auction places the cases, exactly as well and at the same prices as searches would."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.matching.engine import auction
from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.machine import Compiled, Plain
from app.matching.engine.solve import Placement, place
from benchmarks.dockets import invent

from .judge import judge
from .rows import AS_OF, dockets

PATIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def auctioned(monkeypatch: pytest.MonkeyPatch, docket: Docket) -> tuple[Placement, Placement]:
    """Place a docket by searches alone, then with every closed set sold by auction."""
    monkeypatch.setattr(auction, "FEWEST", 1 << 60)
    searched = place(docket, machine=Plain())
    monkeypatch.setattr(auction, "FEWEST", 1)
    return searched, place(docket, machine=Plain())


@PATIENT
@given(docket=dockets(cases=12, volunteers=6), scarce=st.booleans())
def test_an_auction_places_as_well_as_the_independent_judge(
    docket: tuple[list[CaseRow], list[VolunteerRow]], scarce: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, volunteers = docket
    if scarce:
        volunteers = [dataclasses.replace(row, slots=min(row.slots, 1)) for row in volunteers]
    searched, sold = auctioned(monkeypatch, Docket.from_rows(cases, volunteers, AS_OF))
    assert sold.certificate == searched.certificate
    assert (sold.certificate.value, sold.certificate.gap) == (judge(cases, volunteers, AS_OF).value, 0)
    assert sold.prices.tolist() == searched.prices.tolist()


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.full) for n in (0, 2))])
def test_a_crowded_county_is_sold_exactly_and_alike_by_both_machines(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, volunteers = invent(260, 200, states=1, seed=seed)
    docket = Docket.from_rows(cases, volunteers, AS_OF)
    searched, sold = auctioned(monkeypatch, docket)
    assert len(sold.unplaced) > 50
    assert sold.certificate == searched.certificate
    assert sold.certificate.gap == 0
    assert sold.prices.tolist() == searched.prices.tolist()
    compiled = place(docket, machine=Compiled())
    assert compiled.proposals == sold.proposals
    assert compiled.prices.tolist() == sold.prices.tolist()
