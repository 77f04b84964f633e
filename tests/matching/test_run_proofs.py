"""Proofs with very many volunteers: given again where one serves, cut short where they are kept, never wrong."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
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
from app.matching.engine.docket import Docket
from app.matching.engine.machine import Plain
from app.matching.engine.rules import rules_against
from app.matching.engine.solve import place
from app.matching.models import DocketRun
from app.matching.placement_files import AS, write_placement
from benchmarks.dockets import AS_OF, invent
from tests import factories
from tests.matching.desk import MONDAY, lay


def crowded(seed: int) -> Docket:
    chance = random.Random(seed)
    cases, people = invent(120, 60, 1, seed)
    people = [replace(row, slots=0 if chance.random() < 0.5 else 1) for row in people]
    return Docket.from_rows(cases, people, AS_OF)


@pytest.mark.parametrize("most_pairs", [None, 1])
def test_a_proof_given_again_still_proves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_pairs: int | None
) -> None:
    monkeypatch.setattr(witness, "LARGE", 3)
    monkeypatch.setattr(placement_files, "ENOUGH_PROOFS", 400)
    again = 0
    for seed in range(3):
        docket = crowded(seed)
        write_placement(place(docket, machine=Plain(), most_pairs=most_pairs), tmp_path, pairs=False)
        full: dict[str, dict[str, str]] = {}
        with (tmp_path / "unplaced.csv").open() as file:
            for row in csv.DictReader(file):
                named = row["blocking_volunteers"]
                if named.startswith(AS):
                    again += 1
                    assert row["blocking_cases"] == named
                    assert_proves(docket, row["case_id"], full[named.removeprefix(AS)])
                elif row["reason"] == "all_taken":
                    full[row["case_id"]] = row
                    assert_proves(docket, row["case_id"], row)
    assert again > 20


def assert_proves(docket: Docket, case_id: str, proof: dict[str, str]) -> None:
    people = {docket.volunteer_index[who] for who in proof["blocking_volunteers"].split(";")}
    cases = {docket.case_index[one] for one in proof["blocking_cases"].split(";") if one}
    this = docket.case_index[case_id]
    assert all(case < this for case in cases)
    assert len(cases) == sum(docket.volunteers[v].slots for v in people)
    for case in (this, *cases):
        for v, row in enumerate(docket.volunteers):
            if v not in people:
                assert rules_against(docket.cases[case], row, docket.as_of, docket.settings)


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
