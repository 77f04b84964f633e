"""A double click, or the same form sent from two tabs at once, has one effect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.clients.models import CaseStatus
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import operations as matching
from tests import factories
from tests.clients.asking import PAGES, place_of
from tests.clients.screened import LISTING, accepted, fund, screened

from . import crawl

CLICKS = 2


@dataclass
class Click:
    """A form about to be sent: by whom, where to, with what; and the audit actions that count its effect."""

    who: int | None
    path: str
    data: dict[str, Any]
    effect: str
    cookies: FlaskClient | None = None


def form_on(app: Flask, browser: FlaskClient, page: str, action: str) -> dict[str, str]:
    """The fields of a form as its page shows them."""
    session.rollback()
    reader = crawl.Reader(page)
    reader.feed(browser.get(page).text)
    return next(form.fields for form in reader.forms if urlsplit(form.action).path == action)


def send_together(app: Flask, click: Click) -> list[int]:
    """The same form from two tabs at once; the answers."""
    browsers = []
    for _ in range(CLICKS):
        browser = app.test_client()
        if click.cookies is not None:
            cookie = click.cookies.get_cookie("desk")
            assert cookie is not None
            browser.set_cookie("desk", cookie.value)
        if click.who is not None:
            factories.sign_in(browser, session.get_one(factories.User, click.who))
        browsers.append(browser)
    session.rollback()
    gate, said = threading.Barrier(CLICKS), [0] * CLICKS

    def send(n: int) -> None:
        gate.wait()
        said[n] = browsers[n].post(click.path, data=click.data).status_code

    threads = [threading.Thread(target=send, args=(n,)) for n in range(CLICKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def hold(app: Flask) -> Click:
    opening = factories.case(factories.programme(), CaseStatus.AVAILABLE).lead_opening
    who = factories.volunteer().user
    assert who is not None
    return Click(who.id, f"/opportunities/{opening.public_id}/hold", {"confidential": "y"}, "referral.hold")


def accept_offer(app: Flask) -> Click:
    programme = factories.programme()
    staff = factories.coordinator(programme)
    opening = factories.case(programme, CaseStatus.AVAILABLE, owner=staff).lead_opening
    volunteer = factories.volunteer()
    referral = matching.send_offer(opening, volunteer, actor=staff)
    assert volunteer.user is not None
    path = f"/my/matters/{referral.public_id}/accept"
    return Click(volunteer.user.id, path, {"confidential": "y"}, "referral.hold")


def confirm_request(app: Flask) -> Click:
    programme = factories.programme()
    staff = factories.coordinator(programme)
    opening = factories.case(programme, CaseStatus.AVAILABLE, owner=staff).lead_opening
    who = factories.volunteer().user
    assert who is not None
    referral = matching.attest(matching.hold(opening, actor=who), "clear", actor=who)
    return Click(staff.id, f"/requests/{referral.public_id}/confirm", {}, "case.place")


def accept_case(app: Flask) -> Click:
    programme = factories.programme()
    staff = factories.coordinator(programme)
    grant = fund(programme)
    case = screened(programme, staff, grant)
    return Click(staff.id, f"/intake/{case.public_id}/accept", {"accept-grants": [str(grant.id)]}, "case.accept_case")


def list_case(app: Flask) -> Click:
    programme = factories.programme()
    staff = factories.coordinator(programme)
    case = accepted(programme, staff, fund(programme))
    typed = {
        **LISTING, "hours": "12", "role": "attorney", "service_level": "full", "representation": "volunteer_only",
        "costs_paid_by": "programme", "do": "list",
    }  # fmt: skip
    return Click(staff.id, f"/intake/{case.public_id}/listing", typed, "case.list_case")


CLICKED = {each.__name__: each for each in (hold, accept_offer, confirm_request, accept_case, list_case)}


def effects(action: str) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)).scalar_one()


@pytest.mark.promise(2)
@pytest.mark.parametrize("name", CLICKED)
def test_a_double_click_has_one_effect(app: Flask, name: str) -> None:
    make: Callable[[Flask], Click] = CLICKED[name]
    with transaction():
        click = make(app)
    mails = session.query(Mail).count()
    said = send_together(app, click)
    assert effects(click.effect) == 1, said
    assert 303 in said
    assert set(said) <= {303, 409}
    told = [mail.kind for mail in session.query(Mail).order_by(Mail.id)][mails:]
    assert len(told) == len(set(told)), told
    again = send_together(app, click)
    assert effects(click.effect) == 1, again


@pytest.mark.promise(2)
def test_a_request_sent_twice_is_one_case(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        factories.coordinator(programme)
        where = place_of(programme)
    browser = app.test_client()
    session.rollback()
    browser.post("/help", data={"watched": "no"})
    for name, page in PAGES.items():
        session.rollback()
        answer = browser.post(f"/help/{name}", data={**page, "county": where} if name == "place" else page)
        assert answer.status_code == 303
    said = send_together(app, Click(None, "/help/check", {}, "case.receive", cookies=browser))
    session.rollback()
    assert session.query(factories.Case).count() == 1, said
    assert set(said) <= {303, 409, 410}
    told = [mail.kind for mail in session.query(Mail)]
    assert len(told) == len(set(told)), told


@pytest.mark.promise(2)
def test_two_effects_would_be_counted(app: Flask) -> None:
    """The planted fault: an operation that does not look whether it was done."""
    from app.core import audit
    from app.core.access import public

    def again() -> tuple[str, int]:
        with transaction():
            case = session.query(factories.Case).first()
            assert case is not None
            audit.record("case.list", case, actor=None)
        return "", 303

    with transaction():
        factories.case(factories.programme())
    app.add_url_rule("/again", "again", public(again), methods=["POST"])
    send_together(app, Click(None, "/again", {}, "case.list"))
    assert effects("case.list") == 2
