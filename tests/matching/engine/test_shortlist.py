"""Shortlists rank by fit less the price of a slot, for a case and for a volunteer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from app.matching.engine import machine as machines
from app.matching.engine import shortlist
from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.shortlist import cases_for, volunteers_for
from benchmarks.dockets import invent

from .judge import judge
from .rows import AS_OF, dockets


@given(dockets())
def test_a_case_s_shortlist_holds_everyone_who_may_take_it(
    docket: tuple[list[CaseRow], list[VolunteerRow]],
) -> None:
    rows = Docket.from_rows(*docket, AS_OF)
    fits = judge(*docket, AS_OF).fits
    prices = np.arange(len(rows.volunteers)) * 40
    for index, case in enumerate(rows.cases):
        expected = sorted(
            fits[case.case_id],
            key=lambda name: (prices[rows.volunteer_index[name]] - fits[case.case_id][name], name),
        )
        listed = volunteers_for(rows, index, prices, limit=50)
        assert [row.volunteer_id for row in listed] == expected
        assert all(row.worth == row.fit - row.price for row in listed)


@given(dockets())
def test_a_volunteer_s_shortlist_holds_every_case_they_may_take(
    docket: tuple[list[CaseRow], list[VolunteerRow]],
) -> None:
    rows = Docket.from_rows(*docket, AS_OF)
    fits = judge(*docket, AS_OF).fits
    for index, volunteer in enumerate(rows.volunteers):
        able = [at for at, case in enumerate(rows.cases) if volunteer.volunteer_id in fits[case.case_id]]
        able.sort(key=lambda at: (-fits[rows.cases[at].case_id][volunteer.volunteer_id], at))
        assert [row.case for row in cases_for(rows, index, limit=50)] == able


@pytest.mark.parametrize("steps", [1, 256])
def test_the_limit_keeps_the_best_and_both_machines_agree(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortlist, "FIRST_JUDGED", steps)
    rows = Docket.from_rows(*invent(60, 900, states=1), AS_OF)
    prices = np.arange(900) % 97
    plain = [volunteers_for(rows, index, prices, limit=5) for index in range(60)]
    assert plain == [volunteers_for(rows, index, prices, limit=900)[:5] for index in range(60)]
    monkeypatch.setattr(machines, "SMALL", 0)
    rows = Docket.from_rows(*invent(60, 900, states=1), AS_OF)
    assert plain == [volunteers_for(rows, index, prices, limit=5) for index in range(60)]
