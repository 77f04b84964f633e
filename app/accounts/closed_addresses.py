"""Nobody whose account was closed is written to any more, whatever package writes."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import session
from app.core.mail import Mail

from .models import User

DEACTIVATED = "deactivated"


def account_closed(mail: Mail) -> str | None:
    """The last look at every mail but a client's: does its address belong to a closed account?"""
    if mail.audience == "client":
        return None
    closed = select(User.id).where(User.email_hash == mail.to_hash, User.deactivated_at.is_not(None))
    return DEACTIVATED if session.scalar(closed) is not None else None
