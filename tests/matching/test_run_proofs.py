"""Proofs with very many volunteers: given again where one serves, cut short where they are kept, never wrong."""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.matching import (
    docket_jobs,
    operations,
    operations_runs,
    placement_files,
    queries_runs,
    review,
    run_rows,
    run_words,
)
from app.matching.docket_jobs import place_docket_now
from app.matching.dockets import today
from app.matching.engine import witness
from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.machine import Plain
from app.matching.engine.rules import rules_against
from app.matching.engine.solve import place
from app.matching.models import DocketRun
from app.matching.placement_files import AS, write_placement
from benchmarks.dockets import AS_OF, invent
from tests import factories
from tests.matching.desk import MONDAY, lay


@cache
def crowded(seed: int) -> tuple[Docket, dict[str, set[str]]]:
    """A docket with few places, and who may take each case by the rules judged row by row."""
    chance = random.Random(seed)
    cases, people = invent(80, 50, 1, seed)
    people = [replace(row, slots=0 if chance.random() < 0.5 else 1) for row in people]
    docket = Docket.from_rows(cases, people, AS_OF)
    return docket, {case.case_id: {row.volunteer_id for row in people if may_take(docket, case, row)} for case in cases}


def may_take(docket: Docket, case: CaseRow, row: VolunteerRow) -> bool:
    return not rules_against(case, row, docket.as_of, docket.settings)


@pytest.mark.parametrize("most_pairs", [None, 1])
def test_a_proof_that_names_a_row_above_still_proves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_pairs: int | None
) -> None:
    monkeypatch.setattr(witness, "LARGE", 3)
    monkeypatch.setattr(placement_files, "ENOUGH_PROOFS", 300)
    forms = Counter[int]()
    for seed in range(2):
        docket, able = crowded(seed)
        write_placement(place(docket, machine=Plain(), most_pairs=most_pairs), tmp_path, pairs=False)
        whole: dict[str, tuple[set[str], set[str]]] = {}
        with (tmp_path / "unplaced.csv").open() as file:
            for row in csv.DictReader(file):
                if row["reason"] == "all_taken":
                    (above, people), (same, cases) = map(told, (row["blocking_volunteers"], row["blocking_cases"]))
                    assert above == same
                    if above:
                        forms[len(people)] += 1
                        assert not people & whole[above][0]
                        people, cases = people | whole[above][0], cases | whole[above][1]
                    else:
                        whole[row["case_id"]] = people, cases
                    assert_proves(docket, able, row["case_id"], people, cases)
    assert forms[0] > 5
    assert forms.total() > forms[0] + 5


def told(cell: str) -> tuple[str, set[str]]:
    """The row above that a cell names, and the ids that stand in it."""
    ids = cell.split(";") if cell else []
    above = ids.pop(0).removeprefix(AS) if cell.startswith(AS) else ""
    return above, set(ids)


def assert_proves(docket: Docket, able: dict[str, set[str]], this: str, people: set[str], cases: set[str]) -> None:
    above = {case.case_id for case in docket.cases[: docket.case_index[this]]}
    assert cases <= above
    assert len(cases) == sum(row.slots for row in docket.volunteers if row.volunteer_id in people)
    for case_id in (this, *cases):
        assert able[case_id] <= people


def test_of_a_proof_with_very_many_the_rest_is_counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=5, volunteer={"capacity": 1})
        with transaction():
            for _ in range(6):
                factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
        whole = [row.blocking for row in place_docket_now().unplaced]
        assert [len(blocking) for blocking in whole] == [5, 5]
        monkeypatch.setattr(run_rows, "MOST_BLOCKING", 3)
        run = place_docket_now()
        for row, blocking in zip(run.unplaced, whole, strict=True):
            assert all(entry in blocking for entry in row.blocking[:3])
            assert row.blocking[3:] == [[run_rows.MORE, [], False, 2, 2, 2]]
        rows = session.execute(queries_runs.unplaced(run, viewer=desk.staff)).all()
        for card in review.cards(run, rows, viewer=desk.staff):
            assert (card.listed, len(card.blocking) + card.more, len(card.able) + card.able_more) == (5, 5, 5)


def test_old_runs_keep_their_figures_and_what_was_decided(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations_runs, "WHOLE_RUNS", 2)
    with clock.at(MONDAY):
        desk = lay(volunteers=1, volunteer={"capacity": 1})
        with transaction():
            factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
        runs = [place_docket_now().id for _ in range(3)]
        docket_jobs.every_night()
        first, second, third = (session.get_one(DocketRun, one) for one in runs)
        assert (first.proposals, first.unplaced, first.prices, first.found) == ([], [], None, None)
        assert first.report is not None
        for whole in (second, third):
            assert (len(whole.proposals), len(whole.unplaced)) == (1, 1)
            assert whole.prices
            assert whole.found


def test_what_is_listed_and_not_in_a_run_is_explained(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=2)
        run = place_docket_now()
        viewer = desk.staff
        assert queries_runs.outside(run, viewer=viewer, today=today()) == {}
        assert run_words.outside({}) == ""
        with transaction():
            factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
            held = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff).lead_opening
            operations.send_offer(held, desk.volunteer(), actor=desk.staff)
        counted = queries_runs.outside(run, viewer=desk.staff, today=today())
        assert counted == {"asked": 1, "later": 1}
        assert "2 more of yours are listed and not in this run" in run_words.outside(counted)
        assert run_words.took(0.01) == "less than a tenth of a second"
