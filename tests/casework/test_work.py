"""First contact, letter, notes, contacts and hours: what happens, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from app.accounts import calendars
from app.accounts.models import User
from app.casework import operations, policy, queries
from app.casework.models import ContactAttempt, Note, TimeEntry, Visibility
from app.clients.models import CaseMove, CaseStatus
from app.clients.models.statuses import CaseRole
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.tasks.operations import open_task
from tests import factories
from tests.casework.conftest import MONDAY, TODAY, Work, begin


@pytest.fixture
def placed(app: Flask) -> Work:
    return begin(CaseStatus.PLACED)


def a_stranger(role: Role = Role.VOLUNTEER) -> User:
    """Staff of another programme, or a volunteer on no case."""
    if role is Role.VOLUNTEER:
        found = factories.volunteer().user
        assert found is not None
        return found
    return factories.user(role, programme=factories.programme())


def test_first_contact_starts_the_service_once(placed: Work) -> None:
    for _ in range(2):
        with transaction():
            operations.record_first_contact(placed.lead, actor=placed.user)
    session.rollback()
    assert placed.case.status is CaseStatus.IN_SERVICE
    assert placed.lead.first_contact_at == MONDAY
    assert session.query(ContactAttempt).count() == 1
    assert session.query(CaseMove).filter_by(to_status=CaseStatus.IN_SERVICE).count() == 1


def test_first_contact_finishes_its_task(placed: Work) -> None:
    with transaction():
        open_task("first_contact", placed.lead, programme=placed.case.programme, title="First contact",
                  due_at=clock.now(), actor=None, case=placed.case)  # fmt: skip
        operations.record_first_contact(placed.lead, actor=placed.staff)
    assert placed.tasks() == {"first_contact": "done"}


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COORDINATOR])
def test_nobody_else_records_the_first_contact(placed: Work, role: Role) -> None:
    with pytest.raises(operations.NotOnTheCase), transaction():
        operations.record_first_contact(placed.lead, actor=a_stranger(role))
    assert placed.case.status is CaseStatus.PLACED


def test_a_mentor_neither_starts_the_service_nor_acts_for_the_lead(placed: Work) -> None:
    with transaction():
        mentor = factories.volunteer()
        row = factories.assignment(placed.case, mentor, role=CaseRole.MENTOR, opening=None, uses_slot=False)
        mentor_user, row_id = mentor.user, row.id
        assert mentor_user is not None
        user_id = mentor_user.id
    with pytest.raises(NotAllowed), transaction():
        operations.record_first_contact(session.get_one(type(row), row_id), actor=session.get_one(User, user_id))
    with pytest.raises(operations.NotOnTheCase), transaction():
        operations.sign_letter(placed.lead, on_day=TODAY, actor=session.get_one(User, user_id))
    with transaction():
        assert not policy.may_report_closing(session.get_one(User, user_id), placed.case)
        assert policy.may_report_closing(placed.user, placed.case)


def test_after_the_end_nothing_is_recorded(placed: Work) -> None:
    with transaction():
        placed.lead.ended_at = clock.now()
    for act in (operations.record_first_contact, lambda a, actor: operations.sign_letter(a, on_day=TODAY, actor=actor)):
        with pytest.raises(operations.NotOnTheCase), transaction():
            act(placed.lead, actor=placed.user)
        with pytest.raises(operations.WorkIsOver), transaction():
            act(placed.lead, actor=placed.staff)


def test_the_letter_is_signed_by_today_in_the_programme(work: Work) -> None:
    with transaction():
        operations.sign_letter(work.lead, on_day=TODAY, actor=work.user)
    assert work.lead.letter_signed_on == TODAY
    with pytest.raises(operations.CannotKeep) as refused, transaction():
        operations.sign_letter(work.lead, on_day=TODAY + timedelta(days=1), actor=work.user)
    assert refused.value.field == "on_day"
    with pytest.raises(operations.CannotKeep, match="CannotKeep") as refused, transaction():
        operations.sign_letter(work.lead, on_day=TODAY - timedelta(days=4_000), actor=work.user)
    assert "before the case was placed" in str(refused.value.message)


def test_only_staff_do_without_a_letter(work: Work) -> None:
    with pytest.raises(NotAllowed), transaction():
        operations.waive_letter(work.lead, reason="emergency", actor=work.user)
    with transaction():
        operations.waive_letter(work.lead, reason="emergency", actor=work.staff)
    assert work.lead.letter_waived_reason == "emergency"


# who reads a note, by who wrote it and for whom
READERS = [
    ("user", Visibility.PROGRAMME, {"user", "staff", "attorney"}),
    ("user", Visibility.LAWYER_AND_CLIENT, {"user", "attorney"}),
    ("staff", Visibility.PROGRAMME, {"user", "staff", "attorney"}),
    ("staff", Visibility.STAFF, {"staff", "attorney"}),
    ("attorney", Visibility.LAWYER_AND_CLIENT, {"user", "attorney"}),
]


@pytest.mark.parametrize(("author", "visibility", "readers"), READERS)
def test_who_reads_a_note(work: Work, author: str, visibility: Visibility, readers: set[str]) -> None:
    with transaction():
        operations.add_note(work.case, " The hearing was moved. ", actor=getattr(work, author), visibility=visibility)
    session.rollback()
    people = ("user", "staff", "attorney")
    assert {p for p in people if queries.notes(work.case, viewer=getattr(work, p))} == readers
    assert session.query(Note).one().text == "The hearing was moved."


@pytest.mark.parametrize(
    ("author", "visibility"), [("user", Visibility.STAFF), ("staff", Visibility.LAWYER_AND_CLIENT)]
)
def test_nobody_writes_what_they_could_not_read(work: Work, author: str, visibility: Visibility) -> None:
    with pytest.raises(NotAllowed), transaction():
        operations.add_note(work.case, "Something", actor=getattr(work, author), visibility=visibility)


def test_a_note_is_corrected_by_another_of_the_same_case(work: Work) -> None:
    with transaction():
        first = operations.add_note(work.case, "Hearing on the 9th", actor=work.user)
        operations.add_note(work.case, "Hearing on the 19th", actor=work.user, corrects=first)
    session.rollback()
    first, second = session.query(Note).order_by(Note.id)
    assert (first.text, second.corrects_id) == ("Hearing on the 9th", first.id)
    other = begin()
    with pytest.raises(operations.CannotKeep), transaction():
        operations.add_note(other.case, "Wrong file", actor=other.user, corrects=session.query(Note).first())


@pytest.mark.parametrize("text", ["", "   \n"])
def test_an_empty_note_is_refused(work: Work, text: str) -> None:
    with pytest.raises(operations.CannotKeep), transaction():
        operations.add_note(work.case, text, actor=work.user)


def test_what_is_sent_twice_is_kept_once_and_what_is_said_later_again(work: Work) -> None:
    def all_three() -> None:
        with transaction():
            operations.add_note(work.case, "Called the court", actor=work.user)
            operations.add_time(work.case, on_day=TODAY, hundredths=50, actor=work.user)
            operations.record_contact(work.case, "call", reached=False, actor=work.user)

    kinds = (Note, TimeEntry, ContactAttempt)
    all_three()
    all_three()
    assert [session.query(kind).count() for kind in kinds] == [1, 1, 1]
    with clock.at(MONDAY + timedelta(minutes=5)):
        all_three()
    assert [session.query(kind).count() for kind in kinds] == [2, 2, 2]


def test_hours_of_a_volunteer_count_as_given_and_those_of_staff_do_not(work: Work) -> None:
    with transaction():
        operations.add_time(work.case, on_day=TODAY, hundredths=150, actor=work.user)
        operations.add_time(work.case, on_day=TODAY, hundredths=75, actor=work.staff)
    given, paid = session.query(TimeEntry).order_by(TimeEntry.id)
    assert (given.pai, given.role, given.volunteer_id) == (True, "lead", work.user.volunteer.id)
    assert (paid.pai, paid.role, paid.volunteer_id) == (False, "staff", None)
    assert queries.hours_of(work.case) == 225
    assert queries.hours_of(work.case, by=work.user) == 150


@pytest.mark.parametrize(
    ("on_day", "hundredths", "field"),
    [
        (TODAY, 0, "hours"),
        (TODAY, -10, "hours"),
        (TODAY, 9, "hours"),
        (TODAY, 2401, "hours"),
        (TODAY + timedelta(days=1), 100, "on_day"),
    ],
)
def test_hours_out_of_bounds_are_refused(work: Work, on_day: date, hundredths: int, field: str) -> None:
    with pytest.raises(operations.CannotKeep) as refused, transaction():
        operations.add_time(work.case, on_day=on_day, hundredths=hundredths, actor=work.user)
    assert refused.value.field == field
    assert session.query(TimeEntry).count() == 0


@pytest.mark.parametrize("hundredths", [10, 2400])
def test_hours_up_to_a_whole_day_are_kept(work: Work, hundredths: int) -> None:
    with transaction():
        operations.add_time(work.case, on_day=TODAY, hundredths=hundredths, actor=work.user)
    assert queries.hours_of(work.case) == hundredths


def test_the_evening_before_is_still_today_where_the_programme_is(work: Work) -> None:
    late = MONDAY + timedelta(hours=11)  # Tuesday in London, nine in the evening in Chicago
    with clock.at(late), transaction():
        assert calendars.today(work.case.programme) == TODAY
        with pytest.raises(operations.CannotKeep):
            operations.add_time(work.case, on_day=TODAY + timedelta(days=1), hundredths=100, actor=work.user)


def test_hours_are_taken_back_once_by_their_owner_or_staff(work: Work) -> None:
    with transaction():
        mine = operations.add_time(work.case, on_day=TODAY, hundredths=150, actor=work.user)
        staffs = operations.add_time(work.case, on_day=TODAY, hundredths=75, actor=work.staff)
        with pytest.raises(NotAllowed):
            operations.remove_time(staffs, actor=work.user)
        operations.remove_time(mine, actor=work.staff)
        removed_at = mine.removed_at
        operations.remove_time(mine, actor=work.user)
        assert mine.removed_at == removed_at
    assert queries.hours_of(work.case) == 75
    assert session.query(TimeEntry).count() == 2


def test_a_closed_case_takes_no_more_hours(app: Flask) -> None:
    closed = begin(CaseStatus.CLOSED)
    with pytest.raises(operations.WorkIsOver), transaction():
        operations.add_time(closed.case, on_day=TODAY, hundredths=100, actor=closed.staff)


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COORDINATOR])
def test_strangers_write_nothing(work: Work, role: Role) -> None:
    with transaction():
        stranger = a_stranger(role)
        for act in (
            lambda: operations.add_note(work.case, "Hello", actor=stranger),
            lambda: operations.add_time(work.case, on_day=TODAY, hundredths=100, actor=stranger),
            lambda: operations.record_contact(work.case, "call", reached=True, actor=stranger),
        ):
            with pytest.raises(operations.NotOnTheCase):
                act()
