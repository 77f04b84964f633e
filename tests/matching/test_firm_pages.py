"""The firm's own pages, the person's page, the mail's page, and the pages of staff about firms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import operations as accounts
from app.clients.models import CaseStatus, Party, PartyRole
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.matching import firms_board, operations
from app.matching.models import Referral, ReferralStatus
from app.volunteers.models import Organisation, Volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, mails
from tests.matching.firm import Firm, ask, cleared, found, holding, named

S = ReferralStatus
NAMES = ("Castro", "Cottonwood")


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def desk(app: Flask) -> Desk:
    return lay(3, listing_title="Keep a home", listing_text="One hearing.")


@pytest.fixture
def firm(desk: Desk) -> Firm:
    return found(desk, 0, 1)


@pytest.fixture
def visitor(client: FlaskClient, firm: Firm) -> FlaskClient:
    return factories.sign_in(client, firm.coordinator)


def the_referral() -> Referral:
    session.rollback()
    return session.query(Referral).one()


def test_an_empty_desk_says_so(visitor: FlaskClient, firm: Firm) -> None:
    home = visitor.get("/firm").text
    assert "Nothing waits for your answer" in home
    assert "No offer and no hold just now" in home
    assert 'href="/firm/opportunities"' in home
    assert visitor.get("/", follow_redirects=True).request.path in ("/", "/firm")


def test_the_firm_walks_from_the_list_to_the_named_person(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    page = visitor.get("/firm/opportunities").text
    assert "Keep a home" in page
    assert "2 of your people could take it" in page
    opening = f"/firm/opportunities/{desk.opening.public_id}"
    assert not any(name in visitor.get(opening).text for name in NAMES)
    assert visitor.post(f"{opening}/hold").status_code == 422
    held = visitor.post(f"{opening}/hold", data={"confidential": "y"})
    matter = held.headers["Location"]
    shown = visitor.get(matter).text
    assert all(name in shown for name in NAMES)
    assert "Wren Abbott, Orchard and Vale LLP" in shown
    version = re.search(r'name="names_read"[^>]*value="([^"]+)"', shown)
    assert version
    answer = {"names_read": version[1], "answer": "clear", "checked": "y"}
    assert visitor.post(f"{matter}/attest", data={"answer": "clear"}).status_code == 422
    assert visitor.post(f"{matter}/attest", data=answer).status_code == 303
    naming = visitor.get(matter).text
    assert "Name the person by" in naming
    person = desk.volunteer(1)
    assert person.name in naming
    assert desk.volunteer(2).name not in naming
    assert visitor.post(f"{matter}/name", data={"person": desk.volunteer(2).public_id}).status_code == 422
    assert visitor.post(f"{matter}/name", data={"person": person.public_id}).status_code == 303
    assert f"{person.name} is named" in visitor.get(matter).text
    assert "Waits for the person named" in visitor.get("/firm").text
    assert the_referral().volunteer_id == desk.volunteer_ids[1]


def test_who_saw_the_names_is_written_down(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    referral = holding(desk, firm)
    visitor.get(f"/firm/matters/{referral.public_id}")
    session.rollback()
    seen = [e for e in session.query(AuditEntry) if e.actor_id == firm.coordinator_id and "parties" in e.action]
    assert len(seen) == 1


def test_names_show_only_while_the_firm_holds(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    matter = f"/firm/matters/{ask(desk, firm).public_id}"
    asked = visitor.get(matter).text
    assert "One hearing." in asked
    assert not any(name in asked for name in NAMES)
    assert visitor.post(f"{matter}/accept").status_code == 303
    assert the_referral().status is S.OFFERED
    visitor.post(f"{matter}/accept", data={"confidential": "y"})
    assert "Castro" in visitor.get(matter).text
    assert visitor.post(f"{matter}/extend").status_code == 303
    assert visitor.post(f"{matter}/extend").status_code == 409
    assert visitor.post(f"{matter}/give-back").headers["Location"] == "/firm"
    assert "Castro" not in visitor.get(matter).text


def test_a_sensitive_matter_shows_what_was_released(visitor: FlaskClient, app: Flask) -> None:
    sensitive = lay(1, sensitive=True)
    other = found(sensitive, 0, name="Quiet LLP")
    factories.sign_in(visitor, other.coordinator)
    referral = holding(sensitive, other)
    matter = f"/firm/matters/{referral.public_id}"
    assert "A coordinator looks at this matter" in visitor.get(matter).text
    staff = factories.sign_in(app.test_client(), sensitive.staff)
    assert "Quiet LLP waits for names" in staff.get("/requests").text
    assert "Quiet LLP" in staff.get(f"/requests/{referral.public_id}").text
    with transaction():
        operations.release_names(referral, "adverse", actor=sensitive.staff)
    shown = visitor.get(matter).text
    assert "Cottonwood" in shown
    assert "Castro" not in shown


def test_a_stale_answer_is_not_taken(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    matter = f"/firm/matters/{holding(desk, firm).public_id}"
    with transaction():
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name="Otto Brenner"))
        desk.case.parties_version += 1
    answer = {"names_read": "1-", "answer": "clear", "checked": "y"}
    page = visitor.post(f"{matter}/attest", data=answer, follow_redirects=True).text
    assert "checked for conflicts again" in page
    assert the_referral().firm_cleared_at is None


@pytest.mark.parametrize("answer", ["conflict", "declined"])
def test_a_no_ends_it(visitor: FlaskClient, desk: Desk, firm: Firm, answer: str) -> None:
    matter = f"/firm/matters/{holding(desk, firm).public_id}"
    page = visitor.post(f"{matter}/attest", data={"answer": answer}, follow_redirects=True).text
    assert ("kept off this matter" if answer == "conflict" else "said no to this matter") in page
    assert "Keep a home" not in visitor.get("/firm/opportunities").text


def test_another_firm_reaches_nothing(app: Flask, desk: Desk, firm: Firm) -> None:
    referral = holding(desk, firm)
    other = found(desk, 2, name="Second Firm")
    stranger = factories.sign_in(app.test_client(), other.coordinator)
    assert stranger.get(f"/firm/matters/{referral.public_id}").status_code == 404
    for act in ("accept", "decline", "attest", "name", "take-back", "extend", "give-back"):
        answer = {"answer": "declined", "confidential": "y"}
        assert stranger.post(f"/firm/matters/{referral.public_id}/{act}", data=answer).status_code == 404
    opening = f"/firm/opportunities/{desk.opening.public_id}"
    crafted = {"confidential": "y", "firm": firm.organisation.public_id}
    assert stranger.post(f"{opening}/hold", data=crafted).status_code == 404
    assert the_referral().status is S.HELD
    listed = stranger.get(opening).text
    assert "Join the waiting list" in listed
    waiting = stranger.post(f"{opening}/wait", follow_redirects=True).text
    assert "number 1 on the waiting list" in waiting


def test_a_coordinator_of_two_firms_chooses(app: Flask, desk: Desk, firm: Firm) -> None:
    other = found(desk, 2, name="Second Firm")
    with transaction():
        accounts.grant_role(firm.coordinator, Role.FIRM_COORDINATOR, organisation=other.organisation, actor=None)
    both = factories.sign_in(app.test_client(), firm.coordinator)
    second = other.organisation.public_id
    assert "Second Firm" in both.get("/firm/opportunities").text
    assert "One of your people could take it" in both.get(f"/firm/opportunities?firm={second}").text
    opening = f"/firm/opportunities/{desk.opening.public_id}"
    both.post(f"{opening}/hold?firm={second}", data={"confidential": "y"})
    assert the_referral().organisation_id == other.organisation_id


@pytest.mark.parametrize("why", ["another firm", "in person"])
def test_whoever_is_kept_from_a_matter_reads_its_names_for_no_firm(
    app: Flask, desk: Desk, firm: Firm, why: str
) -> None:
    """One head answers for two firms, or volunteers: what one is kept from, the other's hold never shows."""
    held = holding(desk, firm).public_id
    other = found(desk, 2, name="Second Firm")
    with transaction():
        if why == "another firm":
            accounts.grant_role(firm.coordinator, Role.FIRM_COORDINATOR, organisation=other.organisation, actor=None)
        else:
            session.get_one(Volunteer, desk.volunteer_ids[2]).user = firm.coordinator
    browser, page = factories.sign_in(app.test_client(), firm.coordinator), f"/firm/matters/{held}"
    assert NAMES[0] in browser.get(page).text
    with transaction():
        operations.bar(
            desk.case, other.organisation if why == "another firm" else desk.volunteer(2), reason="conflict", actor=None
        )
    text = browser.get(page).text
    assert not any(name in text for name in NAMES)
    assert "You cannot look at this matter yourself." in text
    answer = browser.post(f"{page}/attest", data={"answer": "clear", "checked": "y", "names_read": "1-"})
    assert (answer.status_code, "You cannot look at this matter yourself." in answer.text) == (409, True)
    assert browser.post(f"{page}/give-back").status_code == 303
    again = browser.post(f"/firm/opportunities/{desk.opening.public_id}/hold?firm={firm.organisation.public_id}",
                         data={"confidential": "y"})  # fmt: skip
    assert (again.status_code, the_referral().status) == (409, S.WITHDRAWN)


def test_the_firm_never_reads_a_file(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    referral = named(desk, firm, 0)
    with transaction():
        operations.attest(referral, "clear", actor=desk.user(0))
        operations.confirm_request(referral, actor=desk.staff)
        case_id = desk.case.public_id
    home = visitor.get("/firm").text
    assert desk.case.number in home
    assert desk.volunteer(0).name in home
    assert not any(name in home for name in (*NAMES, "Keep a home"))
    matter = visitor.get(f"/firm/matters/{referral.public_id}").text
    assert "open to them alone" in matter
    assert not any(name in matter for name in NAMES)
    assert [visitor.get(f"{path}/{case_id}").status_code for path in ("/cases", "/my/cases")] == [403, 403]


def test_the_person_promises_before_the_names_show(app: Flask, desk: Desk, firm: Firm) -> None:
    referral = cleared(desk, firm)
    with transaction():
        operations.name_person(referral, desk.volunteer(0), actor=firm.coordinator)
    person = factories.sign_in(app.test_client(), desk.user(0))
    matter = f"/my/matters/{referral.public_id}"
    before = person.get(matter).text
    assert "Orchard and Vale LLP named you" in before
    assert "Castro" not in before
    assert "Tick the box first" in person.post(f"{matter}/keep-private", follow_redirects=True).text
    after = person.post(f"{matter}/keep-private", data={"confidential": "y"}, follow_redirects=True).text
    assert "Castro" in after
    answer = {"names_read": the_referral().names_now, "answer": "clear", "checked": "y"}
    assert person.post(f"{matter}/attest", data=answer).status_code == 303
    assert the_referral().status is S.REQUESTED
    staff = factories.sign_in(app.test_client(), desk.staff)
    assert "Orchard and Vale LLP" in staff.get("/requests").text
    assert "Named by Orchard and Vale LLP" in staff.get(f"/requests/{referral.public_id}").text


def test_the_persons_give_back_returns_it_to_the_firm(app: Flask, desk: Desk, firm: Firm) -> None:
    referral = named(desk, firm, 0)
    person = factories.sign_in(app.test_client(), desk.user(0))
    person.post(f"/my/matters/{referral.public_id}/give-back")
    assert session.query(Referral).filter_by(organisation_id=firm.organisation_id).one().status is S.HELD
    assert person.get(f"/my/matters/{referral.public_id}").status_code == 404


def test_the_mails_page_declines_without_signing_in(app: Flask, desk: Desk, firm: Firm) -> None:
    ask(desk, firm)
    (mail,) = mails("matching.firm_offer")
    found_link = re.search(r"(/offer/\S+)", mail.text)
    assert found_link
    stranger = app.test_client()
    page = stranger.get(found_link[1]).text
    assert "Keep a home" in page
    assert "Asked: Orchard and Vale LLP" in page
    assert the_referral().status is S.OFFERED
    assert "Thank you for your answer" in stranger.post(f"{found_link[1]}/decline", follow_redirects=True).text
    assert the_referral().status is S.DECLINED


def test_a_volunteer_of_the_firm_cannot_accept_for_it(app: Flask, desk: Desk, firm: Firm) -> None:
    ask(desk, firm)
    (mail,) = mails("matching.firm_offer")
    found_link = re.search(r"(/offer/\S+)", mail.text)
    assert found_link
    person = factories.sign_in(app.test_client(), desk.user(0))
    assert person.post(f"{found_link[1]}/accept", data={"confidential": "y"}).status_code == 403
    assert the_referral().status is S.OFFERED


def test_a_firm_of_a_party_finds_nothing_on_its_list(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    with transaction():
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name="Orchard & Vale, LLP", is_organisation=True))
        other = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, listing_title="A deposit")
    page = visitor.get("/firm/opportunities").text
    assert "A deposit" in page
    assert "Keep a home" not in page
    assert visitor.get(f"/firm/opportunities/{desk.opening.public_id}").status_code == 404
    assert [m.listing.title for m in firms_board.open_matters(firm.organisation)] == [other.listing_title]


def test_staff_ask_a_firm_from_the_case(app: Flask, desk: Desk, firm: Firm) -> None:
    staff = factories.sign_in(app.test_client(), desk.staff)
    listed = staff.get(f"/matching/case/{desk.case.public_id}").text
    url = f"/openings/{desk.opening.public_id}/firms"
    assert url in listed
    assert url in staff.get(f"/openings/{desk.opening.public_id}/by-hand").text
    page = staff.get(url).text
    assert "Orchard and Vale LLP" in page
    assert "2 people" in page
    asked = staff.post(url, data={"firm": firm.organisation.public_id}, follow_redirects=True).text
    assert "is on its way" in asked
    assert staff.post(url, data={"firm": firm.organisation.public_id}).status_code == 409
    elsewhere = factories.coordinator(factories.programme())
    session.commit()
    assert factories.sign_in(app.test_client(), elsewhere).get(url).status_code == 404


def test_staff_keep_firms_and_their_coordinators(app: Flask, desk: Desk, firm: Firm) -> None:
    staff = factories.sign_in(app.test_client(), desk.staff)
    made = staff.post("/organisations/new", data={"name": "Fern Hollow PC", "kind": "firm"})
    url = made.headers["Location"]
    assert "Nobody yet" in staff.get(url).text
    assert staff.post("/organisations/new", data={"name": "fern hollow pc", "kind": "firm"}).status_code == 409
    assert staff.post(f"{url}/coordinators", data={"name": "Lee", "email": "nobody"}).status_code == 422
    who = {"name": "Lee Moss", "email": "lee@fern.example"}
    assert staff.post(f"{url}/coordinators", data=who).status_code == 303
    assert staff.post(f"{url}/coordinators", data=who).status_code == 303
    page = staff.get(url).text
    assert page.count("lee@fern.example") == 1
    assert [mail.to_address for mail in mails("account.invitation")] == ["lee@fern.example"]
    away = re.search(r'action="(/organisations/\w+/coordinators/\w+/away)"', page)
    assert away
    assert "Nobody yet" in staff.post(away[1], follow_redirects=True).text
    assert "Fern Hollow PC" in staff.get("/organisations?without=1").text
    assert "Fern Hollow PC" in staff.get("/organisations?text=hollow").text
    assert "No organisation fits" in staff.get("/organisations?text=zebra").text
    assert staff.post(url, data={"name": "Fern Hollow LLP", "kind": "company"}).status_code == 303
    session.rollback()
    assert session.query(Organisation).filter_by(name="Fern Hollow LLP").one().kind == "company"
    volunteer = factories.sign_in(app.test_client(), desk.user(0))
    assert volunteer.get("/organisations").status_code == 403


def test_an_account_there_already_gets_the_role(app: Flask, desk: Desk, firm: Firm) -> None:
    staff = factories.sign_in(app.test_client(), desk.staff)
    person = desk.user(2)
    url = f"/organisations/{firm.organisation.public_id}/coordinators"
    staff.post(url, data={"name": "Another name", "email": person.email})
    session.rollback()
    assert desk.user(2).has(Role.FIRM_COORDINATOR)
    both = factories.sign_in(app.test_client(), desk.user(2))
    assert 'href="/firm"' in both.get("/my").text
    assert 'href="/my"' in both.get("/firm").text


def test_an_administrator_gives_and_takes_the_role(app: Flask, desk: Desk, firm: Firm) -> None:
    with transaction():
        admin, person = factories.user(Role.ADMIN), factories.user()
        page_of, organisation = person.public_id, firm.organisation.public_id
    visitor = factories.sign_in(app.test_client(), admin)
    asked = {"role": "firm_coordinator", "place": f"firm:{organisation}"}
    assert visitor.post(f"/people/{page_of}/roles", data={**asked, "place": ""}).status_code == 422
    assert visitor.post(f"/people/{page_of}/roles", data=asked).status_code == 303
    assert "Firm coordinator</b>, Orchard and Vale LLP" in visitor.get(f"/people/{page_of}").text
    assert "Orchard and Vale LLP" in visitor.get("/people?role=firm_coordinator").text
    visitor.post(f"/people/{page_of}/roles/revoke", data=asked)
    assert "Firm coordinator</b>" not in visitor.get(f"/people/{page_of}").text


def test_a_hold_that_ran_out_shows_as_over(visitor: FlaskClient, desk: Desk, firm: Firm) -> None:
    referral = cleared(desk, firm)
    with clock.at(MONDAY + timedelta(days=4)), transaction():
        operations.expire_hold(referral)
    page = visitor.get(f"/firm/matters/{referral.public_id}").text
    assert "The time for this matter ran out" in page
    assert visitor.post(f"/firm/matters/{referral.public_id}/name", data={"person": "x"}).status_code == 422
