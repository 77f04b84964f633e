"""Personal links in mails: random, stored as a hash, revocable; opening one changes nothing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from . import clock
from .db import Base, session
from .errors import LinkGone

TOGETHER = timedelta(seconds=2)


class Link(Base):
    """A personal link to one record for one purpose, until a moment."""

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_record", "record_kind", "record_id"),)

    purpose: Mapped[str] = mapped_column(String(24))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    record_kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


def make(purpose: str, row: Base, *, expires_at: datetime) -> str:
    """Make a link to a record and return its secret part, which is stored nowhere else than in the mail."""
    token = secrets.token_urlsafe(24)
    session.flush()
    session.add(
        Link(
            purpose=purpose,
            token_hash=_hash(token),
            record_kind=row.__tablename__,
            record_id=row.id,
            expires_at=expires_at,
        )
    )
    return token


def find(purpose: str, token: str) -> Link:
    """The link behind a secret.

    :raises LinkGone: it is unknown, for something else, too old or revoked
    """
    live = (Link.token_hash == _hash(token), Link.purpose == purpose, Link.revoked_at.is_(None))
    link = session.execute(select(Link).where(*live)).scalar()
    if link is None or link.expires_at <= clock.now():
        raise LinkGone
    return link


def live(purpose: str, row: Base) -> Link | None:
    """The newest link of a purpose to a record that still works; its secret part is stored nowhere."""
    its = (Link.purpose == purpose, Link.record_kind == row.__tablename__, Link.record_id == row.id)
    found = select(Link).where(*its, Link.revoked_at.is_(None), Link.expires_at > clock.now())
    return session.execute(found.order_by(Link.id.desc()).limit(1)).scalar_one_or_none()


def prolong(
    purpose: str, record_kind: str | None, record_id: int | None, *, made_at: datetime, until: datetime
) -> None:
    """Let the link in a mail that has to wait last until then: the one made together with the mail, and no other."""
    found = (Link.purpose == purpose, Link.record_kind == record_kind, Link.record_id == record_id)
    together = Link.created_at.between(made_at - TOGETHER, made_at + TOGETHER)
    longer = update(Link).where(*found, together, Link.revoked_at.is_(None), Link.expires_at < until)
    session.execute(longer.values(expires_at=until), execution_options={"synchronize_session": False})


def revoke(purpose: str, row: Base) -> None:
    """Close every link of a purpose to a record."""
    found = (Link.purpose == purpose, Link.record_kind == row.__tablename__, Link.record_id == row.id)
    closed = update(Link).where(*found, Link.revoked_at.is_(None)).values(revoked_at=clock.now())
    session.execute(closed, execution_options={"synchronize_session": False})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
