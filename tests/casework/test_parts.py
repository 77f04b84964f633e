"""What each part of a case opens, on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.casework import policy
from app.casework.models import Note, TimeEntry, Visibility
from app.clients import roles
from app.clients.models import CaseRole, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.matching import operations
from app.matching.models import Assignment, ReferralStatus
from tests import factories
from tests.matching.desk import MONDAY
from tests.matching.players import PACKAGE, led, put, user

S, R = ReferralStatus, CaseRole


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


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
    assert ("we ask how it stands" in page) is (part is R.LEAD)


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
