"""What staff write down after they asked a client which ways are safe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Programme, User
from app.clients import mails
from app.clients import operations_reach as operations
from app.clients.mails import safe_email
from app.clients.models import Case, Channel, ChannelKind, ClientKind
from app.clients.operations_reach import Safety, Said
from app.core import clock, links
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import LinkGone, NotAllowed
from tests import factories as make

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)
WAY = {"kind": "call", "value": "(608) 555-0144", "safe": "yes", "safe_hours": "after 4 pm", "may_be_said": "neutral"}


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Iterator[tuple[Programme, User, Case]]:
    with clock.at(NOON):
        of = make.programme()
        staff = make.coordinator(of, name="Inés Calloway")
        case = make.case(of, owner=staff)
        make.sign_in(client, staff)
        yield of, staff, case


def typed(staff: User, **changes: str) -> dict[str, str]:
    asked = {"asked_by": staff.public_id, "asked_on-month": "11", "asked_on-day": "18", "asked_on-year": "2026"}
    return {**WAY, **asked, **changes}


def page(client: FlaskClient, case: Case, rest: str = "") -> str:
    answer = client.get(f"/cases/{case.public_id}/reach{rest}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def seen(text: str) -> str:
    (field,) = [tag for tag in re.findall(r"<input[^>]*>", text) if 'name="seen"' in tag]
    return re.findall(r'value="([^"]*)"', field)[0]


def said(staff: User, **changes: object) -> Said:
    values = {"value": "608-555-0144", "safe": True, "safe_hours": "", "may_be_said": "", "asked_by": staff}
    return Said(**{**values, "asked_at": clock.now(), **changes})  # type: ignore[arg-type]


def test_a_number_is_added_with_what_was_said_and_who_asked(
    client: FlaskClient, desk: tuple[Programme, User, Case]
) -> None:
    _, staff, case = desk
    answer = client.post(f"/cases/{case.public_id}/reach", data=typed(staff))
    assert answer.status_code == 303
    way = session.scalars(select(Channel).where(Channel.kind == ChannelKind.CALL)).one()
    assert (way.value, way.safe, way.safe_hours, way.asked_by_id) == ("608-555-0144", True, "after 4 pm", staff.id)
    text = page(client, case)
    assert "608-555-0144" in text
    assert "Inés Calloway" in text


@pytest.mark.parametrize(
    "wrong", [{"value": "12"}, {"kind": "email", "value": "nobody"}, {"asked_on-day": "19"}, {"safe": ""}]
)
def test_what_reaches_nobody_is_refused_and_kept_on_the_page(
    client: FlaskClient, desk: tuple[Programme, User, Case], wrong: dict[str, str]
) -> None:
    _, staff, case = desk
    answer = client.post(f"/cases/{case.public_id}/reach", data=typed(staff, **wrong))
    assert answer.status_code == 422
    assert "after 4 pm" in answer.get_data(as_text=True)
    assert session.scalars(select(Channel).where(Channel.kind == ChannelKind.CALL)).all() == []


def test_an_address_found_unsafe_is_not_written_to_and_its_links_stop(
    client: FlaskClient, desk: tuple[Programme, User, Case]
) -> None:
    _, staff, case = desk
    with transaction():
        token = links.make(mails.PORTAL, case.client, expires_at=clock.now() + timedelta(hours=1))
        address = case.client.channels[0].value
    form = typed(staff, value=address, safe="no", seen=seen(page(client, case, "/1")))
    assert client.post(f"/cases/{case.public_id}/reach/1", data=form).status_code == 303
    assert safe_email(case.client) is None
    with pytest.raises(LinkGone):
        links.find(mails.PORTAL, token)


def test_not_known_is_not_safe(desk: tuple[Programme, User, Case]) -> None:
    _, staff, case = desk
    with transaction():
        way = case.client.channels[0]
        operations.change_channel(way, said(staff, value=way.value, safe=None), actor=staff)
    assert safe_email(case.client) is None


def test_two_who_change_one_way_at_once_see_both_texts(client: FlaskClient, desk: tuple[Programme, User, Case]) -> None:
    _, staff, case = desk
    mark = seen(page(client, case, "/1"))
    with transaction():
        way = case.client.channels[0]
        address = way.value
        operations.change_channel(way, said(staff, value=address, safe=False), actor=staff)
    answer = client.post(f"/cases/{case.public_id}/reach/1", data=typed(staff, value=address, seen=mark))
    assert answer.status_code == 409
    assert safe_email(case.client) is None


def test_a_stopped_way_stays_in_the_list_and_is_used_no_more(
    client: FlaskClient, desk: tuple[Programme, User, Case]
) -> None:
    _, staff, case = desk
    where = f"/cases/{case.public_id}/reach/1/stop"
    assert client.post(where, data={}).status_code == 422
    assert client.post(where, data={"reason": "unsafe"}).status_code == 303
    assert client.post(where, data={"reason": "wrong"}).status_code == 303  # twice changes nothing
    way = session.scalars(select(Channel)).one()
    assert way.stop_reason == "unsafe"
    assert safe_email(case.client) is None
    assert "Somebody else reads or hears it" in page(client, case)
    late = client.post(f"/cases/{case.public_id}/reach/1", data=typed(staff, seen=""))
    assert late.status_code == 409


def test_who_decides_and_who_must_not_be_told_are_written_down(
    client: FlaskClient, desk: tuple[Programme, User, Case]
) -> None:
    _, _, case = desk
    form = {"kind": "minor", "decides": "Her aunt Odalys", "must_not_be_told": "Her father", "watched_device": "y",
            "safety_word": "harbour", "seen": seen(page(client, case, "/people"))}  # fmt: skip
    assert client.post(f"/cases/{case.public_id}/reach/people", data=form).status_code == 303
    of = case.client
    assert (of.kind, of.decides, of.watched_device, of.speaks) == (ClientKind.MINOR, "Her aunt Odalys", True, None)
    assert "harbour" in page(client, case)


def test_the_audit_says_what_was_done_in_codes_only(desk: tuple[Programme, User, Case]) -> None:
    _, staff, case = desk
    with transaction():
        operations.add_channel(case.client, ChannelKind.TRUSTED_PERSON, said(staff, value="Odalys, 608 555 0166"),
                               actor=staff)  # fmt: skip
        operations.set_safety(case.client, Safety(ClientKind.PERSON, "", "Odalys", "Bruno", False, "harbour"),
                              actor=staff)  # fmt: skip
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("client.%"))).all()
    assert [each.action for each in entries] == ["client.add_way", "client.set_safety"]
    written = " ".join(str(each.after) for each in entries)
    assert not re.search("Odalys|Bruno|harbour|0166", written)
    assert entries[1].after["changed"] == ["speaks", "must_not_be_told", "safety_word"]


def test_another_programmes_staff_reach_nobody(
    app: Flask, client: FlaskClient, desk: tuple[Programme, User, Case]
) -> None:
    _, _, case = desk
    other = make.coordinator(make.programme())
    volunteer = make.user(Role.VOLUNTEER)
    session.commit()
    make.sign_in(client, other)
    for rest in ("", "/1", "/1/stop", "/people"):
        assert client.get(f"/cases/{case.public_id}/reach{rest}").status_code == 404
    make.sign_in(client, volunteer)
    assert client.get(f"/cases/{case.public_id}/reach").status_code == 403
    with pytest.raises(NotAllowed), transaction():
        operations.stop_channel(case.client.channels[0], "unsafe", actor=other)


def test_there_is_no_way_beyond_the_last(client: FlaskClient, desk: tuple[Programme, User, Case]) -> None:
    assert client.get(f"/cases/{desk[2].public_id}/reach/2").status_code == 404
