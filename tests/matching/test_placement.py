"""A placement is everything at once: assignment, messages, duties, thanks, audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from app.clients.models import CaseStatus, ConflictSearch, PriorityLevel
from app.clients.queries import visible_cases
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import BadInput, NotAllowed
from app.matching import jobs, operations
from app.matching.models import Assignment, Bar, Referral, ReferralStatus
from app.matching.refusals import (
    CaseGone,
    CaseTaken,
    CheckAgain,
    NeedsMentor,
    NotForYou,
    NotRequested,
    RulesAgainst,
    SearchAgain,
    VolunteerFull,
)
from app.volunteers.models import Membership, Organisation, Standing
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails, tasks

S = ReferralStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def requested(desk: Desk, n: int = 0) -> Referral:
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user(n))
        return operations.attest(referral, "clear", actor=desk.user(n))


def sees(desk: Desk, n: int = 0) -> bool:
    return session.execute(visible_cases(desk.user(n))).scalar() is not None


def test_a_clear_check_asks_for_the_case_and_stops_the_clock(app: Flask) -> None:
    desk = lay()
    referral = requested(desk)
    assert (referral.status, referral.attested_version) == (S.REQUESTED, 1)
    (task,) = tasks("answer_request")
    assert task.due_at == referral.ends_at
    with clock.at(MONDAY.replace(month=12)):
        assert jobs.expire_one() is False
    assert not sees(desk)


def test_a_confirmed_request_is_placed_whole(app: Flask) -> None:
    desk = lay(priority_level=PriorityLevel.HIGH, priority_rank=2)
    with transaction():
        other = operations.send_offer(desk.opening, desk.volunteer(1), actor=desk.staff)
    referral = requested(desk)
    with transaction():
        made = operations.confirm_request(referral, actor=desk.staff)
        again = operations.confirm_request(referral, actor=desk.staff)
    assert again.id == made.id
    case = desk.case
    assert (case.status, desk.opening.status, case.clock_ends_at) == ("placed", "filled", None)
    assert (made.volunteer_id, made.role) == (desk.volunteer_ids[0], "lead")
    assert made.first_contact_due_on == date(2026, 11, 5)
    assert made.letter_due_on == date(2026, 11, 17)
    assert sees(desk)
    assert not sees(desk, 1)
    assert (other.status, other.reason) == (S.WITHDRAWN, "placed")
    assert len(mails("matching.placed")) == len(mails("matching.thanked")) == len(mails("client.found")) == 1
    assert len(entries("case.place")) == 1
    assert [move.operation for move in case.moves][-1] == "matching.place"
    assert tasks("answer_request") == []
    assert [task.owner_id for task in tasks("first_contact")] == [desk.user().id]


@pytest.mark.parametrize(("level", "due"), [("critical", 3), ("high", 5), ("normal", 9), ("low", 9)])
def test_when_the_first_contact_is_due(app: Flask, level: str, due: int) -> None:
    desk = lay(priority_level=PriorityLevel(level))
    referral = requested(desk)
    with transaction():
        made = operations.confirm_request(referral, actor=desk.staff)
    assert made.first_contact_due_on == date(2026, 11, due)


@pytest.mark.parametrize("by", ["programme", "standing"])
def test_a_programme_or_standing_lets_a_case_be_taken_at_once(app: Flask, by: str) -> None:
    desk = lay(programme={"claims_taken_at_once": by == "programme"})
    if by == "standing":
        with transaction():
            factories.add(Standing(volunteer_id=desk.volunteer_ids[0], programme_id=desk.programme_id,
                                   takes_at_once=True))  # fmt: skip
    referral = requested(desk)
    assert (referral.status, desk.case.status) == (S.CONFIRMED, "placed")


def test_a_sensitive_matter_is_never_taken_at_once(app: Flask) -> None:
    desk = lay(programme={"claims_taken_at_once": True}, sensitive=True)
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.release_names(referral, "all", actor=desk.staff)
        operations.attest(referral, "clear", actor=desk.user())
    assert referral.status is S.REQUESTED


def test_a_conflict_bars_person_and_firm(app: Flask) -> None:
    desk = lay()
    with transaction():
        firm = factories.add(Organisation(name="Orchard Partners"))
        for person_id in desk.volunteer_ids:
            factories.add(Membership(volunteer_id=person_id, organisation_id=firm.id))
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.attest(referral, "conflict", actor=desk.user())
    assert referral.status is S.CONFLICT
    assert session.query(Bar).count() == 2
    with pytest.raises(NotForYou), transaction():
        operations.hold(desk.opening, actor=desk.user(1))


def test_declining_asks_no_reason_and_frees_the_case(app: Flask) -> None:
    desk = lay()
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.attest(referral, "declined", actor=desk.user())
    assert (referral.status, referral.reason) == (S.DECLINED, None)
    assert session.query(Bar).count() == 0
    assert requested(desk, 1).status is S.REQUESTED


def test_a_party_added_since_stops_the_placement(app: Flask) -> None:
    desk = lay()
    referral = requested(desk)
    with transaction():
        desk.case.parties_version += 1
    with pytest.raises(CheckAgain), transaction():
        operations.confirm_request(referral, actor=desk.staff)
    assert desk.case.status == "available"


def test_a_rule_that_fails_by_now_stops_the_placement(app: Flask) -> None:
    desk = lay()
    referral = requested(desk)
    with transaction():
        desk.volunteer().status = "suspended"
    with pytest.raises(RulesAgainst), transaction():
        operations.confirm_request(referral, actor=desk.staff)


def test_a_lost_request_gets_one_message_with_matters_that_fit(app: Flask) -> None:
    desk = lay()
    with transaction():
        for _ in range(4):
            factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
    referral = requested(desk)
    for _ in range(2):
        with transaction():
            operations.refuse_request(referral, "other_chosen", actor=desk.staff)
    (mail,) = mails("matching.request_lost")
    assert mail.text.count("/opportunities/") == 3
    assert referral.status is S.DECLINED
    with pytest.raises(NotRequested), transaction():
        operations.confirm_request(referral, actor=desk.staff)


def test_only_staff_of_the_programme_answer(app: Flask) -> None:
    desk = lay()
    referral = requested(desk)
    with transaction():
        stranger = factories.coordinator(factories.programme())
    for act in (
        lambda: operations.confirm_request(referral, actor=stranger),
        lambda: operations.refuse_request(referral, "level", actor=stranger),
        lambda: operations.confirm_request(referral, actor=desk.user()),
    ):
        with pytest.raises(NotAllowed), transaction():
            act()


def test_a_match_one_step_up_needs_a_named_mentor_with_time(app: Flask) -> None:
    desk = lay(volunteer={"areas": {"Housing": "learning"}, "mentor_ok": True})
    with transaction():
        mentor = factories.volunteer(mentors_others=True)
    referral = requested(desk)
    with pytest.raises(NeedsMentor), transaction():
        operations.confirm_request(referral, actor=desk.staff)
    with pytest.raises(NeedsMentor), transaction():
        operations.confirm_request(referral, actor=desk.staff, mentor=desk.volunteer(1))
    with transaction():
        operations.confirm_request(referral, actor=desk.staff, mentor=mentor)
    roles = {a.role.value: a.volunteer_id for a in session.query(Assignment)}
    assert roles == {"lead": desk.volunteer_ids[0], "mentor": mentor.id}


def test_a_yes_by_phone_is_one_step(app: Flask) -> None:
    desk = lay()
    with transaction():
        other = operations.send_offer(desk.opening, desk.volunteer(1), actor=desk.staff)
        made = operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)
    referral = session.query(Referral).filter_by(id=made.referral_id).one()
    assert (referral.way, referral.status, referral.reason) == ("hand", S.CONFIRMED, "phone_yes")
    assert other.status is S.WITHDRAWN
    assert len(mails("client.found")) == 1


def test_a_reason_overrides_wishes_but_never_law(app: Flask) -> None:
    desk = lay(volunteer={"counties": ["27001"], "remote": False, "largest_case": 100})
    with transaction():
        made = operations.place_by_hand(desk.opening, desk.volunteer(), "knows_client", actor=desk.staff, checked=True)
    referral = session.query(Referral).filter_by(id=made.referral_id).one()
    assert referral.against_rules == ["too_far", "too_long"]
    unlicensed = lay(volunteer={"licences": ["MN"]})
    with pytest.raises(RulesAgainst) as refused, transaction():
        operations.place_by_hand(
            unlicensed.opening, unlicensed.volunteer(), "phone_yes", actor=unlicensed.staff, checked=True
        )
    assert refused.value.rules == ["no_licence"]


def test_by_hand_goes_past_no_hold_no_cap_and_no_unchecked_name(app: Flask) -> None:
    desk = lay(volunteer={"capacity": 1})
    with transaction():
        factories.case(desk.programme, "placed", owner=desk.staff, lead=desk.volunteer())
    by_hand = {"actor": desk.staff, "checked": True}
    with pytest.raises(VolunteerFull), transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", **by_hand)  # type: ignore[arg-type]
    with pytest.raises(BadInput), transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(1), "phone_yes", actor=desk.staff, checked=False)
    with pytest.raises(BadInput), transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(1), "because", actor=desk.staff, checked=True)
    with transaction():
        third = factories.volunteer()
        operations.hold(desk.opening, actor=desk.user(1))
    with pytest.raises(CaseTaken), transaction():
        operations.place_by_hand(desk.opening, third, "phone_yes", actor=desk.staff, checked=True)


def test_a_placed_case_is_not_placed_again(app: Flask) -> None:
    desk = lay()
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)
    with pytest.raises(CaseGone), transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(1), "phone_yes", actor=desk.staff, checked=True)


def test_ending_an_assignment_ends_access_and_lists_the_case_again(app: Flask) -> None:
    desk = lay()
    referral = requested(desk)
    with transaction():
        made = operations.confirm_request(referral, actor=desk.staff)
    for _ in range(2):
        with transaction():
            operations.end_assignment(made, "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    assert (desk.case.status, desk.opening.status) == ("available", "listed")
    assert desk.case.clock_ends_at is not None
    assert not sees(desk)
    assert len(entries("assignment.end")) == 1
    assert tasks("first_contact") == []


def test_a_new_party_on_a_placed_case_is_checked_again_and_a_conflict_ends_access(app: Flask) -> None:
    desk = lay()
    referral = requested(desk)
    with transaction():
        operations.confirm_request(referral, actor=desk.staff)
    with transaction():
        desk.case.parties_version += 1
    assert jobs.void_one() is True
    assert jobs.void_one() is False
    assert len(mails("matching.parties_changed")) == 1
    assert sees(desk)
    with transaction():
        operations.attest(referral, "conflict", actor=desk.user())
    assert not sees(desk)
    assert desk.case.status == "accepted"
    assert len(tasks("find_new_volunteer")) == 1


def a_search(desk: Desk, outcome: str = "clear") -> None:
    with transaction():
        case = desk.case
        session.add(
            ConflictSearch(case=case, parties_version=case.parties_version, searched_at=clock.now(), names_searched=3,
                           hits=[], hit_count=0, outcome=outcome, decided_at=clock.now())
        )  # fmt: skip


def test_a_case_whose_names_were_not_searched_again_is_not_placed(app: Flask) -> None:
    desk = lay()
    a_search(desk)
    with transaction():
        desk.case.parties_version += 1
    referral = requested(desk)
    with pytest.raises(SearchAgain), transaction():
        operations.confirm_request(referral, actor=desk.staff)
    assert desk.case.status == "available"
    a_search(desk)
    with transaction():
        operations.confirm_request(session.get_one(Referral, referral.id), actor=desk.staff)
    assert desk.case.status == "placed"
