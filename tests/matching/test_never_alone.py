"""Students, graduates and paralegals work only while an attorney answers for the case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.accounts.policy import reasons_to_stay
from app.casework import operations as work
from app.clients.models import CaseRole, CaseStatus, Opening, Supervision
from app.clients.queries import visible_cases
from app.clients.supervision import has_attorney
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal
from app.matching import jobs, operations
from app.matching.models import Assignment, Referral, ReferralStatus
from app.matching.operations_supervision import end_supervision, name_supervisor
from app.matching.parts import NeverAlone
from app.volunteers.models import (
    Volunteer,
    VolunteerStatus,
)
from tests import factories
from tests.matching.desk import MONDAY, entries, lay, mails, tasks
from tests.matching.players import claimed, led, opening, person, put, sees, user
from tests.matching.test_race import at_once

S, R = ReferralStatus, CaseRole


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.mark.parametrize(("role", "who"), [(R.STUDENT, "student"), (R.STUDENT, "graduate"), (R.PARALEGAL, "paralegal")])
def test_a_student_graduate_or_paralegal_is_never_placed_alone(app: Flask, role: CaseRole, who: str) -> None:
    desk = lay(1, programme={"claims_taken_at_once": True})
    with transaction():
        junior, made = person(who), opening(desk, role)
    for try_it in (
        lambda: operations.hold(session.get_one(Opening, made.id), actor=junior.user),  # type: ignore[arg-type]
        lambda: operations.send_offer(session.get_one(Opening, made.id), junior, actor=desk.staff),
        lambda: operations.place_by_hand(
            session.get_one(Opening, made.id), junior, "phone_yes", actor=desk.staff, checked=True
        ),
    ):
        with pytest.raises(NeverAlone), transaction():
            try_it()
    assert session.query(Assignment).count() == session.query(Referral).count() == 0
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)
    assert claimed(desk, junior, made).status is S.CONFIRMED


def test_whoever_held_it_while_the_attorney_left_is_not_placed(app: Flask) -> None:
    desk = led()
    with transaction():
        junior, made = person("paralegal"), opening(desk, R.PARALEGAL)
        referral = operations.hold(made, actor=junior.user)  # type: ignore[arg-type]
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    with pytest.raises(NeverAlone), transaction():
        operations.attest(session.get_one(Referral, referral.id), "clear", actor=junior.user)  # type: ignore[arg-type]
    assert session.get_one(Referral, referral.id).status is S.HELD


def test_a_student_who_leads_needs_a_supervising_attorney(app: Flask) -> None:
    desk = lay(0, role="student")
    with transaction():
        lead = person("student")
        assert isinstance(lead, Volunteer)
    with pytest.raises(NeverAlone), transaction():
        operations.place_by_hand(desk.opening, lead, "phone_yes", actor=desk.staff, checked=True)
    with transaction():
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
        name_supervisor(desk.case, attorney, actor=desk.staff)
        operations.place_by_hand(desk.opening, lead, "phone_yes", actor=desk.staff, checked=True)
    assert desk.case.status is CaseStatus.PLACED
    lead_user = lead.user
    assert lead_user is not None
    assert sees(lead_user.id)
    with transaction():
        end_supervision(desk.case, actor=desk.staff)
    assert not sees(lead_user.id)


def test_when_the_last_attorney_ends_access_rests_in_that_instant_and_somebody_must_act(app: Flask) -> None:
    desk = led()
    part_id, junior, _opening = put(desk, R.PARALEGAL, "paralegal")
    assert sees(junior)
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
        assert session.execute(visible_cases(user(junior))).scalar() is None  # before anything is committed
    (task,) = tasks("name_attorney")
    assert (task.owner_id, task.case_id, task.due_at > clock.now()) == (desk.staff_id, desk.case_id, True)
    assert len(mails("matching.part_rests")) == len(entries("assignment.rest")) == 1
    with pytest.raises(work.NotOnTheCase), transaction():
        work.add_note(desk.case, "I go on anyway.", actor=user(junior))
    with pytest.raises(work.NotOnTheCase), transaction():
        work.add_time(desk.case, on_day=MONDAY.date(), hundredths=100, actor=user(junior))
    assert session.get_one(Assignment, part_id).ended_at is None
    with transaction():
        other = factories.volunteer()
        operations.place_by_hand(desk.opening, other, "phone_yes", actor=desk.staff, checked=True)
        assert session.execute(visible_cases(user(junior))).scalar() is not None
    assert sees(junior)
    assert tasks("name_attorney") == []
    assert len(mails("matching.part_goes_on")) == 1


def test_one_of_two_attorneys_is_enough(app: Flask) -> None:
    desk = led()
    _part, junior, _opening = put(desk, R.STUDENT, "student")
    second, _user, _second_opening = put(desk, R.SUPERVISING_ATTORNEY, "attorney")
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    assert sees(junior)
    assert tasks("name_attorney") == []
    with transaction():
        operations.end_assignment(session.get_one(Assignment, second), "no_time", None, actor=desk.staff)
    assert not sees(junior)
    assert len(tasks("name_attorney")) == 1


def test_co_counsel_and_mentors_answer_for_nobody(app: Flask) -> None:
    desk = led()
    _part, junior, _opening = put(desk, R.PARALEGAL, "paralegal")
    put(desk, R.CO_COUNSEL, "attorney")
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    assert not sees(junior)


@pytest.mark.parametrize("how", ["suspended", "lapsed"])
def test_an_attorney_who_may_not_practise_answers_for_nobody(app: Flask, how: str) -> None:
    desk = led()
    _part, junior, _opening = put(desk, R.PARALEGAL, "paralegal")
    with transaction():
        desk.volunteer().status = VolunteerStatus(how)
    assert not sees(junior)
    assert jobs.look_after_one() is True
    assert jobs.look_after_one() is False
    assert len(tasks("name_attorney")) == 1
    with transaction():
        desk.volunteer().status = VolunteerStatus.APPROVED
    assert sees(junior)
    assert jobs.look_after_one() is True
    assert tasks("name_attorney") == []


def test_an_attorney_of_the_staff_counts_while_named_and_employed(app: Flask) -> None:
    desk = led()
    _part, junior, _opening = put(desk, R.STUDENT, "student")
    with transaction():
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=desk.programme)
        elsewhere = factories.user(Role.SUPERVISING_ATTORNEY, programme=factories.programme())
        ids = attorney.id, elsewhere.id
    for wrong in (ids[1], desk.staff_id):
        with pytest.raises(Refusal), transaction():
            name_supervisor(desk.case, user(wrong), actor=desk.staff)
    with pytest.raises(NotAllowed), transaction():
        name_supervisor(desk.case, user(ids[0]), actor=user(ids[1]))
    with transaction():
        name_supervisor(desk.case, user(ids[0]), actor=desk.staff)
        name_supervisor(desk.case, user(ids[0]), actor=desk.staff)
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    assert session.query(Supervision).count() == 1
    assert sees(junior)
    assert reasons_to_stay(user(ids[0]), None) != []
    with transaction():
        user(ids[0]).deactivated_at = clock.now()
    assert not sees(junior)
    with transaction():
        user(ids[0]).deactivated_at = None
        user(ids[0]).grants = []
    assert not sees(junior)
    assert not has_attorney(desk.case)


def test_two_attorneys_who_end_at_once_leave_nobody_unnoticed(app: Flask) -> None:
    for _round in range(3):
        desk = led()
        _part, junior, _opening = put(desk, R.PARALEGAL, "paralegal")
        second, _user, _second = put(desk, R.SUPERVISING_ATTORNEY, "attorney")
        lead = desk.case.assignments[0].id
        session.rollback()

        def end(assignment_id: int, to: CaseStatus | None, staff: int = desk.staff_id) -> str:
            with clock.at(MONDAY), transaction():
                actor = user(staff)
                operations.end_assignment(session.get_one(Assignment, assignment_id), "no_time", to, actor=actor)
            return "ended"

        assert at_once(app, [
            lambda a=lead: end(a, CaseStatus.AVAILABLE), lambda a=second: end(a, None),  # type: ignore[misc]
        ]) == ["ended", "ended"]  # fmt: skip
        assert not sees(junior)
        open_now = [task for task in tasks("name_attorney") if task.case_id == desk.case_id]
        assert len(open_now) == 1


def test_of_an_attorney_ending_and_a_paralegal_starting_nobody_stands_alone_unnoticed(app: Flask) -> None:
    for _round in range(3):
        desk = led()
        with transaction():
            junior, made = person("paralegal"), opening(desk, R.PARALEGAL)
            assert junior.user is not None
            ids, lead = (junior.id, made.id, junior.user.id), desk.case.assignments[0].id
        session.rollback()

        def end(assignment_id: int = lead, staff: int = desk.staff_id) -> str:
            with clock.at(MONDAY), transaction():
                ending = session.get_one(Assignment, assignment_id)
                operations.end_assignment(ending, "no_time", CaseStatus.AVAILABLE, actor=user(staff))
            return "ended"

        def start(ids: tuple[int, int, int] = ids, staff: int = desk.staff_id) -> str:
            try:
                with clock.at(MONDAY), transaction():
                    what, who = session.get_one(Opening, ids[1]), session.get_one(Volunteer, ids[0])
                    operations.place_by_hand(what, who, "phone_yes", actor=user(staff), checked=True)
            except NeverAlone:
                return "refused"
            return "placed"

        ended, started = at_once(app, [end, start])
        assert ended == "ended"
        assert not sees(ids[2])
        noticed = [task for task in tasks("name_attorney") if task.case_id == desk.case_id]
        assert len(noticed) == (1 if started == "placed" else 0)
