"""Whoever a new name may concern, or who is suspended, stands outside at once; staff answer until they decide."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import RoleGrant, User
from app.casework import cut_off_mails, operations_cut_off, operations_transfer
from app.casework.transfer_models import Court
from app.clients.models import Case, CaseStatus, Custody, Opening, Party, PartyRole
from app.clients.operations_parties import add_party, change_party
from app.clients.queries import visible_cases
from app.clients.supervision import has_attorney
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal
from app.core.mail import Mail
from app.matching import colleagues, jobs
from app.matching import operations as matching
from app.matching.models import Assignment, Bar, Referral
from app.matching.operations import bar
from app.tasks.models import Task
from app.volunteers import operations as volunteers
from app.volunteers import operations_profile as profiles
from app.volunteers import operations_ties
from app.volunteers.models import Membership, Organisation, Volunteer
from tests import factories
from tests.casework.conftest import Work
from tests.matching.test_race import at_once
from tests.snapshots import same_as_stored


def named_like(work: Work, name: str) -> None:
    with transaction():
        add_party(work.case, role=PartyRole.ADVERSE, name=name, actor=work.staff)


def sees(work: Work) -> bool:
    session.rollback()
    return session.execute(visible_cases(work.user).where(Case.id == work.case_id)).first() is not None


def custodian(work: Work) -> int:
    session.rollback()
    return session.execute(select(Custody.user_id).where(Custody.until_at.is_(None))).scalar_one()


def own_name(work: Work) -> str:
    assert work.user.volunteer is not None
    return work.user.volunteer.name


def suspend(work: Work) -> None:
    with transaction():
        volunteers.suspend_volunteer(work.user.volunteer, "Complaint", actor=work.staff)  # type: ignore[arg-type]


def test_a_lead_named_like_a_new_party_is_outside_and_staff_answer(work: Work) -> None:
    named_like(work, "Somebody Else Entirely")
    assert sees(work)
    assert "cut_off" not in work.tasks()
    named_like(work, own_name(work))
    assert not sees(work)
    assert work.case.status is CaseStatus.IN_SERVICE
    assert work.lead.ended_at is None, "the part ends only when a person decides"
    assert custodian(work) == work.attorney_id
    assert work.tasks()["cut_off"] is None
    assert session.query(Task).filter_by(cause="cut_off").one().owner_id == work.attorney_id
    assert work.mails().count("casework.file_closed") == 1
    assert "assignment.cut_off" in {entry.action for entry in session.query(AuditEntry)}


def test_a_changed_name_cuts_off_as_a_new_one_does_and_only_once(work: Work) -> None:
    named_like(work, "Somebody Else Entirely")
    with transaction():
        party = work.case.parties[-1]
        change_party(party, role=party.role, name="Nobody Here", aliases=[own_name(work)], is_organisation=False,
                     born_on=None, actor=work.staff)  # fmt: skip
    assert not sees(work)
    named_like(work, own_name(work))
    assert work.mails().count("casework.file_closed") == 1


def test_staff_open_the_file_again_where_it_is_somebody_else(work: Work) -> None:
    named_like(work, own_name(work))
    with pytest.raises(NotAllowed), transaction():
        operations_cut_off.open_again(work.lead, actor=work.user)
    for _twice in range(2):
        with transaction():
            operations_cut_off.open_again(work.lead, actor=work.staff)
    assert sees(work)
    assert work.tasks()["cut_off"] == "opened_again"
    assert work.mails().count("casework.file_open_again") == 1
    named_like(work, "Juniper Vale")
    assert sees(work), "an old name asks nobody again"


def test_who_was_placed_as_the_name_came_in_is_noticed_within_seconds(work: Work) -> None:
    with transaction():
        cleared = Referral(opening=work.case.lead_opening, volunteer=work.user.volunteer, way="claim",
                           status="confirmed", attested_version=1)  # fmt: skip
        session.add(cleared)
        session.flush()
        work.lead.referral_id = cleared.id
        session.add(Party(case=work.case, role=PartyRole.ADVERSE, name=own_name(work)))
        work.case.parties_version = 2
    assert sees(work), "nobody noticed as they were placed"
    assert jobs.void_one()
    assert not sees(work)
    assert "check_conflict_again" not in work.tasks(), "staff decide first"
    assert not jobs.void_one()
    with transaction():
        operations_cut_off.open_again(work.lead, actor=work.staff)
    assert jobs.void_one()
    assert sees(work), "staff have decided"
    assert work.tasks()["check_conflict_again"] is None


def says_who(work: Work, household: list[str], employers: list[str]) -> None:
    with transaction():
        volunteer = work.user.volunteer
        assert volunteer is not None
        operations_ties.change_ties(volunteer, household=household, employers=employers, actor=work.user)


@pytest.mark.parametrize("how", ["household", "employer", "firm"])
def test_who_comes_to_live_with_or_work_for_a_party_is_outside_at_once(work: Work, how: str) -> None:
    named_like(work, "Larkspur Homes")
    assert sees(work)
    if how == "firm":
        with transaction():
            firm = factories.add(Organisation(name="Larkspur Homes"))
            profiles.change_organisation(work.user.volunteer, firm, actor=work.user)  # type: ignore[arg-type]
    else:
        said = ["Larkspur Homes"]
        says_who(work, said if how == "household" else [], said if how == "employer" else [])
    assert not sees(work)
    assert custodian(work) == work.attorney_id
    assert work.tasks()["cut_off"] is None
    with transaction():
        operations_cut_off.open_again(work.lead, actor=work.staff)
    says_who(work, ["Larkspur Homes", "Juniper Vale"], [])
    assert sees(work), "staff have decided about what was known"
    named_like(work, "Ash Byrne")
    assert sees(work)
    says_who(work, ["Somebody Unknown"], [])
    assert sees(work)
    assert work.mails().count("casework.file_closed") == 1


def test_a_holder_who_comes_to_live_with_a_party_reads_no_name_any_more(work: Work) -> None:
    with transaction():
        case = factories.case(work.case.programme, CaseStatus.AVAILABLE, owner=work.staff)
        add_party(case, role=PartyRole.ADVERSE, name="Rosa Hartwell", actor=work.staff)
        held = matching.hold(case.lead_opening, actor=work.user).id
    says_who(work, ["Rosa Hartwell"], [])
    assert sees(work), "the other case has nothing to do with it"
    attempt = session.get_one(Referral, held)
    assert (attempt.status, attempt.reason) == ("withdrawn", "barred")
    assert work.mails().count("matching.gone") == 1


def test_a_name_and_a_mentor_that_come_in_at_the_same_instant_are_noticed(app: Flask) -> None:
    for _round in range(3):
        with transaction():
            of = factories.programme()
            factories.user(Role.SUPERVISING_ATTORNEY, programme=of)
            staff, who = factories.coordinator(of), factories.volunteer()
            mentor = factories.volunteer(mentors_others=True, given_name="Wren", family_name="Halloran")
            case = factories.case(of, CaseStatus.AVAILABLE, owner=staff)
            ids = (case.id, case.lead_opening.id, who.id, mentor.id, staff.id)
        session.rollback()

        def place(ids: tuple[int, ...] = ids) -> str:
            try:
                with transaction():
                    people = [session.get_one(Volunteer, each) for each in ids[2:4]]
                    matching.place_by_hand(
                        session.get_one(Opening, ids[1]), people[0], "phone_yes", checked=True, mentor=people[1],
                        actor=session.get_one(User, ids[4]),
                    )  # fmt: skip
            except Refusal as refused:
                return type(refused).__name__
            return "placed"

        def name(ids: tuple[int, ...] = ids) -> str:
            with transaction():
                called = session.get_one(Volunteer, ids[3]).name
                add_party(session.get_one(Case, ids[0]), role=PartyRole.ADVERSE, name=called,
                          actor=session.get_one(User, ids[4]))  # fmt: skip
            return "named"

        placed, _named = at_once(app, [place, name])
        session.rollback()
        parts = session.query(Assignment).filter_by(case_id=ids[0], volunteer_id=ids[3]).all()
        assert all(part.cut_off_at for part in parts)
        assert len(parts) == (1 if placed == "placed" else 0)


def test_a_name_close_to_nobody_only_has_them_check_again(work: Work) -> None:
    with transaction():
        cleared = Referral(opening=work.case.lead_opening, volunteer=work.user.volunteer, way="claim",
                           status="confirmed", attested_version=1)  # fmt: skip
        session.add(cleared)
        session.flush()
        work.lead.referral_id = cleared.id
    named_like(work, "Juniper Vale")
    assert jobs.void_one()
    assert sees(work)
    assert "cut_off" not in work.tasks()


def test_a_withdrawal_settles_the_question(work: Work) -> None:
    named_like(work, own_name(work))
    with transaction():
        operations_transfer.leave_at_once(work.lead, "conflict", court=Court.NO, actor=work.attorney)
    assert work.tasks()["cut_off"] == "ended"
    assert work.case.status is CaseStatus.ACCEPTED
    assert not sees(work)


def test_the_end_of_the_lead_settles_the_question_about_their_mentor(work: Work) -> None:
    with transaction():
        mentor = factories.volunteer(given_name="Imre", family_name="Valdo")
        session.add(Assignment(case=work.case, volunteer=mentor, role="mentor", started_at=work.lead.started_at,
                               uses_slot=False, first_contact_due_on=work.lead.first_contact_due_on))  # fmt: skip
        name = mentor.name
    named_like(work, name)
    assert sees(work)
    assert work.tasks()["cut_off"] is None
    with transaction():
        operations_transfer.leave_at_once(work.lead, "conflict", court=Court.NO, actor=work.attorney)
    assert work.tasks()["cut_off"] == "ended"


def test_somebody_suspended_is_outside_until_they_are_reinstated(work: Work) -> None:
    suspend(work)
    assert not sees(work)
    assert work.lead.ended_at is None
    assert custodian(work) == work.attorney_id
    assert work.tasks()["volunteer_may_not_go_on"] is None, "the question stays"
    with transaction():
        volunteers.reinstate_volunteer(work.user.volunteer, "Cleared", actor=work.staff)  # type: ignore[arg-type]
    assert sees(work)


def test_who_is_outside_answers_for_no_student(work: Work) -> None:
    with transaction():
        student = factories.volunteer(roles=["student"])
        session.add(Assignment(case=work.case, volunteer=student, role="student", acts_as="student",
                               started_at=work.lead.started_at, uses_slot=False,
                               first_contact_due_on=work.lead.first_contact_due_on))  # fmt: skip
    assert has_attorney(work.case)
    named_like(work, own_name(work))
    assert not has_attorney(work.case)
    assert work.tasks()["name_attorney"] is None, "in the same moment"


def colleague(work: Work) -> int:
    """The lead belongs to a firm; a colleague of theirs does too."""
    with transaction():
        firm, other = factories.add(Organisation(name="Orchard and Vale LLP")), factories.volunteer()
        for person in (work.user.volunteer, other):
            factories.add(Membership(volunteer_id=person.id, organisation_id=firm.id))  # type: ignore[union-attr]
        return firm.id


def bar_firm(work: Work, firm_id: int) -> None:
    with transaction():
        bar(work.case, session.get_one(Organisation, firm_id), reason="conflict", actor=work.staff)


def test_a_firm_barred_while_a_colleague_works_on_the_case_is_a_task_once(work: Work) -> None:
    firm_id = colleague(work)
    bar_firm(work, firm_id)
    assert work.tasks()["firm_barred"] is None
    assert session.query(Task).filter_by(cause="firm_barred").one().owner_id == work.staff_id
    bar_firm(work, firm_id)
    assert session.query(Task).filter_by(cause="firm_barred").count() == 1
    assert sees(work), "whether it reaches the colleague is for staff to say"
    with transaction():
        operations_transfer.leave_at_once(work.lead, "conflict", court=Court.NO, actor=work.staff)
    assert work.tasks()["firm_barred"] == "nobody_left"


def test_nobody_is_asked_about_the_one_who_found_the_conflict_or_of_short_service(work: Work) -> None:
    firm_id = colleague(work)
    with transaction():
        operations_transfer.leave_at_once(work.lead, "conflict", court=Court.NO, actor=work.user)
    assert {row.organisation_id for row in session.query(Bar)} == {None, firm_id}
    assert "firm_barred" not in work.tasks()


def test_of_a_short_service_nobody_is_asked(work: Work) -> None:
    with transaction():
        work.case.short_term_by = "court"
    bar_firm(work, colleague(work))
    assert "firm_barred" not in work.tasks()


def test_nobody_lets_themselves_go_on(work: Work) -> None:
    bar_firm(work, colleague(work))
    elsewhere = factories.coordinator(factories.programme())
    with transaction():
        session.add(RoleGrant(user=work.user, role=Role.COORDINATOR, programme=work.case.programme))
    for nobody in (work.user, elsewhere):
        with pytest.raises(NotAllowed), transaction():
            colleagues.let_colleagues_go_on(work.case, actor=nobody)
    assert work.tasks()["firm_barred"] is None


def test_the_list_of_cases_says_no_more_than_the_number_of_a_closed_file(app: Flask, work: Work) -> None:
    named_like(work, own_name(work))
    page = factories.sign_in(app.test_client(), work.user).get("/my/cases").get_data(as_text=True)
    assert work.case.number in page
    assert work.case.title not in page
    assert 'class="prio' not in page


def test_staff_decide_on_one_page(app: Flask, work: Work) -> None:
    bar_firm(work, colleague(work))
    named_like(work, own_name(work))
    office, path = factories.sign_in(app.test_client(), work.staff), f"/cases/{work.case.public_id}/close-to-it"
    assert path in office.get("/today").get_data(as_text=True)
    page = office.get(path).get_data(as_text=True)
    assert f'href="/cases/{work.case.public_id}/leave-at-once"' in page
    assert office.post(f"{path}/{work.lead.public_id}/open-again").status_code == 303
    assert office.post(f"{path}/go-on").status_code == 303
    assert {work.tasks()[cause] for cause in ("cut_off", "firm_barred")} == {"opened_again", "goes_on"}
    assert "Nothing to decide" in office.get(path).get_data(as_text=True)
    assert office.post(f"{path}/0000000000000000/open-again").status_code == 404


def test_the_volunteer_reads_that_the_file_is_closed_and_nothing_of_the_case(app: Flask, work: Work) -> None:
    named_like(work, own_name(work))
    with transaction():
        work.case.listing_title = "Zanzibar eviction"
    mine = factories.sign_in(app.test_client(), work.user)
    page = mine.get("/my/cases").get_data(as_text=True)
    assert "Closed to you for the moment" in page
    assert f'href="{work.path}"' not in page
    assert f'href="{work.path}"' not in mine.get("/my").get_data(as_text=True)


@pytest.mark.parametrize("name", ["file_closed", "file_open_again"])
def test_the_mails_say_what_is_stored(work: Work, name: str) -> None:
    with transaction():
        case = work.case
        case.number, case.public_id, case.programme.name = "26-00012", "case0000000000id", "Lakeshore Legal Aid"
        case.programme.phone, work.staff.name, work.lead.cut_off_at = "+13125550100", "Ada Renner", case.created_at
        session.query(Mail).delete()
        work.lead.volunteer.given_name = "Noor"
        getattr(cut_off_mails, name)(work.lead)
    same_as_stored(f"casework.{name}.en", session.query(Mail).one())


def test_every_mail_is_tried() -> None:
    folder = Path(cut_off_mails.__file__).parent / "templates" / cut_off_mails.FOLDER
    assert {path.name for path in folder.iterdir()} == {"file_closed.en.txt", "file_open_again.en.txt"}
