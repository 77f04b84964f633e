"""A no teaches whom to ask next about that matter, and is never held against anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.matching import docket_jobs, operations, operations_next
from app.matching.models import Bar, Referral, ReferralStatus
from app.matching.refusals import RulesAgainst
from app.matching.rules import judge_pair
from app.matching.steering import LEANS_ON, MOST, leaning, reasons_given, steered
from app.matching.words import DECLINE_REASONS
from app.volunteers.models import Membership, Organisation
from app.volunteers.operations_availability import NoSuchDay, ask_me_again_from
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay
from tests.matching.test_offers import link, offer

S = ReferralStatus
TODAY = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def say_no(referral: Referral, reason: str | None) -> None:
    with transaction():
        operations.decline_offer(session.get_one(Referral, referral.id), reason, actor=None)


@given(st.lists(st.sampled_from([None, *DECLINE_REASONS])))
def test_what_noes_lean_on_is_a_plain_sum(reasons: list[str | None]) -> None:
    leans = leaning(reasons)
    assert set(leans) <= {term for terms in LEANS_ON.values() for term in terms}
    assert all(1 <= times <= MOST for times in leans.values())
    assert leaning(reversed(reasons)) == leans
    terms = {"place": 120, "area": 40, "expertise": 380, "slack": 80, "rotation": 70}
    assert steered(500, terms, {}) == 500
    assert steered(500, terms, leans) == 500 + sum(terms[term] * times for term, times in leans.items())


def test_every_reason_that_steers_can_be_given() -> None:
    assert set(LEANS_ON) < set(DECLINE_REASONS)


def near_and_expert(desk: Desk) -> tuple[str, str]:
    """One who lists the county, and one a little better who lists the code; neither was asked."""
    with transaction():
        near = factories.volunteer(counties=["55025"], areas={"Housing": "competent"})
        expert = factories.volunteer(counties=["WI"], areas={"63": "competent"})
        return near.public_id, expert.public_id


@pytest.mark.parametrize(
    ("reason", "who"), [(None, "expert"), ("too_far", "near"), ("not_my_field", "expert"), ("other", "expert")]
)
def test_the_next_proposal_leans_away_from_what_was_wrong(app: Flask, reason: str | None, who: str) -> None:
    desk = lay(priority_level="high", priority_rank=2, county="55025")
    near, expert = near_and_expert(desk)
    docket_jobs.place_docket_now()
    for n in range(2):
        say_no(offer(desk, n), reason)
    found = operations_next.find_next(desk.opening_id)
    assert found.proposal is not None
    chosen = session.get_one(type(desk.volunteer()), found.proposal["volunteer_id"])
    assert chosen.public_id == {"near": near, "expert": expert}[who]


def test_a_no_counts_for_its_matter_alone(app: Flask) -> None:
    desk = lay(1)
    with transaction():
        other = factories.case(desk.programme, desk.case.status, owner=desk.staff).lead_opening.id
    before = judge_pair(session.get_one(type(desk.opening), other), desk.volunteer(), TODAY)
    say_no(offer(desk), "not_my_field")
    opening = session.get_one(type(desk.opening), other)
    after = judge_pair(opening, desk.volunteer(), TODAY)
    assert (after.rules, reasons_given(opening)) == ([], {})
    asked = {"fatigue": before.terms["fatigue"] - 25, "rotation": 0}  # for having been asked, not for the answer
    assert after.terms == {**before.terms, **asked}


def test_why_people_said_no_is_shown_to_staff(app: Flask, client: FlaskClient) -> None:
    desk = lay(priority_level="high", priority_rank=2)
    for n in range(2):
        say_no(offer(desk, n), "too_far")
    path = f"/matching/case/{desk.case.public_id}"
    page = factories.sign_in(client, desk.staff).get(path).text
    assert "Too far (2)." in page
    assert "it counts against nobody" in page


def test_a_conflict_told_with_the_no_keeps_person_and_firm_from_this_case_alone(app: Flask) -> None:
    desk = lay(priority_level="high", priority_rank=2)
    with transaction():
        firm = factories.add(Organisation(name="Orchard Partners"))
        for person_id in desk.volunteer_ids:
            factories.add(Membership(volunteer_id=person_id, organisation_id=firm.id))
        other = factories.case(desk.programme, desk.case.status, owner=desk.staff).lead_opening.id
    made = offer(desk)
    for _ in range(2):
        say_no(made, "conflict")
    session.expire_all()
    assert session.get_one(Referral, made.id).status is S.CONFLICT
    assert {(bar.case_id, bar.volunteer_id, bar.organisation_id) for bar in session.query(Bar)} == {
        (desk.case_id, desk.volunteer_ids[0], None),
        (desk.case_id, None, firm.id),
    }
    assert [entry.actor_kind for entry in entries("referral.conflict")] == ["public"]
    with pytest.raises(RulesAgainst):
        offer(desk, 1)
    for n in range(2):
        assert judge_pair(session.get_one(type(desk.opening), other), desk.volunteer(n), TODAY).rules == []


def test_no_time_offers_to_say_until_when(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    made = offer(desk)
    path = link(desk)
    client.post(f"{path}/decline", data={"reason": "no_time"})
    assert "Sign in to say from when" in client.get(path).text
    browser = factories.sign_in(client, desk.user())
    assert "When may we ask you again?" in browser.get(path).text
    day = {"day-month": "12", "day-day": "1", "day-year": "2026"}
    answer = browser.post(f"/my/matters/{made.public_id}/ask-again", data=day, follow_redirects=True)
    assert "Saved. We ask you about nothing before that day" in answer.text
    browser.post(f"/my/matters/{made.public_id}/ask-again", data=day, follow_redirects=True)
    session.expire_all()
    assert desk.volunteer().available_from == date(2026, 12, 1)
    assert len(entries("volunteer.ask_again_from")) == 1
    for wrong in ({}, {**day, "day-year": "2025"}, {**day, "day-day": "99"}):
        refused = browser.post(f"/my/matters/{made.public_id}/ask-again", data=wrong, follow_redirects=True)
        assert refused.status_code in (200, 422)
        assert "Saved." not in refused.text
    session.expire_all()
    assert desk.volunteer().available_from == date(2026, 12, 1)


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_day_gone_by_or_in_years_is_refused(app: Flask, days: int) -> None:
    desk = lay()
    with pytest.raises(NoSuchDay), transaction():
        ask_me_again_from(desk.volunteer(), TODAY + timedelta(days=days), actor=desk.user())
    with pytest.raises(NotAllowed), transaction():
        ask_me_again_from(desk.volunteer(), TODAY + timedelta(days=9), actor=desk.user(1))
    assert desk.volunteer().available_from is None
