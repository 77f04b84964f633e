"""Links that set a password: an invitation, a forgotten password, and what their misuse leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import operations
from app.accounts.models import User
from app.accounts.queries import find_user
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import Mail, reason_to_drop
from tests import factories

from .conftest import PASSWORD, try_to_sign_in

NEW = "seven lamps by the river"


@pytest.fixture
def invitation(app: Flask) -> str:
    """The path of Nora Lind's invitation."""
    with transaction():
        user = operations.create_user("Nora Lind", "nora@example.org", actor=None)
        operations.grant_role(user, Role.VOLUNTEER, actor=None)
        return f"/invitation/{operations.invite(user, actor=None)}"


def reset_path(browser: FlaskClient, email: str) -> str:
    browser.post("/forgotten-password", data={"email": email})
    mail = session.execute(select(Mail).order_by(Mail.id.desc()).limit(1)).scalar_one()
    return mail.text.split("http://127.0.0.1:8000")[1].split()[0]


def test_an_invitation_sets_the_password_and_signs_in(client: FlaskClient, invitation: str) -> None:
    page = client.get(invitation)
    assert page.status_code == 200
    assert "Nora Lind" in page.text
    answer = client.post(invitation, data={"password": NEW})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")
    assert client.get("/account").status_code == 200
    assert try_to_sign_in(client, "nora@example.org", NEW).status_code == 303


def test_opening_an_invitation_changes_nothing(client: FlaskClient, invitation: str) -> None:
    for _ in range(20):
        assert client.get(invitation).status_code == 200
        assert client.head(invitation).status_code == 200
    assert find_user("nora@example.org").password_hash is None
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Write the new password."), ("short", "at least 12"), ("nora lind 12", "Do not use your name"),
     ("123456789012", "first passwords"), ("x" * 300, "at most 128")],
)  # fmt: skip
def test_a_weak_password_is_refused_with_a_reason(client: FlaskClient, invitation: str, typed: str, said: str) -> None:
    answer = client.post(invitation, data={"password": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert find_user("nora@example.org").password_hash is None


def test_a_used_invitation_says_what_to_do(client: FlaskClient, invitation: str) -> None:
    client.post(invitation, data={"password": NEW})
    client.post("/sign-out")
    for answer in (client.get(invitation), client.post(invitation, data={"password": "another heap of words"})):
        assert answer.status_code == 410
        assert "If your password is set already, sign in with it." in answer.text
        assert 'href="/forgotten-password"' in answer.text
    assert try_to_sign_in(client, "nora@example.org", NEW).status_code == 303


def test_an_old_a_tampered_and_a_replaced_invitation_are_gone(client: FlaskClient, invitation: str) -> None:
    assert client.get(invitation + "x").status_code == 410
    assert client.get(invitation.replace("/invitation/", "/new-password/")).status_code == 410
    with clock.at(clock.now() + timedelta(days=14)):
        assert client.get(invitation).status_code == 410
    with transaction():
        newer = operations.invite(find_user("nora@example.org"), actor=None)
    assert client.get(invitation).status_code == 410
    assert client.get(f"/invitation/{newer}").status_code == 200


def test_the_link_of_a_closed_account_is_gone(client: FlaskClient, invitation: str) -> None:
    with transaction():
        operations.deactivate_user(find_user("nora@example.org"), actor=None)
    assert client.get(invitation).status_code == 410
    with transaction():
        operations.reactivate_user(find_user("nora@example.org"), actor=None)
    assert client.get(invitation).status_code == 410, "the link was revoked, not only hidden"


@pytest.mark.parametrize(("language", "subject"), [("en", "Set the password"), ("es", "Elija la contraseña")])
def test_the_invitation_mail(app: Flask, language: str, subject: str) -> None:
    with transaction():
        user = operations.create_user("Nora Lind", "nora@example.org", actor=None, language=language)
        token = operations.invite(user, actor=None)
    mail = session.execute(select(Mail)).scalar_one()
    assert mail.subject.startswith(subject)
    assert f"http://127.0.0.1:8000/invitation/{token}" in mail.text
    assert (mail.to_address, mail.kind) == ("nora@example.org", "account.invitation")
    assert max(len(line) for line in mail.text.splitlines() if "http" not in line) <= 65
    assert reason_to_drop(mail) is None
    with transaction():
        operations.deactivate_user(find_user("nora@example.org"), actor=None)
    assert reason_to_drop(mail) == "deactivated"


def test_a_forgotten_password_is_set_by_the_mailed_link(app: Flask, coordinator: User) -> None:
    browser, old = app.test_client(), factories.sign_in(app.test_client(), coordinator)
    path = reset_path(browser, "Ida@Example.org")
    assert try_to_sign_in(app.test_client(), "ida@example.org").status_code == 303, "the old one works until then"
    assert browser.post(path, data={"password": NEW}).status_code == 303
    assert old.get("/account").status_code == 302
    assert try_to_sign_in(app.test_client(), "ida@example.org", PASSWORD).status_code == 422
    assert browser.post(path, data={"password": "another heap of words"}).status_code == 410
    told = session.execute(select(Mail).where(Mail.kind == "account.changed")).scalar_one()
    assert told.to_address == "ida@example.org"
    assert NEW not in told.text


def test_the_reset_link_lasts_an_hour(client: FlaskClient, coordinator: User) -> None:
    path = reset_path(client, "ida@example.org")
    with clock.at(clock.now() + timedelta(minutes=59)):
        assert client.get(path).status_code == 200
    with clock.at(clock.now() + timedelta(minutes=61)):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "Ask for a new" in answer.text


def test_forgetting_never_reveals_whether_an_address_is_known(client: FlaskClient, coordinator: User) -> None:
    answers = [
        client.post("/forgotten-password", data={"email": email}, follow_redirects=True)
        for email in ("ida@example.org", "nobody@example.org")
    ]
    assert answers[0].status_code == answers[1].status_code == 200
    assert answers[0].text == answers[1].text
    assert session.query(Mail).count() == 1


def test_a_closed_account_gets_no_link(client: FlaskClient, coordinator: User) -> None:
    with transaction():
        operations.deactivate_user(find_user("ida@example.org"), actor=None)
    assert client.post("/forgotten-password", data={"email": "ida@example.org"}).status_code == 303
    assert session.query(Mail).count() == 0


def test_an_address_that_is_none_is_refused(client: FlaskClient) -> None:
    answer = client.post("/forgotten-password", data={"email": "ida at example"})
    assert answer.status_code == 422
    assert 'value="ida at example"' in answer.text


def test_the_first_admin_gets_a_link_on_an_empty_deployment(app: Flask, client: FlaskClient) -> None:
    run = app.test_cli_runner().invoke
    printed = run(args=["first-admin", "ada@example.org", "Ada Lovelock"]).output
    again = run(args=["first-admin", "ada@example.org", "Ada Lovelock"]).output
    assert "/invitation/" in again, "until the password is set the link can be printed again"
    path = again.split("http://127.0.0.1:8000")[1].strip()
    assert client.get(printed.split("http://127.0.0.1:8000")[1].strip()).status_code == 410
    client.post(path, data={"password": NEW})
    assert client.get("/people").status_code == 200
    refused = run(args=["first-admin", "eve@example.org", "Eve"])
    assert refused.exit_code == 1
    assert "There is an administrator already" in refused.output
    assert find_user("eve@example.org") is None


@pytest.mark.parametrize(("typed", "said"), [
    (["ada at example", "Ada Lovelock"], "ada at example is not a mail address."),
    (["ada@example.org", " "], "Write the administrator's name"),
])  # fmt: skip
def test_the_first_admin_needs_an_address_and_a_name(app: Flask, typed: list[str], said: str) -> None:
    refused = app.test_cli_runner().invoke(args=["first-admin", *typed])
    assert refused.exit_code == 1
    assert f"Error: {said}" in refused.output
    assert find_user(typed[0]) is None
