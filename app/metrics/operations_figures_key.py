"""The key by which another program reads a programme's figures: one at a time, shown once, ended at will."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.models import Programme, User
from app.core import audit, clock, links
from app.core.access import Role
from app.core.db import lock, session
from app.core.errors import LinkGone, NotAllowed, refuse_if
from app.core.links import Link

PURPOSE = "figures"
LASTS = timedelta(days=365)


def new_key(programme: Programme, *, actor: User) -> str:
    """Make the programme's key; the one before ends with it.

    :raises NotAllowed: the actor is no coordinator of the programme
    """
    refuse_if(not actor.has(Role.COORDINATOR, programme.id), NotAllowed)
    programme = lock(programme)
    links.revoke(PURPOSE, programme)
    token = links.make(PURPOSE, programme, expires_at=clock.now() + LASTS)
    audit.record("figures.new_key", programme, actor=actor)
    return token


def end_key(programme: Programme, *, actor: User) -> None:
    """Whatever has the key reads nothing any more.

    :raises NotAllowed: the actor is no coordinator of the programme
    """
    refuse_if(not actor.has(Role.COORDINATOR, programme.id), NotAllowed)
    programme = lock(programme)
    if find_key(programme) is not None:
        links.revoke(PURPOSE, programme)
        audit.record("figures.end_key", programme, actor=actor)


def find_key(programme: Programme) -> Link | None:
    """The key that works now; its secret is stored nowhere."""
    return links.live(PURPOSE, programme)


def programme_of(key: str) -> Programme | None:
    """Whose figures a key opens; None where it opens nothing, or no more."""
    try:
        return session.get(Programme, links.find(PURPOSE, key).record_id)
    except LinkGone:
        return None
