"""Firms and volunteers at once: one hold a case, one person named, one attempt a firm, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.clients.models import Opening
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.matching import operations
from app.matching.models import HOLDING, LIVE, Referral, ReferralStatus
from app.volunteers.models import Volunteer
from tests.matching.desk import lay
from tests.matching.firm import Firm, cleared, found
from tests.matching.test_race import at_once, claim

S = ReferralStatus


def tried(act: Callable[[], object]) -> str:
    """One click in a transaction of its own, and what became of it."""
    try:
        with transaction():
            act()
    except Refusal as refused:
        return type(refused).__name__
    return "done"


def holds_for(firm: Firm, opening_id: int) -> str:
    opening = session.get_one(Opening, opening_id)
    return tried(lambda: operations.hold_for_firm(opening, firm.organisation, actor=firm.coordinator))


@pytest.mark.promise(1)
def test_of_twenty_firms_and_volunteers_one_holds(app: Flask) -> None:
    desk = lay(20)
    firms = [found(desk, n, name=f"Firm {n} LLP") for n in range(10)]
    opening_id, people = desk.opening_id, desk.volunteer_ids[10:]
    session.rollback()
    works: list[Callable[[], str]] = [lambda f=f: holds_for(f, opening_id) for f in firms]  # type: ignore[misc]
    works += [lambda v=v: claim(v, opening_id).replace("held", "done") for v in people]  # type: ignore[misc]
    said = Counter(at_once(app, works))
    print(f"promise 1: 10 firms and 10 volunteers at one opening: {dict(said)}")  # noqa: T201
    assert said == {"done": 1, "CaseTaken": 19}
    held = session.execute(select(Referral).where(Referral.status.in_(HOLDING))).scalars().all()
    assert len(held) == 1
    assert session.query(AuditEntry).filter_by(action="referral.hold").count() == 1


@pytest.mark.promise(1)
def test_a_firm_asked_from_many_tabs_is_asked_once(app: Flask) -> None:
    desk = lay(1, priority_level="critical", priority_rank=1)
    firm = found(desk, 0)
    session.rollback()

    def ask() -> str:
        return tried(lambda: operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff))

    assert Counter(at_once(app, [ask] * 6)) == {"done": 1, "AlreadyAsked": 5}
    live = select(func.count()).select_from(Referral).where(Referral.status.in_(LIVE))
    assert session.execute(live).scalar_one() == 1


@pytest.mark.promise(1)
def test_one_person_is_named_and_never_above_the_cap(app: Flask) -> None:
    desks = [lay(2, volunteer={"capacity": 2}) for _ in range(3)]
    people = desks[0]
    firm = found(people, 0, 1)
    attempts = [cleared(desk, firm).id for desk in desks]
    with transaction():  # since then both have less time
        people.volunteer(0).capacity = people.volunteer(1).capacity = 1
    session.rollback()

    def name(referral_id: int, volunteer_id: int) -> str:
        referral, person = session.get_one(Referral, referral_id), session.get_one(Volunteer, volunteer_id)
        return tried(lambda: operations.name_person(referral, person, actor=firm.coordinator))

    one = [lambda v=v: name(attempts[0], v) for v in people.volunteer_ids * 3]  # type: ignore[misc]
    assert Counter(at_once(app, one)) == {"done": 3, "AlreadyNamed": 3}  # the one named, from three tabs
    session.rollback()
    winner = session.get_one(Referral, attempts[0]).volunteer_id
    (free,) = [v for v in people.volunteer_ids if v != winner]
    rest = [lambda r=r: name(r, free) for r in attempts[1:] * 3]  # type: ignore[misc]
    said = Counter(at_once(app, rest))
    assert said == {"done": 3, "PersonFull": 3}
    session.rollback()
    used = select(Referral.volunteer_id).where(Referral.status == S.HELD, Referral.volunteer_id.is_not(None))
    assert Counter(session.execute(used).scalars()) == {winner: 1, free: 1}


@pytest.mark.promise(1)
def test_confirming_and_taking_the_name_back_at_once_leave_one_truth(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    referral_id = cleared(desk, firm).id
    with transaction():
        referral = session.get_one(Referral, referral_id)
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
        operations.promise_privacy(referral, actor=desk.user(0))
        operations.attest(referral, "clear", actor=desk.user(0))
    session.rollback()

    def confirm() -> str:
        return tried(lambda: operations.confirm_request(session.get_one(Referral, referral_id), actor=desk.staff))

    def take_back() -> str:
        referral = session.get_one(Referral, referral_id)
        return tried(lambda: operations.take_name_back(referral, actor=firm.coordinator))

    said = at_once(app, [confirm, take_back])
    session.rollback()
    referral = session.get_one(Referral, referral_id)
    placed = referral.status is S.CONFIRMED
    assert said == (["done", "HoldOver"] if placed else ["NotRequested", "done"])
    assert (referral.volunteer_id is not None) is placed
