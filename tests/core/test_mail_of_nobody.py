"""A mail of no programme that cannot go is an administrator's to decide."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import delivery, mail, outbox
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.tasks.models import Task
from tests import factories


def test_an_administrator_has_the_task_and_finds_the_mail(app: Flask, client: FlaskClient) -> None:
    with transaction():
        admin, coordinator = factories.user(Role.ADMIN), factories.coordinator(factories.programme())
        made = mail.queue("account.password", occasion="x:1", to="ana@example.net", subject="Your account",
                          text="Good day.\n", audience="volunteer")  # fmt: skip
        assert made is not None
        made.status = MailStatus.FAILED
        delivery.tell_about(made, "refused")
        delivery.tell_about(made, "refused")
        factories.sign_in(client, admin)
    task = session.scalars(select(Task)).one()
    assert (task.cause, task.owner_role, task.record_id) == ("mail_trouble", Role.ADMIN, made.id)
    address = f"/outbox/{made.public_id}"
    assert f'href="{address}"' in client.get("/own-decisions").text
    assert client.get(address).status_code == 200
    with transaction():
        outbox.drop(session.scalars(select(Mail)).one(), "no_longer_true", actor=admin)
    assert session.scalars(select(Task.done_at)).one() is not None
    assert address not in client.get("/own-decisions").text
    factories.sign_in(client, coordinator)
    assert client.get(address).status_code == 404
