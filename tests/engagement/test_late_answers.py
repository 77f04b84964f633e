"""What is answered too late: a closed case takes no answer, and an answer that stands is not shown again."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.engagement.models import Answer, Audience, Checkin
from app.engagement.models_escalations import Escalation

from .test_checkins import ask, on_day

CALL_ME = {"contact": "no", "next_step": "no", "call_me": "yes"}


def close(case: Case) -> str:
    """End the work on a case as an approved report does; the office's phone."""
    with transaction():
        case = session.merge(case)
        case.assignments[0].ended_at, case.assignments[0].end_reason = clock.now(), "closed"
        case.status = CaseStatus.CLOSED
        return case.programme.phone


def test_a_closed_case_takes_no_first_answer_and_no_change(app: Flask, client: FlaskClient) -> None:
    case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8) + timedelta(hours=1)):
        phone = close(case)
        for page in (client.get(f"/checkin/{token}"), client.post(f"/checkin/{token}", data=CALL_ME)):
            assert page.status_code == 410
            assert phone in page.get_data(as_text=True)
            assert case.programme.name not in page.get_data(as_text=True)
    session.rollback()
    assert session.query(Answer).count() == session.query(Escalation).count() == 0


def test_an_answer_is_not_changed_once_the_case_is_closed(app: Flask, client: FlaskClient) -> None:
    case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8) + timedelta(hours=1)):
        content = {"contact": "yes", "next_step": "yes", "call_me": "no"}
        assert client.post(f"/checkin/{token}", data=content).status_code == 303
        phone = close(case)
        page = client.post(f"/checkin/{token}", data=CALL_ME)
        assert page.status_code == 410
        assert phone in page.get_data(as_text=True)
        assert client.get(f"/checkin/{token}/thanks").status_code == 200
    session.rollback()
    assert session.query(Answer).count() == 1
    assert session.query(Escalation).count() == 0


def test_a_next_date_of_another_decade_is_asked_about_and_nothing_is_kept(app: Flask, client: FlaskClient) -> None:
    _case, token = ask(app, Audience.CLIENT)
    with transaction():
        session.query(Checkin).filter_by(audience=Audience.CLIENT).update({"questions": "client_regular"})
    with clock.at(on_day(8) + timedelta(hours=1)):
        slip = {"next_date-month": "4", "next_date-day": "2", "next_date-year": "2016"}
        page = client.post(f"/checkin/{token}", data={**CALL_ME, **slip})
        assert page.status_code == 422
        assert "Check the year of this date." in page.get_data(as_text=True)
        assert client.post(f"/checkin/{token}", data={**CALL_ME, **slip, "next_date-year": "2026"}).status_code == 303
    session.rollback()
    assert session.query(Answer).one().values["next_date"] == "2026-04-02"
