"""Mail that came back: an address that does not take our mails is never used again until a person says otherwise.

A report counts only where it names the Message-ID of a mail of ours, which is random and known to its reader alone,
and where the address it names, if it names one, is that mail's.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, exists, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from . import audit, clock
from .access import STAFF, Role
from .db import Base, Public, insert_unless_exists, live_unique, lock, session
from .delivery import tell_about, wait_after
from .errors import BadInput, NotFound, refuse_if
from .mail import Mail, MailStatus
from .sealed import Sealed, keyed_hash

if TYPE_CHECKING:
    from app.accounts.models import User

TRY_AGAIN_AFTER = timedelta(minutes=15)


class Kind(enum.StrEnum):
    """What a report says of an address."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


class Report(NamedTuple):
    """One report about one mail, from whatever source."""

    message_id: str
    kind: Kind
    address: str | None = None


class StoppedAddress(Base, Public):
    """An address that is not written to any more, since when and why; a person can let it be used again."""

    __tablename__ = "stopped_addresses"
    __table_args__ = (live_unique("one_stopped_address", "address_hash", where="lifted_at IS NULL"),)

    address_hash: Mapped[str] = mapped_column(String(40), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    mail_id: Mapped[int] = mapped_column(ForeignKey("outbox_mails.id"))
    stopped_at: Mapped[datetime] = mapped_column(default=clock.now)
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lift_reason: Mapped[str | None] = mapped_column(Sealed("stopped_addresses.lift_reason"))

    mail: Mapped[Mail] = relationship()


class BounceReport(Base):
    """A report that was heard, once, however often it is sent."""

    __tablename__ = "bounce_reports"
    __table_args__ = (UniqueConstraint("mail_id", "kind", "attempt"),)

    mail_id: Mapped[int] = mapped_column(ForeignKey("outbox_mails.id"))
    kind: Mapped[str] = mapped_column(String(12))
    attempt: Mapped[int]
    heard_from: Mapped[str] = mapped_column(String(12))


class SayWhy(BadInput):
    """An address is used again for a reason."""

    message = _l("Write why the address works again, for example that you reached the person and asked.")


Told = Callable[[StoppedAddress], None]
_when_stopped: list[Told] = []
_when_lifted: list[Told] = []


def when_stopped(tell: Told) -> None:
    """Register who follows up when an address is not used any more."""
    if tell not in _when_stopped:
        _when_stopped.append(tell)


def when_lifted(tell: Told) -> None:
    """Register who follows up when an address is used again."""
    if tell not in _when_lifted:
        _when_lifted.append(tell)


REASONS = {Kind.HARD: "bounced", Kind.COMPLAINT: "complained"}


def hear(report: Report, *, source: str) -> bool:
    """Take a report about one of our mails; False where it is about none or was heard before."""
    mail = _find(report)
    if mail is None:
        return False
    mail = lock(mail)
    heard = {"mail_id": mail.id, "kind": report.kind.value, "attempt": mail.attempts, "heard_from": source}
    if insert_unless_exists(BounceReport, **heard) is None:
        return False
    if report.kind is Kind.SOFT:
        _try_again(mail)
    else:
        _stop(mail, REASONS[report.kind])
    return True


def _find(report: Report) -> Mail | None:
    wanted = report.message_id.strip()
    wanted = wanted if wanted.startswith("<") else f"<{wanted}>"
    mail = session.scalars(select(Mail).where(Mail.message_id == wanted[:160]).order_by(Mail.id).limit(1)).first()
    if mail is None or mail.status in (MailStatus.QUEUED, MailStatus.DROPPED):
        return None
    told = keyed_hash(report.address.strip().casefold(), "address") if report.address else mail.to_hash
    return mail if told == mail.to_hash else None


def _try_again(mail: Mail) -> None:
    """A full mailbox or a busy server: again later, as long as a mail is tried at all."""
    if mail.status is not MailStatus.SENT:
        return
    due = clock.now() + max(TRY_AGAIN_AFTER, wait_after(mail.attempts))
    mail.last_error = "came back"
    if mail.give_up_at is None or due > mail.give_up_at:
        mail.status = MailStatus.FAILED
        tell_about(mail, "gave up")
    else:
        mail.status, mail.due_at, mail.sent_at = MailStatus.RETRYING, due, None


def _stop(mail: Mail, reason: str) -> None:
    mail.last_error = reason
    made = insert_unless_exists(StoppedAddress, address_hash=mail.to_hash, reason=reason, mail_id=mail.id)
    if made is None:
        return
    for waiting in session.scalars(_waiting(mail.to_hash)).all():
        waiting.status, waiting.drop_reason = MailStatus.DROPPED, reason
        waiting.lease_token = waiting.lease_until = None
        tell_about(waiting, reason)
    for tell in _when_stopped:
        tell(made)
    audit.record("address.stop", made, actor=None, after={"reason": reason})


def _waiting(address_hash: str) -> Select[Mail]:
    """What waits for an address and is in no worker's hands."""
    free = or_(Mail.lease_until.is_(None), Mail.lease_until < clock.now())
    unsent = or_(
        Mail.status.in_([MailStatus.QUEUED, MailStatus.RETRYING]),
        (Mail.status == MailStatus.PARKED) & Mail.harmless_twice,
    )
    return select(Mail).where(Mail.to_hash == address_hash, unsent, free).order_by(Mail.id).with_for_update(of=Mail)


def stopped(mail: Mail) -> str | None:
    """The last look at every mail: why its address is not written to any more."""
    live = (StoppedAddress.address_hash == mail.to_hash, StoppedAddress.lifted_at.is_(None))
    return session.scalar(select(StoppedAddress.reason).where(*live))


def visible(viewer: User) -> Select[StoppedAddress]:
    """The addresses that mails of the viewer's programmes went to; administrators see also those of none."""
    ways = []
    programmes = viewer.programme_ids(*STAFF)
    if programmes:
        ways.append(Mail.programme_id.in_(programmes))
    if viewer.has(Role.ADMIN):
        ways.append(Mail.programme_id.is_(None))
    written = exists().where(Mail.to_hash == StoppedAddress.address_hash, or_(*ways))
    live = select(StoppedAddress).where(StoppedAddress.lifted_at.is_(None))
    return live.where(written if ways else false()).order_by(StoppedAddress.id.desc())


def get(public_id: str, *, viewer: User) -> StoppedAddress:
    """An address that the viewer may let be used again.

    :raises NotFound: none such
    """
    found = session.scalars(visible(viewer).where(StoppedAddress.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def lift(row: StoppedAddress, reason: str, *, actor: User) -> None:
    """Use an address again because a person says that it works; doing it twice changes nothing.

    :raises SayWhy: no reason was written
    """
    refuse_if(not reason.strip(), SayWhy)
    row = lock(row)
    if row.lifted_at is not None:
        return
    row.lifted_at, row.lifted_by_id, row.lift_reason = clock.now(), actor.id, reason.strip()
    for tell in _when_lifted:
        tell(row)
    audit.record("address.lift", row, actor=actor, before={"reason": row.reason})
