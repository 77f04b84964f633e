"""A yes on the phone: placed in one step, or held until the names are checked; and what to do before confirming."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import ConflictSearch
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import BadInput, NotAllowed
from app.matching import operations
from app.matching.models import Referral, ReferralStatus, ReferralWay
from app.matching.refusals import CaseGone, CaseTaken, NamesNotReleased, RulesAgainst, VolunteerFull
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay, mails
from tests.matching.test_opportunities import names_read
from tests.matching.test_race import at_once

S = ReferralStatus
WARNING = "the names first"


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def held(desk: Desk, n: int = 0) -> Referral:
    with transaction():
        return operations.hold_by_hand(desk.opening, desk.volunteer(n), "phone_yes", actor=desk.staff)


def test_a_yes_with_names_still_to_check_holds_the_matter_and_asks_for_the_promise_first(
    app: Flask, client: FlaskClient
) -> None:
    desk = lay()
    staff = factories.sign_in(app.test_client(), desk.staff)
    yes = {"volunteer": desk.volunteer().public_id, "reason": "phone_yes", "checked": "not_yet"}
    said = staff.post(f"/openings/{desk.opening.public_id}/by-hand", data=yes, follow_redirects=True)
    assert "who is told to check the names" in said.text
    referral = session.query(Referral).one()
    assert (referral.way, referral.status, referral.reason) == (ReferralWay.HAND, S.HELD, "phone_yes")
    assert [mail.kind for mail in mails()] == ["matching.held"]
    browser, path = factories.sign_in(client, desk.user()), f"/my/matters/{referral.public_id}"
    before = browser.get(path).text
    assert "Castro" not in before
    assert "You told" in before
    with pytest.raises(NamesNotReleased), transaction():
        operations.attest(session.get_one(Referral, referral.id), "clear", actor=desk.user())
    shown = browser.post(f"{path}/keep-private", data={"confidential": "y"}, follow_redirects=True).text
    assert "Castro" in shown
    clear = {"answer": "clear", "checked": "y", "names_read": names_read(shown)}
    assert "You asked for this matter" in browser.post(f"{path}/attest", data=clear, follow_redirects=True).text
    assert [entry.action for entry in entries("referral.promise_privacy")] == ["referral.promise_privacy"]


def test_a_yes_to_an_offer_or_from_the_line_becomes_the_hold(app: Flask) -> None:
    desk = lay()
    with transaction():
        offered = operations.send_offer(desk.opening, desk.volunteer(), actor=desk.staff).id
    assert held(desk).id == held(desk).id == offered
    assert len(entries("referral.hold")) == 1
    with pytest.raises(CaseTaken):
        held(desk, 1)


def test_who_may_not_is_refused_and_nothing_changes(app: Flask) -> None:
    desk = lay(volunteer={"capacity": 1})
    with transaction():
        stranger = factories.coordinator(factories.programme())
        unlicensed = factories.volunteer(licences=["MN"]).id
        factories.case(desk.programme, "placed", owner=desk.staff, lead=desk.volunteer(1))

    def by(volunteer_id: int, reason: str = "phone_yes", actor: object = None) -> None:
        volunteer = session.get_one(type(desk.volunteer()), volunteer_id)
        with transaction():
            operations.hold_by_hand(desk.opening, volunteer, reason, actor=actor or desk.staff)  # type: ignore[arg-type]

    for refusal, given in (
        (NotAllowed, (desk.volunteer_ids[0], "phone_yes", stranger)),
        (BadInput, (desk.volunteer_ids[0], "because")),
        (RulesAgainst, (unlicensed,)),
        (VolunteerFull, (desk.volunteer_ids[1],)),
    ):
        with pytest.raises(refusal):
            by(*given)
    with transaction():
        desk.opening.status = "filled"
    with pytest.raises(CaseGone):
        by(desk.volunteer_ids[0])
    assert (session.query(Referral).count(), mails()) == (0, [])


@pytest.mark.promise(1)
def test_many_who_enter_a_yes_at_once_make_one_hold(app: Flask) -> None:
    desk = lay(4)

    def enter(n: int) -> str:
        try:
            return str(held(desk, n).volunteer_id)
        except CaseTaken:
            return "taken"

    session.rollback()
    said = at_once(app, [lambda n=n: enter(n) for n in (0, 1, 2, 3, 0, 1)])  # type: ignore[misc]
    assert session.query(Referral).filter_by(status=S.HELD).count() == 1
    assert len(mails("matching.held")) == len(entries("referral.hold")) == 1
    assert set(said) - {"taken"} == {str(session.query(Referral).filter_by(status=S.HELD).one().volunteer_id)}


def undecided(desk: Desk) -> None:
    """The names were found clear once; then somebody came into the matter."""
    with transaction():
        session.add(
            ConflictSearch(case=desk.case, parties_version=1, outcome="clear", searched_at=clock.now(),
                           names_searched=2, hits=[], hit_count=0, decided_at=clock.now(), decided_by_id=desk.staff_id)
        )  # fmt: skip
        desk.case.parties_version = 2


def test_staff_read_before_confirming_that_the_names_must_be_searched_again(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        operations.attest(referral, "clear", actor=desk.user())
        request_path = f"/requests/{referral.public_id}"
    staff = factories.sign_in(client, desk.staff)
    pages = (request_path, "/requests", f"/openings/{desk.opening.public_id}/by-hand",
             f"/matching/case/{desk.case.public_id}")  # fmt: skip
    for path in pages:
        assert WARNING not in staff.get(path).text.casefold(), path
    undecided(desk)
    for path in pages:
        page = staff.get(path).text
        assert WARNING in page.casefold(), path
        assert path == "/requests" or f"/intake/{desk.case.public_id}#conflicts" in page
    assert "Yes, place it" not in staff.get(request_path).text
    refused = staff.post(f"{request_path}/confirm")
    assert refused.status_code == 409
    assert f"/intake/{desk.case.public_id}#conflicts" in refused.text


def test_two_who_share_a_name_are_told_apart_by_their_address(app: Flask, client: FlaskClient) -> None:
    desk = lay()
    with transaction():
        one, other = (desk.volunteer(n) for n in (0, 1))
        other.given_name, other.family_name = one.given_name, one.family_name
        name, addresses = one.name, (one.email, other.email)
    page = factories.sign_in(client, desk.staff).get(f"/openings/{desk.opening.public_id}/by-hand").text
    for address in addresses:
        assert page.count(f">{name} ({address})</option>") >= 1
    assert f">{name}</option>" not in page
