"""What waits for a volunteer and for staff is on their lists, and staff can do it for many cases at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus, PartyRole
from app.clients.operations_parties import add_party
from app.core import clock
from app.core.db import session, transaction
from app.matching import docket_jobs, jobs, operations
from app.matching.models import Assignment, Referral, ReferralStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails, tasks

S = ReferralStatus


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def test_names_that_changed_in_a_case_in_hand_are_the_leads_duty_and_a_task_until_checked(
    app: Flask, client: FlaskClient
) -> None:
    desk = lay(1)
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)
    browser = factories.sign_in(client, desk.user())
    assert "Check the names again" not in browser.get("/my").text
    with transaction():
        add_party(desk.case, role=PartyRole.ADVERSE, name="Tamarack Lettings", actor=desk.staff)
    assert jobs.void_one()
    assert not jobs.void_one()
    home = browser.get("/my").text
    assert "Check the names again" in home
    assert "Tamarack" not in home
    (task,) = tasks("check_conflict_again")
    assert task.owner_id == desk.staff_id
    referral = session.query(Referral).one()
    with transaction():
        operations.attest(referral, "clear", actor=desk.user())
    assert tasks("check_conflict_again") == []
    assert "Check the names again" not in browser.get("/my").text


def chosen(desk: Desk, browser: FlaskClient, ids: list[str], **more: str) -> str:
    return browser.post("/docket/chosen", data={"id": ids, "do": "ask", **more}).text


def test_the_next_volunteer_is_asked_for_each_chosen_case_with_a_result_for_each(
    app: Flask, client: FlaskClient
) -> None:
    desk = lay(2)
    with transaction():
        nobody = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, problem_code="32")
        led = factories.case(desk.programme, CaseStatus.PLACED, owner=desk.staff, lead=factories.volunteer())
        ids = [desk.case.public_id, nobody.public_id, led.public_id]
    browser = factories.sign_in(client, desk.staff)
    assert "Ask the next volunteer?" in chosen(desk, browser, ids)
    assert mails() == []
    done = chosen(desk, browser, ids, asked="yes")
    for said in ("An offer is on its way", "Nobody is left to ask", "This matter is no longer open."):
        assert said in done
    assert len(mails("matching.offer")) == 1
    again = chosen(desk, browser, ids[:1], asked="yes")
    assert "As many offers are out" in again or "Nobody is left" in again
    assert len(mails("matching.offer")) == 1
    assert session.query(Assignment).count() == 1


def test_the_one_proposed_is_asked_first(app: Flask, client: FlaskClient) -> None:
    desk = lay(3)
    docket_jobs.place_docket_now()
    proposed = docket_jobs.session.query(docket_jobs.DocketRun).one().proposals[0].volunteer_id
    chosen(desk, factories.sign_in(client, desk.staff), [desk.case.public_id], asked="yes")
    session.rollback()
    assert [(one.volunteer_id, one.status) for one in session.query(Referral)] == [(proposed, S.OFFERED)]
