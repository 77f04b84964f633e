"""What people see of the outbox and decide about a mail that waits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import defer

from . import audit, clock
from .access import STAFF, Role
from .db import insert_unless_exists, lock, session
from .errors import NotFound, Refusal, refuse_if
from .mail import AGAIN, Mail, MailStatus, new_message_id

if TYPE_CHECKING:
    from app.accounts.models import User

UNSENT = (MailStatus.QUEUED, MailStatus.RETRYING, MailStatus.PARKED, MailStatus.FAILED)
WRONG_ADDRESS = "wrong_address"
REASONS = ("told_otherwise", WRONG_ADDRESS, "no_longer_true", "not_meant")
SECRET = re.compile(r"(https?://[^/\s]+/[a-z-]*)\S*")

Decided = Callable[[Mail, "User", str], None]
_decided: list[Decided] = []


class AlreadyGone(Refusal):
    """The mail is sent, or on its way this moment."""

    message = _l("This mail has gone out or is going out just now. Nothing was changed.")


class DroppedAlready(AlreadyGone):
    """Somebody decided before that the mail is not to be sent."""

    message = _l("It was decided before that this mail is not sent. Nothing was changed.")


class NotSentYet(Refusal):
    """Only a mail that was sent can be sent once more."""

    message = _l("This mail has not been sent yet, so there is nothing to repeat.")


class ReasonMissing(Refusal):
    """Who lets a mail be says why."""

    status = 422
    message = _l("Choose why this mail should not be sent.")


def when_decided(tell: Decided) -> None:
    """Register who closes the task about a mail once a person has decided: called with mail, actor and outcome."""
    if tell not in _decided:
        _decided.append(tell)


def envelopes(viewer: User) -> Select[Mail]:
    """The mails whose state, kind and times the viewer sees: those of their programmes; administrators all."""
    programmes = viewer.programme_ids(*STAFF)
    if viewer.has(Role.ADMIN):
        return select(Mail)
    return select(Mail).where(Mail.programme_id.in_(programmes) if programmes else false())


def may_read(viewer: User) -> ColumnElement[bool]:
    """The condition that a mail's text is open to the viewer: whoever may open its case; administrators without one."""
    ways: list[ColumnElement[bool]] = []
    programmes = viewer.programme_ids(*STAFF)
    if programmes:
        cases = Mail.case.property.mapper.class_
        of_case = or_(Mail.case_id.is_(None), Mail.case.has(cases.programme_id.in_(programmes)))
        ways.append(and_(Mail.programme_id.in_(programmes), of_case))
    if viewer.has(Role.ADMIN):
        ways.append(and_(Mail.programme_id.is_(None), Mail.case_id.is_(None)))
    return or_(*ways) if ways else false()


def visible_mails(viewer: User) -> Select[Mail]:
    """The mails that the viewer may read."""
    return select(Mail).where(may_read(viewer))


def subjects(ids: Sequence[int], viewer: User) -> dict[int, str]:
    """The subjects of those mails that the viewer may read."""
    found = visible_mails(viewer).where(Mail.id.in_(ids)).with_only_columns(Mail.id, Mail.subject)
    return {number: subject for number, subject in session.execute(found)}  # noqa: C416


def count_by_status(viewer: User) -> dict[MailStatus, int]:
    """How many mails the viewer sees in each state."""
    counted = envelopes(viewer).with_only_columns(Mail.status, func.count()).group_by(Mail.status)
    return {status: count for status, count in session.execute(counted)}  # noqa: C416


def get_envelope(public_id: str, *, viewer: User) -> Mail:
    """A mail whose envelope the viewer sees; its text stays unopened.

    :raises NotFound: unknown, or another programme's
    """
    found = envelopes(viewer).where(Mail.public_id == public_id).options(defer(Mail.text), defer(Mail.html))
    mail = session.execute(found).scalar_one_or_none()
    if mail is None:
        raise NotFound
    return mail


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


def send_now(mail: Mail, *, actor: User, seen: str = "") -> None:
    """Put a mail that waits, was refused, dropped or is unclear back in line, with the same Message-ID.

    :raises AlreadyGone: it was sent or is on its way
    :raises DroppedAlready: somebody let it be since the actor saw it in another state
    """
    allowed = UNSENT if seen and seen != MailStatus.DROPPED else (*UNSENT, MailStatus.DROPPED)
    mail = _lock_waiting(mail, allowed)
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
    made = insert_unless_exists(Mail, **values, occasion=f"{AGAIN}{mail.id}", message_id=new_message_id())
    if made is not None:
        audit.record("mail.send_again", mail, actor=actor, after={"mail": made.id})
    return made


def drop(mail: Mail, reason: str, *, actor: User) -> None:
    """Let a mail be: it will not be sent.

    :raises ReasonMissing: no reason of the list is given
    :raises AlreadyGone: it was sent or is on its way
    :raises DroppedAlready: it is not to be sent as it is
    """
    refuse_if(reason not in REASONS, ReasonMissing)
    mail = _lock_waiting(mail, UNSENT)
    before = {"status": mail.status}
    mail.status, mail.drop_reason = MailStatus.DROPPED, reason
    mail.lease_token = mail.lease_until = None
    _decide(mail, actor, "drop", before)


def _lock_waiting(mail: Mail, allowed: Sequence[MailStatus]) -> Mail:
    mail = lock(mail)
    refuse_if(mail.status is MailStatus.DROPPED and mail.status not in allowed, DroppedAlready)
    leased = mail.lease_until is not None and mail.lease_until >= clock.now()
    refuse_if(mail.status not in allowed or leased, AlreadyGone)
    return mail


def _decide(mail: Mail, actor: User, outcome: str, before: dict[str, MailStatus]) -> None:
    session.flush()
    for tell in _decided:
        tell(mail, actor, outcome)
    after = {"status": mail.status, **({"reason": mail.drop_reason} if mail.drop_reason else {})}
    audit.record(f"mail.{outcome}", mail, actor=actor, before=before, after=after)
