"""Shortlists: ranked volunteers for a case and ranked cases for a volunteer, and what can be done from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.matching import docket_jobs, operations, shortlists
from app.matching.models import Proposal, ProposalStatus, Referral
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails, tasks


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def ids(desk: Desk) -> list[int]:
    """Who is on the shortlist, best first."""
    return [choice.volunteer_id for choice in shortlists.shortlist_for(desk.opening).choices]


def test_the_best_fit_comes_first_and_the_full_come_last(app: Flask) -> None:
    desk = lay(volunteers=4, volunteer={"capacity": 1})
    with transaction():
        desk.volunteer(0).counties = ["55025"]
        desk.volunteer(2).counties, desk.volunteer(2).remote = [], True
        factories.case(desk.programme, CaseStatus.IN_SERVICE, owner=desk.staff, lead=desk.volunteer(3))
        desk.volunteer(3).counties = ["55025"]
    found = shortlists.shortlist_for(desk.opening)
    assert ids(desk) == [desk.volunteer_ids[n] for n in (0, 1, 2, 3)]
    assert found.able == 4
    for choice in found.choices:
        assert choice.listed.fit == sum(choice.listed.terms.values())
        assert choice.listed.worth == choice.listed.fit - choice.listed.price


def test_the_price_of_the_last_run_keeps_a_place_for_whom_it_is_worth_more(app: Flask) -> None:
    desk = lay(volunteers=2, volunteer={"capacity": 1}, problem_code="63")
    with transaction():
        desk.volunteer(0).counties = ["55025"]
        only = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, county="55025", language="es",
                              interpreter=False, listing_title="In Spanish")  # fmt: skip
        desk.volunteer(0).languages = ["en", "es"]
        assert only.lead_opening is not None
    assert ids(desk)[0] == desk.volunteer_ids[0]
    run = docket_jobs.place_docket_now()
    assert run.prices is not None
    assert run.prices["price"][desk.volunteer().public_id] > 0
    assert ids(desk)[0] == desk.volunteer_ids[1]


def test_whom_a_rule_keeps_away_is_named_with_the_rule(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2, volunteer={"remote": False})
    with transaction():
        desk.volunteer(1).counties = ["55079"]
    found = shortlists.shortlist_for(desk.opening)
    assert [(kept.volunteer_id, kept.rules) for kept in found.nearly] == [(desk.volunteer_ids[1], ["too_far"])]
    factories.sign_in(client, desk.staff)
    text = client.get(f"/matching/case/{desk.case.public_id}").text
    assert "too far" in text
    assert f"/openings/{desk.opening.public_id}/by-hand?volunteer={desk.volunteer(1).public_id}" in text


def test_an_offer_is_sent_from_the_shortlist_once(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    factories.sign_in(client, desk.staff)
    address, who = f"/matching/case/{desk.case.public_id}", desk.volunteer().public_id
    assert client.post(f"{address}/offer", data={"volunteer": who}).status_code == 303
    assert client.post(f"{address}/offer", data={"volunteer": who}).status_code == 409
    assert client.post(f"{address}/offer", data={"volunteer": "nobody"}).status_code == 404
    assert len(mails("matching.offer")) == session.query(Referral).count() == 1
    text = client.get(address).text
    assert "offer out" in text
    assert "As many offers are out" in text
    assert "Send an offer" not in text


def test_an_offer_to_whom_the_run_proposes_is_that_proposal_accepted(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=3)
    proposal = docket_jobs.place_docket_now().proposals[0]
    assert proposal.volunteer_id in desk.volunteer_ids
    factories.sign_in(client, desk.staff)
    address, who = f"/matching/case/{desk.case.public_id}", proposal.volunteer.public_id
    text = client.get(address).text
    assert "Proposed by the last run" in text
    assert "Next best" not in text
    assert client.post(f"{address}/offer", data={"volunteer": who}).status_code == 303
    session.rollback()
    kept = session.query(Proposal).one()
    assert (kept.status, kept.referral_id) == (ProposalStatus.ACCEPTED, session.query(Referral).one().id)


def test_after_a_no_the_task_leads_to_the_shortlist_with_the_next_best_on_top(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=2)
    first = ids(desk)[0]
    (second,) = set(desk.volunteer_ids) - {first}
    with transaction():
        person = session.get_one(factories.Volunteer, first)
        sent = operations.send_offer(desk.opening, person, actor=desk.staff)
        operations.decline_offer(sent, "no_time", actor=None)
    assert [task.case_id for task in tasks("propose_next")] == [desk.case_id]
    assert ids(desk) == [second]
    factories.sign_in(client, desk.staff)
    text = client.get(f"/matching/case/{desk.case.public_id}").text
    assert "Next best" in text
    assert session.get_one(factories.Volunteer, second).name in text


def test_how_often_people_said_yes_is_shown_and_ranks_nobody(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=3)
    with transaction():
        for n, status in enumerate(("declined", "confirmed", "expired", "offered", "declined")):
            case = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff)
            way = "claim" if n == 4 else "offer"
            factories.add(Referral(opening=case.lead_opening, volunteer=desk.volunteer(1), way=way, status=status,
                                   offered_at=clock.now() - timedelta(days=70)))  # fmt: skip
    factories.sign_in(client, desk.staff)
    text = client.get(f"/matching/case/{desk.case.public_id}").text
    assert "said yes to 1 of 3 offers" in text
    assert text.count("no offer answered in a year") == 2


def test_a_case_off_the_docket_has_no_shortlist(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        other = factories.case(desk.programme, CaseStatus.ACCEPTED, owner=desk.staff).public_id
    factories.sign_in(client, desk.staff)
    answer = client.get(f"/matching/case/{other}")
    assert answer.status_code == 200
    assert "not on the docket" in answer.text


def test_the_cases_for_a_volunteer_name_only_ones_own(app: Flask, client: FlaskClient) -> None:
    desk = lay(volunteers=1, listing_title="Eviction on Friday")
    lay(volunteers=0, listing_title="Secret of the neighbours")
    factories.sign_in(client, desk.staff)
    answer = client.get(f"/matching/volunteer/{desk.volunteer().public_id}")
    assert answer.status_code == 200
    assert "Eviction on Friday" in answer.text
    assert "Secret" not in answer.text
    assert re.search("One more is another programme.s case", answer.text)
    assert client.get("/matching/volunteer/unknown").status_code == 404
