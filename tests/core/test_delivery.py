"""A mail leaves once, or somebody is told; shown against real SMTP servers."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import select, update

from app import _flask_config
from app.clients.models import CaseStatus
from app.core import clock, db, delivery, mail
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.tasks.models import Task
from config import Settings
from tests import factories
from tests.conftest import KEYS, Kept
from tests.core import mail_servers

Office = Callable[..., Flask]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """Makes the application with a mail server's port, in its context."""
    contexts: list[Any] = []

    def make(port: int, **changes: Any) -> Flask:
        values = {"mail_server": "127.0.0.1", "mail_port": port, "mail_timeout": 1, **changes}
        settings = Settings(database_url=database_url, **KEYS, **values)
        app = Kept.on(settings)
        app.config.update(_flask_config(settings))
        delivery.init_app(app)
        contexts.append(app.app_context())
        contexts[-1].push()
        return app

    yield make
    for context in reversed(contexts):
        session.remove()
        db.engine().dispose()
        context.pop()


def put(to: str, **changes: Any) -> int:
    values = {"kind": "test.greeting", "occasion": f"greeting:{to}", "subject": "Hello", "text": "Good day.\n",
              "audience": "staff"}  # fmt: skip
    with transaction():
        if "programme" not in changes:
            changes["programme"] = factories.programme()
        queued = mail.queue(to=to, **{**values, **changes})
        assert queued is not None
        return queued.id


def get(mail_id: int) -> Mail:
    session.rollback()
    return session.execute(select(Mail).where(Mail.id == mail_id)).scalar_one()


def let_time_pass() -> None:
    """Every wait and every lease is over."""
    past = clock.now() - timedelta(minutes=1)
    with transaction():
        session.execute(update(Mail).where(Mail.status != MailStatus.SENT).values(due_at=past))
        session.execute(update(Mail).where(Mail.lease_until.is_not(None)).values(lease_until=past))


def tasks() -> list[Task]:
    session.rollback()
    return list(session.execute(select(Task).where(Task.cause == "mail_trouble")).scalars())


def test_a_mail_goes_out_once_with_its_headers(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put("ana@example.net", subject="Cómo va todo", html="<p>Good day.</p>")
        assert delivery.deliver_one()
        assert not delivery.deliver_one()
    ((address, message),) = server.taken
    sent = get(mail_id)
    assert address == "ana@example.net"
    assert sent.status is MailStatus.SENT
    assert sent.sent_at is not None
    assert sent.lease_token is None
    assert message["Message-ID"] == sent.message_id
    assert str(message["Message-ID"]).endswith("@127.0.0.1>")  # the site's own host
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == "ana@example.net"
    assert str(make_header(decode_header(message["Subject"]))) == "Cómo va todo"
    assert str(make_header(decode_header(message["From"]))) == "Lakeshore office <desk@probonodesk.invalid>"
    assert {part.get_content_type() for part in message.walk()} >= {"text/plain", "text/html"}


def test_a_mail_without_html_is_plain_text(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        put("ana@example.net")
        delivery.deliver_one()
    assert server.taken[0][1].get_content_type() == "text/plain"


def test_without_a_mail_server_mails_stay_queued(app: Flask) -> None:
    mail_id = put("ana@example.net")
    assert not delivery.deliver_one()
    assert get(mail_id).status is MailStatus.QUEUED


def test_a_mail_waits_for_its_time(office: Office) -> None:
    with mail_servers.running(mail_servers.Postmaster()) as port:
        office(port)
        mail_id = put("ana@example.net", due_at=clock.now() + timedelta(hours=1))
        assert not delivery.deliver_one()
        with clock.at(clock.now() + timedelta(hours=2)):
            assert delivery.deliver_one()
        assert get(mail_id).status is MailStatus.SENT


def test_the_owner_may_drop_a_mail_at_the_last_moment(office: Office) -> None:
    server = mail_servers.Postmaster()
    mail.check_before_sending("test.withdrawn", lambda row: "answered")
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put("ana@example.net", kind="test.withdrawn")
        assert delivery.deliver_one()
    dropped = get(mail_id)
    assert (dropped.status, dropped.drop_reason, server.taken) == (MailStatus.DROPPED, "answered", [])


def test_a_check_that_breaks_holds_up_no_other_mail(office: Office) -> None:
    server = mail_servers.Postmaster()
    mail.check_before_sending("test.broken", lambda row: str(1 // 0))
    with mail_servers.running(server) as port:
        office(port)
        broken = put("ana@example.net", kind="test.broken")
        put("bo@example.net")
        assert delivery.deliver_one()
        assert delivery.deliver_one()
        assert not delivery.deliver_one()
    waiting = get(broken)
    assert server.count() == {"bo@example.net": 1}
    assert (waiting.status, waiting.last_error) == (MailStatus.RETRYING, "check ZeroDivisionError")


def test_a_greylisted_mail_is_sent_later(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put("grey@example.net")
        delivery.deliver_one()
        waiting = get(mail_id)
        assert (waiting.status, waiting.last_error) == (MailStatus.RETRYING, "450 4.2.0")
        assert timedelta(seconds=40) < waiting.due_at - clock.now() < timedelta(seconds=80)
        assert not delivery.deliver_one()
        with clock.at(clock.now() + timedelta(minutes=2)):
            assert delivery.deliver_one()
    assert server.count() == {"grey@example.net": 1}
    assert get(mail_id).status is MailStatus.SENT


@pytest.mark.parametrize(("to", "error"), [("refused@example.net", "550 5.1.1"), ("spam@example.net", "554 5.7.1")])
def test_a_refused_mail_becomes_a_task_and_keeps_no_address_in_clear(office: Office, to: str, error: str) -> None:
    with mail_servers.running(mail_servers.Postmaster()) as port:
        office(port)
        with transaction():
            programme = factories.programme()
            case = factories.case(programme, CaseStatus.AVAILABLE)
        mail_id = put(to, programme=programme, case=case)
        delivery.deliver_one()
        assert not delivery.deliver_one()
    failed = get(mail_id)
    assert (failed.status, failed.last_error) == (MailStatus.FAILED, error)
    (task,) = tasks()
    assert (task.record_id, task.case_id, task.programme_id) == (mail_id, case.id, programme.id)


def test_after_three_days_a_mail_is_given_up_and_somebody_told(office: Office) -> None:
    with mail_servers.hanging_up() as port:
        office(port)
        mail_id = put("ana@example.net")
        start = clock.now()
        tries, at = 0, start
        while get(mail_id).status is not MailStatus.FAILED:
            with clock.at(at):
                tries += delivery.deliver_one()
            at = max(at + timedelta(seconds=1), get(mail_id).due_at)
            assert at < start + timedelta(hours=80)
    assert tries > 15
    assert at > start + timedelta(hours=66)
    assert len(tasks()) == 1


@pytest.mark.parametrize("server", [mail_servers.silent, mail_servers.hanging_up])
def test_a_server_that_never_took_the_text_is_tried_again(office: Office, server: Any) -> None:
    with server() as port:
        office(port)
        mail_id = put("ana@example.net", harmless_twice=False)
        delivery.deliver_one()
    assert get(mail_id).status is MailStatus.RETRYING


def test_a_server_that_is_not_there_is_tried_again(office: Office) -> None:
    office(mail_servers.free_port())
    mail_id = put("ana@example.net")
    delivery.deliver_one()
    assert (get(mail_id).status, get(mail_id).last_error) == (MailStatus.RETRYING, "ConnectionRefusedError")


@pytest.mark.parametrize("to", ["hangup@example.net", "slow@example.net"])
def test_an_unclear_mail_is_repeated_once_with_the_same_message_id(office: Office, to: str) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put(to)
        delivery.deliver_one()
        assert get(mail_id).status is MailStatus.PARKED
        assert delivery.deliver_one()
    assert get(mail_id).status is MailStatus.SENT
    assert {message["Message-ID"] for _, message in server.taken} == {get(mail_id).message_id}
    assert tasks() == []


def test_an_unclear_mail_that_may_not_come_twice_goes_to_a_person(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put("hangup@example.net", harmless_twice=False)
        delivery.deliver_one()
        let_time_pass()
        assert not delivery.deliver_one()
    assert get(mail_id).status is MailStatus.PARKED
    assert server.count() == {"hangup@example.net": 1}
    assert [task.record_id for task in tasks()] == [mail_id]


def test_a_worker_that_died_on_the_way_leaves_a_parked_mail(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put("ana@example.net")
        lease = delivery._take_lease()
        assert lease is not None
        assert delivery._take_last_look(lease) is not None
        assert not delivery.park_one(), "its lease still runs"
        let_time_pass()
        assert delivery.park_one()
        assert get(mail_id).status is MailStatus.PARKED
        delivery._settle(lease, delivery.Verdict(MailStatus.SENT, ""))
        assert get(mail_id).status is MailStatus.PARKED, "the token is no longer the dead worker's"
        assert delivery.deliver_one()
        assert get(mail_id).status is MailStatus.SENT


def test_a_mail_that_died_before_it_left_is_simply_sent(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        mail_id = put("ana@example.net", harmless_twice=False)
        assert delivery._take_lease() is not None
        assert not delivery.deliver_one()
        let_time_pass()
        assert not delivery.park_one()
        assert delivery.deliver_one()
    assert get(mail_id).status is MailStatus.SENT


def test_no_more_mails_a_minute_than_set_by_however_many_workers(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        for _worker in range(2):
            office(port, mails_per_minute=2)
        for name in ("ana", "bo", "cy"):
            put(f"{name}@example.net")
        start = clock.now()
        for seconds, goes in ((1, True), (2, False), (28, False), (31, True), (32, False)):
            with clock.at(start + timedelta(seconds=seconds)):
                assert delivery.deliver_one() is goes, seconds
    assert len(server.taken) == 2


def test_a_domain_with_a_limit_of_its_own_holds_up_no_other(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port, mails_per_minute=6000, mails_per_minute_to_domain=2)
        for name in ("ana@big.example", "bo@Big.example", "cy@small.example", "dee@big.example"):
            put(name)
        start = clock.now() + timedelta(seconds=1)
        with clock.at(start):
            assert [delivery.deliver_one() for _ in range(3)] == [True, True, False]
        with clock.at(start + timedelta(seconds=30)):
            assert [delivery.deliver_one() for _ in range(2)] == [True, False]
    assert [address for address, _ in server.taken] == ["ana@big.example", "cy@small.example", "bo@Big.example"]


def test_a_worker_waits_for_its_turn_with_the_mail_in_hand(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port, mails_per_minute=200)
        for name in ("ana", "bo", "cy"):
            put(f"{name}@example.net")
        began = time.monotonic()
        assert [delivery.deliver_one() for _ in range(3)] == [True, True, True]
        assert time.monotonic() - began >= 0.55


def test_a_clock_that_was_a_month_ahead_stops_neither_pace_nor_leases(office: Office) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server) as port:
        office(port)
        first, second = put("ana@example.net"), put("bo@example.net")
        with clock.at(clock.now() + timedelta(days=30)):
            lease = delivery._take_lease()
            assert lease is not None
            assert delivery._take_last_look(lease) is not None
            assert delivery._take_lease() is not None
        assert delivery.park_one()
        assert [delivery.deliver_one() for _ in range(3)] == [True, True, False]
    assert {get(first).status, get(second).status} == {MailStatus.SENT}


def test_a_worker_whose_clock_is_off_carries_nothing(office: Office) -> None:
    app = office(mail_servers.free_port())
    put("ana@example.net")
    app.extensions["clock_skew"] = 90
    assert not delivery.deliver_one()
    app.extensions["clock_skew"] = -20
    assert delivery.deliver_one()


def test_mails_with_hours_wait_for_them_and_still_have_their_three_days(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, morning = datetime(2026, 3, 3, 4, tzinfo=UTC), datetime(2026, 3, 3, 15, tzinfo=UTC)
    monkeypatch.setattr(mail, "_hours", [lambda mail, at: max(at, morning) if mail.kind == "test.update" else at])
    with mail_servers.hanging_up() as port:
        office(port)
        with clock.at(night):
            waiting, urgent = put("ana@example.net", kind="test.update"), put("bo@example.net", due_at=night)
            assert [delivery.deliver_one() for _ in range(2)] == [True, False]
            assert get(waiting).due_at == morning
            with transaction():  # a mail that stood in line before its kind had hours
                session.execute(update(Mail).where(Mail.id == waiting).values(due_at=night))
            delivery.deliver_one()
        seen = get(waiting)
        assert (seen.due_at, seen.attempts, seen.give_up_at, seen.lease_until) == (morning, 0, None, None)
        assert get(urgent).status is MailStatus.RETRYING
        with clock.at(morning):
            delivery.deliver_one()
            delivery.deliver_one()
        assert get(waiting).give_up_at == morning + timedelta(hours=72)


def test_a_server_with_a_certificate_nobody_vouches_for_gets_no_mail(office: Office, tmp_path: Path) -> None:
    server = mail_servers.Postmaster()
    with mail_servers.running(server, tls_context=home_made(tmp_path)) as port:
        office(port, mail_use_tls=True, mail_server="localhost")
        mail_id = put("ana@example.net")
        delivery.deliver_one()
    assert (get(mail_id).status, get(mail_id).last_error) == (MailStatus.RETRYING, "SSLCertVerificationError")
    assert server.taken == []


def home_made(folder: Path) -> ssl.SSLContext:
    """A certificate for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now,
                                   now + timedelta(days=1)).sign(key, hashes.SHA256())  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_waits_double_with_chance_and_end_at_four_hours() -> None:
    for attempts, minutes in [(1, 1), (2, 2), (5, 16), (9, 240), (40, 240)]:
        waits = [delivery.wait_after(attempts).total_seconds() / 60 for _ in range(50)]
        assert min(waits) >= minutes * 0.75
        assert max(waits) <= minutes * 1.25
        assert len(set(waits)) > 10


def test_oldest_due_unsent_counts_from_when_it_was_due(app: Flask) -> None:
    assert delivery.oldest_due_unsent() is None
    put("ana@example.net", due_at=clock.now() - timedelta(minutes=3))
    put("bo@example.net", due_at=clock.now() + timedelta(minutes=3))
    waited = delivery.oldest_due_unsent()
    assert waited is not None
    assert timedelta(minutes=3) <= waited < timedelta(minutes=4)
