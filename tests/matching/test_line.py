"""The line at one matter: each in it hears once how it ended, is offered it in turn, and nobody twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.clients.models import CaseStatus, Opening
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import jobs, operations, operations_line, queries
from app.matching import mails as mails_of
from app.matching.models import Referral, ReferralStatus
from app.matching.refusals import HoldOver, OfferOver
from app.volunteers.models import Volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails
from tests.matching.test_race import at_once

S = ReferralStatus
SWEEPERS = 4


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def hold(desk: Desk, n: int = 0) -> Referral:
    with transaction():
        return operations.hold(desk.opening, actor=desk.user(n))


def wait(desk: Desk, n: int) -> Referral:
    with transaction():
        return operations.join_waiting_list(desk.opening, actor=desk.user(n))


def more_matters(desk: Desk, count: int) -> None:
    with transaction():
        for _ in range(count):
            factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)


def place(desk: Desk, referral: Referral) -> None:
    with transaction():
        operations.attest(session.get_one(Referral, referral.id), "clear", actor=desk.user(0))
    with transaction():
        operations.confirm_request(session.get_one(Referral, referral.id), actor=desk.staff)


def test_who_waited_and_lost_gets_one_message_with_matters_that_fit_and_who_was_only_asked_is_thanked(
    app: Flask,
) -> None:
    desk = lay(4, priority_level="high", priority_rank=2)
    more_matters(desk, 5)
    with transaction():
        operations.send_offer(desk.opening, desk.volunteer(3), actor=desk.staff)
    first = hold(desk)
    for n in (1, 2):
        wait(desk, n)
    place(desk, first)
    lost = {mail.to_address: mail.text.count("/opportunities/") for mail in mails("matching.request_lost")}
    assert lost == {desk.volunteer(1).email: 3, desk.volunteer(2).email: 3}
    assert [mail.to_address for mail in mails("matching.thanked")] == [desk.volunteer(3).email]
    assert {r.status for r in session.query(Referral)} == {S.CONFIRMED, S.WITHDRAWN}


def test_whose_turn_had_come_and_who_lost_to_a_placement_by_hand_hears_of_other_matters_too(app: Flask) -> None:
    desk = lay(3)
    more_matters(desk, 1)
    first = hold(desk)
    wait(desk, 1)
    with transaction():
        operations.withdraw_hold(session.get_one(Referral, first.id), actor=desk.user(0))
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(2), "phone_yes", actor=desk.staff, checked=True)
    assert [(m.to_address, m.text.count("/opportunities/")) for m in mails("matching.request_lost")] == [
        (desk.volunteer(1).email, 1)
    ]
    assert mails("matching.thanked") == []


@pytest.mark.promise(1)
def test_many_confirmations_thank_each_once(app: Flask) -> None:
    desk = lay(8, priority_level="critical", priority_rank=1)
    for n in range(5, 8):
        with transaction():
            operations.send_offer(desk.opening, desk.volunteer(n), actor=desk.staff)
    first = hold(desk).id
    for n in range(1, 5):
        wait(desk, n)
    with transaction():
        operations.attest(session.get_one(Referral, first), "clear", actor=desk.user(0))
    staff_id = desk.staff_id

    def confirm() -> str:
        with transaction():
            staff = session.get_one(factories.User, staff_id)
            return str(operations.confirm_request(session.get_one(Referral, first), actor=staff).id)

    session.rollback()
    assert len(set(at_once(app, [confirm] * SWEEPERS))) == 1
    told = Counter(mail.kind for mail in mails())
    assert (told["matching.request_lost"], told["matching.thanked"], told["matching.placed"]) == (4, 3, 1)


def at_every_sweeper(app: Flask, *sweeps: object) -> None:
    """Four workers do everything there is to do, at the same moment."""

    def work() -> str:
        with clock.at(LATER):
            while any(sweep() for sweep in sweeps):  # type: ignore[operator]
                pass
        return "done"

    session.rollback()
    at_once(app, [work] * SWEEPERS)
    session.expire_all()


LATER = MONDAY + timedelta(days=40)


@pytest.mark.promise(1)
def test_sweepers_that_were_down_for_weeks_hand_each_hold_on_once(app: Flask) -> None:
    desks = [lay(3) for _ in range(4)]
    for desk in desks:
        hold(desk)
        for n in (1, 2):
            wait(desk, n)
    with clock.at(LATER):
        at_every_sweeper(app, jobs.expire_one, jobs.warn_one)
    check_handed_on_once(len(desks))


def check_handed_on_once(desks: int) -> None:
    """Of each line the holder is told that the time is over, the first in line is offered it, the second waits on."""
    by_opening: dict[int, list[S]] = {}
    for referral in session.query(Referral).order_by(Referral.id):
        by_opening.setdefault(referral.opening_id, []).append(referral.status)
    assert list(by_opening.values()) == [[S.EXPIRED, S.OFFERED, S.WAITLISTED]] * desks
    told = Counter(kind for (kind,) in session.query(Mail.kind))
    assert (told["matching.hold_expired"], told["matching.your_turn"]) == (desks, desks)
    assert told["matching.hold_ending"] == 0  # nobody is warned of what is over
    acts = Counter(action for (action,) in session.query(AuditEntry.action))
    assert (acts["referral.expired"], acts["referral.turn"]) == (desks, desks)


@pytest.mark.promise(1)
def test_sweepers_that_do_not_look_again_would_be_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: who sweeps ends what it saw, though another sweeper has ended it meanwhile."""
    desks = [lay(3) for _ in range(4)]
    for desk in desks:
        hold(desk)
        for n in (1, 2):
            wait(desk, n)

    def end_without_looking(referral: Referral) -> None:
        operations_line.close_referral(referral, S.EXPIRED, actor=None)
        mails_of.hold_expired(referral)
        operations.offer_next_in_line(referral.opening)

    for desk in desks:
        first = session.query(Referral).filter_by(opening_id=desk.opening_id).order_by(Referral.id).first()
        assert first is not None
        for _ in range(2):
            with transaction():
                end_without_looking(session.get_one(Referral, first.id))
    with pytest.raises(AssertionError):
        check_handed_on_once(len(desks))


@pytest.mark.promise(1)
def test_each_holder_is_warned_once_by_however_many_sweepers(app: Flask) -> None:
    desks = [lay(1) for _ in range(4)]
    ends = [hold(desk).ends_at for desk in desks].pop()
    assert ends is not None

    def work() -> str:
        with clock.at(ends - timedelta(hours=20)):
            while jobs.warn_one():
                pass
        return "done"

    session.rollback()
    at_once(app, [work] * SWEEPERS)
    assert len(mails("matching.hold_ending")) == len(desks)
    assert session.query(AuditEntry).filter_by(action="referral.warn").count() == len(desks)


def test_the_warning_comes_again_after_the_one_extension(app: Flask) -> None:
    desk = lay(1)
    ends = hold(desk).ends_at
    assert ends is not None
    with clock.at(ends - timedelta(hours=20)):
        assert jobs.warn_one()
        with transaction():
            later = operations.extend_hold(session.query(Referral).one(), actor=desk.user()).ends_at
        assert not jobs.warn_one()
    assert later is not None
    with clock.at(later - timedelta(hours=20)):
        assert jobs.warn_one()
    assert len(mails("matching.hold_ending")) == 2


def test_a_clear_answer_stops_the_clock_of_the_hold(app: Flask) -> None:
    desk = lay(2)
    referral = hold(desk)
    wait(desk, 1)
    with transaction():
        operations.attest(session.get_one(Referral, referral.id), "clear", actor=desk.user())
    with clock.at(LATER):
        at_every_sweeper(app, jobs.expire_one, jobs.warn_one)
    assert [r.status for r in session.query(Referral).order_by(Referral.id)] == [S.REQUESTED, S.WAITLISTED]


def test_positions_close_up_as_people_leave(app: Flask) -> None:
    desk = lay(4)
    hold(desk)
    waiting = [wait(desk, n).id for n in (1, 2, 3)]
    assert [queries.position(session.get_one(Referral, one)) for one in waiting] == [1, 2, 3]
    with transaction():
        operations.withdraw_hold(session.get_one(Referral, waiting[0]), actor=desk.user(1))
    assert [queries.position(session.get_one(Referral, one)) for one in waiting[1:]] == [1, 2]


def test_a_late_answer_is_refused_with_what_to_do(app: Flask) -> None:
    desk = lay(2)
    referral = hold(desk)
    with clock.at(LATER):
        while jobs.expire_one():
            pass
        for answer in ("clear", "conflict", "declined"):
            with pytest.raises(HoldOver) as refused, transaction():
                operations.attest(session.get_one(Referral, referral.id), answer, actor=desk.user())
            assert "Your list shows what you could take now" in str(refused.value.message)
    with transaction():
        made = operations.send_offer(desk.opening, desk.volunteer(1), actor=desk.staff).id
    with clock.at(LATER), pytest.raises(OfferOver) as late, transaction():
        operations.accept_offer(session.get_one(Referral, made), actor=desk.user(1))
    assert "Your list shows what you could take now" in str(late.value.message)
    assert session.get_one(Opening, desk.opening_id).status == "listed"
    assert session.query(Volunteer).count() == 2
