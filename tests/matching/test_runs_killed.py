"""The worker that places the docket is killed at any statement: nothing of a run is seen until all of it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.core import clock
from app.core.db import engine, session, transaction
from app.matching import operations_runs
from app.matching.models import DocketRun
from tests.conftest import KEYS
from tests.matching.desk import MONDAY, lay
from tests.matching.test_runs import case

ROOT = Path(__file__).parents[2]


@pytest.mark.promise(2)
@pytest.mark.parametrize("nth", [8, pytest.param(1, marks=pytest.mark.full)])
def test_killed_at_any_statement_a_run_is_done_once_by_whoever_takes_it_over(
    app: Flask, database_url: str, nth: int
) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=1, volunteer={"capacity": 1})
        case(desk)
        with transaction():
            operations_runs.ask_for_run(actor=desk.staff)
    session.remove()
    engine().dispose()
    keys = {name.upper(): str(value) for name, value in KEYS.items()}
    command = [sys.executable, "-m", "tests.matching.mortal_runs", str(nth)]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **keys, "DATABASE_URL": database_url},
                         capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    said = run.stdout.rsplit("kills: ", 1)[1]
    assert int(said.split()[0]) >= 24 // nth
    assert said.endswith("runs: ['done'] proposals: 1 left: 1\n")
    found = session.query(DocketRun).one()
    assert found.report is not None
    assert (found.report["placed"], len(found.proposals), len(found.unplaced)) == (1, 1, 1)
