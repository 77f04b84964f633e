"""People see the mails of their programmes, and decide about those that cannot go by themselves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from app import create_app
from app.clients.models import CaseStatus
from app.core import clock, db, delivery, mail, outbox
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.demo import load as demo
from app.tasks.models import Task
from config import Settings
from tests import factories
from tests.conftest import KEYS
from tests.core import mail_servers

WHY = {"reason": "no_longer_true"}
LINK = "https://desk.example.org/checkin/Zx81-secret"


def put(of: factories.Programme | None, to: str = "maribel@example.net", **changes: object) -> Mail:
    values = {
        "occasion": f"greeting:{next(factories.count)}",
        "subject": "A question for you",
        "text": f"Please answer: {LINK}\n",
    }
    queued = mail.queue("test.question", to=to, audience="client", programme=of, **{**values, **changes})  # type: ignore[arg-type]
    assert queued is not None
    return queued


def now_is(row: Mail, status: MailStatus, **changes: object) -> None:
    with transaction():
        session.execute(update(Mail).where(Mail.id == row.id).values(status=status, **changes))


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that the block sends."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


@pytest.fixture
def desk(app: Flask) -> tuple[FlaskClient, Mail, factories.User]:
    """A coordinator's browser and a mail of their programme."""
    with transaction():
        programme = factories.programme()
        coordinator = factories.coordinator(programme)
        row = put(programme)
    return factories.sign_in(app.test_client(), coordinator), row, coordinator


def test_the_list_shows_mails_with_the_address_masked(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, _, _ = desk
    page = browser.get("/outbox").text
    assert "A question for you" in page
    assert "m…@example.net" in page
    assert "maribel@example.net" not in page
    assert "No mail server is set." in page


def test_an_empty_outbox_says_so(app: Flask) -> None:
    with transaction():
        coordinator = factories.coordinator(factories.programme())
    browser = factories.sign_in(app.test_client(), coordinator)
    assert "No mail has been written yet" in browser.get("/outbox").text
    assert "No mail is in this state" in browser.get("/outbox?state=failed").text


def test_the_list_takes_the_same_few_queries_however_long(
    app: Flask, desk: tuple[FlaskClient, Mail, factories.User]
) -> None:
    browser, row, _ = desk
    browser.get("/outbox")
    with counted() as few:
        browser.get("/outbox")
    with transaction():
        programme = session.merge(row).programme
        for n in range(60):
            put(programme, f"person{n}@example.net")
    with counted() as many:
        assert "1 to 50 of 61" in browser.get("/outbox").text
    assert len(many) == len(few) <= 16


def test_a_mail_can_be_read_and_reading_is_written_down(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        coordinator = factories.coordinator(programme)
        case = factories.case(programme, CaseStatus.AVAILABLE)
        row = put(programme, case=case)
    outbox.get_mail(row.public_id, viewer=coordinator)
    browser = factories.sign_in(app.test_client(), coordinator)
    page = browser.get(f"/outbox/{row.public_id}")
    assert page.status_code == 200
    assert LINK in page.text, "without a mail server this is the only way to the link"
    entry = session.execute(select(AuditEntry).where(AuditEntry.action == "mail.view")).scalar_one()
    assert (entry.actor_id, entry.case_id) == (coordinator.id, case.id)


def test_with_a_mail_server_links_stay_the_recipients(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url, mail_server="127.0.0.1", **KEYS))
    with app.app_context():
        with transaction():
            programme = factories.programme()
            coordinator = factories.coordinator(programme)
            row = put(programme)
        page = factories.sign_in(app.test_client(), coordinator).get(f"/outbox/{row.public_id}").text
        session.remove()
        db.engine().dispose()
    assert "Zx81-secret" not in page
    assert "https://desk.example.org/checkin/…" in page


def test_other_programmes_mails_are_not_there(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, _, _ = desk
    with transaction():
        foreign, nobodys = put(factories.programme()), put(None, "admin@example.org")
    for row in (foreign, nobodys):
        assert browser.get(f"/outbox/{row.public_id}").status_code == 404
        for act in ("send-now", "send-again", "drop"):
            assert browser.post(f"/outbox/{row.public_id}/{act}").status_code == 404
    assert browser.get("/outbox/feedfeedfeedfeed").status_code == 404


def test_administrators_see_every_envelope_and_read_only_what_is_nobodys_case(app: Flask) -> None:
    with transaction():
        admin = factories.user(Role.ADMIN)
        put(factories.programme())
        deployments = put(None, "robin@example.org", subject="Set your password")
    browser = factories.sign_in(app.test_client(), admin)
    page, table = browser.get("/outbox").text, browser.get("/outbox?format=csv").text
    assert "m…@example.net" in page
    assert "Its text is for those who may open the case" in page
    assert "Set your password" in page
    for told in ("maribel@example.net", "A question for you", LINK):
        assert told not in page + table
    assert len(table.strip().splitlines()) == 3
    outbox.get_mail(deployments.public_id, viewer=admin)


def test_who_works_for_the_programme_and_not_for_the_case_sees_the_envelope_only(app: Flask) -> None:
    with transaction():
        mine, other = factories.programme(), factories.programme()
        coordinator = factories.coordinator(mine)
        row = put(mine, case=factories.case(other, CaseStatus.AVAILABLE))
    browser = factories.sign_in(app.test_client(), coordinator)
    assert "A question for you" not in browser.get("/outbox").text
    assert browser.get(f"/outbox/{row.public_id}").status_code == 404


def test_several_at_once_each_say_what_became_of_them(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, _ = desk
    with transaction():
        programme = session.merge(row).programme
        gone, foreign = put(programme, "bo@example.net"), put(factories.programme(), "cy@example.net")
    now_is(gone, MailStatus.SENT, sent_at=clock.now())
    chosen = {"id": [row.public_id, gone.public_id, foreign.public_id], "do": "drop"}
    asked = browser.post("/outbox/chosen", data=chosen)
    assert "2 mails" in asked.text
    assert browser.post("/outbox/chosen", data={**chosen, "asked": "yes"}).status_code == 422
    done = browser.post("/outbox/chosen", data={**chosen, "asked": "yes", **WHY})
    assert "1 of 2 done" in done.text
    assert "has gone out or is going out" in done.text
    session.rollback()
    kept = {mail.id: (mail.status, mail.drop_reason) for mail in session.scalars(select(Mail))}
    assert kept == {row.id: (MailStatus.DROPPED, "no_longer_true"), gone.id: (MailStatus.SENT, None),
                    foreign.id: (MailStatus.QUEUED, None)}  # fmt: skip
    browser.post("/outbox/chosen", data={"id": [row.public_id], "do": "send-now", "asked": "yes"})
    copy = {"id": [gone.public_id], "do": "send-again", "asked": "yes"}
    assert "1 of 1 done" in browser.post("/outbox/chosen", data=copy).text
    session.rollback()
    assert [mail.status for mail in session.scalars(select(Mail).order_by(Mail.id))] == [
        MailStatus.QUEUED, MailStatus.SENT, MailStatus.QUEUED, MailStatus.QUEUED,
    ]  # fmt: skip


def test_nothing_chosen_or_an_act_that_does_not_exist_is_refused(
    desk: tuple[FlaskClient, Mail, factories.User],
) -> None:
    browser, row, _ = desk
    assert browser.post("/outbox/chosen", data={"do": "drop"}).status_code == 422
    assert browser.post("/outbox/chosen", data={"do": "burn", "id": row.public_id}).status_code == 422


def test_without_a_reason_nothing_is_dropped(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, _ = desk
    answer = browser.post(f"/outbox/{row.public_id}/drop")
    assert answer.status_code == 422
    assert "Choose a reason." in answer.text
    session.rollback()
    assert session.get(Mail, row.id).status is MailStatus.QUEUED  # type: ignore[union-attr]


def test_what_waits_is_shown_by_how_long(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, _ = desk
    with transaction():
        put(session.merge(row).programme, subject="The older one", due_at=clock.now() - timedelta(hours=2))
    waiting, every = browser.get("/outbox?state=queued").text, browser.get("/outbox").text
    for page in (waiting, every):
        assert page.index("The older one") < page.index("A question for you")
    now_is(row, MailStatus.FAILED)
    assert "The older one" not in browser.get("/outbox?state=failed").text


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.FUNDER])
def test_volunteers_and_funders_do_not_enter(app: Flask, role: Role) -> None:
    with transaction():
        row = put(factories.programme())
        browser = factories.sign_in(app.test_client(), factories.user(role))
    assert browser.get("/outbox").status_code == 403
    assert browser.post(f"/outbox/{row.public_id}/send-now").status_code == 403


def test_a_failed_mail_is_put_back_in_line_and_its_task_closed(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, coordinator = desk
    with transaction():
        failed = session.merge(row)
        delivery._fail(failed, "refused")
    assert browser.post(f"/outbox/{row.public_id}/send-now").status_code == 303
    session.rollback()
    again = session.get(Mail, row.id)
    assert again is not None
    assert (again.status, again.attempts, again.message_id) == (MailStatus.QUEUED, 0, row.message_id)
    task = session.execute(select(Task).where(Task.cause == "mail_trouble")).scalar_one()
    assert (task.outcome, task.done_by_id) == ("send_now", coordinator.id)
    assert session.execute(select(AuditEntry).where(AuditEntry.action == "mail.send_now")).scalar_one().before == {
        "status": "failed"
    }


def test_a_waiting_mail_is_dropped_and_may_be_put_back(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, _ = desk
    browser.post(f"/outbox/{row.public_id}/drop", data=WHY)
    session.rollback()
    assert session.get(Mail, row.id).status is MailStatus.DROPPED  # type: ignore[union-attr]
    again = browser.post(f"/outbox/{row.public_id}/drop", data=WHY)
    assert (again.status_code, "It was decided before" in again.get_data(as_text=True)) == (409, True)
    stale = browser.post(f"/outbox/{row.public_id}/send-now", data={"seen": "queued"})
    assert stale.status_code == 409, "somebody let it be since this page was opened"
    browser.post(f"/outbox/{row.public_id}/send-now", data={"seen": "dropped"})
    session.rollback()
    assert session.get(Mail, row.id).status is MailStatus.QUEUED  # type: ignore[union-attr]


def test_a_mail_on_its_way_is_left_alone(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, _ = desk
    now_is(row, MailStatus.SENDING, lease_until=clock.now() + timedelta(minutes=5))
    assert browser.post(f"/outbox/{row.public_id}/drop", data=WHY).status_code == 409
    now_is(row, MailStatus.QUEUED, lease_until=clock.now() + timedelta(minutes=5))
    assert browser.post(f"/outbox/{row.public_id}/send-now").status_code == 409


def test_a_sent_mail_is_repeated_as_a_new_one_only_once(desk: tuple[FlaskClient, Mail, factories.User]) -> None:
    browser, row, _ = desk
    assert browser.post(f"/outbox/{row.public_id}/send-again").status_code == 409
    now_is(row, MailStatus.SENT, sent_at=clock.now())
    for _ in range(2):
        assert browser.post(f"/outbox/{row.public_id}/send-again").status_code == 303
    session.rollback()
    first, second = session.execute(select(Mail).order_by(Mail.id)).scalars().all()
    assert (second.status, second.text, second.to_address) == (MailStatus.QUEUED, first.text, first.to_address)
    assert second.message_id != first.message_id


def test_a_mail_is_written_in_a_worker_without_a_request(app: Flask) -> None:
    subject, text = mail.compose("accounts/mails/invitation", "en", name="Ana", days=7, address="https://x")
    assert subject
    assert text.endswith("\n")


def test_the_page_and_a_real_server_together(database_url: str) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        app = create_app(Settings(database_url=database_url, mail_server="127.0.0.1", mail_port=port, **KEYS))
        app.config.update(WTF_CSRF_ENABLED=False)
        with app.app_context():
            with transaction():
                programme = factories.programme()
                coordinator = factories.coordinator(programme)
                row = put(programme)
            browser = factories.sign_in(app.test_client(), coordinator)
            browser.post(f"/outbox/{row.public_id}/drop", data=WHY)
            assert not delivery.deliver_one()
            browser.post(f"/outbox/{row.public_id}/send-now")
            assert delivery.deliver_one()
            assert "Sent" in browser.get(f"/outbox/{row.public_id}").text
            session.remove()
            db.engine().dispose()
    assert server.count() == {"maribel@example.net": 1}


def test_no_page_waits_for_a_mail_server_that_hangs(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        hanging.setblocking(False)
        settings = {"mail_server": "127.0.0.1", "mail_port": hanging.getsockname()[1], "mail_timeout": 300}
        app = create_app(Settings(database_url=database_url, **settings, **KEYS))  # type: ignore[arg-type]
        app.config.update(WTF_CSRF_ENABLED=False)
        with app.app_context():
            with transaction():
                programme = factories.programme()
                coordinator = factories.coordinator(programme, password_hash="x", email="ida@example.org")
                row = put(programme)
            app.test_client().post("/forgotten-password", data={"email": "ida@example.org"})
            browser = factories.sign_in(app.test_client(), coordinator)
            browser.post(f"/outbox/{row.public_id}/send-now")
            assert browser.get("/outbox?state=queued").status_code == 200
            session.rollback()
            assert {mail.kind for mail in session.scalars(select(Mail))} == {"test.question", "account.password"}
            session.remove()
            db.engine().dispose()
        with pytest.raises(BlockingIOError):
            hanging.accept()


def test_of_the_invented_past_no_mail_was_sent_later_than_now(app: Flask) -> None:
    with transaction():
        late, early = (put(None, due_at=clock.now() + timedelta(days=days)) for days in (1, -1))
    past = early.due_at
    demo._mails_have_left()
    assert (late.status, late.sent_at <= clock.now(), early.sent_at) == (MailStatus.SENT, True, past)
