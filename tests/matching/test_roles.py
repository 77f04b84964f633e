"""Parts beside the lead's: who may take one, what it opens, who never works alone, and packages done by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.accounts.policy import reasons_to_stay
from app.casework import operations as work
from app.casework import operations_closing as endings
from app.casework import operations_packages as packages
from app.casework import package_jobs, policy
from app.casework.closing import Closing
from app.casework.models import Note, TimeEntry, Visibility
from app.casework.models_packages import PackageReport, PackageStatus
from app.clients import roles
from app.clients.models import Case, CaseRole, CaseStatus, Opening, OpeningStatus, Supervision
from app.clients.queries import visible_cases
from app.clients.supervision import has_attorney
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal
from app.matching import board, docket_jobs, jobs, operations, operations_proposals, queries, shortlists
from app.matching.dockets import build_docket
from app.matching.models import Assignment, Bar, DocketRun, Proposal, Referral, ReferralStatus, Unplaced
from app.matching.operations_runs import ask_for_run
from app.matching.operations_supervision import end_supervision, name_supervisor
from app.matching.parts import MentorFull, NeverAlone, OtherPart
from app.matching.refusals import AtCapacity, CaseGone, CaseTaken, NotForYou, RulesAgainst
from app.matching.roles import acting_role, either_role, widened
from app.matching.rules import judge_pair
from app.volunteers.models import (
    Credential,
    CredentialKind,
    Membership,
    Organisation,
    Volunteer,
    VolunteerRole,
    VolunteerStatus,
)
from app.volunteers.policy import NEVER_ALONE
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails, tasks
from tests.matching.test_race import at_once

S, R = ReferralStatus, CaseRole
PACKAGE = {"package": "Draft the fee waiver", "text": "One form.", "level": "learning", "ends_on": date(2026, 11, 20)}


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def person(role: str, **changes: Any) -> Volunteer:
    """Somebody who volunteers in one role, with what it asks for."""
    is_lawyer = role in ("attorney", "mentor")
    changes = {"licences": ["WI"] if is_lawyer else [], **changes}
    made = factories.volunteer(roles=[role], **changes)
    if role in NEVER_ALONE:
        held = Credential(volunteer=made, kind=CredentialKind.SUPERVISION, verified_at=clock.now(),
                          verified_how="call", valid_until=clock.now().date() + timedelta(days=300))  # fmt: skip
        session.add(held)
    session.flush()
    return made


def opening(desk: Desk, role: CaseRole, **changes: Any) -> Opening:
    """A listed opening of the desk's case beside its lead."""
    values = {"case_id": desk.case_id, "role": role, "hours": 300, "status": OpeningStatus.LISTED, **changes}
    return factories.add(Opening(**values))


def led(status: CaseStatus = CaseStatus.IN_SERVICE, **case: Any) -> Desk:
    """A case with its lead: volunteer 0."""
    with transaction():
        programme = factories.programme(claims_taken_at_once=True)
        staff = factories.coordinator(programme)
        lead = factories.volunteer()
        made = factories.case(programme, status, owner=staff, lead=lead, language="es", **case)
        return Desk(programme.id, staff.id, made.id, made.lead_opening.id, [lead.id])


def put(desk: Desk, role: CaseRole, who: str, **part: Any) -> tuple[int, int, int]:
    """Somebody placed by hand: ids of the part, the person's account and the opening."""
    with transaction():
        one = person(who, languages=["en", "es"])
        made = opening(desk, role, **part)
        placed = operations.place_by_hand(made, one, "phone_yes", actor=desk.staff, checked=True)
        assert one.user is not None
        return placed.id, one.user.id, made.id


def user(user_id: int) -> User:
    return session.get_one(User, user_id)


def sees(user_id: int) -> bool:
    session.rollback()
    return session.execute(visible_cases(user(user_id))).scalar() is not None


def test_the_words_for_who_is_never_alone_are_the_same_everywhere() -> None:
    assert {role.value for role in NEVER_ALONE} == roles.NEVER_ALONE
    assert {who for takers in roles.TAKERS.values() for who in takers} <= set(VolunteerRole)
    assert set(roles.TAKERS) == set(CaseRole) - {R.LEAD}


WHO = ["attorney", "mentor", "student", "graduate", "paralegal", "interpreter", "social_worker"]
MAY = {
    R.CO_COUNSEL: {"attorney"},
    R.MENTOR: {"mentor"},
    R.SUPERVISING_ATTORNEY: {"attorney"},
    R.STUDENT: {"student", "graduate"},
    R.PARALEGAL: {"paralegal"},
    R.INTERPRETER: {"interpreter"},
    R.SOCIAL_WORKER: {"social_worker"},
}


@pytest.mark.parametrize("part", MAY)
def test_each_part_is_for_those_whose_role_fits(app: Flask, part: CaseRole) -> None:
    desk = led()
    with transaction():
        made = opening(desk, part)
        able = set()
        for who in WHO:
            pair = judge_pair(made, person(who, languages=["en", "es"]), clock.now().date())
            if pair.rules == []:
                able.add(who)
                assert pair.acts_as == who
            else:
                assert "wrong_role" in pair.rules
        assert able == MAY[part]


def test_an_interpreter_needs_the_language_and_no_field_licence_or_registration(app: Flask) -> None:
    desk = led(credentials=["eoir"], level="expert", interpreter=True, trainings=["Trials"])
    with transaction():
        made = opening(desk, R.INTERPRETER)
        speaks = person("interpreter", languages=["en", "es"], areas={})
        silent = person("interpreter", languages=["en"], areas={"Housing": "expert"})
        declines = person("interpreter", languages=["es"], areas={}, declines=["Housing"])
        day = clock.now().date()
        assert judge_pair(made, speaks, day).rules == []
        assert judge_pair(made, silent, day).rules == ["no_language"]
        assert judge_pair(made, declines, day).rules == ["opted_out"]
        lead = judge_pair(desk.opening, speaks, day).rules
        assert {"wrong_role", "no_licence", "no_credential", "no_area", "no_training"} <= set(lead)


def test_a_package_for_several_asks_a_licence_of_attorneys_alone(app: Flask) -> None:
    desk = led()
    with transaction():
        made = opening(desk, R.CO_COUNSEL, takers=["attorney", "paralegal"], **PACKAGE)
        day = clock.now().date()
        here, away = person("attorney"), person("attorney", licences=["MN"])
        helper, other = person("paralegal"), person("interpreter")
        both = person("paralegal", licences=["MN"])
        both.roles = ["paralegal", "attorney"]
        session.flush()
        judged = {name: judge_pair(made, who, day) for name, who in
                  {"here": here, "away": away, "helper": helper, "other": other, "both": both}.items()}  # fmt: skip
    assert {name: (pair.rules, pair.acts_as) for name, pair in judged.items()} == {
        "here": ([], "attorney"), "away": (["wrong_role"], None), "helper": ([], "paralegal"),
        "other": (["wrong_role"], None), "both": ([], "paralegal"),
    }  # fmt: skip
    assert either_role(("attorney", "paralegal"), "WI") == "attorney|paralegal@WI"
    assert either_role(("student", "graduate"), "WI") == "student|graduate"
    assert either_role(("attorney",), "WI") == "attorney"


def test_the_leads_rows_are_what_they_were(app: Flask) -> None:
    desk = lay(2)
    laid = build_docket(MONDAY.date())
    (row,) = laid.docket.cases
    assert (row.role, row.any_field, row.problem_code, row.level, row.licence) == (
        "attorney", False, "63", "competent", "WI",
    )  # fmt: skip
    assert widened(laid.docket.volunteers, laid.docket.cases) == list(laid.docket.volunteers)
    assert acting_role(row, laid.docket.volunteers[0]) == "attorney"
    assert desk.opening.is_package is False


def test_a_run_a_shortlist_and_the_list_hold_openings_of_every_role(app: Flask) -> None:
    desk = led()
    with transaction():
        helper, speaker = person("paralegal"), person("interpreter", languages=["en", "es"], areas={})
        package = opening(desk, R.PARALEGAL, takers=["paralegal"], **PACKAGE)
        part = opening(desk, R.INTERPRETER, text="Two meetings.")
        ids = {package.id: helper.id, part.id: speaker.id}
        ask_for_run(actor=None)
    assert docket_jobs.run_one()
    assert {p.opening_id: p.volunteer_id for p in session.query(Proposal)} == ids
    assert session.query(Unplaced).count() == 0
    assert session.query(DocketRun).one().status == "done"
    for opening_id, volunteer_id in ids.items():
        listed = shortlists.shortlist_for(session.get_one(Opening, opening_id))
        assert [choice.volunteer_id for choice in listed.choices] == [volunteer_id]
        matters, _row = shortlists.shortlist_for_volunteer(session.get_one(Volunteer, volunteer_id))
        assert [matter.opening_id for matter in matters] == [opening_id]
        (mine,) = [m for m in board.open_matters(session.get_one(Volunteer, volunteer_id)) if m.is_for_me]
        assert mine.facts.id == opening_id
    titles = {m.title for m in board.open_matters(session.get_one(Volunteer, desk.volunteer_ids[0]))}
    assert titles == set()  # whoever is on the case is not asked again
    with transaction():
        chosen = session.query(Proposal).filter_by(opening_id=package.id).one()
        assert operations_proposals.accept_proposal(chosen, actor=desk.staff).status is S.OFFERED


def test_the_list_shows_the_task_and_not_the_whole_matter(app: Flask) -> None:
    desk = led()
    with transaction():
        speaker = person("interpreter", languages=["en", "es"], areas={})
        opening(desk, R.INTERPRETER, **{**PACKAGE, "package": "Interpreter for a hearing"}, in_person=True)
        opening(desk, R.CO_COUNSEL)
        found = {m.title: m for m in board.open_matters(speaker)}
    task, other = found["Interpreter for a hearing"], found["Co-counsel: Eviction hearing"]
    assert (task.facts.hours, task.facts.listing_text, task.facts.in_person) == (300, "One form.", True)
    assert (other.facts.listing_text, other.facts.in_person) == ("Tenant with a hearing date.", False)
    assert task.is_for_me
    assert not other.is_for_me


def claimed(desk: Desk, who: Volunteer, made: Opening) -> Referral:
    """A volunteer holds an opening and finds no conflict."""
    actor = who.user
    assert actor is not None
    with transaction():
        referral = operations.hold(session.get_one(Opening, made.id), actor=actor)
        return operations.attest(referral, "clear", actor=actor)


@pytest.mark.parametrize(
    "status", [CaseStatus.ACCEPTED, CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.IN_SERVICE]
)
def test_a_part_is_claimed_without_moving_the_case_or_its_clock(app: Flask, status: CaseStatus) -> None:
    desk = lay(1, programme={"claims_taken_at_once": True}, language="es")
    with transaction():
        if status is not CaseStatus.AVAILABLE:
            desk.opening.status = OpeningStatus.NOT_LISTED
        desk.case.status = status
        speaker = person("interpreter", languages=["en", "es"], areas={})
        made = opening(desk, R.INTERPRETER)
    before = desk.case.clock_ends_at
    assert claimed(desk, speaker, made).status is S.CONFIRMED
    (part,) = session.query(Assignment)
    assert (part.role, part.acts_as, part.letter_due_on) == (R.INTERPRETER, "interpreter", None)
    assert (desk.case.status, desk.case.clock_ends_at, desk.case.placed_at) == (status, before, None)
    assert session.get_one(Opening, made.id).status is OpeningStatus.FILLED
    assert [mail.kind for mail in mails()] == ["matching.held", "matching.part_placed"]
    assert queries.count_used_slots(speaker) == 1
    assert tasks("first_contact") == []


@pytest.mark.parametrize("status", [CaseStatus.PRESCREEN, CaseStatus.CLOSING, CaseStatus.CLOSED, CaseStatus.WITHDRAWN])
def test_nothing_of_a_case_elsewhere_is_claimed_or_placed(app: Flask, status: CaseStatus) -> None:
    desk = lay(1, language="es")
    with transaction():
        speaker = person("interpreter", languages=["en", "es"])
        made = opening(desk, R.INTERPRETER)
        desk.case.status = status
    with pytest.raises(CaseGone):
        claimed(desk, speaker, made)
    with pytest.raises(CaseGone), transaction():
        operations.place_by_hand(made, speaker, "phone_yes", actor=desk.staff, checked=True)
    assert [matter.facts.id for matter in board.open_matters(speaker) if matter.facts.id == made.id] == []


def test_several_openings_of_a_case_are_held_by_different_people(app: Flask) -> None:
    desk = lay(2, language="es")
    with transaction():
        speakers = [person("interpreter", languages=["en", "es"]) for _ in range(3)]
        made = opening(desk, R.INTERPRETER)
        task = opening(desk, R.INTERPRETER, takers=["interpreter"], **PACKAGE)
    with transaction():
        clock_before = desk.case.clock_ends_at
        operations.hold(desk.opening, actor=desk.user(0))
        for one, what in zip(speakers, (made, task), strict=False):
            operations.hold(session.get_one(Opening, what.id), actor=one.user)  # type: ignore[arg-type]
    assert session.query(Referral).filter_by(status=S.HELD).count() == 3
    assert desk.case.clock_ends_at == clock_before
    with pytest.raises(CaseTaken), transaction():
        operations.hold(session.get_one(Opening, made.id), actor=speakers[2].user)  # type: ignore[arg-type]


def test_a_part_takes_a_place_until_it_is_reported(app: Flask) -> None:
    desk = led()
    with transaction():
        speaker = person("interpreter", languages=["en", "es"], capacity=1)
        made = opening(desk, R.INTERPRETER, takers=["interpreter"], **PACKAGE)
        other = opening(desk, R.INTERPRETER)
        elsewhere = factories.case(desk.programme, CaseStatus.IN_SERVICE, lead=factories.volunteer(), language="es")
        third = factories.add(Opening(case=elsewhere, role=R.INTERPRETER, hours=100, status=OpeningStatus.LISTED))
    assert claimed(desk, speaker, made).status is S.CONFIRMED
    with pytest.raises(AtCapacity):
        claimed(desk, speaker, third)
    with transaction():
        part = session.query(Assignment).filter_by(opening_id=made.id).one()
        packages.report_package(part, text="Done.", hundredths=200, actor=speaker.user)  # type: ignore[arg-type]
    assert queries.count_used_slots(speaker) == 0
    assert claimed(desk, speaker, third).status is S.CONFIRMED
    assert other.status is OpeningStatus.LISTED


@pytest.mark.parametrize(("first", "second"), [
    (R.LEAD, R.SUPERVISING_ATTORNEY), (R.CO_COUNSEL, R.LEAD), (R.CO_COUNSEL, R.SUPERVISING_ATTORNEY),
])  # fmt: skip
def test_nobody_plays_two_parts_that_exclude_each_other(app: Flask, first: CaseRole, second: CaseRole) -> None:
    desk = lay(1)
    with transaction():
        parts = {R.LEAD: desk.opening}
        for role in {first, second} - {R.LEAD}:
            parts[role] = opening(desk, role)
        ids = {role: part.id for role, part in parts.items()}

    def place(role: CaseRole) -> None:
        with transaction():
            part = session.get_one(Opening, ids[role])
            operations.place_by_hand(part, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)

    place(first)
    with pytest.raises(OtherPart):
        place(second)
    assert session.query(Assignment).count() == 1


def test_nobody_holds_two_parts_that_exclude_each_other(app: Flask) -> None:
    desk = lay(1)
    with transaction():
        one, other = opening(desk, R.CO_COUNSEL), opening(desk, R.SUPERVISING_ATTORNEY)
        operations.hold(one, actor=desk.user())
    with pytest.raises(OtherPart), transaction():
        operations.hold(session.get_one(Opening, other.id), actor=desk.user())


def test_a_mentors_part_is_listed_and_three_are_enough(app: Flask) -> None:
    desk = led()
    with transaction():
        wise = person("mentor", capacity=9)
        for _ in range(3):
            case = factories.case(desk.programme, CaseStatus.IN_SERVICE, lead=factories.volunteer())
            factories.assignment(case, wise, role=R.MENTOR, opening=None, uses_slot=False)
        made = opening(desk, R.MENTOR)
    with pytest.raises(MentorFull):
        claimed(desk, wise, made)
    with transaction():
        session.query(Assignment).filter_by(volunteer_id=wise.id).first().ended_at = clock.now()  # type: ignore[union-attr]
    assert claimed(desk, wise, made).status is S.CONFIRMED
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    assert session.get_one(Opening, made.id).status is OpeningStatus.CLOSED


def test_a_guide_below_the_level_is_no_guide(app: Flask) -> None:
    desk = led(level="experienced")
    with transaction():
        made = opening(desk, R.SUPERVISING_ATTORNEY)
        beginner = person("attorney", areas={"Housing": "competent"}, mentor_ok=True)
        assert judge_pair(made, beginner, MONDAY.date()).rules == ["below_level"]
        assert judge_pair(desk.opening, beginner, MONDAY.date()).rules == []


# never alone


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


# what each part opens

PLAIN, PRIVILEGED, STAFF = Visibility.PROGRAMME, Visibility.LAWYER_AND_CLIENT, Visibility.STAFF
OPENS = {
    R.LEAD: {PLAIN, PRIVILEGED},
    R.CO_COUNSEL: {PLAIN, PRIVILEGED},
    R.MENTOR: {PLAIN, PRIVILEGED},
    R.SUPERVISING_ATTORNEY: {PLAIN, PRIVILEGED},
    R.STUDENT: {PLAIN, PRIVILEGED},
    R.PARALEGAL: {PLAIN, PRIVILEGED},
    R.INTERPRETER: {PLAIN},
    R.SOCIAL_WORKER: {PLAIN},
}
WHO_PLAYS = {R.CO_COUNSEL: "attorney", R.SUPERVISING_ATTORNEY: "attorney"}
FILE_ONLY = ("What the client told", "The landlord changed the lock.", "Cottonwood Row")


@pytest.mark.parametrize("part", OPENS)
def test_what_each_part_opens_on_its_page(app: Flask, client: FlaskClient, part: CaseRole) -> None:
    desk = led()
    if part is R.LEAD:
        account = desk.user().id
    else:
        _id, account, _opening = put(desk, part, WHO_PLAYS.get(part, part.value), text="For the meetings.")
    with transaction():
        for visibility in Visibility:
            note = Note(case=desk.case, author_id=desk.staff_id, visibility=visibility, text=f"A {visibility} word.")
            session.add(note)
        log = TimeEntry(case=desk.case, user_id=desk.staff_id, on_day=MONDAY.date(), hundredths=725, role="staff")
        session.add(log)
    factories.sign_in(client, user(account))
    page = client.get(f"/my/cases/{desk.case.public_id}").text
    assert {v for v in Visibility if f"A {v} word." in page} == OPENS[part]
    assert "Maribel Castro" in page
    reads = part in roles.READS_FILE
    assert [said in page for said in FILE_ONLY] == [reads] * 3
    assert ("7.25" in page) is reads
    notes = client.get(f"/my/cases/{desk.case.public_id}/note").text
    assert ("Privileged" in notes) is reads
    for visibility in Visibility:
        allowed = policy.may_write_note(user(account), desk.case, visibility)
        assert allowed is (visibility in OPENS[part])
    crafted = client.post(f"/my/cases/{desk.case.public_id}/note", data={"text": "x", "visibility": PRIVILEGED.value})
    assert crafted.status_code == (303 if reads or part is R.LEAD else 422)
    assert ("For the meetings." in page) is (part is not R.LEAD)


def test_my_cases_name_the_part_and_hours_carry_it(app: Flask, client: FlaskClient) -> None:
    desk = led()
    _part, account, _opening = put(desk, R.INTERPRETER, "interpreter")
    factories.sign_in(client, user(account))
    page = client.get("/my/cases").text
    assert "Interpreter" in page
    assert "Reach the client by" not in page
    day = {"on_day-month": 11, "on_day-day": 2, "on_day-year": 2026, "hours": "1.5", "activity": "client"}
    assert client.post(f"/my/cases/{desk.case.public_id}/hours", data=day).status_code == 303
    logged = session.query(TimeEntry).one()
    assert (logged.role, logged.hundredths) == ("interpreter", 150)
    for path in ("close", "letter", "hand-back"):
        data = {"on_day-month": 11, "on_day-day": 2, "on_day-year": 2026, "reason": "no_time", "memo": "x"}
        client.post(f"/my/cases/{desk.case.public_id}/{path}", data=data)
    session.expire_all()
    assert desk.case.status is CaseStatus.IN_SERVICE
    assert all(part.ended_at is None for part in desk.case.assignments)


def test_who_rests_reads_why_on_every_page_of_the_case(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, _opening = put(desk, R.PARALEGAL, "paralegal", takers=["paralegal"], **PACKAGE)
    factories.sign_in(client, user(account))
    paths = ["", "/note", "/hours", "/attempt", "/letter", "/close"]
    own = f"/my/cases/{desk.case.public_id}"
    assert [client.get(own + path).status_code for path in paths] == [200, 200, 200, 200, 403, 403]
    done = f"/my/parts/{session.get_one(Assignment, part).public_id}/done"
    assert client.get(done).status_code == 200
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    answers = [client.get(own + path) for path in paths]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert all("No attorney answers for this case just now" in answer.text for answer in answers)
    assert client.get(done).status_code == 404
    assert client.post(done, data={"text": "Done", "hours": "1"}).status_code == 404
    mine = client.get("/my/cases").text
    assert "Rests: no attorney answers for the case just now" in mine
    assert desk.case.public_id not in mine


# packages


def taken(desk: Desk, who: str = "paralegal", **package: Any) -> tuple[int, int, int]:
    role = {"attorney": R.CO_COUNSEL}.get(who, R.PARALEGAL)
    return put(desk, role, who, takers=["attorney", "paralegal"], **{**PACKAGE, **package})


def report(part: int, account: int, hundredths: int = 250) -> PackageReport:
    with transaction():
        one = session.get_one(Assignment, part)
        return packages.report_package(one, text="The form is filed.", hundredths=hundredths, actor=user(account))


def test_a_package_is_reported_approved_and_over_without_the_lead(app: Flask) -> None:
    desk = led()
    part, account, what = taken(desk)
    with transaction():
        work.add_time(desk.case, on_day=MONDAY.date(), hundredths=100, actor=user(account))
    made = report(part, account)
    assert sorted((t.hundredths, t.role, t.source) for t in session.query(TimeEntry)) == [
        (100, "paralegal", "typed"), (150, "paralegal", "package"),
    ]  # fmt: skip
    (task,) = tasks("package_report")
    assert task.owner_id == desk.staff_id
    with pytest.raises(packages.ReportedBefore):
        report(part, account)
    with pytest.raises(NotAllowed), transaction():
        packages.approve_package(session.get_one(PackageReport, made.id), actor=user(account))
    assert sees(account)
    for _twice in range(2):
        with transaction():
            packages.approve_package(session.get_one(PackageReport, made.id), actor=desk.staff)
    one = session.get_one(Assignment, part)
    assert (one.end_reason, session.get_one(Opening, what).status) == ("done", OpeningStatus.CLOSED)
    assert not sees(account)
    assert tasks("package_report") == []
    assert len(mails("casework.package_approved")) == len(entries("package.approve")) == 1
    assert desk.case.status is CaseStatus.IN_SERVICE
    assert desk.case.assignments[0].ended_at is None


def test_a_package_is_returned_and_goes_on_whatever_the_other_places(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk)
    first = report(part, account)
    with transaction():
        who = session.get_one(Assignment, part).volunteer
        who.capacity = 0
        packages.return_package(session.get_one(PackageReport, first.id), reason="The stamp.", actor=desk.staff)
        packages.return_package(session.get_one(PackageReport, first.id), reason="The stamp.", actor=desk.staff)
    one = session.get_one(Assignment, part)
    assert (one.closing_since, one.uses_slot, one.ended_at) == (None, True, None)
    assert "The stamp" not in mails("casework.package_returned")[0].text
    with pytest.raises(packages.Answered), transaction():
        packages.approve_package(session.get_one(PackageReport, first.id), actor=desk.staff)
    second = report(part, account)
    with transaction():
        packages.approve_package(session.get_one(PackageReport, second.id), actor=desk.staff)
    assert [r.status for r in session.query(PackageReport).order_by(PackageReport.id)] == [
        PackageStatus.RETURNED, PackageStatus.APPROVED,
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "hundredths"), [(" ", 100), ("Done.", 0), ("Done.", 20_001)])
def test_a_report_says_something(app: Flask, text: str, hundredths: int) -> None:
    part, account, _what = taken(led())
    with pytest.raises(work.CannotKeep), transaction():
        one = session.get_one(Assignment, part)
        packages.report_package(one, text=text, hundredths=hundredths, actor=user(account))


def test_only_whoever_took_it_reports_and_only_a_package(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk)
    other, other_account, _opening = put(desk, R.INTERPRETER, "interpreter")
    with pytest.raises(work.NotOnTheCase):
        report(part, other_account)
    with pytest.raises(packages.NotAPackage):
        report(other, other_account)
    with transaction():
        operations.end_assignment(session.get_one(Assignment, part), "no_time", None, actor=desk.staff)
    with pytest.raises(work.WorkIsOver):
        report(part, account)


def test_an_attorney_takes_a_package_as_co_counsel_and_does_not_close_the_case(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk, "attorney")
    assert session.get_one(Assignment, part).role is R.CO_COUNSEL
    assert not policy.may_report_closing(user(account), desk.case)
    whole, whole_account, _opening = put(desk, R.CO_COUNSEL, "attorney")
    assert policy.may_report_closing(user(whole_account), desk.case)
    assert whole != part


def test_a_package_may_be_had_twice_by_different_people_never_by_one(app: Flask) -> None:
    desk = led()
    part, _account, _what = taken(desk)
    with transaction():
        again = opening(desk, R.PARALEGAL, takers=["paralegal"], **{**PACKAGE, "package": "Sort the papers"})
        who = session.get_one(Assignment, part).volunteer
    with pytest.raises(OtherPart), transaction():
        operations.place_by_hand(
            session.get_one(Opening, again.id), session.get_one(Volunteer, who.id), "phone_yes", actor=desk.staff,
            checked=True,
        )  # fmt: skip


def test_the_end_of_a_package_is_noticed_once_and_anew_after_a_change(app: Flask) -> None:
    desk = led()
    part, account, what = taken(desk)
    with clock.at(MONDAY.replace(day=20)):
        assert package_jobs.note_overdue_one() is False
    with clock.at(MONDAY.replace(day=21)):
        assert package_jobs.note_overdue_one() is True
        assert package_jobs.note_overdue_one() is False
        (task,) = tasks("package_overdue")
        assert (task.owner_id, task.case_id) == (desk.staff_id, desk.case_id)
        report(part, account)
        assert tasks("package_overdue") == []
    with clock.at(MONDAY.replace(day=25)):
        assert package_jobs.note_overdue_one() is False
        with transaction():
            made = session.query(PackageReport).one()
            packages.return_package(made, reason="More.", actor=desk.staff)
            session.get_one(Opening, what).ends_on = date(2026, 11, 24)
    with clock.at(MONDAY.replace(day=26)):
        assert package_jobs.note_overdue_one() is True


def test_the_cases_closing_and_a_packages_report_do_not_disturb_each_other(app: Flask) -> None:
    desk = led()
    part, account, _what = taken(desk)
    made = report(part, account)
    day = MONDAY.date()
    closing = Closing("A", None, None, None, None, False, False, day, 300)
    with transaction():
        sent = endings.report_closing(desk.case, closing, amounts=[], actor=desk.user())
    with transaction():
        endings.return_closing(session.merge(sent), reason="The decision.", actor=desk.staff)
    one = session.get_one(Assignment, part)
    assert (one.uses_slot, one.closing_since is not None) == (False, True)
    assert Counter(mail.kind for mail in mails())["casework.closing_returned"] == 1
    with transaction():
        packages.approve_package(session.get_one(PackageReport, made.id), actor=desk.staff)
    assert desk.case.assignments[0].uses_slot is True


def test_a_part_is_given_back_and_listed_again_while_the_case_stays(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, what = put(desk, R.INTERPRETER, "interpreter")
    factories.sign_in(client, user(account))
    url = f"/my/parts/{session.get_one(Assignment, part).public_id}/give-back"
    assert client.get(url).status_code == 200
    assert client.post(url, data={}).status_code == 422
    assert client.post(url, data={"reason": "no_time"}).status_code == 303
    session.expire_all()
    assert session.get_one(Opening, what).status is OpeningStatus.LISTED
    assert desk.case.status is CaseStatus.IN_SERVICE
    assert not sees(account)
    assert len(tasks("find_for_part")) == 1
    assert client.post(url, data={"reason": "no_time"}).status_code == 404
    assert session.query(Bar).count() == 0
    with pytest.raises(NotAllowed), transaction():
        packages.give_back_part(desk.case.assignments[0], reason="no_time", actor=desk.user())


def test_a_conflict_keeps_person_and_firm_from_the_case(app: Flask) -> None:
    desk = led()
    part, account, what = put(desk, R.INTERPRETER, "interpreter")
    with transaction():
        one = session.get_one(Assignment, part)
        firm = factories.add(Organisation(name="Field and Brook"))
        session.add(Membership(volunteer=one.volunteer, organisation=firm))
        session.flush()
        packages.give_back_part(one, reason="conflict", actor=user(account))
        colleague = person("interpreter", languages=["en", "es"])
        session.add(Membership(volunteer=colleague, organisation=firm))
    assert session.query(Bar).count() == 2
    assert judge_pair(session.get_one(Opening, what), colleague, MONDAY.date()).rules == ["barred"]


def test_a_package_is_among_what_its_volunteer_must_do(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, _what = taken(desk)
    factories.sign_in(client, user(account))
    link = f"/my/parts/{session.get_one(Assignment, part).public_id}/done"
    assert link in client.get("/my").text
    report(part, account)
    assert link not in client.get("/my").text


def test_packages_are_reported_and_answered_on_their_pages(app: Flask, client: FlaskClient) -> None:
    desk = led()
    part, account, _what = taken(desk)
    browser = factories.sign_in(client, user(account))
    url = f"/my/parts/{session.get_one(Assignment, part).public_id}/done"
    assert browser.post(url, data={"text": "", "hours": ""}).status_code == 422
    assert browser.post(url, data={"text": "Filed.", "hours": "300"}).status_code == 422
    assert browser.post(url, data={"text": "Filed.", "hours": "2.5"}).status_code == 303
    made = session.query(PackageReport).one()
    assert "You have reported this done" in browser.get(url).text
    staff = factories.sign_in(app.test_client(), desk.staff)
    page = staff.get(f"/packages/{made.public_id}")
    assert "Filed." in page.text
    assert staff.post(f"/packages/{made.public_id}/return", data={}).status_code == 422
    assert staff.post(f"/packages/{made.public_id}/return", data={"reason": "The stamp."}).status_code == 303
    assert "The stamp." in browser.get(url).text
    assert browser.post(url, data={"text": "Stamped.", "hours": "2.5"}).status_code == 303
    session.expire_all()
    newest = session.query(PackageReport).order_by(PackageReport.id.desc()).first()
    assert newest is not None
    case = staff.get(f"/cases/{desk.case.public_id}").text
    assert f"/packages/{newest.public_id}" in case
    assert staff.post(f"/packages/{newest.public_id}/approve").status_code == 303
    assert browser.get(f"/my/cases/{desk.case.public_id}").status_code == 404
    stranger = factories.sign_in(app.test_client(), factories.coordinator(factories.programme()))
    assert stranger.get(f"/packages/{newest.public_id}").status_code == 404


def test_rules_of_a_claim_hold_for_every_part(app: Flask) -> None:
    desk = led()
    with transaction():
        attorney, made = person("attorney"), opening(desk, R.INTERPRETER)
    with pytest.raises(NotForYou):
        claimed(desk, attorney, made)
    with pytest.raises(RulesAgainst), transaction():
        operations.send_offer(session.get_one(Opening, made.id), attorney, actor=desk.staff)
    assert session.get_one(Case, desk.case_id).status is CaseStatus.IN_SERVICE
