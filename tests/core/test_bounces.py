"""Mail that comes back: whoever forges or repeats a report changes nothing, and a dead address is never used again."""

from __future__ import annotations

import json
import mailbox
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clients.mails import tell_client
from app.clients.models import CaseStatus, Channel
from app.core import bounce_box, bounce_hook, bounces, clock, delivery, mail
from app.core.bounce_letters import read
from app.core.bounces import BounceReport, Kind, Report, StoppedAddress
from app.core.db import session, transaction
from app.core.mail import Mail, MailStatus
from app.tasks.models import Task
from tests import factories

SECRET = "b" * 40
DSN = """From: <>
To: desk@probonodesk.invalid
Subject: Undelivered mail
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}

--b
Content-Type: {copy}

Message-ID: {message_id}
Subject: whatever

--b--
"""
ARF = DSN.replace("report-type=delivery-status", "report-type=feedback-report").replace(
    """Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
""",
    """Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Rcpt-To: {address}
""",
)
WORDS = {"address": "noor@orchard.test", "action": "failed", "status": "5.1.1", "copy": "text/rfc822-headers"}


def letter(message_id: str, kind: str = DSN, **changes: str) -> bytes:
    return kind.format(message_id=message_id, **{**WORDS, **changes}).encode()


def put(to: str = "noor@orchard.test", status: MailStatus = MailStatus.SENT, **changes: object) -> Mail:
    changes.setdefault("occasion", f"greeting:{next(factories.count)}")
    made = mail.queue("test.greeting", to=to, subject="Hello", text="Good day.\n", audience="volunteer", **changes)
    assert made is not None
    made.status, made.attempts, made.give_up_at = status, 1, clock.now() + timedelta(hours=72)
    return made


def setting(app: Flask, monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    monkeypatch.setitem(app.extensions, "settings", app.extensions["settings"].model_copy(update=changes))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, Kind.HARD),
        ({"copy": "message/rfc822"}, Kind.HARD),
        ({"status": "5.2.2"}, Kind.SOFT),
        ({"status": "4.4.1"}, Kind.SOFT),
        ({"status": "5.7.1"}, Kind.SOFT),
        ({"action": "delayed", "status": "4.4.1"}, None),
        ({"action": "relayed"}, None),
    ],
)
def test_delivery_reports_are_read(changes: dict[str, str], kind: Kind | None) -> None:
    found = read(letter("<one@probonodesk.invalid>", **changes))
    assert found == (Report("<one@probonodesk.invalid>", kind, "noor@orchard.test") if kind else None)


def test_complaints_are_read_and_other_letters_are_not() -> None:
    assert read(letter("<one@x>", ARF)) == Report("<one@x>", Kind.COMPLAINT, "noor@orchard.test")
    for other in (b"", b"\xff\xfe", b"Subject: Hi\n\nI am away.", letter("<one@x>")[:180]):
        assert read(other) is None


def test_a_dead_address_is_stopped_once_and_what_waits_for_it_is_let_drop(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        case = factories.case(programme, CaseStatus.IN_SERVICE, lead=factories.volunteer())
        sent, waiting = (
            put(case=case, programme=programme),
            put(status=MailStatus.QUEUED, case=case, programme=programme),
        )
        second, other = (
            put(status=MailStatus.RETRYING, case=case, programme=programme),
            put("a@b.test", MailStatus.QUEUED),
        )
        assert bounces.hear(Report(sent.message_id, Kind.HARD), source="test")
        assert not bounces.hear(Report(sent.message_id, Kind.HARD), source="test")
    assert [(row.status, row.drop_reason) for row in (waiting, second)] == [(MailStatus.DROPPED, "bounced")] * 2
    assert other.status is MailStatus.QUEUED
    assert session.query(StoppedAddress).one().reason == "bounced"
    assert [(t.cause, t.case_id, t.owner_id) for t in session.query(Task)] == [
        ("not_mailed", case.id, case.custody.user_id)
    ]
    with transaction():
        later = put(status=MailStatus.QUEUED)
        assert mail.reason_to_drop(later) == "bounced"
        assert mail.reason_to_drop(other) is None


def test_a_report_about_somebody_elses_mail_or_address_changes_nothing(app: Flask) -> None:
    with transaction():
        sent, never = put(), put(status=MailStatus.QUEUED)
        for report in (
            Report("<unknown@probonodesk.invalid>", Kind.HARD),
            Report(sent.message_id, Kind.HARD, "somebody@else.test"),
            Report(never.message_id, Kind.HARD),
            Report("", Kind.HARD),
        ):
            assert not bounces.hear(report, source="test")
    assert session.query(BounceReport).count() == session.query(StoppedAddress).count() == 0


def test_a_full_mailbox_is_tried_again_with_the_same_message_id_and_given_up_in_the_end(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        sent = put(programme=programme)
        known = sent.message_id
        assert bounces.hear(Report(known, Kind.SOFT), source="test")
        assert (sent.status, sent.message_id) == (MailStatus.RETRYING, known)
        assert sent.due_at >= clock.now() + timedelta(minutes=14)
        assert not bounces.hear(Report(known, Kind.SOFT), source="test")
        sent.status, sent.attempts, sent.give_up_at = MailStatus.SENT, 2, clock.now()
        assert bounces.hear(Report(known, Kind.SOFT), source="test")
    assert sent.status is MailStatus.FAILED
    assert [task.cause for task in session.query(Task)] == ["mail_trouble"]


def test_a_clients_address_that_is_dead_means_one_call_for_everything(app: Flask) -> None:
    with transaction():
        case = factories.case(factories.programme(), CaseStatus.AVAILABLE)
        tell_client(case, "looking")
        told = session.query(Mail).one()
        told.status, told.attempts = MailStatus.SENT, 1
        bounces.hear(Report(told.message_id, Kind.HARD), source="test")
        tell_client(case, "found")
    channel = session.query(Channel).filter_by(kind="email").one()
    assert channel.stop_reason == "bounced"
    task = session.query(Task).one()
    assert task.cause == "call_client"
    assert "do not reach you" in task.script
    assert "We found a lawyer" in task.script
    assert session.query(Mail).count() == 1


def test_who_never_read_how_their_request_ended_is_called_and_told(app: Flask) -> None:
    with transaction():
        case = factories.case(factories.programme(), CaseStatus.REJECTED, owner=factories.user())
        tell_client(case, "rejected", other_help="Call the county line at 608-555-0177.")
        told = session.query(Mail).one()
        told.status, told.attempts = MailStatus.SENT, 1
        bounces.hear(Report(told.message_id, Kind.HARD), source="test")
    script = session.query(Task).filter_by(cause="call_client").one().script or ""
    assert "do not reach you" in script
    assert "608-555-0177" in script
    assert "://" not in script


def test_a_person_lets_an_address_be_used_again_and_says_why(app: Flask, client: FlaskClient) -> None:
    with transaction():
        case = factories.case(programme := factories.programme(), CaseStatus.AVAILABLE)
        staff, stranger = factories.coordinator(programme), factories.coordinator(factories.programme())
        tell_client(case, "looking")
        told = session.query(Mail).one()
        told.status = MailStatus.SENT
        bounces.hear(Report(told.message_id, Kind.COMPLAINT), source="test")
        address, public_id = told.to_address, session.query(StoppedAddress).one().public_id
    assert factories.sign_in(app.test_client(), stranger).get(f"/outbox/addresses/{public_id}").status_code == 404
    factories.sign_in(client, staff)
    shown = client.get("/outbox/addresses").get_data(as_text=True)
    assert address not in shown
    assert "called our mail spam" in shown
    assert client.post(f"/outbox/addresses/{public_id}", data={"reason": " "}).status_code == 422
    assert client.post(f"/outbox/addresses/{public_id}", data={"reason": "It was a slip."}).status_code == 303
    session.rollback()
    row = session.query(StoppedAddress).one()
    assert (row.lifted_by_id, row.lift_reason) == (staff.id, "It was a slip.")
    assert session.query(Channel).filter_by(kind="email").one().stopped_at is None
    with transaction():
        assert mail.reason_to_drop(put(address, MailStatus.QUEUED)) is None


def test_nobody_whose_account_is_closed_is_written_to(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        left = factories.volunteer()
        row = put(left.email, MailStatus.QUEUED)
        assert mail.reason_to_drop(row) is None
        left.user.deactivated_at = clock.now()
    setting(app, monkeypatch, mail_server="127.0.0.1")
    assert delivery.deliver_one()
    assert session.scalars(select(Mail.drop_reason)).all() == ["deactivated"]


def test_the_webhook_takes_what_is_signed_and_recent_and_nothing_else(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        sent = put()
    body = json.dumps([{"message_id": sent.message_id, "kind": "hard", "address": "noor@orchard.test"},
                       {"message_id": "<none@of.ours>", "kind": "complaint"}]).encode()  # fmt: skip

    def post(secret: str = SECRET, body: bytes = body, ago: int = 0, header: str = "") -> tuple[int, object]:
        at = int(clock.now().timestamp()) - ago
        signature = header or bounce_hook.sign(secret, body, at)
        answer = client.post("/hooks/bounces", data=body, headers={bounce_hook.HEADER: signature},
                             content_type="application/json")  # fmt: skip
        return answer.status_code, answer.get_json(silent=True)

    assert post()[0] == 404  # nothing is configured
    setting(app, monkeypatch, bounce_secret=SECRET)
    assert post("x" * 40)[0] == post(ago=301)[0] == post(ago=-301)[0] == post(header="t=1,v1=zz")[0] == 403
    assert session.query(BounceReport).count() == 0
    for bad in (
        b"no json",
        b"{}",
        b'{"message_id": 1, "kind": "hard"}',
        b'{"message_id": "x", "kind": "odd"}',
        b'["x"]',
    ):
        assert post(body=bad)[0] == 422
    assert post() == (200, {"heard": 1})
    assert post() == (200, {"heard": 0})
    assert session.query(StoppedAddress).count() == 1


def drop_into(place: Path, kind: str, *letters: bytes) -> int:
    """Put letters into a mailbox as a mail server does; how many are in it."""
    with closing(mailbox.Maildir(place) if kind == "maildir" else mailbox.mbox(place)) as box:
        for text in letters:
            box.add(text)
        box.flush()
        return len(box)


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_a_mailbox_on_disk_is_read_once(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    place = tmp_path / "box"
    with transaction():
        first, second = put(), put("a@b.test")
    drop_into(place, kind, letter(first.message_id), b"Subject: Hi\n\nI am away.\n", b"\xff\n")
    setting(app, monkeypatch, bounce_box=f"{kind}:{place}")
    assert not bounce_box.read_box()
    assert session.query(BounceReport).count() == 1
    drop_into(place, kind, letter(second.message_id, address="a@b.test"))
    bounce_box.read_box()
    bounce_box.read_box()
    assert [row.mail_id for row in session.query(BounceReport).order_by(BounceReport.id)] == [first.id, second.id]
    assert drop_into(place, kind) == 4


def _answer(words: list[str], letters: list[bytes], seen: set[int]) -> bytes:
    verb = " ".join(words[:2] if words[0].upper() == "UID" else words[:1]).upper()
    if verb == "UID SEARCH":
        return f"* SEARCH {' '.join(str(n + 1) for n in range(len(letters)) if n + 1 not in seen)}\r\n".encode()
    if verb == "UID FETCH":
        text = letters[int(words[2]) - 1]
        return f"* {words[2]} FETCH (UID {words[2]} BODY[] {{{len(text)}}}\r\n".encode() + text + b")\r\n"
    if verb == "UID STORE":
        seen.add(int(words[2]))
    plain = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", "SELECT": b"* 2 EXISTS\r\n", "LOGOUT": b"* BYE\r\n"}
    return plain.get(verb, b"")


@contextmanager
def imap_server(letters: list[bytes]) -> Iterator[tuple[int, set[int]]]:
    """As much of a mailbox over IMAP as reading one takes, for one visit."""
    seen: set[int] = set()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb") as file:
            file.write(b"* OK ready\r\n")
            file.flush()
            for line in file:
                tag, *words = line.decode().split()
                file.write(_answer(words, letters, seen) + f"{tag} OK done\r\n".encode())
                file.flush()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], seen
        thread.join(5)


def test_a_mailbox_over_imap_is_read_and_marked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        sent = put()
    with imap_server([letter(sent.message_id), b"Subject: Hi\n\nAway.\n"]) as (port, seen):
        box = f"imap://desk@127.0.0.1:{port}/INBOX"
        setting(app, monkeypatch, bounce_box=box, bounce_password="plain words")
        bounce_box.read_box()
    assert seen == {1, 2}
    assert session.query(StoppedAddress).count() == 1
    told = bounce_box.trouble()
    assert told is not None
    assert "its server cannot be reached" in told
