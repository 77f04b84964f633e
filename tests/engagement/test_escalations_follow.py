"""Open escalations follow whoever answers for the case, and close where what happened has settled them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.accounts.models import RoleGrant
from app.clients.lifecycle import give_custody
from app.clients.models import Case, CaseStatus
from app.clients.operations_custody import hand_over_some
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import lock, session, transaction
from app.core.mail import Mail
from app.core.sealed import keyed_hash
from app.engagement import jobs_escalations as jobs
from app.engagement import operations
from app.engagement import operations_escalations as escalations
from app.engagement.escalation_rules import root_causes, staff_root_causes
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Absence, Escalation, EscalationStep
from app.tasks.models import Task
from app.volunteers.models import VolunteerStatus
from tests import factories
from tests.engagement.test_escalations import MONDAY, House, house, open_one

__all__ = ["house"]
LATER = MONDAY + timedelta(hours=1)


def look(at: datetime = LATER) -> None:
    session.rollback()
    with clock.at(at):
        jobs.look()
    session.rollback()


def give(house: House, to: str, at: datetime = LATER) -> None:
    with clock.at(at), transaction():
        give_custody(lock(house.case), house.who(to), reason="handed_over", actor=house.who("staff"))


def owners() -> list[int | None]:
    session.rollback()
    return [each.owner_id for each in session.query(Task).filter(Task.done_at.is_(None), Task.cause == "mismatch")]


def test_what_is_open_goes_to_the_new_coordinator_who_is_told(house: House) -> None:
    before = open_one(house).respond_by
    give(house, "colleague")
    assert (house.one.responsible_id, house.one.respond_by) == (house.colleague_id, before)
    assert owners() == [house.colleague_id]
    (told,) = session.query(Mail).filter_by(to_hash=keyed_hash(house.who("colleague").email, "address"))
    assert told.kind == "engagement.escalation_is_yours"
    assert session.query(EscalationStep).filter_by(step="followed", to_id=house.colleague_id).count() == 1
    entry = session.query(AuditEntry).filter_by(action="escalation.follow_custody").one()
    assert (entry.before, entry.after) == ({"user": house.staff_id}, {"user": house.colleague_id})
    assert entry.actor_id == house.staff_id


def test_what_the_custodian_had_taken_on_is_to_be_taken_on_anew(house: House) -> None:
    open_one(house)
    with clock.at(MONDAY), transaction():
        escalations.take_on(house.one, actor=house.who("staff"))
    give(house, "colleague")
    assert (house.one.responsible_id, house.one.taken_at) == (house.colleague_id, None)


def test_what_a_colleague_or_the_attorney_has_stays_with_them(house: House) -> None:
    open_one(house)
    with clock.at(MONDAY), transaction():
        escalations.take_on(house.one, actor=house.who("attorney"))
    give(house, "colleague")
    assert house.one.responsible_id == house.attorney_id


def test_an_attorney_who_has_it_already_is_told_once_and_again_when_it_goes_to_somebody_else(house: House) -> None:
    with transaction():
        house.case.next_critical_on = LATER.date() + timedelta(days=3)
        session.query(RoleGrant).filter_by(role=Role.SUPERVISING_ATTORNEY).one().user_id = house.staff_id
    number = open_one(house).id
    tasks = session.query(Task).filter(Task.done_at.is_(None), Task.cause.startswith("mismatch"))
    assert [task.owner_id for task in tasks] == [house.staff_id]
    assert session.query(Mail).filter_by(kind="engagement.escalation_near_date").count() == 0
    give(house, "colleague")
    look()
    assert [(task.cause, task.owner_id) for task in tasks.order_by(Task.id)] == [
        ("mismatch", house.colleague_id), ("mismatch_near_date", None),
    ]  # fmt: skip
    assert session.query(Mail).filter_by(kind="engagement.escalation_near_date", record_id=number).count() == 1


@pytest.mark.parametrize("taken", [False, True])
def test_what_a_deputy_has_goes_along_unless_they_took_it_on(house: House, taken: bool) -> None:
    open_one(house)
    away = {"user_id": house.staff_id, "stand_in_id": house.attorney_id}
    with clock.at(MONDAY), transaction():
        session.add(Absence(**away, from_on=MONDAY.date(), until_on=MONDAY.date() + timedelta(days=9)))
    look(MONDAY + timedelta(minutes=5))
    assert house.one.responsible_id == house.attorney_id
    if taken:
        with clock.at(LATER), transaction():
            escalations.take_on(house.one, actor=house.who("attorney"))
    give(house, "colleague")
    assert house.one.responsible_id == (house.attorney_id if taken else house.colleague_id)


def test_handing_over_everything_takes_the_escalations_along(house: House) -> None:
    open_one(house)
    with clock.at(LATER), transaction():
        done = hand_over_some(house.who("staff"), house.case.programme, house.who("colleague"), reason="leaves",
                              actor=house.who("staff"))  # fmt: skip
    assert done == 1
    assert house.one.responsible_id == house.colleague_id
    assert owners() == [house.colleague_id]


def closed(house: House) -> str | None:
    return house.one.root_cause if house.one.closed_at else None


@pytest.mark.parametrize("taken", [False, True])
def test_who_cannot_go_on_and_is_released_needs_nobody_any_more(house: House, taken: bool) -> None:
    open_one(house, "cannot_go_on")
    look()
    assert closed(house) is None
    if taken:
        with clock.at(LATER), transaction():
            escalations.take_on(house.one, actor=house.who("staff"))
    with transaction():
        house.case.assignments[0].ended_at = LATER
    look()
    assert closed(house) == "lead_changed"
    assert house.one.closed_by_id is None
    assert session.query(Task).filter_by(cause="cannot_go_on", done_at=None).count() == 0
    entry = session.query(AuditEntry).filter_by(action="escalation.close").one()
    assert entry.after == {"root_cause": "lead_changed"}


def test_who_says_that_they_go_on_after_all_needs_nobody_any_more(house: House) -> None:
    with clock.at(MONDAY), transaction():
        checkin = factories.add(Checkin(
            case=house.case, assignment=house.case.assignments[0], audience=Audience.VOLUNTEER, series_key="x",
            questions="volunteer_regular", due_on=MONDAY.date(), due_at=MONDAY, sent_at=MONDAY,
        ))  # fmt: skip
        operations.answer(checkin, {"standing": "cannot_go_on"})
    look()
    assert closed(house) is None
    with clock.at(LATER), transaction():
        operations.answer(session.get_one(Checkin, checkin.id), {"standing": "on_track"})
    look(LATER + timedelta(minutes=5))
    assert closed(house) == "goes_on"


@pytest.mark.parametrize(
    ("cause", "ends"),
    [("cannot_go_on", True), ("dates_differ", True), ("complaint", False), ("safety_word", False), ("call_me", False)],
)
def test_the_end_of_a_case_settles_what_was_about_the_work_and_not_what_somebody_said(
    house: House, cause: str, ends: bool
) -> None:
    open_one(house, cause)
    with transaction():
        house.case.status = CaseStatus.CLOSED
    look()
    assert closed(house) == ("case_ended" if ends else None)


def test_a_lead_who_may_practise_again_settles_it_and_who_may_not_again_opens_it_again(house: House) -> None:
    def lead(status: VolunteerStatus) -> None:
        with transaction():
            house.case.assignments[0].volunteer.status = status

    lead(VolunteerStatus.SUSPENDED)
    look(MONDAY)
    assert (house.one.cause, closed(house)) == ("credential_lapsed", None)
    lead(VolunteerStatus.APPROVED)
    look()
    assert closed(house) == "over"
    lead(VolunteerStatus.SUSPENDED)
    look(LATER + timedelta(minutes=5))
    assert (house.one.round, closed(house)) == (2, None)


def test_what_somebody_has_taken_on_they_close_themselves(house: House) -> None:
    with transaction():
        house.case.assignments[0].volunteer.status = VolunteerStatus.LAPSED
    look(MONDAY)
    with clock.at(MONDAY), transaction():
        escalations.take_on(house.one, actor=house.who("staff"))
        house.case.assignments[0].volunteer.status = VolunteerStatus.APPROVED
    look()
    assert closed(house) is None


def test_a_look_at_a_case_whose_clock_ran_out_decides_nothing(app: Flask) -> None:
    with clock.at(MONDAY - timedelta(days=30)), transaction():
        case_id = factories.case(factories.programme(), CaseStatus.AVAILABLE).id
    look(MONDAY)
    session.query(Escalation).filter_by(case_id=case_id, cause="clock_over", closed_at=None).one()
    with transaction():
        session.get_one(Case, case_id).clock_ends_at = datetime(2026, 3, 20, tzinfo=UTC)
    look()
    assert session.query(Escalation).one().root_cause == "over"


def test_staff_choose_none_of_the_causes_that_the_desk_notes() -> None:
    assert set(root_causes()) - set(staff_root_causes()) == {"lead_changed", "goes_on", "case_ended", "over"}
