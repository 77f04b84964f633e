"""Many at once, and killed in the middle: one way out, one lead, never two and never none, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.casework import operations_transfer
from app.casework import operations_transfer_receiver as receivers
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import OPEN, Court, Transfer, TransferAsk, TransferStatus
from app.clients.models import Case, CaseStatus, Custody
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.core.mail import Mail
from app.matching.models import Assignment
from tests import factories
from tests.casework.conftest import MONDAY, Work, begin
from tests.conftest import KEYS
from tests.matching.test_race import at_once

GIVEN = Checklist("The answer is filed.", "Call the clerk.")
ROOT = Path(__file__).parents[2]


def asked(work: Work) -> tuple[int, int]:
    """A receiver who has seen the names; the ids of the ask and of their account."""
    with transaction():
        person = factories.volunteer()
        opened = receivers.open_transfer(work.lead, "workload", actor=work.staff)
        operations_transfer.write_checklist(opened, GIVEN, actor=work.user)
        ask = receivers.choose_receiver(opened, person, actor=work.staff)
        receivers.agree(opened, "phone", actor=work.staff)
        assert person.user is not None
        receivers.see_names(ask, actor=person.user)
        return ask.id, person.user.id


def tried(act: Callable[[], object]) -> str:
    """What an act came to: done, or the refusal's name."""
    try:
        with clock.at(MONDAY), transaction():
            act()
    except Refusal as no:
        return type(no).__name__
    return "done"


def accept(ask_id: int, user_id: int) -> str:
    return tried(lambda: receivers.accept_transfer(
        session.get_one(TransferAsk, ask_id), actor=session.get_one(User, user_id)))  # fmt: skip


def leads(case_id: int) -> int:
    live = (Assignment.case_id == case_id, Assignment.role == "lead", Assignment.ended_at.is_(None))
    return len(session.execute(select(Assignment.id).where(*live)).all())


def custodians(case_id: int) -> int:
    found = select(Custody.id).where(Custody.case_id == case_id, Custody.until_at.is_(None))
    return len(session.execute(found).all())


@pytest.mark.promise(1)
def test_of_many_ways_out_begun_at_once_one_is_open(app: Flask) -> None:
    for _ in range(3):
        work = begin()
        case_id, staff_id, user_id = work.case_id, work.staff_id, work.user_id

        def start(reason: str, who: int, case_id: int = case_id) -> str:
            def act() -> object:
                lead = session.get_one(Case, case_id).assignments[0]
                return receivers.open_transfer(lead, reason, actor=session.get_one(User, who))

            return tried(act)

        def back(case_id: int = case_id, user_id: int = user_id) -> str:
            def act() -> object:
                lead, given = session.get_one(Case, case_id).assignments[0], Checklist("a", "b", court=Court.NEEDED)
                return operations_transfer.hand_back(lead, "no_time", given, actor=session.get_one(User, user_id))

            return tried(act)

        session.rollback()
        said = at_once(app, [*[lambda: start("workload", staff_id)] * 3, *[back] * 3])  # noqa: B023
        session.rollback()
        rows = session.query(Transfer).filter(Transfer.case_id == case_id, Transfer.status.in_(OPEN)).count()
        assert rows == 1
        assert set(said) <= {"done", "AlreadyOpen"}


@pytest.mark.promise(2)
def test_many_clicks_on_yes_are_one_lead_and_one_mail(app: Flask, work: Work) -> None:
    ask_id, user_id = asked(work)
    session.rollback()
    assert at_once(app, [lambda: accept(ask_id, user_id)] * 5) == ["done"] * 5
    session.rollback()
    assert session.query(Assignment).filter_by(case_id=work.case_id).count() == 2
    for kind in ("casework.taken_over", "casework.handed_over", "client.new_lawyer"):
        assert session.query(Mail).filter_by(kind=kind).count() == 1


@pytest.mark.promise(1)
def test_yes_no_revoking_and_leaving_at_once_come_to_one_end(app: Flask) -> None:
    ends: Counter[str] = Counter()
    for _ in range(6):
        work = begin()
        ask_id, user_id = asked(work)
        case_id, staff_id, lead_id = work.case_id, work.staff_id, work.user_id

        def revoke(ask_id: int = ask_id, staff_id: int = staff_id) -> str:
            return tried(lambda: operations_transfer.take_back(
                session.get_one(TransferAsk, ask_id).transfer, actor=session.get_one(User, staff_id)))  # fmt: skip

        def leave(case_id: int = case_id, lead_id: int = lead_id) -> str:
            return tried(lambda: operations_transfer.leave_at_once(
                session.get_one(Case, case_id).assignments[0], "illness", court=Court.NO,
                actor=session.get_one(User, lead_id)))  # fmt: skip

        def say_yes(ask_id: int = ask_id, user_id: int = user_id) -> str:
            return accept(ask_id, user_id)

        session.rollback()
        said = at_once(app, [say_yes, revoke, leave, say_yes])
        session.rollback()
        case = session.get_one(Case, case_id)
        with_lead = case.status in (CaseStatus.PLACED, CaseStatus.IN_SERVICE, CaseStatus.CLOSING)
        assert leads(case_id) == int(with_lead), said
        assert custodians(case_id) == 1
        ends["transferred" if said[0] == "done" else "left" if said[2] == "done" else "revoked"] += 1
    print(f"yes, revoke and leave at once: {dict(ends)}")  # noqa: T201


@pytest.mark.promise(4)
def test_nobody_ever_sees_two_leads_or_none(app: Flask, work: Work) -> None:
    ask_id, user_id = asked(work)
    seen: Counter[int] = Counter()
    over = threading.Event()

    def watch() -> None:
        with app.app_context():
            while not over.is_set():
                seen[leads(work.case_id)] += 1
                session.rollback()

    session.rollback()
    watcher = threading.Thread(target=watch)
    watcher.start()
    said = accept(ask_id, user_id)
    over.set()
    watcher.join()
    assert said == "done"
    assert set(seen) == {1}
    print(f"leads seen while the case moved: {seen[1]} looks, always 1")  # noqa: T201


@pytest.mark.promise(2)
@pytest.mark.parametrize(
    ("nth", "least"), [pytest.param(12, 5, id="small"), pytest.param(1, 60, id="all", marks=pytest.mark.full)]
)
def test_killed_at_any_statement_a_transfer_is_before_or_after(
    app: Flask, database_url: str, work: Work, nth: int, least: int
) -> None:
    ask_id, user_id = asked(work)
    session.remove()
    keys = {name.upper(): value for name, value in KEYS.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "tests.casework.mortal_transfers", str(ask_id), str(user_id), str(work.case_id),
               str(nth)]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, env={**kept, **keys, "DATABASE_URL": database_url}, capture_output=True,
                         text=True, timeout=300, check=False)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    kills = int(run.stdout.rsplit("kills: ", 1)[1].split()[0])
    assert kills >= least
    session.rollback()
    assert leads(work.case_id) == 1
    assert session.query(Transfer).one().status is TransferStatus.LEFT
    assert session.query(Mail).filter_by(kind="casework.taken_over").count() == 1
    print(f"killed at {kills} statements of an acceptance: 0 in between")  # noqa: T201
