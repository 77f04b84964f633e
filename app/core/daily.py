"""Of mails that wait for business hours, at most one a day for each address: the database keeps count."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import String, UniqueConstraint, delete
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, insert_unless_exists, session
from .sealed import keyed_hash

KEPT = timedelta(days=14)


class MailDay(Base):
    """The one mail that an address gets on a day at the office's own time."""

    __tablename__ = "mail_days"
    __table_args__ = (UniqueConstraint("to_hash", "on_day"),)

    to_hash: Mapped[str] = mapped_column(String(40))
    on_day: Mapped[date]


def take_day(address: str, on_day: date) -> bool:
    """Take an address's one mail of a day; False where it is taken."""
    return insert_unless_exists(MailDay, to_hash=_hash(address), on_day=on_day) is not None


def give_back(address: str, on_day: date) -> None:
    """Nothing was written after all: the day is free again."""
    session.execute(delete(MailDay).where(MailDay.to_hash == _hash(address), MailDay.on_day == on_day))


def forget_days_before(day: date) -> None:
    """Forget which days were taken a while ago."""
    session.execute(delete(MailDay).where(MailDay.on_day < day - KEPT))


def _hash(address: str) -> str:
    return keyed_hash(address.strip().casefold(), "address")
