"""What staff do on a case from its small pages: each asks once, does one thing and comes back to the case."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.casework import queries
from app.casework.models import ClosingReport, ClosingStatus, ContactAttempt, Note, TimeEntry, Visibility
from app.clients.models import Case, CaseStatus, CriticalDate
from app.core import clock
from app.core.access import Role
from app.core.db import session
from tests import factories as make

S = CaseStatus


class Office:
    """A coordinator signed in, and a case led by a volunteer."""

    def __init__(self, browser: FlaskClient, status: CaseStatus = S.IN_SERVICE) -> None:
        self.programme = make.programme()
        self.inés = make.coordinator(self.programme)
        lead = make.volunteer() if status in (S.PLACED, S.IN_SERVICE, S.CLOSING) else None
        self.case = make.case(self.programme, status, owner=self.inés, lead=lead)
        self.browser = make.sign_in(browser, self.inés)

    def url(self, step: str) -> str:
        return f"/cases/{self.case.public_id}/{step}"

    def post(self, step: str, **data: Any) -> Any:
        answer = self.browser.post(self.url(step), data=data)
        session.expire_all()
        return answer

    def again(self) -> Case:
        return session.get_one(Case, self.case.id)


@pytest.fixture
def office(app: Flask, client: FlaskClient) -> Office:
    return Office(client)


def today_in_parts() -> dict[str, int]:
    day = clock.today_in("America/Chicago")
    return {"on_day-month": day.month, "on_day-day": day.day, "on_day-year": day.year}


def test_a_note_for_staff_is_kept_as_such(office: Office) -> None:
    assert office.post("note", text="Call after three.", visibility="staff").status_code == 303
    note = session.query(Note).one()
    assert (note.text, note.visibility, note.author_id) == ("Call after three.", Visibility.STAFF, office.inés.id)


def test_a_note_without_words_is_refused_and_keeps_the_choice(office: Office) -> None:
    answer = office.post("note", text="  ", visibility="staff")
    assert answer.status_code == 422
    assert "Write the note first." in answer.text
    assert session.query(Note).count() == 0


def test_only_a_supervising_attorney_is_offered_a_privileged_note(office: Office, app: Flask) -> None:
    assert "Privileged" not in office.browser.get(office.url("note")).text
    attorney = make.user(Role.SUPERVISING_ATTORNEY, programme=office.programme)
    browser = make.sign_in(app.test_client(), attorney)
    assert "Privileged" in browser.get(office.url("note")).text
    assert office.post("note", text="Between us.", visibility="lawyer_and_client").status_code == 422


def test_a_contact_keeps_what_was_said_as_a_note_for_staff(office: Office) -> None:
    assert office.post("contact", channel="call", reached="yes", said="All is well.").status_code == 303
    assert session.query(ContactAttempt).one().reached
    assert session.query(Note).one().visibility is Visibility.STAFF


def test_hours_are_logged_and_taken_back_after_a_question(office: Office) -> None:
    assert office.post("time", hours="1.5", activity="work", **today_in_parts()).status_code == 303
    entry = session.query(TimeEntry).one()
    assert "count no more" in office.browser.get(office.url(f"time/{entry.id}/remove")).text
    assert office.post(f"time/{entry.id}/remove").status_code == 303
    assert queries.hours_of(office.again()) == 0
    assert office.post(f"time/{entry.id}/remove").status_code == 404


def test_the_first_contact_starts_the_service(app: Flask, client: FlaskClient) -> None:
    office = Office(client, S.PLACED)
    assert office.post("first-contact").status_code == 303
    assert office.again().status is S.IN_SERVICE


def test_the_letter_is_signed_or_done_without(office: Office) -> None:
    assert office.post("letter", **today_in_parts()).status_code == 303
    assert office.again().assignments[0].letter_signed_on is not None
    assert office.post("no-letter", reason="advice_only").status_code == 303
    assert office.again().assignments[0].letter_waived_reason == "advice_only"


def test_handing_back_for_the_volunteer_needs_a_memo_and_lists_the_case_again(office: Office) -> None:
    typed = {"reason": "health", "done": "The answer is filed.", "next": "Call her.", "papers": "none", "court": "no"}
    assert office.post("hand-back", **{**typed, "next": ""}).status_code == 422
    assert office.post("hand-back", **typed).status_code == 303
    assert office.again().status is S.AVAILABLE


def test_withdrawing_asks_first_and_happens_once(office: Office) -> None:
    assert "ends for good" in office.browser.get(office.url("withdraw")).text
    assert office.again().status is S.IN_SERVICE
    assert office.post("withdraw", reason="client_wish").status_code == 303
    assert office.again().status is S.WITHDRAWN
    assert office.post("withdraw", reason="client_wish").status_code == 409


def test_a_case_of_which_nothing_is_heard_is_closed_as_dormant(office: Office) -> None:
    assert office.post("dormant").status_code == 303
    assert office.again().status is S.ADMINISTRATIVELY_CLOSED


def report_for(office: Office) -> ClosingReport:
    made = make.add(ClosingReport(
        case=office.case, reported_by_id=office.case.assignments[0].volunteer.user_id, closing_code="F",
        decision="Judgment for the tenant", counsel_of_record=True,
        work_ended_on=clock.now().date(), reported_at=clock.now(),
    ))  # fmt: skip
    session.commit()
    return made


def test_a_closing_report_is_approved_after_a_question(app: Flask, client: FlaskClient) -> None:
    office = Office(client, S.CLOSING)
    report = report_for(office)
    for days in (-3, 40):
        make.add(CriticalDate(case=office.case, kind="hearing", on_day=clock.now().date() + timedelta(days=days)))
    session.commit()
    asked = office.browser.get(office.url("closing/approve")).text
    assert "Close this case?" in asked
    assert asked.count("Still ahead: ") == 1, "nobody keeps it once the case is closed"
    for said in ("How it ended", "Judgment for the tenant", "Counsel of record"):
        assert said in asked, "whoever approves reads what was reported"
    assert "Settlement in the file" not in asked
    assert office.again().status is S.CLOSING
    unread = office.post("closing/approve", seen="another-report")
    assert (unread.status_code, office.again().status) == (422, S.CLOSING), "it was returned and reported anew"
    assert "Read this one before you approve" in unread.text
    assert re.findall(r'name="seen"[^>]*value="([^"]*)"', unread.text) == [report.public_id]
    assert office.post("closing/approve").status_code == 303
    assert office.again().status is S.CLOSED
    again = office.post("closing/approve")
    assert (again.status_code, "This closing report has been answered already." in again.text) == (409, True)


def test_a_closing_report_is_returned_with_what_is_missing(app: Flask, client: FlaskClient) -> None:
    office = Office(client, S.CLOSING)
    report = report_for(office)
    assert office.post("closing/return", reason="").status_code == 422
    assert office.post("closing/return", reason="Add the decision.").status_code == 303
    assert office.again().status is S.IN_SERVICE
    assert session.get_one(ClosingReport, report.id).status is ClosingStatus.RETURNED


STEPS = (
    "note", "contact", "time", "first-contact", "letter", "no-letter", "hand-back", "withdraw", "dormant",
    "leave-at-once", "transfer",
    "closing/approve", "closing/return", "custody",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_another_programmes_case_cannot_be_touched(office: Office, app: Flask, step: str) -> None:
    stranger = make.sign_in(app.test_client(), make.coordinator(make.programme()))
    assert stranger.get(office.url(step)).status_code == 404
    assert stranger.post(office.url(step), data={}).status_code == 404
