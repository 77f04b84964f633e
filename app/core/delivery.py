"""Carrying the outbox to the mail server: each mail once, and whatever stays unclear to a person."""

from __future__ import annotations

import random
import secrets
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from flask import Flask, current_app
from flask_mail import Mail as Post
from flask_mail import Message
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import load_only

from . import clock
from .db import session, transaction
from .mail import Mail, MailStatus, reason_to_drop
from .smtp import SafeConnection, Verdict, judge

log = structlog.get_logger()

GIVE_UP_AFTER = timedelta(hours=72)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)


class Lease(NamedTuple):
    """One mail in one worker's hands."""

    mail_id: int
    token: str


class Pace:
    """How many mails this worker has sent in the last minute."""

    def __init__(self, per_minute: int) -> None:
        self.sent: deque[float] = deque(maxlen=per_minute)

    def allows_one(self) -> bool:
        """Is another mail within the rate?"""
        return len(self.sent) < (self.sent.maxlen or 1) or time.monotonic() - self.sent[0] >= 60

    def count_one(self) -> None:
        """Remember that a mail went out."""
        self.sent.append(time.monotonic())


def init_app(app: Flask) -> None:
    """Give the app its connection settings and its pace."""
    Post(app)
    app.extensions["mail_pace"] = Pace(app.extensions["settings"].mails_per_minute)


Tell = Callable[[Mail, str], None]
_tell: list[Tell] = []


def tell_a_person(tell: Tell) -> None:
    """Register who opens a task about a mail that cannot go by itself: called with the mail and why.

    Why is `refused`, `gave up`, `unclear`, or the reason for which the owning package let the mail drop.
    """
    if tell not in _tell:
        _tell.append(tell)


def deliver_one() -> bool:
    """Take the mail that is due longest and send, drop, put off or refuse it; False where none may go now."""
    pace: Pace = current_app.extensions["mail_pace"]
    if not current_app.extensions["settings"].mail_server or not pace.allows_one():
        return False
    lease = _take_lease()
    if lease is None:
        return False
    try:
        message = _take_last_look(lease)
    except Exception as error:
        log.error("mail.check_failed", mail=lease.mail_id, error=type(error).__name__)
        _settle(lease, Verdict(MailStatus.RETRYING, f"check {type(error).__name__}"[:200]))
        return True
    if message is not None:
        pace.count_one()
        _settle(lease, _send(message))
    return True


def _take_lease() -> Lease | None:
    now = clock.now()
    waiting = _may_be_taken(now)
    with transaction():
        due = select(Mail.id).where(waiting).order_by(Mail.due_at, Mail.id).limit(1)
        mail_id = session.execute(due.with_for_update(skip_locked=True)).scalar_one_or_none()
        if mail_id is None:
            return None
        lease = Lease(mail_id, secrets.token_hex(16))
        values = {
            "lease_token": lease.token,
            "lease_until": now + _lease_time(),
            "attempts": Mail.attempts + 1,
            "give_up_at": func.coalesce(Mail.give_up_at, now + GIVE_UP_AFTER),
        }
        taken = update(Mail).where(Mail.id == mail_id, waiting).values(values).returning(Mail.id)
        found = session.execute(taken.execution_options(synchronize_session=False)).scalar_one_or_none()
    return lease if found else None


def _may_be_taken(now: datetime) -> ColumnElement[bool]:
    unsent = Mail.status.in_([MailStatus.QUEUED, MailStatus.RETRYING])
    may_repeat = and_(Mail.status == MailStatus.PARKED, Mail.harmless_twice)
    free = or_(Mail.lease_until.is_(None), Mail.lease_until < now)
    return and_(or_(unsent, may_repeat), Mail.due_at <= now, free)


def _lease_time() -> timedelta:
    return timedelta(seconds=max(300, 10 * current_app.extensions["settings"].mail_timeout))


def _take_last_look(lease: Lease) -> Message | None:
    """Ask the owning package once more, then mark the mail as on its way; None where it must not go."""
    with transaction():
        mail = session.execute(_mine(lease)).scalar_one_or_none()
        if mail is None:
            return None
        reason = reason_to_drop(mail)
        if reason:
            mail.status, mail.drop_reason = MailStatus.DROPPED, reason[:24]
            _let_go(mail)
            _tell_about(mail, reason)
            log.info("mail.dropped", mail=mail.id, reason=reason)
            return None
        if mail.status is MailStatus.PARKED:
            mail.harmless_twice = False  # the one repeat it may have
        mail.status = MailStatus.SENDING
        return _write_message(mail)


def _mine(lease: Lease) -> Any:
    return select(Mail).where(Mail.id == lease.mail_id, Mail.lease_token == lease.token).with_for_update(of=Mail)


def _without_text() -> Any:
    """Load a mail without opening what is sealed, so that an unreadable one can still be settled."""
    return load_only(
        Mail.kind, Mail.status, Mail.due_at, Mail.give_up_at, Mail.attempts, Mail.harmless_twice, Mail.lease_token,
        Mail.programme_id, Mail.case_id, Mail.public_id,
    )  # fmt: skip


def _write_message(mail: Mail) -> Message:
    message = Message(
        subject=mail.subject,
        recipients=[mail.to_address],
        body=mail.text,
        html=mail.html,
        sender=(mail.sender_name, current_app.extensions["settings"].mail_sender),
        charset="utf-8",
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = mail.message_id
    return message


def _send(message: Message) -> Verdict:
    settings = current_app.extensions["settings"]
    connection = SafeConnection(current_app.extensions["mail"], settings.mail_timeout)
    try:
        with connection:
            connection.send(message)
    except Exception as error:
        return judge(error, handed_over=connection.handed_over)
    return Verdict(MailStatus.SENT, "")


def _settle(lease: Lease, verdict: Verdict) -> None:
    """Write down what became of the mail, where it is still in this worker's hands."""
    with transaction():
        mail = session.execute(_mine(lease).options(_without_text())).scalar_one_or_none()
        if mail is None:
            log.warning("mail.lease_lost", mail=lease.mail_id, outcome=verdict.status)
            return
        _let_go(mail)
        mail.last_error = verdict.error or None
        log.info("mail.settled", mail=mail.id, outcome=verdict.status, error=verdict.error, attempt=mail.attempts)
        if verdict.status is MailStatus.SENT:
            mail.status, mail.sent_at = MailStatus.SENT, clock.now()
        elif verdict.status is MailStatus.RETRYING:
            _put_off(mail)
        elif verdict.status is MailStatus.PARKED:
            _park(mail)
        else:
            _fail(mail, "refused")


def _let_go(mail: Mail) -> None:
    mail.lease_token = mail.lease_until = None


def _put_off(mail: Mail) -> None:
    mail.due_at = clock.now() + wait_after(mail.attempts)
    if mail.give_up_at is not None and mail.due_at > mail.give_up_at:
        _fail(mail, "gave up")
    else:
        mail.status = MailStatus.RETRYING


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from a minute, at most four hours, a quarter by chance."""
    plain = min(FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 12), LONGEST_WAIT)
    return plain * random.uniform(0.75, 1.25)


def _park(mail: Mail) -> None:
    """It may have arrived: it goes once more with the same Message-ID, or a person decides."""
    mail.status = MailStatus.PARKED
    mail.due_at = clock.now()
    _let_go(mail)
    if not mail.harmless_twice:
        _tell_about(mail, "unclear")


def _fail(mail: Mail, why: str) -> None:
    mail.status = MailStatus.FAILED
    _tell_about(mail, why)


def _tell_about(mail: Mail, why: str) -> None:
    session.flush()
    for tell in _tell:
        tell(mail, why)


def park_one() -> bool:
    """Find a mail whose worker died while it was on its way."""
    lost = and_(Mail.status == MailStatus.SENDING, Mail.lease_until < clock.now())
    if session.execute(select(Mail.id).where(lost).limit(1)).scalar_one_or_none() is None:
        return False
    with transaction():
        found = select(Mail).where(lost).order_by(Mail.id).limit(1).options(_without_text())
        mail = session.execute(found.with_for_update(of=Mail, skip_locked=True)).scalar_one_or_none()
        if mail is None:
            return False
        mail.last_error = "interrupted"
        log.warning("mail.interrupted", mail=mail.id)
        _park(mail)
    return True


def oldest_due_unsent() -> timedelta | None:
    """How long the mail that is due longest has been waiting; None where none is due."""
    waiting = or_(
        Mail.status.in_([MailStatus.QUEUED, MailStatus.RETRYING, MailStatus.SENDING]),
        and_(Mail.status == MailStatus.PARKED, Mail.harmless_twice),
    )
    now = clock.now()
    due_at = session.execute(select(func.min(Mail.due_at)).where(waiting, Mail.due_at <= now)).scalar_one()
    return None if due_at is None else now - due_at
