"""Letters on paper: written only where post is safe, printed by staff, and kept with the day and who posted them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.clients import operations_letters as operations
from app.clients import operations_reach as reach
from app.clients import texts
from app.clients.intake.rows import value_hash
from app.clients.mails import tell_client
from app.clients.models import Case, CaseStatus, Channel, ChannelKind, ClientLetter
from app.clients.operations_texts import save_text
from app.clients.queries import get_letter
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.mail import Mail
from app.tasks.models import Task
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
ADDRESS = "9 Quince Road, Madison, WI 53703"
HELP = "Call the county help line at 608-555-0177."


@pytest.fixture(autouse=True)
def _now(app: Flask, spanish: None):
    with clock.at(MONDAY):
        yield


@pytest.fixture
def staff(app: Flask) -> User:
    with transaction():
        return factories.coordinator(factories.programme(sender_name="Lakeshore office"))


def by_post(
    staff: User,
    *,
    says: str | None = "open",
    safe: bool | None = True,
    call: bool = False,
    mail: bool = False,
    **changes: object,
) -> Case:
    """A case whose client named a place for letters, and maybe a number."""
    with transaction():
        case = factories.case(session.get_one(User, staff.id).grants[0].programme, CaseStatus.AVAILABLE, **changes)
        case.client.channels[0].safe = mail
        ways = [(ChannelKind.POST, ADDRESS, safe), *([(ChannelKind.CALL, "608-555-0109", True)] if call else [])]
        for kind, value, is_safe in ways:
            session.add(Channel(client=case.client, kind=kind, value=value, value_hash=value_hash(kind, value),
                                safe=is_safe, may_be_said=says))  # fmt: skip
    return case


def told(case: Case, occasion: str) -> tuple[list[str], list[str], int]:
    """What became of an occasion: tasks by cause, letters, and how many mails."""
    with transaction():
        tell_client(session.get_one(Case, case.id), occasion, other_help=HELP)
    causes = session.scalars(select(Task.cause).where(Task.case_id == case.id, Task.done_at.is_(None))).all()
    letters = session.scalars(select(ClientLetter).where(ClientLetter.case_id == case.id)).all()
    return sorted(causes), [each.text for each in letters], session.query(Mail).filter_by(case_id=case.id).count()


def test_a_letter_is_written_only_where_post_is_safe_and_nothing_else_is_or_something_ends(staff: User) -> None:
    only = by_post(staff)
    assert told(only, "looking")[0] == ["post_letter"]
    assert told(by_post(staff, safe=False), "rejected")[:2] == (["call_client"], [])
    assert told(by_post(staff, safe=None), "looking")[:2] == (["call_client"], [])
    assert told(by_post(staff, call=True), "looking")[:2] == (["call_client"], [])
    assert told(by_post(staff, language="so"), "rejected")[:2] == (["call_client"], [])
    causes, letters, mails = told(by_post(staff, mail=True), "rejected")
    assert (causes, len(letters), mails) == (["post_letter"], 1, 1)
    assert told(by_post(staff, mail=True), "looking")[1] == []
    causes, letters, mails = told(by_post(staff, call=True), "closed")
    assert (causes, len(letters), mails) == (["call_client", "post_letter"], 1, 0)


@pytest.mark.parametrize(("language", "says"), [("en", "open"), ("es", "open"), ("en", "neutral"), ("es", None)])
def test_a_letter_names_no_link_and_speaks_openly_only_where_the_client_said_so(
    staff: User, language: str, says: str | None
) -> None:
    (text,) = told(by_post(staff, says=says, language=language), "not_placed")[1]
    assert not any(word in text for word in ("http", "PIN", "{", "Orchard", "Eviction", "landlord"))
    assert text.endswith("call us: 608-555-0100." if language == "en" else "llámenos: 608-555-0100.")
    assert (HELP in " ".join(text.split())) == (says == "open")


def test_where_staff_say_that_post_is_not_safe_no_other_letter_goes(staff: User) -> None:
    case = by_post(staff)
    told(case, "accepted")
    with transaction():
        operations.drop_letter(session.scalars(select(ClientLetter)).one(), "unsafe", actor=staff)
    causes, letters, _mails = told(case, "looking")
    assert (causes, len(letters)) == (["call_client"], 1)
    assert session.scalars(select(Channel.stop_reason).where(Channel.kind == ChannelKind.POST)).one() == "unsafe"


def test_own_words_that_say_next_to_nothing_without_their_link_make_no_letter(staff: User) -> None:
    case = by_post(staff)
    words = texts.Words("News for you", "Everything that we have for you is on this page:\n{link}\nOr {phone}.")
    with transaction():
        save_text(case.programme, "not_placed", "en", words, seen_number=0, actor=staff)
    (text,) = told(case, "not_placed")[1]
    assert ("{link}" in text, HELP in " ".join(text.split())) == (False, True)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("We found nobody. {help} See {link} or call {phone}.",
         f"We found nobody. {HELP} See your own page or call 608-555-0100."),
        ("We found nobody.\nSee your papers here:\n  {link}\nThe link asks for your PIN. Come by Friday.\n{phone}",
         "We found nobody.\nCome by Friday.\n608-555-0100"),
        ("We found nobody, and we are sorry. Read on here: {link}.\n\nCall {phone}.",
         "We found nobody, and we are sorry.\n\nCall 608-555-0100."),
    ],
)  # fmt: skip
def test_own_words_beside_the_link_are_printed_without_it(staff: User, typed: str, printed: str) -> None:
    case = by_post(staff)
    with transaction():
        save_text(case.programme, "not_placed", "en", texts.Words("News", typed), seen_number=0, actor=staff)
    (text,) = told(case, "not_placed")[1]
    assert text.partition("\n\nYou get this letter")[0] == printed


def test_a_newer_letter_takes_the_place_of_one_that_nobody_posted_but_not_of_an_end(staff: User) -> None:
    case = by_post(staff)
    for occasion in ("accepted", "looking", "not_placed"):
        told(case, occasion)
    assert told(case, "kept")[0] == ["post_letter", "post_letter"]
    found = session.scalars(select(ClientLetter).order_by(ClientLetter.id)).all()
    assert [each.drop_reason for each in found] == ["merged", "merged", None, None]


def test_staff_post_it_once_on_a_day_that_can_be_and_never_where_post_became_unsafe(staff: User) -> None:
    case = by_post(staff)
    told(case, "not_placed")
    letter = session.scalars(select(ClientLetter)).one()
    for day, refusal in ((date(2026, 3, 1), operations.NotPostedThen), (date(2026, 3, 4), operations.NotPostedThen)):
        with pytest.raises(refusal), transaction():
            operations.mark_posted(session.get_one(ClientLetter, letter.id), day, actor=staff)
    way = select(Channel).where(Channel.kind == ChannelKind.POST)
    with transaction():
        session.scalars(way).one().safe = False
    with pytest.raises(operations.NotSafeByPost), transaction():
        operations.mark_posted(session.get_one(ClientLetter, letter.id), date(2026, 3, 2), actor=staff)
    with transaction():
        operations.drop_letter(session.get_one(ClientLetter, letter.id), "unsafe", actor=staff)
    call = session.scalars(select(Task).where(Task.done_at.is_(None))).one()
    assert (call.cause, HELP in " ".join((call.script or "").split())) == ("call_client", True)
    with pytest.raises(operations.LetterDone), transaction():
        operations.mark_posted(session.get_one(ClientLetter, letter.id), date(2026, 3, 2), actor=staff)


def test_the_page_prints_the_letter_keeps_who_posted_it_and_is_no_other_programmes(
    staff: User, client: FlaskClient
) -> None:
    case = by_post(staff, language="es")
    told(case, "not_placed")
    letter = session.scalars(select(ClientLetter)).one()
    factories.sign_in(client, staff)
    page = client.get(f"/letters/{letter.public_id}").get_data(as_text=True)
    assert [each for each in (ADDRESS, 'lang="es"', "2 de marzo de 2026") if each not in page] == []
    assert "<title>Lakeshore office</title>" in page
    address = f"/letters/{letter.public_id}/posted"
    assert (
        client.post(address, data={"posted_on-month": "3", "posted_on-day": "9", "posted_on-year": "2026"}).status_code
        == 422
    )
    assert (
        client.post(address, data={"posted_on-month": "3", "posted_on-day": "2", "posted_on-year": "2026"}).status_code
        == 303
    )
    again = client.post(f"/letters/{letter.public_id}/not-posted", data={"reason": "unsafe"})
    assert again.status_code == 409
    assert f"by {staff.name}" in client.get(f"/letters/{letter.public_id}").get_data(as_text=True)
    case_page = client.get(f"/cases/{case.public_id}").get_data(as_text=True)
    assert f'href="/letters/{letter.public_id}"' in case_page
    with transaction():
        other = factories.coordinator(factories.programme())
    with pytest.raises(NotFound):
        get_letter(letter.public_id, viewer=other)
    assert letter.created_at < clock.now() + timedelta(seconds=1)


def test_a_letter_that_came_back_stops_its_address_until_it_is_changed_and_somebody_calls(
    staff: User, client: FlaskClient
) -> None:
    case = by_post(staff)
    told(case, "looking")
    letter = session.scalars(select(ClientLetter)).one()
    page, came_back = f"/letters/{letter.public_id}", {"returned_on-month": "3", "returned_on-year": "2026"}
    factories.sign_in(client, staff)
    assert client.post(f"{page}/came-back", data={**came_back, "returned_on-day": "2"}).status_code == 409
    with transaction():
        operations.mark_posted(session.get_one(ClientLetter, letter.id), date(2026, 3, 2), actor=staff)
    with clock.at(MONDAY + timedelta(days=4)):
        factories.sign_in(client, staff)
        for wrong in ("1", "9", ""):
            assert client.post(f"{page}/came-back", data={**came_back, "returned_on-day": wrong}).status_code == 422
        assert client.post(f"{page}/came-back", data={**came_back, "returned_on-day": "6"}).status_code == 303
        assert client.post(f"{page}/came-back", data={**came_back, "returned_on-day": "6"}).status_code == 409
        assert f"It came back on Fri, Mar 6, as {staff.name} noted." in client.get(page).get_data(as_text=True)
        assert "came back" in client.get(f"/cases/{case.public_id}").get_data(as_text=True)
        causes, letters, _mails = told(case, "still_looking")
        assert (causes, len(letters)) == (["call_client"], 1)
        call = session.scalars(select(Task).where(Task.cause == "call_client")).one()
        assert "Which address is right" in (call.script or "")
        said = reach.Said(ADDRESS.upper(), True, "", "open", staff, clock.now())
        with pytest.raises(reach.LettersComeBack), transaction():
            reach.add_channel(session.get_one(Case, case.id).client, ChannelKind.POST, said, actor=staff)
        with transaction():
            new = replace(said, value=ADDRESS.replace("9", "19", 1))
            reach.add_channel(session.get_one(Case, case.id).client, ChannelKind.POST, new, actor=staff)
        assert told(case, "found")[0] == ["call_client", "post_letter"]
        assert client.post(f"{page}/address-is-right").status_code == 303
        assert "was found to be right" in client.get(page).get_data(as_text=True)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("%way%"))).all()
    assert (actions.count("client.stop_way"), actions.count("client.use_way_again")) == (1, 1)
