"""Many at once: one hold a case, never above a cap, one entry and one mail for each, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.clients.models import CaseStatus, Opening
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.core.mail import Mail
from app.matching import jobs, operations, queries
from app.matching.models import HOLDING, Assignment, Referral, ReferralStatus
from app.volunteers.models import Volunteer
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
    gate, said, faults = threading.Barrier(len(works)), [""] * len(works), list[Exception]()

    def run(n: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                said[n] = works[n]()
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return said


def check_nothing_is_doubled(openings: int) -> None:
    session.rollback()
    holds = session.execute(select(Referral.opening_id).where(Referral.status.in_(HOLDING))).scalars().all()
    assert max(Counter(holds).values()) == 1
    assert len(holds) == openings
    held = select(AuditEntry.record_id).where(AuditEntry.action == "referral.hold")
    mails = select(Mail.occasion).where(Mail.kind == "matching.held")
    for once in (session.execute(each).scalars().all() for each in (held, mails)):
        assert len(once) == len(set(once)) == openings


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


@pytest.mark.promise(1)
def test_a_hold_that_does_not_look_is_stopped_by_the_database_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, (opening,) = lay(8, 1, 3)
    monkeypatch.setattr(queries, "live_referrals", lambda *given: [])
    session.rollback()
    said = at_once(app, [lambda v=v: claim(v, opening) for v in people])  # type: ignore[misc]
    assert Counter(said) == {"held": 1, "CaseTaken": 7}
    check_nothing_is_doubled(1)


@pytest.mark.promise(1)
def test_doubled_holds_would_be_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody looks, and the database does not hold them to one either."""
    people, (opening,) = lay(8, 1, 3)
    with transaction():
        session.execute(text("DROP INDEX one_live_hold"))
    monkeypatch.setattr(queries, "live_referrals", lambda *given: [])
    at_once(app, [lambda v=v: claim(v, opening) for v in people])  # type: ignore[misc]
    with pytest.raises(AssertionError):
        check_nothing_is_doubled(1)


@pytest.mark.promise(1)
def test_a_cap_that_is_not_counted_would_be_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: every slot seems free."""
    (volunteer,), openings = lay(1, 8, 3)
    monkeypatch.setattr(queries, "count_used_slots", lambda volunteer: 0)
    session.rollback()
    said = at_once(app, [lambda o=o: claim(volunteer, o) for o in openings])  # type: ignore[misc]
    assert Counter(said) == {"held": 8}
    with pytest.raises(AssertionError):
        check_nothing_is_doubled(3)
