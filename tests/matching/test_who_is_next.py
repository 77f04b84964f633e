"""Whose turn it is at one matter: whoever said yes first, whatever the way, and only who could still take it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import operations as accounts
from app.casework.operations_transfer import leave_at_once
from app.casework.transfer_models import Court
from app.clients.models import CaseRole, Opening
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.matching import jobs, operations, queries
from app.matching.models import Referral, ReferralStatus
from app.matching.refusals import CaseTaken
from app.volunteers.operations import pause_volunteer, suspend_volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails, tasks
from tests.matching.firm import found, holding, named
from tests.matching.players import led, person
from tests.matching.players import opening as part_of

S = ReferralStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def desk(app: Flask) -> Desk:
    return lay(5, priority_level="critical", priority_rank=1)


def fresh(referral_id: int) -> Referral:
    session.rollback()
    return session.get_one(Referral, referral_id)


def offer(desk: Desk, n: int) -> int:
    with transaction():
        return operations.send_offer(desk.opening, desk.volunteer(n), actor=desk.staff).id


def accept(desk: Desk, referral_id: int, n: int, minutes: int = 0) -> S:
    with clock.at(MONDAY + timedelta(minutes=minutes)), transaction():
        return operations.accept_offer(session.get_one(Referral, referral_id), actor=desk.user(n)).status


def hold(desk: Desk, n: int) -> int:
    with transaction():
        return operations.hold(desk.opening, actor=desk.user(n)).id


def wait(desk: Desk, n: int, minutes: int = 0) -> int:
    with clock.at(MONDAY + timedelta(minutes=minutes)), transaction():
        return operations.join_waiting_list(desk.opening, actor=desk.user(n)).id


def give_back(desk: Desk, referral_id: int, n: int) -> None:
    with transaction():
        operations.withdraw_hold(session.get_one(Referral, referral_id), actor=desk.user(n))


def test_the_second_yes_has_its_turn_though_others_have_not_answered(desk: Desk) -> None:
    first, second, silent = (offer(desk, n) for n in range(3))
    assert accept(desk, first, 0) is S.HELD
    assert accept(desk, second, 1) is S.WAITLISTED
    give_back(desk, first, 0)
    assert fresh(second).status is S.OFFERED
    assert [mail.to_address for mail in mails("matching.your_turn")] == [desk.volunteer(1).email]
    assert accept(desk, silent, 2) is S.WAITLISTED, "an answer that came later waits behind the turn"
    assert accept(desk, second, 1) is S.HELD


def test_nobody_new_passes_a_yes_that_waits(desk: Desk) -> None:
    first, second = offer(desk, 0), offer(desk, 1)
    accept(desk, first, 0)
    accept(desk, second, 1)
    give_back(desk, first, 0)
    with pytest.raises(CaseTaken):
        hold(desk, 3)
    silent = offer(desk, 2)
    with pytest.raises(CaseTaken):
        hold(desk, 2)
    assert fresh(silent).status is S.OFFERED


def test_the_line_goes_by_when_each_said_yes_and_not_by_when_they_were_asked(desk: Desk) -> None:
    asked_first, asked_next = offer(desk, 0), offer(desk, 1)
    held = hold(desk, 4)
    waits = wait(desk, 2, minutes=1)
    accept(desk, asked_next, 1, minutes=2)
    accept(desk, asked_first, 0, minutes=3)
    line = [waits, asked_next, asked_first]
    assert [queries.position(fresh(one)) for one in line] == [1, 2, 3]
    for gone, n in zip([held, *line], [4, 2, 1, 0], strict=True):
        give_back(desk, gone, n)
        session.rollback()
        left = [one for one in line if fresh(one).ended_at is None]
        assert [fresh(one).status for one in left] == [S.OFFERED, S.WAITLISTED, S.WAITLISTED][: len(left)]


def test_whose_turn_had_come_through_an_offer_reads_of_other_matters_when_it_goes_elsewhere(desk: Desk) -> None:
    first, second = offer(desk, 0), offer(desk, 1)
    accept(desk, first, 0)
    accept(desk, second, 1)
    give_back(desk, first, 0)
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(3), "phone_yes", actor=desk.staff, checked=True)
    assert [mail.to_address for mail in mails("matching.request_lost")] == [desk.volunteer(1).email]


def suspend(desk: Desk, n: int) -> None:
    with transaction():
        suspend_volunteer(desk.volunteer(n), "Complaint", actor=desk.staff)


def pause(desk: Desk, n: int) -> None:
    with transaction():
        pause_volunteer(desk.volunteer(n), MONDAY.date() + timedelta(days=30), "Leave", actor=desk.staff)


def close_account(desk: Desk, n: int) -> None:
    with transaction():
        accounts.deactivate_user(desk.user(n), actor=factories.user(Role.ADMIN))


def keep_firm_off(desk: Desk, n: int) -> None:
    firm = found(desk, n)
    with transaction():
        operations.bar(desk.case, firm.organisation, reason="conflict", actor=desk.staff)


@pytest.mark.parametrize("happens", [suspend, pause, close_account, keep_firm_off])
def test_who_could_not_take_it_by_now_is_passed_over(desk: Desk, happens: Callable[[Desk, int], None]) -> None:
    held = hold(desk, 0)
    first, second = wait(desk, 1, minutes=1), wait(desk, 2, minutes=2)
    happens(desk, 1)
    give_back(desk, held, 0)
    assert (fresh(first).status, fresh(second).status) == (S.WITHDRAWN, S.OFFERED)
    assert [mail.to_address for mail in mails("matching.gone")] == [desk.volunteer(1).email]
    assert not tasks("propose_next")


def test_where_nobody_in_line_could_take_it_a_coordinator_proposes_the_next(desk: Desk) -> None:
    held = hold(desk, 0)
    wait(desk, 1)
    suspend(desk, 1)
    give_back(desk, held, 0)
    assert len(tasks("propose_next")) == 1


@pytest.mark.parametrize("happens", [suspend, close_account])
@pytest.mark.parametrize("asked_for", [False, True])
def test_who_is_suspended_or_gone_keeps_no_hold(
    desk: Desk, happens: Callable[[Desk, int], None], asked_for: bool
) -> None:
    held = hold(desk, 0)
    waits = wait(desk, 1)
    if asked_for:
        with transaction():
            operations.attest(session.get_one(Referral, held), "clear", actor=desk.user(0))
    happens(desk, 0)
    while jobs.let_go_one():
        pass
    assert (fresh(held).status, fresh(held).reason) == (S.WITHDRAWN, "no_longer_here")
    assert fresh(waits).status is S.OFFERED
    assert not tasks("answer_request")


def test_a_pause_keeps_the_hold(desk: Desk) -> None:
    held = hold(desk, 0)
    pause(desk, 0)
    assert not jobs.let_go_one()
    assert fresh(held).status is S.HELD


def test_the_firm_names_somebody_else_for_who_is_suspended(app: Flask) -> None:
    desk = lay(3)
    firm = found(desk, 0, 1)
    referral = named(desk, firm, 0).id
    suspend(desk, 0)
    while jobs.let_go_one():
        pass
    assert (fresh(referral).status, fresh(referral).volunteer_id) == (S.HELD, None)
    with transaction():
        operations.name_person(session.get_one(Referral, referral), desk.volunteer(1), actor=firm.coordinator)


def test_a_firm_nobody_answers_for_is_passed_over(app: Flask) -> None:
    desk = lay(3, priority_level="critical", priority_rank=1)
    firm = found(desk, 0, 1)
    held = hold(desk, 2)
    with transaction():
        waits = operations.wait_for_firm(desk.opening, firm.organisation, actor=firm.coordinator).id
    with transaction():
        accounts.deactivate_user(firm.coordinator, actor=factories.user(Role.ADMIN))
    give_back(desk, held, 2)
    assert fresh(waits).status is S.WITHDRAWN
    assert len(tasks("propose_next")) == 1


def test_a_firms_late_yes_waits_behind_the_turn_of_another(app: Flask) -> None:
    desk = lay(4, priority_level="critical", priority_rank=1)
    firm, other = found(desk, 0), found(desk, 1, name="Dunmore Hale LLP")
    first = holding(desk, firm).id
    waits = wait(desk, 3)
    with transaction():
        asked = operations.ask_firm(desk.opening, other.organisation, actor=desk.staff).id
    with transaction():
        operations.withdraw_for_firm(session.get_one(Referral, first), actor=firm.coordinator)
    assert fresh(waits).status is S.OFFERED
    with transaction():
        late = operations.accept_for_firm(session.get_one(Referral, asked), actor=other.coordinator)
        assert late.status is S.WAITLISTED


def test_a_conflict_lets_the_offers_and_holds_of_the_whole_firm_go(desk: Desk) -> None:
    found(desk, 0, 1, 2)
    asked, other = offer(desk, 1), offer(desk, 3)
    held = hold(desk, 0)
    waits = wait(desk, 2)
    with transaction():
        operations.attest(session.get_one(Referral, held), "conflict", actor=desk.user(0))
    while jobs.let_barred_go_one():
        pass
    assert [fresh(one).status for one in (held, asked, waits, other)] == [
        S.CONFLICT, S.WITHDRAWN, S.WITHDRAWN, S.OFFERED,
    ]  # fmt: skip
    assert sorted(mail.to_address for mail in mails("matching.gone")) == sorted(
        [desk.volunteer(1).email, desk.volunteer(2).email]
    )


def test_a_leads_conflict_lets_the_hold_of_a_colleague_on_another_part_go(app: Flask) -> None:
    desk = led()
    with transaction():
        factories.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
        colleague = person("attorney", languages=["en", "es"])
        part = part_of(desk, CaseRole.CO_COUNSEL).id
        desk.volunteer_ids.append(colleague.id)
    found(desk, 0, 1)
    with transaction():
        held = operations.hold(session.get_one(Opening, part), actor=desk.user(1)).id
    with transaction():
        leave_at_once(desk.case.assignments[0], "conflict", court=Court.NO, actor=desk.user(0))
    while jobs.let_barred_go_one():
        pass
    assert (fresh(held).status, fresh(held).reason) == (S.WITHDRAWN, "barred")
