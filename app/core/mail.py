"""The outbox: a mail is stored, sealed, in the transaction of the change that caused it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime
from email.utils import make_msgid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from . import clock
from .db import Base, Public, choice, insert_unless_exists, session
from .errors import BadInput
from .sealed import Sealed, keyed_hash

if TYPE_CHECKING:
    from app.accounts.models import Programme
    from app.clients.models import Case


class MailStatus(enum.StrEnum):
    """Where a mail is on its way."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRYING = "retrying"
    PARKED = "parked"
    FAILED = "failed"
    DROPPED = "dropped"


# Said as text, so that both databases know the partial index by it.
WAITING = "status IN ('queued', 'retrying') OR (status = 'parked' AND harmless_twice)"
ON_THE_WAY = "status = 'sending'"
AGAIN = "again:"  # how the occasion of a second copy begins, before the number of the mail that it copies


def _only(where: str) -> dict[str, Any]:
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


class Mail(Base, Public):
    """One message to one recipient for one occasion; its text is the record of what was said."""

    __tablename__ = "outbox_mails"
    __table_args__ = (
        Index("uq_outbox_mails_occasion", "occasion", "to_hash", unique=True),
        Index("ix_outbox_mails_waiting", "due_at", "id", **_only(WAITING)),
        Index("ix_outbox_mails_on_the_way", "id", **_only(ON_THE_WAY)),
        Index("ix_outbox_mails_state", "programme_id", "status", "id"),
        Index("ix_outbox_mails_programme", "programme_id", "id"),
        Index("ix_outbox_mails_case", "case_id", "id"),
        Index("ix_outbox_mails_message", "message_id"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    occasion: Mapped[str] = mapped_column(String(120))
    to_hash: Mapped[str] = mapped_column(String(40), index=True)
    lane: Mapped[str | None] = mapped_column(String(40))  # the keyed hash of the domain
    to_address: Mapped[str] = mapped_column(Sealed("outbox_mails.to"))
    subject: Mapped[str] = mapped_column(Sealed("outbox_mails.subject"))
    text: Mapped[str] = mapped_column(Sealed("outbox_mails.text"))
    html: Mapped[str | None] = mapped_column(Sealed("outbox_mails.html"))
    sender_name: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    audience: Mapped[str] = mapped_column(String(12))
    message_id: Mapped[str] = mapped_column(String(160))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    record_kind: Mapped[str | None] = mapped_column(String(40))
    record_id: Mapped[int | None]
    status: Mapped[MailStatus] = mapped_column(choice(MailStatus, "status"), default=MailStatus.QUEUED)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    give_up_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    harmless_twice: Mapped[bool] = mapped_column(default=True)
    last_error: Mapped[str | None] = mapped_column(String(200))
    drop_reason: Mapped[str | None] = mapped_column(String(24))

    programme: Mapped[Programme | None] = relationship("Programme")
    case: Mapped[Case | None] = relationship("Case")


def queue(
    kind: str,
    *,
    occasion: str,
    to: str,
    subject: str,
    text: str,
    audience: str,
    html: str | None = None,
    programme: Any = None,
    case: Any = None,
    about: Any = None,
    language: str = "en",
    due_at: datetime | None = None,
    harmless_twice: bool = True,
) -> Mail | None:
    """Put a mail into the outbox; None where this occasion already has one for this recipient.

    :raises BadInput: the address or subject holds a line break or the address is no address
    """
    recipient = _recipient(to.strip(), subject)
    session.flush()
    made = insert_unless_exists(
        Mail,
        kind=kind,
        occasion=occasion,
        subject=subject,
        text=text,
        html=html,
        language=language,
        audience=audience,
        message_id=new_message_id(),
        due_at=due_at or clock.now(),
        harmless_twice=harmless_twice,
        **recipient,
        **_belongs_to(programme, case, about),
    )
    if made is not None:
        made.due_at = max(made.due_at, earliest(made, made.due_at))
    return made


def _recipient(address: str, subject: str) -> dict[str, str]:
    if "@" not in address or any(c in address + subject for c in "\r\n\0"):
        raise BadInput
    return {
        "to_address": address,
        "to_hash": keyed_hash(address.casefold(), "address"),
        "lane": keyed_hash(address.rpartition("@")[2].casefold(), "domain"),
    }


def _belongs_to(programme: Any, case: Any, about: Any) -> dict[str, Any]:
    return {
        "sender_name": programme.sender_name if programme is not None else "",
        "programme_id": programme.id if programme is not None else None,
        "case_id": case.id if case is not None else None,
        "record_kind": about.__tablename__ if about is not None else None,
        "record_id": about.id if about is not None else None,
    }


Check = Callable[[Mail], str | None]
Wait = Callable[[Mail], datetime | None]
_checks: dict[str, Check] = {}
_checks_of_all: list[Check] = []
_waits: dict[str, Wait] = {}


def check_before_sending(kind: str, check: Check) -> None:
    """Register the owning package's last look: it returns a reason to drop the mail, or None."""
    _checks[kind] = check


def check_every_mail(check: Check) -> None:
    """Register a last look that every mail of every package must pass."""
    if check not in _checks_of_all:
        _checks_of_all.append(check)


def reason_to_drop(mail: Mail) -> str | None:
    """What the owning package, or what holds for all, says against sending this mail now."""
    check = _checks.get(mail.kind)
    own = check(mail) if check else None
    return own or next((reason for each in _checks_of_all if (reason := each(mail))), None)


def wait_before_sending(kind: str, wait: Wait) -> None:
    """Register what may put a due mail off: it returns the moment at which to look again, or None."""
    _waits[kind] = wait


def not_before(mail: Mail) -> datetime | None:
    """The moment until which a due mail should still wait; None where it may go."""
    wait = _waits.get(mail.kind)
    return wait(mail) if wait else None


_turns: list[Wait] = []


def take_turns_with(turn: Wait) -> None:
    """Register who lets a due mail have its reader's turn; where it is another mail's, when to look again."""
    if turn not in _turns:
        _turns.append(turn)


def not_its_turn_before(mail: Mail) -> datetime | None:
    """Take the reader's turn for a mail that may go; the moment to look again where it is another mail's."""
    return next((later for turn in _turns if (later := turn(mail)) is not None), None)


Hours = Callable[[Mail, datetime], datetime]
_hours: list[Hours] = []


def when_mails_leave(hours: Hours) -> None:
    """Register when mails may leave: called with a mail and a moment, it returns the first one from there on."""
    if hours not in _hours:
        _hours.append(hours)


def earliest(mail: Mail, moment: datetime) -> datetime:
    """The first moment from one on at which a mail may leave."""
    return max((hours(mail, moment) for hours in _hours), default=moment)


def mails_of_case(case_id: int) -> list[Mail]:
    """Every mail about a case, newest first."""
    return list(session.execute(select(Mail).where(Mail.case_id == case_id).order_by(Mail.id.desc())).scalars())


def original(mail: Mail) -> Mail:
    """The mail that was written first; another one where this is a second copy, or a copy of that."""
    while mail.occasion.startswith(AGAIN):
        first = session.get(Mail, int(mail.occasion.removeprefix(AGAIN)))
        if first is None:
            break
        mail = first
    return mail


def new_message_id() -> str:
    """What a mail is called for good: under the host of the site, as receiving servers expect."""
    return make_msgid(domain=urlsplit(current_app.extensions["settings"].outside_url).hostname)


def outside_url(endpoint: str, **values: Any) -> str:
    """The full address of a page, for use in a mail."""
    settings = current_app.extensions["settings"]
    adapter = current_app.url_map.bind("", url_scheme="https")
    return settings.outside_url + str(adapter.build(endpoint, values))


def compose(template: str, language: str, **facts: Any) -> tuple[str, str]:
    """Write a mail from its template in a language: (subject, text); its first line is `Subject: …`."""
    with force_locale(language):
        written = current_app.jinja_env.get_template(f"{template}.{language}.txt").render(facts)
    first, _, text = written.partition("\n")
    subject = first.removeprefix("Subject:").strip()
    return subject, text.strip() + "\n"
