"""The referral clock waits for whoever holds the case, and no longer."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.clients.jobs import ask_about_clock_one
from app.clients.models import CaseStatus, OpeningStatus
from app.clients.priority import clock_end
from app.core import clock
from app.core.db import session, transaction
from app.matching import jobs, operations
from app.matching.models import Referral, ReferralStatus

from .desk import MONDAY, Desk, lay, tasks

HOUR = timedelta(hours=1)


def held(desk: Desk) -> Referral:
    with transaction():
        return operations.hold(desk.opening, actor=desk.user())


def test_nobody_is_asked_about_the_clock_while_somebody_holds_the_case(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(clock_ends_at=MONDAY + HOUR)
        ends = held(desk).ends_at
    with transaction():
        desk.case.clock_ends_at = MONDAY + HOUR  # whatever else sets it: the hold goes first
    with clock.at(MONDAY + 2 * HOUR):
        assert not ask_about_clock_one()
    with clock.at(ends + HOUR):
        assert not ask_about_clock_one()  # the hold is not yet ended
        assert jobs.expire_one()
        assert ask_about_clock_one()
    assert len(tasks("decide_clock")) == 1


def test_a_clock_that_a_hold_postponed_ends_with_the_hold(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(clock_ends_at=MONDAY + HOUR)
        ends = held(desk).ends_at
    assert desk.case.clock_ends_at == ends
    with clock.at(ends):
        assert jobs.expire_one()
        assert desk.case.clock_ends_at == ends
        assert ask_about_clock_one()


def test_a_hold_given_back_gives_the_clock_back(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(clock_ends_at=MONDAY + HOUR, listed_at=MONDAY - timedelta(days=30))
        referral = held(desk)
    with clock.at(MONDAY + 2 * HOUR):
        with transaction():
            operations.withdraw_hold(referral, actor=desk.user())
        assert desk.case.clock_ends_at == MONDAY + 2 * HOUR
        assert ask_about_clock_one()


def test_a_clock_with_time_left_is_not_touched_by_a_hold(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(clock_ends_at=MONDAY + timedelta(days=20))
        referral = held(desk)
        with transaction():
            operations.withdraw_hold(referral, actor=desk.user())
    assert desk.case.clock_ends_at == MONDAY + timedelta(days=20)


def test_the_clock_given_back_keeps_what_is_left_of_its_usual_time(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(listed_at=MONDAY - timedelta(days=20))
        usual = clock_end(desk.case, desk.case.listed_at)
        with transaction():
            desk.case.clock_ends_at = usual
        referral = held(desk)
        assert usual > MONDAY
        assert desk.case.clock_ends_at == referral.ends_at > usual
        with transaction():
            operations.withdraw_hold(referral, actor=desk.user())
        assert desk.case.clock_ends_at == usual


def test_a_request_that_waits_for_an_answer_postpones_it_too(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(clock_ends_at=MONDAY + HOUR)
        referral = held(desk)
        with transaction():
            operations.attest(referral, "clear", actor=desk.user())
        assert referral.status is ReferralStatus.REQUESTED
        assert desk.case.clock_ends_at == referral.ends_at
    with clock.at(referral.ends_at - HOUR):
        assert not ask_about_clock_one()
    with clock.at(referral.ends_at):
        assert ask_about_clock_one()  # nobody answered in time


def test_a_placed_case_has_no_clock(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(clock_ends_at=MONDAY + HOUR)
        referral = held(desk)
        with transaction():
            operations.attest(referral, "clear", actor=desk.user())
            operations.confirm_request(referral, actor=desk.staff)
    assert (desk.case.status, desk.case.clock_ends_at) == (CaseStatus.PLACED, None)
    assert desk.opening.status is OpeningStatus.FILLED
    session.rollback()
