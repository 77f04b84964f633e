"""Preferring another volunteer shows truthfully what gives."""

from __future__ import annotations

import pytest
from hypothesis import given

from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.prefer import NotAble, best_of, prefer
from app.matching.engine.solve import place

from .judge import judge
from .rows import AS_OF, a_case, a_volunteer, dockets


def test_a_less_urgent_case_loses_its_place() -> None:
    cases = [a_case(case_id="urgent", priority="high"), a_case(case_id="later", in_person=True, county="55079")]
    volunteers = [
        a_volunteer(volunteer_id="everywhere", counties=("WI",)),
        a_volunteer(volunteer_id="county", counties=("55025",)),
    ]
    placement = place(Docket.from_rows(cases, volunteers, AS_OF))
    assert len(placement.proposals) == 2
    change = prefer(placement.docket, best_of(placement.docket), "urgent", "everywhere")
    assert (change.lost, change.gained, change.moved) == (("later",), (), ())
    assert change.value_change < 0


def test_two_cases_change_places() -> None:
    cases = [a_case(case_id="C1", priority="high"), a_case(case_id="C2")]
    volunteers = [a_volunteer(volunteer_id="V1"), a_volunteer(volunteer_id="V2")]
    placement = place(Docket.from_rows(cases, volunteers, AS_OF))
    held = {row.case_id: row.volunteer_id for row in placement.proposals}
    change = prefer(placement.docket, best_of(placement.docket), "C1", held["C2"])
    assert change.moved == (("C2", held["C2"], held["C1"]),)
    assert (change.lost, change.gained, change.value_change) == ((), (), 0)


def test_who_may_not_take_the_case_cannot_be_preferred() -> None:
    people = [a_volunteer(), a_volunteer(volunteer_id="far", counties=()), a_volunteer(volunteer_id="full", slots=0)]
    placement = place(Docket.from_rows([a_case()], people, AS_OF))
    with pytest.raises(NotAble, match="too_far"):
        prefer(placement.docket, best_of(placement.docket), "C1", "far")
    with pytest.raises(NotAble, match="full"):
        prefer(placement.docket, best_of(placement.docket), "C1", "full")


@given(dockets(cases=7, volunteers=5))
def test_no_preference_beats_the_best_placement(docket: tuple[list[CaseRow], list[VolunteerRow]]) -> None:
    cases, volunteers = docket
    fits = judge(cases, volunteers, AS_OF).fits
    placement = place(Docket.from_rows(cases, volunteers, AS_OF))
    best = best_of(placement.docket)
    assert best.value == placement.certificate.value
    for row in placement.proposals:
        for name in fits[row.case_id]:
            if next(volunteer.slots for volunteer in volunteers if volunteer.volunteer_id == name):
                change = prefer(placement.docket, best, row.case_id, name)
                assert len(change.lost) >= len(change.gained)
                if not change.lost and not change.gained:
                    assert change.value_change <= 0
