"""A link sent before takes no answer from somebody who no longer has the case, and shows nothing of it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus, PartyRole
from app.clients.operations_parties import add_party
from app.core import clock
from app.core.db import session, transaction
from app.engagement.models import Audience, Checkin
from app.matching.operations import end_assignment
from app.volunteers.operations import suspend_volunteer
from tests import factories

from .test_checkins import ask, on_day


@pytest.mark.parametrize("how", ["cut_off", "suspended", "ended"])
def test_whoever_has_the_case_no_more_reads_whom_to_call(app: Flask, client: FlaskClient, how: str) -> None:
    case, token = ask(app, Audience.VOLUNTEER)
    with clock.at(on_day(7)):
        assert client.get(f"/checkin/{token}").status_code == 200
        with transaction():
            part = session.merge(case).assignments[0]
            if how == "cut_off":
                add_party(part.case, role=PartyRole.ADVERSE, name=part.volunteer.name, actor=None)
            elif how == "suspended":
                suspend_volunteer(part.volunteer, "Complaint", actor=factories.coordinator(part.case.programme))
            else:
                end_assignment(part, "no_time", CaseStatus.AVAILABLE, actor=None)
            number, phone = part.case.number, part.case.programme.phone
        for page in (
            client.get(f"/checkin/{token}"),
            client.post(f"/checkin/{token}", data={"standing": "on_track"}),
            client.get(f"/checkin/{token}/thanks"),
        ):
            assert page.status_code == 410
            told = page.get_data(as_text=True)
            assert "no longer with you" in told
            assert phone in told
            assert number not in told
    session.rollback()
    assert session.query(Checkin).filter(Checkin.answered_at.is_not(None)).count() == 0


def test_the_client_goes_on_answering_their_own(app: Flask, client: FlaskClient) -> None:
    case, token = ask(app, Audience.CLIENT)
    with clock.at(on_day(8)):
        with transaction():
            part = session.merge(case).assignments[0]
            add_party(part.case, role=PartyRole.ADVERSE, name=part.volunteer.name, actor=None)
        assert client.get(f"/checkin/{token}").status_code == 200
