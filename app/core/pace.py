"""How fast mails leave: one pace for the mail server and one for each domain, kept by every worker together."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, String, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, insert_unless_exists, session
from .mail import Mail

AHEAD = timedelta(seconds=1)  # how long a worker may wait for its turn with a mail in hand
MINUTE = timedelta(minutes=1)
SERVER = "server"


class MailLane(Base):
    """When the next mail may go to the mail server, or to one domain."""

    __tablename__ = "mail_lanes"

    lane: Mapped[str] = mapped_column(String(40), unique=True)
    next_at: Mapped[datetime]


def gap(lane: str) -> timedelta:
    """How long after a mail the next one may follow it in a lane; none where the lane has no limit."""
    settings = current_app.extensions["settings"]
    most = settings.mails_per_minute if lane == SERVER else settings.mails_per_minute_to_domain
    return MINUTE / most if most else timedelta()


def is_open(now: datetime) -> ColumnElement[bool]:
    """The condition that the lane of a mail's domain has a turn soon."""
    between = gap("domain")
    if not between:
        return Mail.id.is_not(None)
    closed = select(MailLane.lane).where(MailLane.next_at > now + AHEAD, MailLane.next_at <= now + AHEAD + between)
    return or_(Mail.lane.is_(None), Mail.lane.not_in(closed))


def is_server_open(now: datetime) -> bool:
    """Does the mail server take another mail soon?"""
    next_at = session.execute(select(MailLane.next_at).where(MailLane.lane == SERVER)).scalar_one_or_none()
    return next_at is None or _turn(SERVER, next_at, now) - now <= AHEAD


def take_turn(lane: str | None, now: datetime) -> timedelta | None:
    """Take the next turn at the server and in a lane: how long to wait for it, or None where it is too far off."""
    lanes = [name for name in (SERVER, lane) if name and gap(name)]
    rows = [_lock_lane(name, now) for name in lanes]
    turn = max((_turn(row.lane, row.next_at, now) for row in rows), default=now)
    if turn - now > AHEAD:
        return None
    for row in rows:
        row.next_at = turn + gap(row.lane)
    return turn - now


def _turn(lane: str, next_at: datetime, now: datetime) -> datetime:
    """The next turn; one further off than any turn can be was written by a clock that was wrong."""
    return now if next_at > now + AHEAD + gap(lane) else max(next_at, now)


def _lock_lane(lane: str, now: datetime) -> MailLane:
    """Every worker locks the server's lane first."""
    found = select(MailLane).where(MailLane.lane == lane).with_for_update()
    found = found.execution_options(populate_existing=True)
    row = session.execute(found).scalar_one_or_none()
    if row is None:
        insert_unless_exists(MailLane, lane=lane, next_at=now)
        row = session.execute(found).scalar_one()
    return row


def forget_old_lanes(now: datetime) -> None:
    """Domains that nobody wrote to for a day."""
    session.execute(delete(MailLane).where(MailLane.next_at < now - timedelta(days=1)))
