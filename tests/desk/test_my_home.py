"""A volunteer's start page says what needs them, the soonest first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.matching.models import Assignment, Referral, ReferralStatus, ReferralWay
from app.volunteers.models import Volunteer
from tests import factories as make


@pytest.fixture
def sam(app: Flask, client: FlaskClient) -> Volunteer:
    with transaction():
        found = make.volunteer()
    make.sign_in(client, found.user)
    return found


def test_without_anything_it_says_so_and_leads_on(sam: Volunteer, client: FlaskClient) -> None:
    page = client.get("/my").text
    assert "Nothing needs you today, Sam" in page
    assert "You have no case just now" in page


def test_duties_stand_in_the_order_of_their_days(sam: Volunteer, client: FlaskClient) -> None:
    with transaction():
        programme = make.programme()
        helper = session.get_one(Volunteer, sam.id)
        make.case(programme, CaseStatus.PLACED, lead=helper, listing_title="Voucher hearing")
        offered = make.case(programme, CaseStatus.AVAILABLE, listing_title="Deposit kept")
        now = clock.now()
        session.add(
            Referral(opening=offered.lead_opening, volunteer=helper, way=ReferralWay.OFFER,
                     status=ReferralStatus.OFFERED, offered_at=now, ends_at=now + timedelta(days=1))
        )  # fmt: skip
    page = client.get("/my").text
    assert "2 things need you, Sam" in page
    assert page.index("Answer an offer: Deposit kept") < page.index("Reach your client")
    assert "Voucher hearing" in page
    assert '<span class="late">' not in page
    with transaction():
        session.execute(update(Assignment).values(first_contact_due_on=clock.now().date() - timedelta(days=2)))
    page = client.get("/my").text
    assert page.index("Reach your client") < page.index('<span class="late">') < page.index("Answer an offer")


def test_somebody_else_s_case_is_not_on_it(sam: Volunteer, client: FlaskClient) -> None:
    with transaction():
        make.case(make.programme(), CaseStatus.PLACED, lead=make.volunteer(), listing_title="Not yours")
    assert "Not yours" not in client.get("/my").text
