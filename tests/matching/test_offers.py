"""Offers: without names, answered from the mail, the first yes holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import PriorityLevel
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.core.mail import reason_to_drop
from app.matching import jobs, operations
from app.matching.models import Referral, ReferralStatus
from app.matching.refusals import AlreadyAsked, EnoughOffers, OfferOver, RulesAgainst, VolunteerFull
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails, tasks

S = ReferralStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def offer(desk: Desk, n: int = 0) -> Referral:
    with transaction():
        return operations.send_offer(desk.opening, desk.volunteer(n), actor=desk.staff)


def link(desk: Desk, n: int = 0) -> str:
    sent = [m for m in mails() if m.to_address == desk.volunteer(n).email]
    found = re.search(r"https?://[^/]+(/offer/\S+)", sent[-1].text)
    assert found
    return found[1]


def test_an_offer_is_one_mail_that_names_nobody_and_no_problem(app: Flask) -> None:
    desk = lay()
    offer(desk)
    (mail,) = mails()
    told = f"{mail.subject} {mail.text}"
    assert mail.to_address == desk.volunteer().email
    for word in ("Castro", "Cottonwood", "Eviction", "eviction", "Landlord", "Housing", "court", "Dane"):
        assert word not in told
    assert len(entries("referral.offer")) == 1


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({}, datetime(2026, 11, 5, 23, 0, tzinfo=UTC)),
        ({"priority_level": PriorityLevel.CRITICAL}, datetime(2026, 11, 3, 23, 0, tzinfo=UTC)),
    ],
)
def test_how_long_an_offer_lasts(app: Flask, changes: dict[str, object], ends: datetime) -> None:
    assert offer(lay(**changes)).ends_at == ends


@pytest.mark.parametrize(
    ("level", "most"), [(PriorityLevel.CRITICAL, 5), (PriorityLevel.HIGH, 3), (PriorityLevel.NORMAL, 1)]
)
def test_how_many_offers_are_out_at_once(app: Flask, level: PriorityLevel, most: int) -> None:
    desk = lay(volunteers=most + 1, priority_level=level)
    for n in range(most):
        offer(desk, n)
    with pytest.raises(EnoughOffers):
        offer(desk, most)


def test_nobody_is_asked_twice_for_the_same_case(app: Flask) -> None:
    desk = lay(priority_level=PriorityLevel.CRITICAL)
    offer(desk)
    with pytest.raises(AlreadyAsked):
        offer(desk)
    with transaction():
        operations.decline_offer(session.query(Referral).one(), None, actor=None)
    with pytest.raises(RulesAgainst) as refused:
        offer(desk)
    assert refused.value.rules == ["barred"]


def test_nobody_is_asked_too_often(app: Flask) -> None:
    desk = lay(volunteer={"capacity": 9})
    with transaction():
        for _ in range(2):
            case = factories.case(desk.programme, desk.case.status, owner=desk.staff)
            operations.send_offer(case.lead_opening, desk.volunteer(), actor=desk.staff)
    with pytest.raises(RulesAgainst) as refused:
        offer(desk)
    assert refused.value.rules == ["asked_too_often"]
    with clock.at(MONDAY + timedelta(days=14)):
        assert offer(desk).status is S.OFFERED


def test_a_full_volunteer_is_not_asked(app: Flask) -> None:
    desk = lay(volunteer={"capacity": 1})
    with transaction():
        factories.case(desk.programme, "in_service", owner=desk.staff, lead=desk.volunteer())
    with pytest.raises(VolunteerFull):
        offer(desk)


def test_another_programmes_coordinator_offers_nothing(app: Flask) -> None:
    desk = lay()
    with transaction():
        stranger = factories.coordinator(factories.programme())
    with pytest.raises(NotAllowed), transaction():
        operations.send_offer(desk.opening, desk.volunteer(), actor=stranger)


def test_the_first_yes_holds_and_the_second_waits(app: Flask) -> None:
    desk = lay(priority_level=PriorityLevel.HIGH)
    first, second = offer(desk, 0), offer(desk, 1)
    with transaction():
        operations.accept_offer(first, actor=desk.user(0))
    with transaction():
        operations.accept_offer(second, actor=desk.user(1))
        operations.accept_offer(second, actor=desk.user(1))
    assert (first.status, second.status) == (S.HELD, S.WAITLISTED)
    assert len(entries("referral.wait")) == 1


def test_nobody_accepts_anothers_offer(app: Flask) -> None:
    desk = lay()
    made = offer(desk)
    with pytest.raises(NotAllowed), transaction():
        operations.accept_offer(made, actor=desk.user(1))


def test_an_offer_ends_by_itself_and_the_next_is_proposed(app: Flask) -> None:
    desk = lay()
    made = offer(desk)
    with clock.at(MONDAY + timedelta(days=4)):
        with pytest.raises(OfferOver), transaction():
            operations.accept_offer(made, actor=desk.user())
        assert jobs.expire_one() is True
        assert jobs.expire_one() is False
    assert made.status is S.EXPIRED
    assert len(tasks("propose_next")) == 1


def test_looking_changes_nothing_and_one_click_declines(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    offer(desk)
    path = link(desk)
    for _ in range(3):
        page = client.get(path)
        assert page.status_code == 200
        assert "No, thank you" in page.text
        assert "Castro" not in page.text
    session.rollback()
    assert session.query(Referral).one().status is S.OFFERED
    answered = client.post(f"{path}/decline", data={"reason": "no_time"}, follow_redirects=True)
    assert "Thank you for your answer" in answered.text
    session.expire_all()
    referral = session.query(Referral).one()
    assert (referral.status, referral.reason) == (S.DECLINED, "no_time")
    assert len(tasks("propose_next")) == 1
    again = client.post(f"{path}/decline", data={"reason": ""}, follow_redirects=True)
    assert "Thank you for your answer" in again.text
    assert len(entries("referral.declined")) == 1


def test_a_reason_that_is_none_of_ours_is_not_kept(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    offer(desk)
    client.post(f"{link(desk)}/decline", data={"reason": "<script>"})
    session.expire_all()
    assert session.query(Referral).one().reason is None


def test_saying_yes_asks_to_sign_in_and_starts_the_hold(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    offer(desk)
    path = link(desk)
    asked = client.post(f"{path}/accept", data={"confidential": "y"})
    assert asked.status_code in (302, 401)
    assert session.query(Referral).one().status is S.OFFERED
    assert "Sign in to say yes" in client.get(path).text
    factories.sign_in(client, desk.staff)
    shown = client.get(path).text
    assert "sign out, then open the link in the mail again" in shown
    assert "Sign in to say yes" not in shown
    factories.sign_in(client, desk.user())
    assert client.post(f"{path}/accept").status_code == 422
    said = client.post(f"{path}/accept", data={"confidential": "y"}, follow_redirects=True)
    assert "Castro" in said.text
    session.expire_all()
    assert session.query(Referral).one().status is S.HELD


def test_links_that_are_old_used_or_altered_say_what_next(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    offer(desk)
    path = link(desk)
    assert client.get(path[:-3] + "xyz").status_code == 410
    assert client.post(path[:-3] + "xyz/decline").status_code == 410
    with clock.at(MONDAY + timedelta(days=5)):
        late = client.get(path)
        assert late.status_code == 200
        assert "See open matters" in late.text
        assert client.post(f"{path}/decline").status_code == 409
    with clock.at(MONDAY + timedelta(days=90)):
        assert client.get(path).status_code == 410


def test_an_offer_answered_meanwhile_is_not_mailed(app: Flask) -> None:
    desk = lay()
    made = offer(desk)
    (mail,) = mails()
    assert reason_to_drop(mail) is None
    with transaction():
        operations.decline_offer(made, None, actor=None)
    assert reason_to_drop(mail) == "answered"
