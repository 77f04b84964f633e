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
from app.matching import placement_files, queries_runs, review, run_rows
from app.matching.docket_jobs import place_docket_now
from app.matching.engine import witness
from app.matching.engine.docket import Docket
from app.matching.engine.machine import Plain
from app.matching.engine.rules import rules_against
from app.matching.engine.solve import place
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
