"""Carrying the outbox to the mail server: each mail once, and whatever stays unclear to a person."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from flask import Flask, current_app
from flask_mail import Mail as Post
from flask_mail import Message
from sqlalchemy import ColumnElement, and_, func, or_, select, text, update
from sqlalchemy.orm import load_only

from . import clock, pace
from .db import session, transaction
from .mail import ON_THE_WAY, WAITING, Mail, MailStatus, earliest, not_before, not_its_turn_before, reason_to_drop
from .mail_foot import foot_of, headers_of
from .smtp import SafeConnection, Verdict, judge

log = structlog.get_logger()

GIVE_UP_AFTER = timedelta(hours=72)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
SAFE_SKEW = timedelta(minutes=1)


class Lease(NamedTuple):
    """One mail in one worker's hands, and how long until it is its turn."""

    mail_id: int
    token: str
    wait: timedelta


def init_app(app: Flask) -> None:
    """Give the app its connection settings."""
    Post(app)


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
    if not current_app.extensions["settings"].mail_server or not _is_clock_right() or not _is_any_due():
        return False
    lease = _take_lease()
    if lease is None:
        return False
    time.sleep(lease.wait.total_seconds())
    try:
        message = _take_last_look(lease)
    except Exception as error:
        log.error("mail.check_failed", mail=lease.mail_id, error=type(error).__name__)
        _settle(lease, Verdict(MailStatus.RETRYING, f"check {type(error).__name__}"[:200]))
        return True
    if message is not None:
        _settle(lease, _send(message))
    return True


def _is_clock_right() -> bool:
    """Leases end by a machine's own clock: one that is far off could take a mail out of another's hands."""
    skew: int = current_app.extensions.get("clock_skew", 0)
    if abs(skew) > SAFE_SKEW.total_seconds():
        log.error("mail.clock_off", seconds=skew)
    return abs(skew) <= SAFE_SKEW.total_seconds()


def _is_any_due() -> bool:
    """A worker with nothing to do only reads, so that it keeps nobody from writing."""
    now = clock.now()
    due = session.execute(select(Mail.id).where(_may_be_taken(now), pace.is_open(now)).limit(1)).first()
    return due is not None and pace.is_server_open(now)


def _take_lease() -> Lease | None:
    now = clock.now()
    with transaction():
        due = select(Mail.id, Mail.lane).where(_may_be_taken(now), pace.is_open(now))
        due = due.order_by(Mail.due_at, Mail.id).limit(1).with_for_update(skip_locked=True)
        found = session.execute(due).one_or_none()
        wait = pace.take_turn(found.lane, now) if found else None
        if found is None or wait is None:
            return None
        lease = Lease(found.id, secrets.token_hex(16), wait)
        values = {
            "lease_token": lease.token,
            "lease_until": now + _lease_time(),
            "attempts": Mail.attempts + 1,
            "give_up_at": func.coalesce(Mail.give_up_at, now + GIVE_UP_AFTER),
        }
        taken = update(Mail).where(Mail.id == lease.mail_id).values(values)
        session.execute(taken.execution_options(synchronize_session=False))
    return lease


def _may_be_taken(now: datetime) -> ColumnElement[bool]:
    """Waiting, due, and in nobody's hands; a lease longer than any was written by a clock that was wrong."""
    left = or_(Mail.lease_until.is_(None), Mail.lease_until < now, Mail.lease_until > now + 2 * _lease_time())
    return and_(text(f"({WAITING})"), Mail.due_at <= now, left)


def _lease_time() -> timedelta:
    """Longer than the slowest server takes for a mail, with two minutes by which machines' clocks may differ."""
    return timedelta(seconds=max(300, 120 + 10 * current_app.extensions["settings"].mail_timeout))


def _take_last_look(lease: Lease) -> Message | None:
    """Ask the owning package once more, then mark the mail as on its way; None where it must not go."""
    with transaction():
        mail = session.execute(_mine(lease)).scalar_one_or_none()
        if mail is None:
            return None
        later = earliest(mail, clock.now())
        if later > clock.now():
            _wait_until(later, mail)
            return None
        reason = reason_to_drop(mail)
        if reason:
            mail.status, mail.drop_reason = MailStatus.DROPPED, reason[:24]
            _let_go(mail)
            tell_about(mail, reason)
            log.info("mail.dropped", mail=mail.id, reason=reason)
            return None
        again = not_before(mail) or not_its_turn_before(mail)
        if again is not None:
            _wait_until(again, mail)
            return None
        if mail.status is MailStatus.PARKED:
            mail.harmless_twice = False  # the one repeat it may have
        mail.status = MailStatus.SENDING
        return _write_message(mail)


def _wait_until(later: datetime, mail: Mail) -> None:
    """Nothing was tried: the three days of trying begin with the first try."""
    mail.due_at, mail.attempts = later, mail.attempts - 1
    if not mail.attempts:
        mail.give_up_at = None
    _let_go(mail)


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
        body=mail.text + foot_of(mail),
        html=mail.html,
        sender=(mail.sender_name, current_app.extensions["settings"].mail_sender),
        charset="utf-8",
        extra_headers={"Auto-Submitted": "auto-generated", **headers_of(mail)},
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
    again = clock.now() + wait_after(mail.attempts)
    if mail.give_up_at is not None and again > mail.give_up_at:
        _fail(mail, "gave up")
    else:
        mail.status, mail.due_at = MailStatus.RETRYING, earliest(mail, again)


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
        tell_about(mail, "unclear")


def _fail(mail: Mail, why: str) -> None:
    mail.status = MailStatus.FAILED
    tell_about(mail, why)


def tell_about(mail: Mail, why: str) -> None:
    """Tell whoever is registered that a mail cannot go by itself."""
    session.flush()
    for tell in _tell:
        tell(mail, why)


def park_one() -> bool:
    """Find a mail whose worker died while it was on its way."""
    now = clock.now()
    ended = or_(Mail.lease_until < now, Mail.lease_until > now + 2 * _lease_time())
    lost = and_(text(f"({ON_THE_WAY})"), ended)
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
    now = clock.now()
    first = [
        session.execute(select(func.min(Mail.due_at)).where(text(f"({which})"), Mail.due_at <= now)).scalar_one()
        for which in (WAITING, ON_THE_WAY)
    ]
    due_at = min((each for each in first if each is not None), default=None)
    return None if due_at is None else now - due_at
