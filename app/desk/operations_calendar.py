"""The secret address of a person's calendar: one at a time, shown once, ended at will."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.models import User
from app.core import audit, clock, links
from app.core.access import STAFF, Role
from app.core.db import lock, session
from app.core.errors import LinkGone, NotFound
from app.core.links import Link

PURPOSE = "calendar"
LASTS = timedelta(days=3650)
MAY_HAVE = (Role.VOLUNTEER, *STAFF)


def new_address(user: User, *, actor: User) -> str:
    """Make the secret part of a new address; the one before ends with it."""
    user = lock(user)
    links.revoke(PURPOSE, user)
    token = links.make(PURPOSE, user, expires_at=clock.now() + LASTS)
    audit.record("calendar.new_address", user, actor=actor)
    return token


def end_address(user: User, *, actor: User) -> None:
    """Whoever has the address reads nothing any more."""
    user = lock(user)
    if find_address(user) is not None:
        links.revoke(PURPOSE, user)
        audit.record("calendar.end_address", user, actor=actor)


def find_address(user: User) -> Link | None:
    """The address that works now; its secret part is stored nowhere."""
    return links.live(PURPOSE, user)


def owner_of(token: str) -> User:
    """Whose calendar an address is.

    :raises NotFound: none such, ended, or the account is closed or has no more cases to look after
    """
    try:
        link = links.find(PURPOSE, token)
    except LinkGone:
        raise NotFound from None
    owner = session.get(User, link.record_id)
    if owner is None or not owner.is_active or not owner.role_names & set(MAY_HAVE):
        raise NotFound
    return owner
