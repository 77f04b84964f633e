"""Staff enter a request while a client speaks."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Programme
from app.clients.models import Case, ChannelKind, Consent, IntakeDraft
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from tests import factories

from .asking import PAGES, Visitor, place_of, words

NOW = datetime(2026, 11, 18, 16, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        return factories.programme()


@pytest.fixture
def visitor(app: Flask, programme: Programme) -> Visitor:
    with transaction():
        staff = factories.coordinator(programme)
    visitor = Visitor(app)
    factories.sign_in(visitor.http, staff)
    return visitor


def typed(programme: Programme, **changes) -> dict:
    flat = {name: value for page in PAGES.values() for name, value in page.items()}
    return {**flat, "county": place_of(programme), "watched": "no", "then": "send", **changes}


def once(visitor: Visitor) -> str:
    return re.search(r'name="once" type="hidden" value="([^"]+)"', visitor.get("/intake/new").text)[1]


def counted(kind: type) -> int:
    session.rollback()
    return session.scalar(select(func.count(kind.id))) or 0


def test_one_page_becomes_the_same_case_with_the_consent_by_phone(visitor: Visitor, programme: Programme):
    answer = visitor.post("/intake/new", data=typed(programme, once=once(visitor)))
    assert answer.status_code == 303
    session.rollback()
    case = session.scalars(select(Case)).one()
    assert (case.problem_code, case.at_intake["gross_income"]) == ("63", 1_440_000)
    assert case.entered_by_id is not None
    given = session.scalars(select(Consent)).one()
    assert (given.given_how, given.recorded_by_id) == ("phone", case.entered_by_id)
    channels = {each.kind: each for each in case.client.channels}
    assert channels[ChannelKind.CALL].asked_by_id == case.entered_by_id


def test_the_number_and_the_pin_are_there_to_be_said(visitor: Visitor, programme: Programme, app: Flask):
    assert "clients.screen" in app.view_functions
    page = words(visitor.get(visitor.post("/intake/new", data=typed(programme, once=once(visitor))).location))
    assert f"{programme.prefix}-26-00001" in page
    assert re.search(r"PIN \d{6}", page)


def test_a_double_click_makes_one_case(visitor: Visitor, programme: Programme):
    data = typed(programme, once=once(visitor))
    assert visitor.post("/intake/new", data=data).location == visitor.post("/intake/new", data=data).location
    assert counted(Case) == 1


def test_a_draft_may_have_gaps_and_waits_on_the_first_page(visitor: Visitor, programme: Programme):
    data = {"given_name": "Yesenia", "phone": "608 555 0123", "then": "draft", "once": once(visitor)}
    saved = visitor.post("/intake/new", data=data)
    assert saved.status_code == 303
    assert "Yesenia" in words(visitor.get("/intake/new"))
    page = visitor.get(saved.location)
    assert 'value="Yesenia"' in page.text
    assert 'value="608-555-0123"' in page.text
    assert counted(Case) == 0


def test_a_draft_is_finished_and_sent_later(visitor: Visitor, programme: Programme):
    first = {"given_name": "Yesenia", "then": "draft", "once": once(visitor)}
    where = visitor.post("/intake/new", data=first).location
    version = re.search(r'name="seen_version" type="hidden" value="(\d+)"', visitor.get(where).text)[1]
    sent = visitor.post(where, data=typed(programme, seen_version=version))
    assert sent.location.startswith("/intake/entered/")
    assert counted(Case) == 1
    assert visitor.get(where).location == sent.location


def test_a_stale_page_shows_both_texts_and_loses_nothing(visitor: Visitor, programme: Programme):
    where = visitor.post("/intake/new", data={"given_name": "Yesenia", "then": "draft", "once": once(visitor)}).location
    old = visitor.get(where).text
    version = re.search(r'name="seen_version" type="hidden" value="(\d+)"', old)[1]
    first = {"given_name": "Yesenia", "family_name": "Marrón", "then": "draft", "seen_version": version}
    visitor.post(where, data=first)
    late = {**first, "family_name": "Other", "story": "A text typed for a long time."}
    answer = visitor.post(where, data=late)
    assert answer.status_code == 409
    assert "Last name: yours Other Last name: saved by Another window Marrón" in words(answer)
    assert all(kept in answer.text for kept in ('value="Other"', "A text typed for a long time."))
    session.rollback()
    assert session.scalars(select(IntakeDraft)).one().answers["names"]["family_name"] == "Marrón"
    late["seen_version"] = re.search(r'name="seen_version" type="hidden" value="(\d+)"', answer.text)[1]
    assert visitor.post(where, data=late).status_code == 303
    session.rollback()
    assert session.scalars(select(IntakeDraft)).one().answers["names"]["family_name"] == "Other"


def test_sending_with_gaps_names_them_all_and_keeps_the_page(visitor: Visitor, programme: Programme):
    data = typed(programme, once=once(visitor), family_name="", income="", email_safe="")
    answer = visitor.post("/intake/new", data=data)
    text = words(answer)
    assert answer.status_code == 422
    assert "3 things need your attention" in text
    assert "Write 0 if no money comes in." in text
    assert 'value="Yesenia"' in answer.text
    assert counted(IntakeDraft) == 0


def test_what_cannot_be_read_is_not_kept_as_a_draft_silently(visitor: Visitor, programme: Programme):
    data = {"given_name": "Yesenia", "income": "much", "then": "draft", "once": once(visitor)}
    answer = visitor.post("/intake/new", data=data)
    assert answer.status_code == 422
    assert 'value="much"' in answer.text


def test_only_the_own_programmes_counties_are_offered(visitor: Visitor, programme: Programme):
    with transaction():
        factories.programme(counties=["27053"])
    page = words(visitor.get("/intake/new"))
    assert "Dane County, WI" in page
    assert "Hennepin County" not in page


def test_another_programmes_draft_is_not_found(app: Flask, visitor: Visitor, programme: Programme):
    where = visitor.post("/intake/new", data={"given_name": "Yesenia", "then": "draft", "once": once(visitor)}).location
    with transaction():
        stranger = factories.coordinator(factories.programme())
    other = Visitor(app)
    factories.sign_in(other.http, stranger)
    assert other.get(where).status_code == 404
    assert "Yesenia" not in words(other.get("/intake/new"))


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.FUNDER, Role.ADMIN])
def test_only_coordinators_enter_requests(app: Flask, programme: Programme, role: Role):
    with transaction():
        who = factories.user(role, programme=programme)
    visitor = Visitor(app)
    factories.sign_in(visitor.http, who)
    assert visitor.get("/intake/new").status_code == 403
