"""Taken at once or asked for: by the programme, the kind of matter and the volunteer's standing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import BadInput, NotAllowed, Stale
from app.matching import claim_rules, operations, policy
from app.matching.models import ClaimAnswer, Referral, ReferralStatus
from app.volunteers.models import Standing
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay

S, ASK, AT_ONCE = ReferralStatus, ClaimAnswer.ASK, ClaimAnswer.AT_ONCE


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def say(desk: Desk, **rules: ClaimAnswer) -> None:
    with transaction():
        seen = claim_rules.mark_of(claim_rules.rules_of(desk.programme))
        claim_rules.set_rules(desk.programme, rules, seen=seen, actor=desk.staff)


def claimed(desk: Desk) -> ReferralStatus:
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        return operations.attest(referral, "clear", actor=desk.user()).status


@pytest.mark.parametrize(
    ("programme", "kind", "trusted", "becomes"),
    [
        (False, None, False, S.REQUESTED),
        (True, None, False, S.CONFIRMED),
        (False, None, True, S.CONFIRMED),
        (False, AT_ONCE, False, S.CONFIRMED),
        (True, ASK, False, S.REQUESTED),
        (True, ASK, True, S.REQUESTED),
        (False, AT_ONCE, True, S.CONFIRMED),
    ],
)
def test_what_becomes_of_a_clear_claim(
    app: Flask, programme: bool, kind: ClaimAnswer | None, trusted: bool, becomes: ReferralStatus
) -> None:
    desk = lay(programme={"claims_taken_at_once": programme})
    if trusted:
        with transaction():
            factories.add(Standing(volunteer_id=desk.volunteer_ids[0], programme_id=desk.programme_id,
                                   takes_at_once=True))  # fmt: skip
    if kind is not None:
        say(desk, Housing=kind)
    assert claimed(desk) is becomes


def test_what_is_said_of_another_kind_or_by_another_programme_counts_for_nothing(app: Flask) -> None:
    desk, other = lay(), lay()
    say(desk, Family=AT_ONCE)
    say(other, Housing=AT_ONCE)
    assert claimed(desk) is S.REQUESTED


@pytest.mark.parametrize("changes", [{"sensitive": True}, {}])
def test_sensitive_and_mentored_matters_always_ask(app: Flask, changes: dict[str, bool]) -> None:
    desk = lay(programme={"claims_taken_at_once": True}, **changes)
    assert not policy.is_taken_at_once(desk.case, None, AT_ONCE, needs_mentor=not changes)


def test_the_page_saves_and_a_second_editor_reads_both(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    browser = factories.sign_in(client, desk.staff)
    opened = browser.get("/claim-rules", follow_redirects=True)
    assert (opened.status_code, desk.programme.name in opened.text) == (200, True)
    path, seen = opened.request.path, claim_rules.mark_of({})
    saved = browser.post(path, data={"seen": seen, "Housing": "at_once", "Family": ""}, follow_redirects=True)
    assert "Saved." in saved.text
    late = browser.post(path, data={"seen": seen, "Family": "ask"})
    assert (late.status_code, "now: Taken at once" in late.text) == (409, True)
    session.expire_all()
    assert claim_rules.rules_of(desk.programme) == {"Housing": AT_ONCE}
    browser.post(path, data={"seen": claim_rules.mark_of({"Housing": AT_ONCE}), "Housing": "at_once"})
    assert [entry.after for entry in entries("programme.set_claim_rules")] == [{"Housing": "at_once"}]


def test_only_the_programmes_staff_and_administrators_set_them(app: Flask) -> None:
    desk = lay()
    with transaction():
        stranger = factories.coordinator(factories.programme())
        admin = factories.user(Role.ADMIN)
    seen = claim_rules.mark_of({})
    with pytest.raises(NotAllowed), transaction():
        claim_rules.set_rules(desk.programme, {"Housing": ASK}, seen=seen, actor=stranger)
    with pytest.raises(BadInput), transaction():
        claim_rules.set_rules(desk.programme, {"Weather": ASK}, seen=seen, actor=desk.staff)
    with transaction():
        claim_rules.set_rules(desk.programme, {"Housing": ASK}, seen=seen, actor=admin)
    with pytest.raises(Stale), transaction():
        claim_rules.set_rules(desk.programme, {"Housing": AT_ONCE}, seen=seen, actor=desk.staff)
    path = f"/claim-rules/{desk.programme.slug}"
    assert factories.sign_in(app.test_client(), stranger).get(path).status_code == 404
    assert session.query(Referral).count() == 0
