"""Calling a client: the words, the safe ways, a new PIN."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.clients import operations_status
from app.clients.intake import pins
from app.clients.models import Case, Channel, ChannelKind
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.tasks.models import Task
from tests import factories

from .asking import Visitor, words


@pytest.fixture
def case(app: Flask) -> Case:
    with transaction():
        programme = factories.programme()
        case = factories.case(programme, owner=factories.coordinator(programme))
        case.client.channels.append(
            Channel(kind=ChannelKind.CALL, value="608-555-0123", value_hash="x", safe=True, safe_hours="after 4 pm")
        )
        case.client.channels.append(
            Channel(kind=ChannelKind.VOICEMAIL, value="608-555-0123", value_hash="x", safe=None)
        )
        operations_status.ask_for_call(case.client, actor=None)
    return case


def visitor_as(app: Flask, who: User) -> Visitor:
    visitor = Visitor(app)
    factories.sign_in(visitor.http, who)
    return visitor


def call_of(case: Case) -> str:
    session.rollback()
    return f"/calls/{session.scalars(select(Task.public_id).where(Task.case_id == case.id)).one()}"


def test_the_page_has_the_words_and_says_which_ways_are_safe(app: Flask, case: Case):
    page = words(visitor_as(app, case.custody.user).get(call_of(case)))
    assert "You asked us to call." in page
    assert "after 4 pm" in page
    assert "Not sure: do not use" in page
    session.rollback()
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "case.view")).one().case_id == case.id


def test_another_programmes_staff_do_not_find_it(app: Flask, case: Case):
    with transaction():
        stranger = factories.coordinator(factories.programme())
    assert visitor_as(app, stranger).get(call_of(case)).status_code == 404


def test_a_new_pin_is_shown_once_and_the_old_one_is_out(app: Flask, case: Case):
    visitor, path = visitor_as(app, case.custody.user), call_of(case)
    visitor.post(f"{path}/new-pin")
    pin = re.search(r"The new PIN is (\d{6})", words(visitor.get(path)))[1]
    assert "The new PIN is" not in words(visitor.get(path))
    session.rollback()
    assert pins.fits(pin, session.get_one(Case, case.id).client.pin_hash)


def test_a_call_that_was_made_is_done(app: Flask, case: Case):
    path = call_of(case)
    visitor = visitor_as(app, case.custody.user)
    with app.app_context():
        assert "desk.case" in app.view_functions, "the case page is where a finished call leads"
    assert visitor.post(f"{path}/done").status_code == 303
    session.rollback()
    assert session.scalars(select(Task)).one().outcome == "reached"
