"""Five workers at once and workers killed at any statement: each escalation opens once and each level comes once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.models import User
from app.clients.models import CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.core.mail import Mail
from app.engagement import jobs_escalations as jobs
from app.engagement import operations_escalations as escalations
from app.engagement.models_escalations import Escalation, EscalationStep
from app.tasks.models import Task
from tests import factories
from tests.conftest import KEYS
from tests.matching.test_race import at_once

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
SMALL_OR_ALL = pytest.mark.parametrize(
    "many", [pytest.param(3, id="small"), pytest.param(60, id="all", marks=pytest.mark.full)]
)


def dormant(many: int) -> int:
    """Cases of which nothing was heard for long; the coordinator who answers for them."""
    with clock.at(MONDAY - timedelta(days=100)), transaction():
        programme = factories.programme()
        staff = factories.coordinator(programme)
        factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
        for _ in range(many):
            case = factories.case(programme, CaseStatus.IN_SERVICE, owner=staff, lead=factories.volunteer())
            case.heard_at = MONDAY - timedelta(days=95)
    staff_id: int = staff.id
    session.rollback()
    return staff_id


def five_look() -> str:
    with clock.at(MONDAY):
        return str(jobs.look())


def five_climb() -> str:
    count = 0
    with clock.at(MONDAY + timedelta(days=9)):
        while jobs.climb_one():
            count += 1
    return str(count)


@pytest.mark.promise(6)
@SMALL_OR_ALL
def test_of_five_workers_one_opens_and_one_raises_each(app: Flask, many: int) -> None:
    dormant(many)
    assert sum(int(each) for each in at_once(app, [five_look] * 5)) == many
    at_once(app, [five_climb] * 5)
    session.rollback()
    steps = Counter((each.escalation_id, each.step, each.level) for each in session.query(EscalationStep))
    assert set(steps.values()) == {1}
    assert session.query(Escalation).count() == many
    assert {each.level for each in session.query(Escalation)} == {3}
    assert session.query(Task).filter(Task.done_at.is_(None)).count() == many
    assert session.query(Mail).count() == many
    raised = session.query(AuditEntry).filter_by(action="escalation.raise").count()
    assert raised == many
    print(f"5 workers, {many} escalations: {raised} raised, 0 extra")  # noqa: T201


@pytest.mark.promise(6)
def test_taking_closing_and_rising_at_once_come_to_one_end(app: Flask) -> None:
    staff_id = dormant(1)
    with clock.at(MONDAY):
        jobs.look()
    escalation_id = session.query(Escalation).one().id
    session.rollback()

    def tried(act: str) -> str:
        try:
            with clock.at(MONDAY + timedelta(days=9)), transaction():
                one, actor = session.get_one(Escalation, escalation_id), session.get_one(User, staff_id)
                if act == "close":
                    escalations.close_escalation(one, found="Told.", root_cause="language", actor=actor)
                else:
                    escalations.take_on(one, actor=actor)
        except Refusal as no:
            return type(no).__name__
        return "done"

    said = at_once(app, [five_climb, lambda: tried("take"), lambda: tried("close"), lambda: tried("close"), five_climb])
    session.rollback()
    one = session.query(Escalation).one()
    assert one.root_cause == "language"
    assert [each.step for each in one.steps].count("closed") == 1
    assert session.query(Task).filter(Task.done_at.is_(None)).count() == 0
    assert said[2:4] == ["done", "done"]
    assert said[1] in ("done", "AlreadyClosed")


@pytest.mark.promise(6)
@pytest.mark.parametrize(
    ("nth", "least"), [pytest.param(17, 3, id="small"), pytest.param(1, 40, id="all", marks=pytest.mark.full)]
)
def test_killed_at_any_statement_it_is_never_half_opened_or_half_raised(
    app: Flask, database_url: str, nth: int, least: int
) -> None:
    dormant(1)
    session.remove()
    keys = {name.upper(): value for name, value in KEYS.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "tests.engagement.mortal_escalations", str(nth)]
    run = subprocess.run(command, cwd=ROOT, env={**kept, **keys, "DATABASE_URL": database_url}, capture_output=True,
                         text=True, timeout=300, check=False)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    kills = sum(int(each) for each in run.stdout.rsplit("kills: ", 1)[1].split())
    assert kills >= least
    print(f"killed at {kills} statements of opening and rising: 0 in between")  # noqa: T201
