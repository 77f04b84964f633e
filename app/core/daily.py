"""Of mails that wait for business hours, at most one a day for each address: the database keeps count."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, insert_unless_exists, session
from .mail import Mail, MailStatus
from .sealed import keyed_hash

KEPT = timedelta(days=14)
NOT_SENT = (MailStatus.DROPPED, MailStatus.FAILED)


class MailDay(Base):
    """The one mail that an address gets on a day at the office's own time."""

    __tablename__ = "mail_days"
    __table_args__ = (UniqueConstraint("to_hash", "on_day"),)

    to_hash: Mapped[str] = mapped_column(String(40))
    on_day: Mapped[date]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_mails.id"))  # none: it is being written


def take_day(address: str, on_day: date) -> bool:
    """Take an address's one mail of a day for one that is about to be written; False where it is taken."""
    if insert_unless_exists(MailDay, to_hash=_hash(address), on_day=on_day) is not None:
        return True
    return _take_over(_hash(address), on_day, None)


def give_back(address: str, on_day: date) -> None:
    """Nothing was written after all: the day is free again."""
    session.execute(delete(MailDay).where(MailDay.to_hash == _hash(address), MailDay.on_day == on_day))


def keep_for(mail: Mail, on_day: date) -> None:
    """The mail for which a day was taken is written."""
    _set(mail.to_hash, on_day, MailDay.mail_id.is_(None), mail.id)


def is_day_of(mail: Mail, on_day: date) -> bool:
    """Take a day for a mail that is about to leave, unless it has it; False where it is another mail's."""
    holder = select(MailDay.mail_id).where(MailDay.to_hash == mail.to_hash, MailDay.on_day == on_day)
    if session.scalar(holder) == mail.id:
        return True
    if insert_unless_exists(MailDay, to_hash=mail.to_hash, on_day=on_day, mail_id=mail.id) is not None:
        return True
    return session.scalar(holder) == mail.id or _take_over(mail.to_hash, on_day, mail.id)


def _take_over(to_hash: str, on_day: date, mail_id: int | None) -> bool:
    """Take the day of a mail that will not be sent."""
    unsent = select(Mail.id).where(Mail.to_hash == to_hash, Mail.status.in_(NOT_SENT))
    return _set(to_hash, on_day, MailDay.mail_id.in_(unsent), mail_id)


def _set(to_hash: str, on_day: date, of: object, mail_id: int | None) -> bool:
    mine = update(MailDay).where(MailDay.to_hash == to_hash, MailDay.on_day == on_day, of)  # type: ignore[arg-type]
    done = session.execute(mine.values(mail_id=mail_id).execution_options(synchronize_session=False))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def forget_days_before(day: date) -> None:
    """Forget which days were taken a while ago."""
    session.execute(delete(MailDay).where(MailDay.on_day < day - KEPT))


def _hash(address: str) -> str:
    return keyed_hash(address.strip().casefold(), "address")
