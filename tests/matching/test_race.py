"""Many at once: one hold a case, never above a cap, one entry and one mail for each, on both databases."""

from __future__ import annotations

import multiprocessing
import queue
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from app.clients.models import CaseStatus, Opening
from app.core.audit import AuditEntry
from app.core.db import engine, session, transaction
from app.core.errors import Refusal
from app.core.mail import Mail
from app.matching import jobs, operations
from app.matching.models import HOLDING, Assignment, Referral, ReferralStatus
from app.volunteers.models import Volunteer
from config import Settings
from tests import factories

S = ReferralStatus


def lay(people: int, cases: int, capacity: int, **programme: bool) -> tuple[list[int], list[int]]:
    """Volunteers and open matters; their ids."""
    with transaction():
        of = factories.programme(**programme)
        staff = factories.coordinator(of)
        openings = [factories.case(of, CaseStatus.AVAILABLE, owner=staff).lead_opening.id for _ in range(cases)]
        return [factories.volunteer(capacity=capacity).id for _ in range(people)], openings


def claim(volunteer_id: int, opening_id: int) -> str:
    """One click on "hold it for me"."""
    try:
        with transaction():
            actor = session.get_one(Volunteer, volunteer_id).user
            assert actor is not None
            operations.hold(session.get_one(Opening, opening_id), actor=actor)
    except Refusal as refused:
        return type(refused).__name__
    return "held"


def at_once(app: Flask, works: list[Callable[[], str]]) -> list[str]:
    """Run the works in threads that start together, and what each said."""
    gate, said = threading.Barrier(len(works)), [""] * len(works)

    def run(n: int) -> None:
        with app.app_context():
            gate.wait()
            said[n] = works[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def check_nothing_is_doubled(openings: int) -> None:
    session.rollback()
    holds = session.execute(select(Referral.opening_id).where(Referral.status.in_(HOLDING))).scalars().all()
    assert max(Counter(holds).values()) == 1
    assert len(holds) == openings
    held = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "referral.hold")
    mails = select(func.count()).select_from(Mail).where(Mail.kind == "matching.held")
    assert session.execute(held).scalar_one() == openings
    assert session.execute(mails).scalar_one() == openings


@pytest.mark.promise(1)
def test_of_many_who_want_one_case_one_gets_it(app: Flask) -> None:
    people, (opening,) = lay(8, 1, 3)
    session.rollback()
    said = at_once(app, [lambda v=v: claim(v, opening) for v in people])  # type: ignore[misc]
    assert Counter(said) == {"held": 1, "CaseTaken": 7}
    check_nothing_is_doubled(1)


@pytest.mark.promise(1)
def test_one_volunteer_in_many_tabs_stops_at_the_cap(app: Flask) -> None:
    (volunteer,), openings = lay(1, 8, 3)
    session.rollback()
    said = at_once(app, [lambda o=o: claim(volunteer, o) for o in openings])  # type: ignore[misc]
    assert Counter(said) == {"held": 3, "AtCapacity": 5}
    check_nothing_is_doubled(3)


@pytest.mark.promise(1)
def test_a_double_click_is_one_hold(app: Flask) -> None:
    (volunteer,), (opening,) = lay(1, 1, 3)
    session.rollback()
    assert at_once(app, [lambda: claim(volunteer, opening)] * 4) == ["held"] * 4
    check_nothing_is_doubled(1)


@pytest.mark.promise(1)
def test_many_confirmations_place_once(app: Flask) -> None:
    people, (opening,) = lay(1, 1, 1)
    with transaction():
        actor = session.get_one(Volunteer, people[0]).user
        assert actor is not None
        referral = operations.hold(session.get_one(Opening, opening), actor=actor)
        operations.attest(referral, "clear", actor=actor)
        referral_id, staff_id = referral.id, referral.case.custody.user_id  # type: ignore[union-attr]

    def confirm() -> str:
        with transaction():
            staff = session.get_one(factories.User, staff_id)
            return str(operations.confirm_request(session.get_one(Referral, referral_id), actor=staff).id)

    session.rollback()
    assert len(set(at_once(app, [confirm] * 5))) == 1
    assert session.query(Assignment).count() == 1
    assert session.query(Mail).filter_by(kind="matching.placed").count() == 1
    assert session.query(AuditEntry).filter_by(action="case.place").count() == 1


@pytest.mark.promise(1)
def test_many_workers_end_a_hold_once(app: Flask) -> None:
    people, openings = lay(1, 3, 3)
    for opening in openings:
        assert claim(people[0], opening) == "held"
    with transaction():
        for referral in session.query(Referral):
            referral.ends_at = referral.held_at

    def work() -> str:
        while jobs.expire_one():
            pass
        return "done"

    session.rollback()
    at_once(app, [work] * 4)
    assert [r.status for r in session.query(Referral)] == [S.EXPIRED] * 3
    assert session.query(Mail).filter_by(kind="matching.hold_expired").count() == 3
    assert session.query(AuditEntry).filter_by(action="referral.expired").count() == 3


def _claim_over_http(settings: Settings, tokens: list[str], openings: list[str], out: Any) -> None:
    """One process of the web with its threads: every claimer goes through the list, one request at a time each."""
    made = create_app(settings)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    said: list[int] = []
    line: queue.SimpleQueue[tuple[FlaskClient, list[str]]] = queue.SimpleQueue()
    for n, token in enumerate(tokens):
        browser = made.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        at = 17 * n % len(openings)
        line.put((browser, openings[at:] + openings[:at]))

    def serve() -> None:
        while True:
            try:
                browser, left = line.get_nowait()
            except queue.Empty:
                return
            answer = browser.post(f"/opportunities/{left[0]}/hold", data={"confidential": "y"})
            said.append(answer.status_code)
            if left[1:]:
                line.put((browser, left[1:]))

    threads = [threading.Thread(target=serve) for _ in range(settings.web_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put(dict(Counter(said)))


def race_over_http(settings: Settings, people: int, cases: int, capacity: int, processes: int) -> Counter[int]:
    """Volunteers claim every case over HTTP from several processes; how often each status was answered."""
    volunteers, openings = lay(people, cases, capacity)
    tokens = []
    for volunteer_id in volunteers:
        browser = create_app(settings).test_client()
        user = session.get_one(Volunteer, volunteer_id).user
        assert user is not None
        factories.sign_in(browser, user)
        with browser.session_transaction() as cookie:
            tokens.append(cookie["_user_id"])
    public_ids = list(session.execute(select(Opening.public_id).where(Opening.id.in_(openings))).scalars())
    session.rollback()
    engine().dispose()
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    shares = [tokens[n::processes] for n in range(processes)]
    running = [spawn.Process(target=_claim_over_http, args=(settings, share, public_ids, out)) for share in shares]
    for process in running:
        process.start()
    said: Counter[int] = Counter()
    for _ in running:
        said.update(out.get(timeout=900))
    for process in running:
        process.join()
    return said


@pytest.mark.promise(1)
def test_two_processes_of_the_web_never_double_a_hold(app: Flask, settings: Settings) -> None:
    said = race_over_http(settings, people=4, cases=8, capacity=3, processes=2)
    assert set(said) <= {303, 409}
    assert said.total() == 4 * 8
    check_nothing_is_doubled(8)


@pytest.mark.full
@pytest.mark.promise(1)
def test_fifty_claimers_two_hundred_cases_four_processes(app: Flask, settings: Settings) -> None:
    said = race_over_http(settings, people=50, cases=200, capacity=5, processes=4)
    print(f"promise 1: 50 claimers x 200 cases over HTTP in 4 processes: {dict(said)}")  # noqa: T201
    assert set(said) <= {303, 409}
    assert said.total() == 50 * 200
    check_nothing_is_doubled(200)
    held = select(func.count()).where(Referral.status.in_(HOLDING)).group_by(Referral.volunteer_id)
    assert max(session.execute(held).scalars()) <= 5
