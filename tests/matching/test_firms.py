"""Firms: asked, holding for nobody yet, checking for all their people, naming one, and kept off as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from app.accounts import operations as accounts
from app.casework.models import TimeEntry
from app.clients.models import CaseStatus, Party, PartyRole
from app.clients.queries import visible_cases
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed, NotFound
from app.core.mail import reason_to_drop
from app.matching import firms, jobs, operations, queries
from app.matching.models import Assignment, Bar, Referral, ReferralStatus
from app.matching.refusals import (
    AlreadyAsked,
    AlreadyNamed,
    CannotBeNamed,
    CaseTaken,
    CheckAgain,
    DayOver,
    EnoughOffers,
    FirmCannot,
    FirmChecksFirst,
    FirmHasNoCoordinator,
    HoldOver,
    NamesNotReleased,
    NotExtendable,
    NotForFirm,
    OfferOver,
    PersonFull,
    VolunteerFull,
)
from app.matching.rules import one_case
from app.volunteers.models import VolunteerStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails, tasks
from tests.matching.firm import ask, cleared, found, holding, named

S = ReferralStatus
THURSDAY_EVENING = datetime(2026, 11, 5, 23, 0, tzinfo=UTC)  # closing time after three business days


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def test_an_offer_to_a_firm_tells_its_coordinators_and_names_nobody(app: Flask) -> None:
    desk = lay(3)
    firm = found(desk, 0, 1)
    with transaction():
        second, gone = factories.user(), factories.user()
        for user in (second, gone):
            accounts.grant_role(user, Role.FIRM_COORDINATOR, organisation=firm.organisation, actor=None)
        accounts.deactivate_user(gone, actor=None)
    referral = ask(desk, firm)
    assert (referral.status, referral.volunteer_id) == (S.OFFERED, None)
    assert {mail.to_address for mail in mails("matching.firm_offer")} == {firm.coordinator.email, second.email}
    assert queries.count_used_slots(desk.volunteer(0)) == 0
    with transaction(), pytest.raises(AlreadyAsked):
        operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff)
    other = found(desk, 2, name="Second Firm")
    with transaction(), pytest.raises(EnoughOffers):
        operations.ask_firm(desk.opening, other.organisation, actor=desk.staff)


def test_who_cannot_be_asked(app: Flask) -> None:
    desk = lay(3, priority_level="critical", priority_rank=1)
    nobody_able = found(desk, name="Nobody LLP")
    no_coordinator = found(desk, 0, name="Silent LLP")
    able = found(desk, 1, name="Able LLP")
    with transaction():
        accounts.deactivate_user(no_coordinator.coordinator, actor=None)
    elsewhere = factories.coordinator(factories.programme())
    session.commit()
    for firm, actor, refusal in (
        (nobody_able, desk.staff, FirmCannot),
        (no_coordinator, desk.staff, FirmHasNoCoordinator),
        (able, elsewhere, NotAllowed),
        (able, able.coordinator, NotAllowed),
    ):
        with transaction(), pytest.raises(refusal):
            operations.ask_firm(desk.opening, firm.organisation, actor=actor)
    shown = {row.organisation.name: (row.able, row.has_coordinator) for row in firms.askable(desk.opening)}
    assert shown == {"Silent LLP": (1, False), "Able LLP": (1, True)}


def test_no_firm_is_asked_about_what_was_to_be_done_by_yesterday(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    with transaction():
        desk.opening.ends_on = MONDAY.date() - timedelta(days=1)
    with transaction(), pytest.raises(DayOver):
        operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff)


def test_from_the_offer_to_the_placement(app: Flask) -> None:
    desk = lay(2, volunteer={"capacity": 1})
    firm = found(desk, 0, 1)
    referral = holding(desk, firm)
    assert referral.status is S.HELD
    assert [queries.count_used_slots(desk.volunteer(n)) for n in (0, 1)] == [0, 0]
    with transaction():
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator)
        assert referral.status is S.HELD
        assert desk.case.status is CaseStatus.AVAILABLE
        operations.name_person(referral, desk.volunteer(1), actor=firm.coordinator)
    assert [queries.count_used_slots(desk.volunteer(n)) for n in (0, 1)] == [0, 1]
    assert [mail.to_address for mail in mails("matching.named")] == [desk.volunteer(1).email]
    with transaction(), pytest.raises(NamesNotReleased):
        operations.attest(referral, "clear", actor=desk.user(1))
    with transaction():
        operations.promise_privacy(referral, actor=desk.user(1))
        operations.attest(referral, "clear", actor=desk.user(1))
        assert referral.status is S.REQUESTED
        operations.confirm_request(referral, actor=desk.staff)
    assignment = session.query(Assignment).one()
    assert assignment.volunteer_id == desk.volunteer_ids[1]
    assert desk.case.status is CaseStatus.PLACED
    assert [mail.to_address for mail in mails("matching.placed")] == [desk.volunteer(1).email]
    assert [mail.to_address for mail in mails("matching.firm_placed")] == [firm.coordinator.email]
    assert session.execute(visible_cases(desk.user(1))).scalars().all() == [desk.case]
    assert session.execute(visible_cases(firm.coordinator)).scalars().all() == []
    assert [(work.number, work.person.id) for work in firms.work_of(firm.coordinator)] == [
        (desk.case.number, desk.volunteer_ids[1])
    ]


def test_a_programme_that_lets_take_at_once_places_on_the_persons_word(app: Flask) -> None:
    desk = lay(1, programme={"claims_taken_at_once": True})
    referral = named(desk, found(desk, 0))
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
    assert desk.case.status is CaseStatus.PLACED


def test_the_database_places_with_people_only(app: Flask) -> None:
    desk = lay(1)
    referral = holding(desk, found(desk, 0))
    for status in ("requested", "confirmed"):
        with pytest.raises(IntegrityError), transaction():
            session.execute(update(Referral).values(status=status, changed_at=clock.now()))
    with pytest.raises(IntegrityError), transaction():
        session.execute(update(Referral).values(named_at=clock.now()))
    twice = text(
        "INSERT INTO referrals (opening_id, organisation_id, way, status, against_rules, public_id, version, "
        "changed_at, created_at) SELECT opening_id, organisation_id, way, 'waitlisted', against_rules, 'x', 1, "
        "changed_at, created_at FROM referrals"
    )
    with pytest.raises(IntegrityError), transaction():
        session.execute(twice)
    assert referral.status is S.HELD


def test_nobody_else_answers_for_a_firm(app: Flask) -> None:
    desk = lay(3, priority_level="critical", priority_rank=1)
    firm, other = found(desk, 0), found(desk, 1, name="Second Firm")
    referral = ask(desk, firm)
    strangers = (other.coordinator, desk.user(0), desk.staff)
    for actor in strangers:
        for act in (
            lambda a: operations.accept_for_firm(referral, actor=a),
            lambda a: operations.attest_for_firm(referral, "clear", actor=a),
            lambda a: operations.name_person(referral, desk.volunteer(0), actor=a),
            lambda a: operations.withdraw_for_firm(referral, actor=a),
            lambda a: operations.extend_hold(referral, actor=a),
            lambda a: operations.take_name_back(referral, actor=a),
            lambda a: operations.promise_privacy(referral, actor=a),
            lambda a: operations.hold_for_firm(desk.opening, firm.organisation, actor=a),
            lambda a: operations.wait_for_firm(desk.opening, firm.organisation, actor=a),
        ):
            with transaction(), pytest.raises(NotAllowed):
                act(actor)
    with pytest.raises(NotFound):
        firms.get_attempt(referral.public_id, viewer=other.coordinator)
    with transaction(), pytest.raises(NotAllowed):
        operations.hold_for_firm(desk.opening, other.organisation, actor=firm.coordinator)


def test_only_a_fit_member_with_room_can_be_named(app: Flask) -> None:
    desk = lay(5, volunteer={"capacity": 1})
    firm = found(desk, 0, 1, 2)
    with transaction():
        factories.case(desk.programme, CaseStatus.IN_SERVICE, owner=desk.staff, lead=desk.volunteer(1))
        desk.volunteer(2).status = VolunteerStatus.PAUSED
        unfit = factories.volunteer(areas={"Family": "competent"})
        factories.member(unfit.id, firm.organisation_id)
    referral = holding(desk, firm)
    with transaction(), pytest.raises(FirmChecksFirst):
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
    with transaction():
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator)
    for person, refusal in (
        (desk.volunteer(1), PersonFull),
        (desk.volunteer(2), CannotBeNamed),
        (desk.volunteer(3), CannotBeNamed),
        (unfit, CannotBeNamed),
    ):
        with transaction(), pytest.raises(refusal):
            operations.name_person(referral, person, actor=firm.coordinator)
    able = {one.volunteer.id: one.room for one in firms.able_people(desk.opening, firm.organisation)}
    assert able == {desk.volunteer_ids[0]: 1, desk.volunteer_ids[1]: 0}
    with transaction():
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
    assert len(entries("referral.name")) == 1
    assert len(mails("matching.named")) == 1


def test_a_named_person_uses_a_place_and_can_be_exchanged(app: Flask) -> None:
    desk = lay(2, volunteer={"capacity": 1})
    firm = found(desk, 0, 1)
    referral = named(desk, firm, 0)
    with transaction():
        other = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
        with pytest.raises(VolunteerFull):
            operations.send_offer(other.lead_opening, desk.volunteer(0), actor=desk.staff)
        with pytest.raises(AlreadyNamed):
            operations.name_person(referral, desk.volunteer(1), actor=firm.coordinator)
        operations.take_name_back(referral, actor=firm.coordinator)
        operations.take_name_back(referral, actor=firm.coordinator)
    assert len(mails("matching.name_taken_back")) == 1
    with transaction():
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
    assert referral.volunteer_id == desk.volunteer_ids[0]


def test_the_persons_own_place_in_the_line_gives_way_to_the_firm(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0)
    referral = holding(desk, firm)
    with transaction():
        own = operations.join_waiting_list(desk.opening, actor=desk.user(0))
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator)
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
        session.refresh(own)
        assert (own.status, own.reason) == (S.WITHDRAWN, "named_by_firm")


def test_a_person_who_would_rather_not_gives_it_back_to_the_firm(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0, 1)
    referral = named(desk, firm, 0)
    with transaction():
        operations.attest(referral, "declined", actor=desk.user(0))
    assert (referral.status, referral.volunteer_id, referral.named_at) == (S.HELD, None, None)
    assert [mail.to_address for mail in mails("matching.firm_stepped_back")] == [firm.coordinator.email]
    with transaction(), pytest.raises(CannotBeNamed):
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
    with transaction():
        operations.name_person(referral, desk.volunteer(1), actor=firm.coordinator)
        operations.promise_privacy(referral, actor=desk.user(1))
        operations.attest(referral, "clear", actor=desk.user(1))
        assert referral.status is S.REQUESTED
        operations.withdraw_hold(referral, actor=desk.user(1))
        assert referral.status is S.HELD
    assert tasks("answer_request") == []


def test_a_conflict_of_the_firm_keeps_all_its_people_off_this_case_only(app: Flask) -> None:
    desk = lay(3)
    firm = found(desk, 0, 1)
    referral = holding(desk, firm)
    with transaction():
        operations.attest_for_firm(referral, "conflict", actor=firm.coordinator)
        late = factories.volunteer()
        factories.member(late.id, firm.organisation_id)
        other = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff).lead_opening
    assert referral.status is S.CONFLICT
    assert session.query(Bar).one().organisation_id == firm.organisation_id
    assert {v.id for v in kept_from(desk)} == {desk.volunteer_ids[0], desk.volunteer_ids[1], late.id}
    with transaction():
        with pytest.raises(FirmCannot):
            operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff)
        with pytest.raises(NotForFirm):
            operations.hold_for_firm(desk.opening, firm.organisation, actor=firm.coordinator)
        assert operations.hold_for_firm(other, firm.organisation, actor=firm.coordinator).status is S.HELD


def kept_from(desk: Desk) -> list[factories.Volunteer]:
    barred = one_case(desk.opening).barred
    return [v for v in session.query(factories.Volunteer) if v.public_id in barred]


def test_a_conflict_the_person_finds_keeps_person_and_firm_off(app: Flask) -> None:
    desk = lay(3)
    firm = found(desk, 0, 1)
    referral = named(desk, firm, 0)
    with transaction():
        operations.attest(referral, "conflict", actor=desk.user(0))
    assert referral.status is S.CONFLICT
    bars = {(bar.volunteer_id, bar.organisation_id) for bar in session.query(Bar)}
    assert bars == {(desk.volunteer_ids[0], None), (None, firm.organisation_id)}
    assert [mail.to_address for mail in mails("matching.firm_conflict")] == [firm.coordinator.email]
    assert desk.volunteer(1) in kept_from(desk)


def test_a_firm_barred_meanwhile_neither_accepts_nor_names(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0, 1)
    referral = ask(desk, firm)
    with transaction():
        operations.bar(desk.case, firm.organisation, reason="conflict", actor=desk.staff)
    with transaction(), pytest.raises(NotForFirm):
        operations.accept_for_firm(referral, actor=firm.coordinator)
    second = lay(2)
    firm = found(second, 0, name="Second Firm")
    referral = cleared(second, firm)
    with transaction():
        operations.bar(second.case, firm.organisation, reason="conflict", actor=second.staff)
    with transaction(), pytest.raises(NotForFirm):
        operations.name_person(referral, second.volunteer(0), actor=firm.coordinator)


@pytest.mark.parametrize("what", ["firm", "partner"])
def test_a_firm_that_is_a_party_or_the_firm_of_one_is_never_asked(app: Flask, what: str) -> None:
    desk = lay(3)
    firm = found(desk, 0, 1)
    with transaction():
        desk.volunteer(0).given_name, desk.volunteer(0).family_name = "Vera", "Lindholm"
        name = "Orchard and Vale" if what == "firm" else "Vera Maria Lindholm"
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name=name, is_organisation=what == "firm"))
    assert firms.is_kept(desk.opening, firm.organisation)
    with transaction(), pytest.raises(FirmCannot):
        operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff)


def test_the_time_to_name_is_warned_of_and_then_over(app: Flask) -> None:
    desk = lay(3)
    firm = found(desk, 0, 1)
    with clock.at(MONDAY):
        referral = cleared(desk, firm)
    assert referral.ends_at == THURSDAY_EVENING
    with transaction():
        operations.join_waiting_list(desk.opening, actor=desk.user(2))
    with clock.at(THURSDAY_EVENING - timedelta(hours=23)):
        assert jobs.warn_one()
        assert not jobs.warn_one()
    assert "Name the person" in mails("matching.firm_hold_ending")[0].text
    with clock.at(THURSDAY_EVENING + timedelta(hours=1)):
        with transaction(), pytest.raises(HoldOver):
            operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
        assert jobs.expire_one()
    session.expire_all()
    assert referral.status is S.EXPIRED
    assert len(mails("matching.firm_hold_expired")) == 1
    assert [mail.to_address for mail in mails("matching.your_turn")] == [desk.volunteer(2).email]
    (task,) = tasks("firm_named_nobody")
    assert "Orchard and Vale LLP put nobody on it in time" in task.title
    with clock.at(THURSDAY_EVENING + timedelta(hours=1)), transaction(), pytest.raises(OfferOver):
        operations.accept_for_firm(referral, actor=firm.coordinator)


def test_one_extension_and_giving_back(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    referral = cleared(desk, firm)
    with transaction():
        operations.extend_hold(referral, actor=firm.coordinator)
        assert referral.ends_at == THURSDAY_EVENING + timedelta(days=4)
        with pytest.raises(NotExtendable):
            operations.extend_hold(referral, actor=firm.coordinator)
        operations.withdraw_for_firm(referral, actor=firm.coordinator)
        operations.withdraw_for_firm(referral, actor=firm.coordinator)
    assert (referral.status, referral.reason) == (S.WITHDRAWN, "given_back")
    assert len(entries("referral.withdrawn")) == 1
    assert len(tasks("propose_next")) == 1


def test_new_parties_void_what_the_firm_and_its_person_said(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    referral = named(desk, firm)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
        assert referral.status is S.REQUESTED
    with transaction():
        desk.case.parties_version += 1
    while jobs.void_one():
        pass
    session.expire_all()
    assert (referral.status, referral.firm_cleared_at, referral.volunteer_id) == (S.HELD, None, desk.volunteer_ids[0])
    assert [mail.to_address for mail in mails("matching.firm_parties_changed")] == [firm.coordinator.email]
    assert mails("matching.parties_changed") == []
    with transaction(), pytest.raises(FirmChecksFirst):
        operations.attest(referral, "clear", actor=desk.user())
    with transaction(), pytest.raises(CheckAgain):
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator, names_read="1-")
    with clock.at(MONDAY + timedelta(hours=1)), transaction():
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator, names_read=referral.names_now)
        operations.attest(referral, "clear", actor=desk.user())
    assert len(mails("matching.named")) == 2
    assert referral.status is S.REQUESTED


def test_names_of_a_sensitive_matter_wait_for_a_coordinator(app: Flask) -> None:
    desk = lay(1, sensitive=True)
    firm = found(desk, 0)
    referral = holding(desk, firm)
    with transaction(), pytest.raises(NamesNotReleased):
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator)
    with transaction():
        operations.release_names(referral, "adverse", actor=desk.staff)
    with transaction(), pytest.raises(NamesNotReleased):
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator)
    with transaction():
        operations.release_names(referral, "all", actor=desk.staff)
        operations.attest_for_firm(referral, "clear", actor=firm.coordinator)
    assert len(mails("matching.firm_names_released")) == 2
    assert referral.is_cleared_by_firm


def test_a_firm_waits_in_line_and_is_offered_its_turn(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 1)
    with transaction():
        held = operations.hold(desk.opening, actor=desk.user(0))
        with pytest.raises(CaseTaken):
            operations.hold_for_firm(desk.opening, firm.organisation, actor=firm.coordinator)
        waiting = operations.wait_for_firm(desk.opening, firm.organisation, actor=firm.coordinator)
        assert operations.wait_for_firm(desk.opening, firm.organisation, actor=firm.coordinator).id == waiting.id
        assert queries.position(waiting) == 1
        operations.withdraw_hold(held, actor=desk.user(0))
    session.refresh(waiting)
    assert waiting.status is S.OFFERED
    (mail,) = mails("matching.firm_your_turn")
    assert reason_to_drop(mail) is None
    with transaction():
        assert operations.accept_for_firm(waiting, actor=firm.coordinator).status is S.HELD
        with pytest.raises(CaseTaken):
            operations.hold(desk.opening, actor=desk.user(0))
    assert reason_to_drop(mail) == "answered"


def test_a_placement_tells_the_firm_that_waited_and_thanks_the_one_only_asked(app: Flask) -> None:
    desk = lay(3, priority_level="critical", priority_rank=1, programme={"claims_taken_at_once": True})
    waits, asked = found(desk, 1), found(desk, 2, name="Second Firm")
    referral, other = ask(desk, waits), ask(desk, asked)
    with transaction():
        first = operations.hold(desk.opening, actor=desk.user(0))
        assert operations.accept_for_firm(referral, actor=waits.coordinator).status is S.WAITLISTED
        operations.attest(first, "clear", actor=desk.user(0))
    assert {(row.status, row.reason) for row in (referral, other)} == {(S.WITHDRAWN, "placed")}
    assert [mail.to_address for mail in mails("matching.firm_request_lost")] == [waits.coordinator.email]
    assert [mail.to_address for mail in mails("matching.firm_thanked")] == [asked.coordinator.email]


def test_a_request_refused_tells_the_firm_and_keeps_it_from_asking_again(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk, 0)
    referral = named(desk, firm)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
        operations.refuse_request(referral, "level", actor=desk.staff)
    assert len(mails("matching.firm_request_lost")) == len(mails("matching.request_lost")) == 1
    with transaction(), pytest.raises(NotForFirm):
        operations.hold_for_firm(desk.opening, firm.organisation, actor=firm.coordinator)


def test_declining_from_the_mail_ends_the_offer(app: Flask) -> None:
    desk = lay(1)
    referral = ask(desk, found(desk, 0))
    with transaction():
        operations.decline_offer(referral, "no_time", actor=None)
    assert (referral.status, referral.reason) == (S.DECLINED, "no_time")


def test_losing_the_role_ends_the_firms_pages_at_once(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk, 0)
    referral = ask(desk, firm)
    with transaction():
        accounts.revoke_role(firm.coordinator, Role.FIRM_COORDINATOR, organisation=firm.organisation, actor=desk.staff)
    with pytest.raises(NotFound):
        firms.get_attempt(referral.public_id, viewer=firm.coordinator)
    with transaction(), pytest.raises(NotAllowed):
        operations.accept_for_firm(referral, actor=firm.coordinator)


def test_hours_are_those_on_matters_of_the_firm(app: Flask) -> None:
    desk = lay(2, programme={"claims_taken_at_once": True})
    firm = found(desk, 0)
    referral = named(desk, firm)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
        own = factories.case(desk.programme, CaseStatus.IN_SERVICE, owner=desk.staff, lead=desk.volunteer(0))
        for case, hundredths, removed in ((desk.case, 250, None), (desk.case, 100, clock.now()), (own, 900, None)):
            session.add(TimeEntry(case=case, user_id=desk.user().id, volunteer_id=desk.volunteer_ids[0],
                                  on_day=MONDAY.date(), hundredths=hundredths, role="lead",
                                  removed_at=removed))  # fmt: skip
    assert [work.hours for work in firms.work_of(firm.coordinator)] == [250]
    assert firms.hours_in_all(firm.coordinator) == 250
