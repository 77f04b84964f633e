"""What people see of the outbox and decide about a mail that waits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from email.utils import make_msgid
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, false, func, or_, select

from . import audit, clock
from .access import STAFF, Role
from .db import insert_unless_exists, lock, session
from .errors import NotFound, Refusal, refuse_if
from .mail import Mail, MailStatus

if TYPE_CHECKING:
    from app.accounts.models import User

UNSENT = (MailStatus.QUEUED, MailStatus.RETRYING, MailStatus.PARKED, MailStatus.FAILED)
SECRET = re.compile(r"(https?://[^/\s]+/[a-z-]*)\S*")

Decided = Callable[[Mail, "User", str], None]
_decided: list[Decided] = []


class AlreadyGone(Refusal):
    """The mail is sent, or on its way this moment."""

    message = _l("This mail has gone out or is going out just now. Nothing was changed.")


class NotSentYet(Refusal):
    """Only a mail that was sent can be sent once more."""

    message = _l("This mail has not been sent yet, so there is nothing to repeat.")


def when_decided(tell: Decided) -> None:
    """Register who closes the task about a mail once a person has decided: called with mail, actor and outcome."""
    if tell not in _decided:
        _decided.append(tell)


def visible_mails(viewer: User) -> Select[Mail]:
    """The mails of the programmes the viewer works for; administrators also those of no programme."""
    ways = []
    programmes = viewer.programme_ids(*STAFF)
    if programmes:
        ways.append(Mail.programme_id.in_(programmes))
    if viewer.has(Role.ADMIN):
        ways.append(Mail.programme_id.is_(None))
    return select(Mail).where(or_(*ways) if ways else false())


def count_by_status(viewer: User) -> dict[MailStatus, int]:
    """How many mails the viewer sees in each state."""
    counted = visible_mails(viewer).with_only_columns(Mail.status, func.count()).group_by(Mail.status)
    return {status: count for status, count in session.execute(counted)}  # noqa: C416


def get_mail(public_id: str, *, viewer: User) -> Mail:
    """A mail the viewer may read.

    :raises NotFound: unknown, or another programme's
    """
    found = session.execute(visible_mails(viewer).where(Mail.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def without_links(text: str) -> str:
    """A text whose links no longer open anything: they belong to the recipient alone."""
    return SECRET.sub(r"\1/…", text)


def masked(address: str) -> str:
    """`m…@example.net`: enough to tell mails apart in a list."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def send_now(mail: Mail, *, actor: User) -> None:
    """Put a mail that waits, was refused, dropped or is unclear back in line, with the same Message-ID.

    :raises AlreadyGone: it was sent or is on its way
    """
    mail = _lock_waiting(mail, (*UNSENT, MailStatus.DROPPED))
    before = {"status": mail.status}
    mail.status, mail.due_at, mail.attempts = MailStatus.QUEUED, clock.now(), 0
    mail.give_up_at = mail.lease_token = mail.lease_until = mail.last_error = mail.drop_reason = None
    _decide(mail, actor, "send_now", before)


def send_again(mail: Mail, *, actor: User) -> Mail | None:
    """Queue a sent mail a second time, as a new mail; None where it was repeated already.

    :raises NotSentYet: it was never sent
    """
    mail = lock(mail)
    refuse_if(mail.status is not MailStatus.SENT, NotSentYet)
    kept = ("kind", "to_hash", "to_address", "subject", "text", "html", "sender_name", "language", "audience",
            "programme_id", "case_id", "record_kind", "record_id", "harmless_twice")  # fmt: skip
    values = {name: getattr(mail, name) for name in kept}
    message_id = make_msgid(domain="probonodesk.invalid")
    made = insert_unless_exists(Mail, **values, occasion=f"again:{mail.id}"[:120], message_id=message_id)
    if made is not None:
        audit.record("mail.send_again", mail, actor=actor, after={"mail": made.id})
    return made


def drop(mail: Mail, *, actor: User) -> None:
    """Let a mail be: it will not be sent.

    :raises AlreadyGone: it was sent, dropped or is on its way
    """
    mail = _lock_waiting(mail, UNSENT)
    before = {"status": mail.status}
    mail.status, mail.drop_reason = MailStatus.DROPPED, "by hand"
    mail.lease_token = mail.lease_until = None
    _decide(mail, actor, "drop", before)


def _lock_waiting(mail: Mail, allowed: Sequence[MailStatus]) -> Mail:
    mail = lock(mail)
    leased = mail.lease_until is not None and mail.lease_until >= clock.now()
    refuse_if(mail.status not in allowed or leased, AlreadyGone)
    return mail


def _decide(mail: Mail, actor: User, outcome: str, before: dict[str, MailStatus]) -> None:
    session.flush()
    for tell in _decided:
        tell(mail, actor, outcome)
    audit.record(f"mail.{outcome}", mail, actor=actor, before=before, after={"status": mail.status})
