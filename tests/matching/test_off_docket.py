"""A case that leaves the docket lets everybody go who was asked, waits or holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import schedule
from app.casework import operations_closing as casework
from app.clients import operations as clients
from app.clients.models import CaseStatus, OpeningStatus
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.matching import jobs, operations
from app.matching.models import LIVE, Referral, ReferralStatus
from tests import factories

from .desk import Desk, lay, mails, tasks

S = ReferralStatus

WAYS: dict[str, Callable[[Desk], Any]] = {
    "taken off": lambda desk: clients.take_off_docket(desk.case, "settled", actor=desk.staff),
    "kept": lambda desk: clients.keep_with_staff(desk.case, "urgent", actor=desk.staff),
    "not placed": lambda desk: clients.tell_not_placed(desk.case, "Call 211.", actor=desk.staff),
    "withdrawn": lambda desk: casework.withdraw_case(desk.case, reason="client_wish", actor=desk.staff),
}


def asked(desk: Desk) -> None:
    """The first holds it, the second waits in line, the third was offered it."""
    with transaction():
        operations.hold(desk.opening, actor=desk.user(0))
    with transaction():
        operations.join_waiting_list(desk.opening, actor=desk.user(1))
    with transaction():
        factories.add(Referral(opening=desk.opening, volunteer=desk.volunteer(2), way="offer", status=S.OFFERED))


def live() -> int:
    return len(session.scalars(select(Referral).where(Referral.status.in_(LIVE))).all())


@pytest.mark.parametrize("way", WAYS)
def test_everybody_at_it_is_let_go_with_one_mail(app: Flask, way: str) -> None:
    desk = lay(3)
    asked(desk)
    with transaction():
        WAYS[way](desk)
    while jobs.drop_one():
        pass
    assert live() == 0
    assert desk.opening.status is not OpeningStatus.LISTED
    gone = mails("matching.gone")
    assert sorted(each.to_address for each in gone) == sorted(desk.volunteer(n).email for n in range(3))
    assert "found its lawyer" not in " ".join(each.subject for each in mails())
    assert [r.reason for r in session.scalars(select(Referral))] == ["off_docket"] * 3


@pytest.mark.parametrize("way", WAYS)
def test_nobody_can_take_it_in_the_moment_before_they_are_told(app: Flask, way: str) -> None:
    desk = lay(3)
    asked(desk)
    with transaction():
        WAYS[way](desk)
    held = session.scalars(select(Referral).order_by(Referral.id)).first()
    with pytest.raises(Refusal), transaction():
        operations.attest(held, "clear", actor=desk.user(0))
        operations.confirm_request(held, actor=desk.staff)
    assert desk.case.assignments == []


@pytest.mark.parametrize("way", ["taken off", "kept", "not placed"])
def test_nobody_is_asked_to_find_a_volunteer_any_more(app: Flask, way: str) -> None:
    desk = lay(1)
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
    with transaction():
        operations.withdraw_hold(referral, actor=desk.user())
    assert len(tasks("propose_next")) == 1
    with transaction():
        WAYS[way](desk)
    assert tasks("propose_next") == []


def test_letting_go_is_what_a_worker_does_by_itself() -> None:
    assert "app.matching.jobs.drop_one" in schedule.WORK


def test_a_case_listed_again_keeps_nobody_from_before(app: Flask) -> None:
    desk = lay(3)
    asked(desk)
    with transaction():
        WAYS["taken off"](desk)
    while jobs.drop_one():
        pass
    with transaction():
        desk.opening.status, desk.case.status = OpeningStatus.LISTED, CaseStatus.AVAILABLE
    assert not jobs.drop_one()
    with transaction():
        operations.hold(desk.opening, actor=desk.user(1))
    assert live() == 1
    assert desk.staff.has(Role.COORDINATOR)
