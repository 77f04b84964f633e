"""Who signs in, with what, and the programmes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, selectinload

from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.errors import NotFound
from app.core.sealed import keyed_hash

from . import policy
from .models import Grant, Programme, RoleGrant, SignIn, User

if TYPE_CHECKING:
    from app.volunteers.models import Organisation

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=14)
SEEN_EVERY = timedelta(minutes=1)


def address_hash(email: str) -> str:
    """How a mail address is looked up."""
    return keyed_hash(email.strip().casefold(), "address")


def find_user(email: str) -> User | None:
    """The person with a mail address."""
    return session.execute(select(User).where(User.email_hash == address_hash(email))).scalar_one_or_none()


def get_user(public_id: str, *, viewer: User) -> User:
    """A person, for an administrator.

    :raises NotFound: no such person, or the viewer is no administrator
    """
    found = session.execute(select(User).where(User.public_id == public_id)).scalar_one_or_none()
    if found is None or not viewer.has(Role.ADMIN):
        raise NotFound
    return found


def new_token() -> str:
    """A secret that cannot be guessed."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """How a browser's token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


LIVE = (
    SignIn.ended_at.is_(None),
    SignIn.last_seen_at > bindparam("idle_since"),
    SignIn.created_at > bindparam("begun_since"),
)
FIRST_TIME_ZONE = select(Programme.time_zone).order_by(Programme.id).limit(1)


@lru_cache(maxsize=1)
def _live_sign_in() -> Select[SignIn]:
    """The select of every click, built once; its options need every package's models, so not while importing."""
    loaded = joinedload(SignIn.user).selectinload(User.grants).joinedload(RoleGrant.programme)
    found = select(SignIn).where(SignIn.token_hash == bindparam("token_hash"), *LIVE).options(loaded)
    return found.execution_options(populate_existing=True)


def _limits() -> dict[str, Any]:
    now = clock.now()
    return {"idle_since": now - IDLE, "begun_since": now - LONGEST}


def find_sign_in(token: str) -> SignIn | None:
    """The live sign-in of a browser's token, with the person, their roles and programmes."""
    return session.execute(_live_sign_in(), {"token_hash": token_hash(token), **_limits()}).scalar_one_or_none()


def sign_ins(user: User) -> Sequence[SignIn]:
    """Where a person is signed in, latest first."""
    found = select(SignIn).where(SignIn.user_id == user.id, *LIVE).order_by(SignIn.last_seen_at.desc())
    return session.execute(found, _limits()).scalars().all()


def first_time_zone() -> str | None:
    """The time zone of the deployment's first programme."""
    return session.execute(FIRST_TIME_ZONE).scalar()


def people(*, role: str = "", programme: str = "", state: str = "") -> Select[User]:
    """Everybody with an account, newest first; names are sealed, so the list is not sorted by them."""
    stmt = select(User).options(
        *(
            selectinload(User.grants).joinedload(place)
            for place in (RoleGrant.programme, RoleGrant.grant, RoleGrant.organisation)
        )
    )
    if role in list(Role):
        stmt = stmt.where(User.grants.any(RoleGrant.role == role))
    if programme:
        stmt = stmt.where(User.grants.any(RoleGrant.programme.has(Programme.public_id == programme)))
    if state == "out":
        stmt = stmt.where(User.deactivated_at.is_not(None))
    elif state == "invited":
        stmt = stmt.where(User.password_hash.is_(None), User.deactivated_at.is_(None))
    elif state == "active":
        stmt = stmt.where(User.password_hash.is_not(None), User.deactivated_at.is_(None))
    return stmt.order_by(User.id.desc())


def active_admins() -> Select[int]:
    """The people who can still administer the deployment."""
    return (
        select(RoleGrant.user_id)
        .join(User, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == Role.ADMIN, User.deactivated_at.is_(None))
    )


def programmes() -> Sequence[Programme]:
    """Every programme by name."""
    return session.execute(select(Programme).order_by(Programme.name)).scalars().all()


def get_programme(public_id: str, *, viewer: User) -> Programme:
    """A programme, for an administrator.

    :raises NotFound: no such programme, or the viewer is no administrator
    """
    found = select(Programme).where(Programme.public_id == public_id).options(selectinload(Programme.closures))
    programme = session.execute(found).scalar_one_or_none()
    if programme is None or not viewer.has(Role.ADMIN):
        raise NotFound
    return programme


def get_programme_to_arrange(public_id: str, *, viewer: User) -> Programme:
    """A programme, for those who say which of its counties are rural and which offices it has.

    :raises NotFound: no such programme, or it is not the viewer's to arrange
    """
    programme = session.execute(select(Programme).where(Programme.public_id == public_id)).scalar_one_or_none()
    if programme is None or not policy.may_arrange(viewer, programme):
        raise NotFound
    return programme


def grants(programme: Programme | None = None) -> Sequence[Grant]:
    """Funding sources, of one programme or of all."""
    stmt = select(Grant).options(joinedload(Grant.programme)).order_by(Grant.programme_id, Grant.name)
    if programme is not None:
        stmt = stmt.where(Grant.programme_id == programme.id)
    return session.execute(stmt).scalars().all()


def organisations() -> Sequence[Organisation]:
    """The firms and other organisations by name, for whose sake somebody can hold a role."""
    kind: Any = RoleGrant.organisation.property.mapper.class_
    return session.execute(select(kind).order_by(kind.name)).scalars().all()


def audit_entries(*, action: str = "", actor: User | None = None, kind: str = "") -> Any:
    """What was done, newest first: entries with who did it and in which programme."""
    stmt: Any = (
        select(AuditEntry, User, Programme.name)
        .outerjoin(User, AuditEntry.actor_id == User.id)
        .outerjoin(Programme, AuditEntry.programme_id == Programme.id)
        .order_by(AuditEntry.id.desc())
    )
    if action:
        stmt = stmt.where(AuditEntry.action == action)
    if actor is not None:
        stmt = stmt.where(AuditEntry.actor_id == actor.id)
    if kind in ("clock", "public"):
        stmt = stmt.where(AuditEntry.actor_kind == kind)
    return stmt


def audited_actions() -> Sequence[str]:
    """Every kind of act that was ever done."""
    return session.execute(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).scalars().all()
