"""An appeal killed in the middle is not sent at all, or wholly; sent again it is the same one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from tests import factories
from tests.conftest import KEYS
from tests.matching.desk import MONDAY, lay
from tests.matching.firm import found

ROOT = Path(__file__).parents[2]


def killed(database_url: str, nth: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Three people and one firm are chosen for two matters."""
    with clock.at(MONDAY):
        desk = lay(4)
        firm = found(desk, 3)
        with transaction():
            second = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff).lead_opening.id
    people = ",".join(str(each) for each in desk.volunteer_ids[:3])
    asked = [str(desk.staff_id), f"{desk.opening_id},{second}", people, str(firm.organisation_id), str(nth), *more]
    session.remove()
    keys = {name.upper(): value for name, value in KEYS.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "tests.matching.mortal_appeals", *asked]
    return subprocess.run(
        command, cwd=ROOT, env={**kept, **keys, "DATABASE_URL": database_url}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.promise(2)
@pytest.mark.parametrize(
    ("nth", "least"), [pytest.param(16, 4, id="small"), pytest.param(1, 45, id="all", marks=pytest.mark.full)]
)
def test_killed_at_any_statement_an_appeal_is_sent_wholly_or_not_at_all(
    app: Flask, database_url: str, nth: int, least: int
) -> None:
    run = killed(database_url, nth)
    assert run.returncode == 0, run.stdout + run.stderr
    kills = int(run.stdout.rsplit("kills: ", 1)[1].split()[0])
    assert kills >= least
    print(f"killed at {kills} statements of an appeal to 4: 0 half sent, 0 doubled by sending it again")  # noqa: T201


@pytest.mark.full
@pytest.mark.promise(2)
def test_half_an_appeal_would_be_found(app: Flask, database_url: str) -> None:
    """The planted fault: each letter is kept by itself."""
    run = killed(database_url, 9, "halves")
    assert run.returncode == 1
    assert "after" in run.stderr
