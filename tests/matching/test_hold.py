"""A hold: who may have it, how long it lasts, who is next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.clients.models import Party, PartyRole, PriorityLevel
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.matching import jobs, operations, queries
from app.matching.models import Bar, Referral, ReferralStatus
from app.matching.refusals import (
    AtCapacity,
    CaseGone,
    CaseTaken,
    HoldOver,
    NamesNotReleased,
    NotExtendable,
    NotForYou,
)
from app.volunteers.models import Membership, Organisation, VolunteerStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails, tasks

S = ReferralStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def hold(desk: Desk, n: int = 0) -> Referral:
    with transaction():
        return operations.hold(desk.opening, actor=desk.user(n))


def test_a_hold_leaves_one_audit_entry_and_one_mail(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    assert referral.status is S.HELD
    assert [e.actor_id for e in entries("referral.hold")] == [desk.user().id]
    assert [m.kind for m in mails()] == ["matching.held"]
    assert desk.case.status == "available"


def test_holding_twice_is_holding_once(app: Flask) -> None:
    desk = lay()
    assert hold(desk).id == hold(desk).id
    assert len(entries("referral.hold")) == 1
    assert len(mails()) == 1


def test_a_second_volunteer_does_not_get_it(app: Flask) -> None:
    desk = lay()
    hold(desk)
    with pytest.raises(CaseTaken):
        hold(desk, 1)


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({}, datetime(2026, 11, 5, 23, 0, tzinfo=UTC)),
        ({"priority_level": PriorityLevel.CRITICAL, "priority_rank": 1}, datetime(2026, 11, 3, 23, 0, tzinfo=UTC)),
        ({"next_critical_on": date(2026, 11, 9)}, datetime(2026, 11, 3, 23, 0, tzinfo=UTC)),
        ({"next_critical_on": date(2026, 11, 10)}, datetime(2026, 11, 5, 23, 0, tzinfo=UTC)),
        ({"next_critical_on": date(2026, 11, 5)}, datetime(2026, 11, 2, 20, 0, tzinfo=UTC)),
    ],
)
def test_how_long_a_hold_lasts(app: Flask, changes: dict[str, object], ends: datetime) -> None:
    assert hold(lay(**changes)).ends_at == ends


def test_a_hold_postpones_the_referral_clock(app: Flask) -> None:
    desk = lay(clock_ends_at=MONDAY + timedelta(hours=2))
    assert hold(desk).ends_at == desk.case.clock_ends_at


def test_a_full_volunteer_holds_nothing_more(app: Flask) -> None:
    desk = lay(volunteer={"capacity": 1})
    hold(desk)
    with transaction():
        other = factories.case(desk.programme, desk.case.status, owner=desk.staff).lead_opening
    with pytest.raises(AtCapacity), transaction():
        operations.hold(other, actor=desk.user())


def test_a_closing_case_uses_no_slot(app: Flask) -> None:
    desk = lay(volunteer={"capacity": 1})
    with transaction():
        factories.assignment(factories.case(desk.programme, "closing", owner=desk.staff), desk.volunteer(),
                             closing_since=clock.now())  # fmt: skip
    assert hold(desk).status is S.HELD


@pytest.mark.parametrize(
    ("person", "rule"),
    [
        ({"status": VolunteerStatus.PAUSED}, "not_approved"),
        ({"licences": ["MN"]}, "no_licence"),
        ({"areas": {"Family": "expert"}}, "no_area"),
        ({"areas": {"Housing": "learning"}}, "below_level"),
    ],
)
def test_a_hard_rule_refuses_by_its_name(app: Flask, person: dict[str, object], rule: str) -> None:
    with pytest.raises(NotForYou) as refused:
        hold(lay(volunteer=person))
    assert rule in refused.value.rules


@pytest.mark.parametrize(
    "person",
    [
        {"declines": ["63"]},
        {"counties": ["27001"], "remote": False},
        {"largest_case": 100},
        {"available_from": date(2027, 1, 1)},
    ],
)
def test_some_rules_only_warn_who_claims(app: Flask, person: dict[str, object]) -> None:
    assert hold(lay(volunteer=person)).status is S.HELD


def test_a_party_never_gets_the_case_nor_anyone_of_the_firm(app: Flask) -> None:
    desk = lay(volunteers=3)
    with transaction():
        firm = factories.add(Organisation(name="Vale and Orchard LLP"))
        for person_id in desk.volunteer_ids[:2]:
            factories.add(Membership(volunteer_id=person_id, organisation_id=firm.id))
        session.add(Party(case=desk.case, role=PartyRole.OTHER, name=desk.volunteer(0).name.upper()))
    for n in (0, 1):
        with pytest.raises(NotForYou) as refused:
            hold(desk, n)
        assert refused.value.rules == ["barred"]
    assert hold(desk, 2).status is S.HELD


def test_members_of_a_firm_that_is_a_party_never_get_the_case(app: Flask) -> None:
    desk = lay()
    with transaction():
        firm = factories.add(Organisation(name="Cottonwood Row Holdings LLC"))
        session.add(Membership(volunteer=desk.volunteer(), organisation=firm))
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name="Cottonwood Row Holdings, Inc.",
                          is_organisation=True))  # fmt: skip
    with pytest.raises(NotForYou):
        hold(desk)


def test_a_bar_keeps_person_and_firm_away(app: Flask) -> None:
    desk = lay()
    with transaction():
        operations.bar(desk.case, desk.volunteer(), reason="client_wish", actor=desk.staff)
        operations.bar(desk.case, desk.volunteer(), reason="client_wish", actor=desk.staff)
    assert session.query(Bar).count() == 1
    with pytest.raises(NotForYou):
        hold(desk)


def test_a_matter_taken_off_the_docket_cannot_be_held(app: Flask) -> None:
    desk = lay()
    with transaction():
        desk.opening.status = "not_listed"
    with pytest.raises(CaseGone):
        hold(desk)


def test_staff_hold_nothing(app: Flask) -> None:
    desk = lay()
    with pytest.raises(NotAllowed), transaction():
        operations.hold(desk.opening, actor=desk.staff)


def test_a_hold_is_made_longer_once(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    with transaction():
        operations.extend_hold(referral, actor=desk.user())
    assert referral.ends_at == datetime(2026, 11, 9, 23, 0, tzinfo=UTC)
    with pytest.raises(NotExtendable), transaction():
        operations.extend_hold(referral, actor=desk.user())


def test_a_pressing_matter_waits_no_longer(app: Flask) -> None:
    desk = lay(priority_level=PriorityLevel.CRITICAL)
    referral = hold(desk)
    with pytest.raises(NotExtendable), transaction():
        operations.extend_hold(referral, actor=desk.user())


def test_the_waiting_list_knows_its_order_and_nobody_jumps_it(app: Flask) -> None:
    desk = lay(volunteers=4)
    referral = hold(desk)
    for n in (1, 2):
        with transaction():
            operations.join_waiting_list(desk.opening, actor=desk.user(n))
    waiting = queries.live_referrals(desk.opening, S.WAITLISTED)
    assert [queries.position(r) for r in waiting] == [1, 2]
    with transaction():
        operations.withdraw_hold(referral, actor=desk.user())
    assert [r.status for r in waiting] == [S.OFFERED, S.WAITLISTED]
    assert mails("matching.your_turn")[-1].to_address == desk.volunteer(1).email
    with pytest.raises(CaseTaken):
        hold(desk, 3)
    assert hold(desk, 1).id == waiting[0].id


def test_a_hold_runs_out_once_and_the_next_in_line_is_offered_it(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    with transaction():
        waiting = operations.join_waiting_list(desk.opening, actor=desk.user(1))
    with clock.at(MONDAY + timedelta(days=4)):
        assert jobs.expire_one() is True
        assert jobs.expire_one() is False
    assert (referral.status, waiting.status) == (S.EXPIRED, S.OFFERED)
    assert [m.kind for m in mails()] == ["matching.held", "matching.hold_expired", "matching.your_turn"]
    assert len(entries("referral.expired")) == 1


def test_with_nobody_in_line_a_coordinator_proposes_the_next(app: Flask) -> None:
    desk = lay()
    hold(desk)
    with clock.at(MONDAY + timedelta(days=4)):
        jobs.expire_one()
    assert [task.owner_id for task in tasks("propose_next")] == [desk.staff_id]


def test_a_holder_is_warned_once_a_day_before(app: Flask) -> None:
    desk = lay()
    hold(desk)
    with clock.at(MONDAY + timedelta(days=2)):
        assert jobs.warn_one() is False
    with clock.at(MONDAY + timedelta(days=2, hours=8)):
        assert jobs.warn_one() is True
        assert jobs.warn_one() is False
    assert len(mails("matching.hold_ending")) == 1


def test_giving_back_twice_frees_it_once(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    for _ in range(2):
        with transaction():
            operations.withdraw_hold(referral, actor=desk.user())
    assert len(entries("referral.withdrawn")) == 1
    assert hold(desk, 1).status is S.HELD


def test_nobody_gives_back_or_extends_what_another_holds(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    for act in (operations.withdraw_hold, operations.extend_hold, operations.see_parties):
        with pytest.raises(NotAllowed), transaction():
            act(referral, actor=desk.user(1))


def test_names_of_a_sensitive_matter_wait_for_a_coordinator(app: Flask) -> None:
    desk = lay(sensitive=True)
    referral = hold(desk)
    with pytest.raises(NamesNotReleased):
        operations.see_parties(referral, actor=desk.user())
    assert len(tasks("release_names")) == 1
    with transaction():
        operations.release_names(referral, "adverse", actor=desk.staff)
    with pytest.raises(NamesNotReleased), transaction():
        operations.attest(referral, "clear", actor=desk.user())
    with transaction():
        operations.release_names(referral, "all", actor=desk.staff)
        operations.attest(referral, "clear", actor=desk.user())
    assert referral.status is S.REQUESTED
    assert tasks("release_names") == []


def test_a_stranger_releases_no_names(app: Flask) -> None:
    desk = lay(sensitive=True)
    referral = hold(desk)
    with transaction():
        stranger = factories.coordinator(factories.programme())
    with pytest.raises(NotAllowed), transaction():
        operations.release_names(referral, "all", actor=stranger)


def test_a_new_party_voids_the_clearance_and_tells_the_holder(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
    with transaction():
        desk.case.parties_version += 1
    assert jobs.void_one() is True
    assert jobs.void_one() is False
    assert (referral.status, referral.attested_at) == (S.HELD, None)
    assert len(mails("matching.parties_changed")) == 1
    assert tasks("answer_request") == []


def test_a_matter_taken_off_the_docket_lets_its_holder_go(app: Flask) -> None:
    desk = lay()
    referral = hold(desk)
    with transaction():
        desk.opening.status = "not_listed"
    assert jobs.drop_one() is True
    assert jobs.drop_one() is False
    assert referral.status is S.WITHDRAWN
    assert len(mails("matching.gone")) == 1
    with pytest.raises(HoldOver):
        operations.see_parties(referral, actor=desk.user())
