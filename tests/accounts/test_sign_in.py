"""Signing in: who gets in, under which token, and where to next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import Type
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import jobs, passwords
from app.accounts.models import SignIn, User
from app.accounts.queries import IDLE, LONGEST, find_user, token_hash
from app.core import clock
from app.core.access import same_site
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from tests import factories
from tests.conftest import STRONG

from .conftest import PASSWORD, try_to_sign_in


def token_of(browser: FlaskClient) -> str:
    with browser.session_transaction() as cookie:
        return str(cookie.get("_user_id", ""))


def test_a_person_signs_in_and_out(client: FlaskClient, coordinator: User) -> None:
    answer = try_to_sign_in(client, "IDA@example.org ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")
    assert client.get("/account").status_code == 200
    token = token_of(client)
    assert session.query(SignIn).one().token_hash == token_hash(token)
    assert client.post("/sign-out").status_code == 303
    assert client.get("/account").status_code == 302
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert client.get("/account").status_code == 302, "the old token must not work after signing out"


def test_the_token_is_stored_as_a_hash_only(client: FlaskClient, coordinator: User) -> None:
    try_to_sign_in(client, coordinator.email)
    token = token_of(client)
    stored = session.connection().exec_driver_sql("SELECT * FROM sign_ins").mappings().one()
    assert token not in str(dict(stored))
    assert str(coordinator.id) != token


def test_a_wrong_password_keeps_the_address_and_says_nothing_more(client: FlaskClient, coordinator: User) -> None:
    known = try_to_sign_in(client, coordinator.email, "wrong words here")
    unknown = try_to_sign_in(client, "nobody@example.org", "wrong words here")
    assert known.status_code == unknown.status_code == 422
    assert 'value="ida@example.org"' in known.text
    assert "do not fit together" in known.text
    assert "wrong words here" not in known.text
    assert known.text.replace(coordinator.email, "nobody@example.org") == unknown.text


@pytest.mark.parametrize("typed", [{}, {"email": "", "password": ""}, {"email": "ida@example.org"}])
def test_empty_fields_are_named(client: FlaskClient, coordinator: User, typed: dict[str, str]) -> None:
    answer = client.post("/sign-in", data=typed)
    assert answer.status_code == 422
    assert "Write your password." in answer.text


def test_a_session_from_before_is_not_carried_over(client: FlaskClient, coordinator: User) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["planted"] = "planted-by-somebody", "yes"
    try_to_sign_in(client, coordinator.email)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["_user_id"] != "planted-by-somebody"


def test_each_sign_in_has_its_own_token_and_no_remember_cookie(app: Flask, coordinator: User) -> None:
    one, two = app.test_client(), app.test_client()
    answers = [try_to_sign_in(browser, coordinator.email) for browser in (one, two)]
    assert token_of(one) != token_of(two)
    for answer in answers:
        assert not [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("remember")]
        session_cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("desk="))
        assert "HttpOnly" in session_cookie
        assert "SameSite=Lax" in session_cookie


def test_a_password_hashed_more_weakly_is_hashed_anew(client: FlaskClient, coordinator: User) -> None:
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with transaction():
        find_user("ida@example.org").password_hash = weak
    assert try_to_sign_in(client, "ida@example.org").status_code == 303
    session.expire_all()
    stored = find_user("ida@example.org").password_hash
    assert stored != weak
    assert passwords.fits(PASSWORD, stored)


def test_whoever_is_invited_but_has_no_password_cannot_sign_in(client: FlaskClient) -> None:
    with transaction():
        factories.user(email="new@example.org")
    assert try_to_sign_in(client, "new@example.org", "nobody has this password").status_code == 422


def test_signing_in_leads_back_to_the_page_asked_for(client: FlaskClient, coordinator: User) -> None:
    asked = client.get("/account?x=1")
    assert asked.headers["Location"] == "/sign-in?next=/account?x%3D1"
    answer = client.post(asked.headers["Location"], data={"email": coordinator.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/account?x=1"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "/ /x", "evil", "",
     "\\\\evil.example", "/\t/evil.example", "http:/evil"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(client: FlaskClient, coordinator: User, address: str) -> None:
    assert same_site(address) is None
    sent = {"email": coordinator.email, "password": PASSWORD}
    answer = client.post("/sign-in", query_string={"next": address}, data=sent)
    assert answer.headers["Location"] == "/home"
    assert client.get("/sign-in", query_string={"next": address}).headers["Location"] == "/home"


def test_a_form_sent_after_signing_out_is_not_lost_silently(client: FlaskClient, coordinator: User) -> None:
    answer = client.post(
        "/account", data={"name": "A long name that was typed", "language": "en"},
        headers={"Referer": "http://localhost/account"},
    )  # fmt: skip
    assert answer.status_code == 401
    assert "A long name that was typed" in answer.text
    assert "/sign-in?next=/account" in answer.text


def test_an_idle_browser_is_signed_out(client: FlaskClient, coordinator: User) -> None:
    try_to_sign_in(client, coordinator.email)
    start = clock.now()
    with clock.at(start + IDLE - timedelta(minutes=5)):
        assert client.get("/account").status_code == 200
    with clock.at(start + 2 * IDLE - timedelta(minutes=10)):
        assert client.get("/account").status_code == 200, "work keeps the sign-in alive"
    with clock.at(start + 3 * IDLE):
        assert client.get("/account").status_code == 302


def test_no_sign_in_outlives_its_longest_time(client: FlaskClient, coordinator: User) -> None:
    try_to_sign_in(client, coordinator.email)
    now = session.query(SignIn.created_at).scalar()
    end = now + LONGEST
    while now < end:
        with clock.at(now):
            assert client.get("/account").status_code == 200
        now += timedelta(hours=1)
    with clock.at(end):
        assert client.get("/account").status_code == 302


def test_last_seen_is_written_once_a_minute(client: FlaskClient, coordinator: User) -> None:
    try_to_sign_in(client, coordinator.email)
    first = session.query(SignIn.last_seen_at).scalar()
    with clock.at(first + timedelta(seconds=59)):
        client.get("/account")
    assert session.query(SignIn.last_seen_at).scalar() == first
    later = first + timedelta(seconds=61)
    with clock.at(later):
        client.get("/account")
        client.get("/account")
    assert session.query(SignIn.last_seen_at).scalar() == later


def test_sign_in_and_failure_are_audited_without_the_address(client: FlaskClient, coordinator: User) -> None:
    try_to_sign_in(client, "nobody@example.org", "wrong words here")
    try_to_sign_in(client, coordinator.email, "wrong words here")
    try_to_sign_in(client, coordinator.email)
    entries = [(e.action, e.actor_kind, e.record_id) for e in session.query(AuditEntry).order_by(AuditEntry.id)]
    who = coordinator.id
    assert entries == [
        ("account.sign_in_failed", "public", None),
        ("account.sign_in_failed", "public", who),
        ("account.sign_in", "user", who),
    ]


def test_the_theme_is_a_cookie_set_by_the_server(client: FlaskClient) -> None:
    assert client.get("/appearance?next=/sign-in").status_code == 200
    answer = client.post("/appearance", data={"theme": "dark", "next": "/sign-in"})
    assert answer.headers["Location"] == "/sign-in"
    assert 'data-theme="dark"' in client.get("/sign-in").text
    client.post("/appearance", data={"theme": "purple", "next": "//evil.example"})
    assert "data-theme" not in client.get("/sign-in").text


def test_a_language_chosen_by_link_stays(client: FlaskClient) -> None:
    assert 'lang="es"' in client.get("/?lang=es").text
    with client.session_transaction() as cookie:
        assert cookie["language"] == "es"
    client.get("/?lang=xx")
    with client.session_transaction() as cookie:
        assert cookie["language"] == "es"


def test_pages_are_written_in_the_programmes_time_zone(app: Flask, coordinator: User) -> None:
    from flask import g

    with transaction():
        far = factories.programme(time_zone="Pacific/Honolulu")
        islander = factories.coordinator(far)
    browser = factories.sign_in(app.test_client(), islander)
    assert browser.get("/account").status_code == 200
    assert g.time_zone == "Pacific/Honolulu"
    app.test_client().get("/sign-in")
    assert g.time_zone == "America/Chicago", "the public reads the first programme's clock"


def test_the_nightly_sweep_forgets_old_sign_ins_only(client: FlaskClient, coordinator: User) -> None:
    try_to_sign_in(client, coordinator.email)
    start = session.query(SignIn.created_at).scalar()
    with clock.at(start + timedelta(days=29)):
        jobs.sweep()
        assert session.query(SignIn).count() == 1
    with clock.at(start + timedelta(days=32)):
        jobs.sweep()
        assert session.query(SignIn).count() == 0


@pytest.mark.parametrize("what", ["password", "PIN"])
def test_what_is_stored_of_a_secret_is_strong(what: str) -> None:
    """At least what OWASP's password storage cheat sheet names: argon2id, 19 MiB, two passes."""
    strong = STRONG[what]
    assert strong.type is Type.ID
    assert strong.memory_cost >= 19_456
    assert strong.time_cost >= 2
