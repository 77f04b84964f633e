"""A volunteer's own pages: what they show, what they keep when something is wrong, and who is kept out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.casework import operations, operations_closing, queries
from app.casework.models import ClosingReport, ContactAttempt, Note, TimeEntry, Visibility
from app.casework.transfer_models import Transfer
from app.clients.models import CaseStatus, Channel, ChannelKind, CriticalDate
from app.core.audit import AuditEntry
from app.core.db import engine, session, transaction
from tests import factories
from tests.casework.conftest import TODAY, Work, begin, closing_with

STEPS = ("attempt", "note", "hours", "letter", "close", "hand-back", "leave-at-once", "transfer")


def day(field: str, of: date = TODAY) -> dict[str, str]:
    """A day as the browser sends it."""
    return {f"{field}-month": str(of.month), f"{field}-day": str(of.day), f"{field}-year": str(of.year)}


GOOD_MEMO = {
    "reason": "no_time", "done": "Hearing on the 9th", "next": "Call the clerk", "papers": "none", "court": "no",
}  # fmt: skip
GOOD_CLOSING = {"closing_code": "A", **day("work_ended_on"), "hours": "2.5"}


@pytest.fixture
def mine(client: FlaskClient, work: Work) -> FlaskClient:
    """The volunteer, signed in."""
    return factories.sign_in(client, work.user)


def text_of(answer: object) -> str:
    return answer.get_data(as_text=True)  # type: ignore[attr-defined]


def test_the_file_shows_what_the_volunteer_needs_and_is_recorded_as_seen(mine: FlaskClient, work: Work) -> None:
    with transaction():
        case = work.case
        case.language, case.interpreter, case.client.watched_device = "es", True, True
        said = {"safe": True, "value_hash": "x", "value": "608-555-0142"}
        case.client.channels.append(Channel(kind=ChannelKind.CALL, safe_hours="after 4 pm", **said))
        case.client.channels.append(Channel(kind=ChannelKind.VOICEMAIL, may_be_said="open", **said))
        session.add(CriticalDate(case=case, kind="hearing", on_day=date(2026, 3, 20), at_time="9:30 am"))
    page = mine.get(work.path)
    assert page.status_code == 200
    session.rollback()
    contact = ("Spanish, interpreter can be had", "after 4 pm", "Only a first name and a number to call back",
               "You may say who you are and why you call", "Somebody else may look at their phone")  # fmt: skip
    for fact in (work.case.number, "Maribel Castro", "The landlord changed the lock.", "Cottonwood Row Holdings",
                 "State court", "9:30 am", *contact):  # fmt: skip
        assert fact in text_of(page)
    assert session.query(AuditEntry).filter_by(action="case.view", actor_id=work.user_id).count() == 1


def test_staff_notes_never_reach_the_volunteers_page(mine: FlaskClient, work: Work) -> None:
    with transaction():
        operations.add_note(work.case, "Ask the board first", actor=work.staff, visibility=Visibility.STAFF)
        operations.add_note(work.case, "Keys are at the office", actor=work.staff)
    page = text_of(mine.get(work.path))
    assert "Keys are at the office" in page
    assert "Ask the board first" not in page


@pytest.mark.parametrize("step", ["", *STEPS])
def test_anothers_case_is_not_found(app: Flask, work: Work, step: str) -> None:
    other = begin()
    mine = factories.sign_in(app.test_client(), other.user)
    path = f"{work.path}/{step}".rstrip("/")
    assert mine.get(path).status_code == 404
    if step:
        assert mine.post(path, data={"text": "x"}).status_code == 404


def test_a_closed_case_is_no_longer_open_to_the_volunteer(mine: FlaskClient, work: Work) -> None:
    with transaction():
        work.lead.ended_at = work.lead.started_at
    assert mine.get(work.path).status_code == 404


@pytest.mark.parametrize("step", STEPS)
def test_every_step_opens(mine: FlaskClient, work: Work, step: str) -> None:
    assert mine.get(f"{work.path}/{step}").status_code == 200


@pytest.mark.parametrize(
    ("step", "typed", "sentence", "kept"),
    [
        ("note", {"text": " ", "visibility": "programme"}, "Write the note first.", ""),
        ("note", {"text": "Spoke with her", "visibility": "staff"}, "This is not one of the choices", "Spoke with her"),
        ("hours", {"hours": "a lot", "activity": "court"}, "Write hours as a number", "a lot"),
        ("hours", {"hours": "25", "activity": "work"}, "between 0.1 and 24 hours", "25"),
        ("hours", {"hours": "0", "activity": "work"}, "between 0.1 and 24 hours", ""),
        ("attempt", {"channel": "call"}, "Say whether you reached", ""),
        ("letter", {}, "Say on which day it was signed.", ""),
        ("hand-back", {**GOOD_MEMO, "reason": ""}, "Choose what comes closest.", "Hearing on the 9th"),
        ("hand-back", {**GOOD_MEMO, "done": " "}, "Write what the next lawyer must know.", "Call the clerk"),
        ("hand-back", {**GOOD_MEMO, "court": ""}, "Say whether a court must agree.", "Hearing on the 9th"),
        ("transfer", {**GOOD_MEMO, "reason": ""}, "Choose what comes closest.", "Hearing on the 9th"),
        ("leave-at-once", {"reason": "conflict"}, "Say whether a court must agree.", ""),
        ("close", {"hours": "2"}, "Choose how it ended.", "2"),
        ("close", {**GOOD_CLOSING, "closing_code": "IB"}, "Code IB needs counsel of record", "2.5"),
        ("close", {**GOOD_CLOSING, "lump_sum": "a lot"}, "Write the amount as a number", "a lot"),
        ("close", {**GOOD_CLOSING, "monthly": "300"}, "both the amount and the months", "300"),
        ("close", {**GOOD_CLOSING, "decided_on-month": "13", "decided_on-day": "1"}, "could not read the date", "13"),
        ("close", {**GOOD_CLOSING, "months": "12"}, "both the amount and the months", "12"),
        ("close", {**GOOD_CLOSING, "monthly": "300", "months": "700"}, "Between 1 and 600 months", "700"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    mine: FlaskClient, work: Work, step: str, typed: dict[str, str], sentence: str, kept: str
) -> None:
    when = day("on_day") if step == "hours" else {}
    answer = mine.post(f"{work.path}/{step}", data={**when, **typed})
    assert answer.status_code == 422
    assert sentence.lower() in text_of(answer).lower()
    assert kept in text_of(answer)
    session.rollback()
    assert not any(session.query(kind).count() for kind in (Note, TimeEntry, ContactAttempt, ClosingReport))
    assert work.case.status is CaseStatus.IN_SERVICE


@pytest.mark.parametrize(("step", "said"), [("hours", "Hours cannot lie in the future"), ("letter", "in the future")])
def test_a_future_day_is_refused_beside_its_field(mine: FlaskClient, work: Work, step: str, said: str) -> None:
    answer = mine.post(
        f"{work.path}/{step}", data={**day("on_day", TODAY + timedelta(days=1)), "hours": "1.5", "activity": "court"}
    )
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert step == "letter" or 'value="1.5"' in text_of(answer)


@pytest.mark.parametrize(("step", "field"), [("hours", "on_day"), ("close", "work_ended_on")])
def test_no_work_lies_before_the_request_for_help(mine: FlaskClient, work: Work, step: str, field: str) -> None:
    typed = {**GOOD_CLOSING, "hours": "1.5", "activity": "court", **day(field, TODAY - timedelta(days=900))}
    answer = mine.post(f"{work.path}/{step}", data=typed)
    assert answer.status_code == 422
    assert "before the" in text_of(answer)
    session.rollback()
    assert not any(session.query(kind).count() for kind in (TimeEntry, ClosingReport))


TWICE: list[tuple[str, dict[str, str], Callable[[], int]]] = [
    ("note", {"text": "Spoke with her", "visibility": "programme"}, lambda: session.query(Note).count()),
    ("hours", {**day("on_day"), "hours": "1,5", "activity": "court"},
     lambda: session.query(TimeEntry).count()),
    ("attempt", {"channel": "call", "reached": "no"}, lambda: session.query(ContactAttempt).count()),
    ("letter", day("on_day"),
     lambda: session.query(factories.Assignment).filter_by(letter_signed_on=TODAY).count()),
    ("close", GOOD_CLOSING, lambda: session.query(ClosingReport).count()),
    ("hand-back", GOOD_MEMO, lambda: session.query(Note).count()),
    ("leave-at-once", {"reason": "illness", "court": "no"}, lambda: session.query(Transfer).count()),
    ("transfer", {**GOOD_MEMO, "reason": "absence"}, lambda: session.query(Transfer).count()),
]  # fmt: skip


@pytest.mark.parametrize(("step", "typed", "count"), TWICE)
def test_a_form_sent_twice_has_one_effect(
    mine: FlaskClient, work: Work, step: str, typed: dict[str, str], count: Callable[[], int]
) -> None:
    path = f"{work.path}/{step}"
    assert mine.post(path, data=typed).status_code == 303
    assert mine.post(path, data=typed).status_code in (302, 303, 404)
    session.rollback()
    assert count() == 1


def test_the_first_contact_is_sent_twice_and_counts_once(app: Flask, client: FlaskClient) -> None:
    work = begin(CaseStatus.PLACED)
    mine = factories.sign_in(client, work.user)
    assert "We have spoken" in text_of(mine.get(work.path))
    for _ in range(2):
        assert mine.post(f"{work.path}/contact").status_code == 303
    session.rollback()
    assert work.case.status is CaseStatus.IN_SERVICE
    assert session.query(ContactAttempt).count() == 1


@pytest.mark.parametrize(("reached", "status"), [("yes", CaseStatus.IN_SERVICE), ("no", CaseStatus.PLACED)])
def test_only_a_conversation_starts_the_service(client: FlaskClient, reached: str, status: CaseStatus) -> None:
    work = begin(CaseStatus.PLACED)
    mine = factories.sign_in(client, work.user)
    mine.post(f"{work.path}/attempt", data={"channel": "call", "reached": reached})
    session.rollback()
    assert work.case.status is status
    assert [each.channel for each in session.query(ContactAttempt)] == ["call"]


def test_hours_are_logged_and_taken_back(mine: FlaskClient, work: Work) -> None:
    mine.post(f"{work.path}/hours", data={**day("on_day"), "hours": "1.5", "activity": "court"})
    session.rollback()
    entry = session.query(TimeEntry).one()
    assert (entry.hundredths, entry.activity) == (150, "court")
    assert mine.post(f"{work.path}/hours/{entry.id}/remove").status_code == 303
    assert mine.post(f"{work.path}/hours/{entry.id}/remove").status_code == 404
    assert queries.hours_of(work.case) == 0


def test_nobody_takes_back_anothers_hours(mine: FlaskClient, work: Work) -> None:
    other = begin()
    with transaction():
        entry_id = operations.add_time(work.case, on_day=TODAY, hundredths=75, actor=work.staff).id
        elsewhere = operations.add_time(other.case, on_day=TODAY, hundredths=75, actor=other.user).id
    assert mine.post(f"{work.path}/hours/{entry_id}/remove").status_code == 403
    assert mine.post(f"{work.path}/hours/{elsewhere}/remove").status_code == 404


def test_the_whole_closing_report_comes_back_when_it_is_returned(mine: FlaskClient, work: Work) -> None:
    typed = {
        **GOOD_CLOSING, "closing_code": "IB", "main_benefit": "6305", "counsel_of_record": "y",
        "decision": "Eviction denied", **day("decided_on"), "lump_sum": "1,200.50", "monthly": "300",
        "months": "12",
    }  # fmt: skip
    assert mine.post(f"{work.path}/close", data=typed).status_code == 303
    with transaction():
        report = queries.waiting_report(work.case)
        assert {(a.kind.value, a.cents, a.months) for a in report.amounts} == {
            ("lump_sum", 120_050, None), ("monthly", 30_000, 12),
        }  # fmt: skip
        operations_closing.return_closing(report, reason="Which order was it?", actor=work.staff)
    page = text_of(mine.get(f"{work.path}/close"))
    for kept in ("Which order was it?", "Eviction denied", "1200.50", "300", 'value="12"'):
        assert kept in page
    assert page.count(" checked") >= 2
    assert "Which order was it?" in text_of(mine.get(work.path))


def test_a_report_under_way_is_not_asked_for_again(mine: FlaskClient, work: Work) -> None:
    mine.post(f"{work.path}/close", data=GOOD_CLOSING)
    again = mine.get(f"{work.path}/close")
    assert (again.status_code, again.headers["Location"]) == (303, work.path)
    assert "is being checked" in text_of(mine.get(work.path))


def test_giving_a_case_back_ends_access_at_the_next_click(mine: FlaskClient, work: Work) -> None:
    path = work.path
    done = mine.post(f"{path}/hand-back", data=GOOD_MEMO)
    assert "/my/handed-over/" in done.headers["Location"]
    closed = mine.get(path)
    assert closed.status_code == 404
    assert "Your part in this case has ended" in text_of(closed)
    assert "access have ended" in text_of(mine.get(done.headers["Location"]))
    session.rollback()
    assert "Hearing on the 9th" in session.query(Note).one().text
    listed = text_of(mine.get("/my/cases"))
    assert "Cases you had" in listed
    assert "What was done" in listed


def test_the_own_hours_leave_as_a_file(mine: FlaskClient, work: Work) -> None:
    with transaction():
        operations.add_time(work.case, on_day=TODAY, hundredths=150, actor=work.user)
        operations.add_time(work.case, on_day=TODAY, hundredths=75, actor=work.staff)
    rows = list(csv.DictReader(io.StringIO(text_of(mine.get("/my/hours.csv")).lstrip("\ufeff"))))
    assert [(row["day"], row["case"], row["hours"]) for row in rows] == [("2026-03-02", work.case.number, "1.5")]


@pytest.fixture
def asked(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database."""
    said: list[str] = []

    def listen(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(engine(), "before_cursor_execute", listen)
    yield said
    event.remove(engine(), "before_cursor_execute", listen)


def test_ten_cases_ask_the_database_no_more_than_two(app: Flask, mine: FlaskClient, work: Work,
                                                     asked: list[str]) -> None:  # fmt: skip
    def queries_for(more: int) -> int:
        with transaction():
            for _ in range(more):
                factories.case(factories.programme(), CaseStatus.IN_SERVICE, lead=work.user.volunteer)
        mine.get("/my/cases")
        asked.clear()
        assert mine.get("/my/cases").status_code == 200
        return len(asked)

    assert queries_for(1) == queries_for(8)


def test_staff_open_a_closed_case_again(app: Flask, client: FlaskClient, work: Work) -> None:
    with transaction():
        operations_closing.report_closing(work.case, closing_with(), amounts=[], actor=work.user)
        operations_closing.approve_closing(queries.waiting_report(work.case), actor=work.staff)
    path = f"/cases/{work.case.public_id}/reopen"
    mine = factories.sign_in(client, work.staff)
    assert "Open this case again?" in text_of(mine.get(path))
    assert mine.post(path, data={"reason": "new_facts"}).status_code == 422
    assert mine.post(path, data={"reason": "new_facts", "who": "lead"}).status_code == 303
    session.rollback()
    assert work.case.status is CaseStatus.IN_SERVICE
    assert mine.post(path, data={"reason": "new_facts", "who": "lead"}).status_code == 409
    assert mine.get(path).status_code == 404


def test_a_closed_case_of_another_programme_is_not_found(client: FlaskClient) -> None:
    theirs, ours = begin(CaseStatus.CLOSED), begin()
    mine = factories.sign_in(client, ours.staff)
    for way in (mine.get, mine.post):
        assert way(f"/cases/{theirs.case.public_id}/reopen").status_code == 404
