"""Opening accounts, giving roles and ending both."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit, clock, links
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, Refusal, refuse_if

from . import mails, passwords, policy, queries
from .models import Grant, Programme, RoleGrant, SignIn, User

if TYPE_CHECKING:
    from app.volunteers.models import Organisation

INVITATION_DAYS = 14
RESET_MINUTES = 60
INVITATION, RESET = "invitation", "password"


class AddressTaken(Refusal):
    """There is an account with that mail address."""

    message = _l("There is an account with this mail address already. Give it the role instead.")


class LastAdmin(Refusal):
    """Nobody could administer the deployment afterwards."""

    message = _l("This is the last administrator. Make somebody else administrator first.")


class RoleNeedsPlace(BadInput):
    """The role is held for a programme, a funding source or a firm, and none was named."""

    message = _l("Choose the programme, the funding source or the firm that the role is for.")


class MustNotRead(Refusal):
    """A funding source would tell too much beside what the account reads already."""

    message = _l("This account cannot be given this funding source as well.")


class HandOverFirst(Refusal):
    """The person still has something in their hands."""

    message = _l("This person still has work that somebody else must take over first.")


class IsDeactivated(Refusal):
    """The account is closed."""

    message = _l("This account is closed. Open it again first.")


class PasswordChanged(Refusal):
    """The password changed while it was being checked."""

    message = _l("Your password was changed just now. Sign in with the new one.")


class WeakPassword(BadInput):
    """The password is too easy to guess."""


def create_user(name: str, email: str, *, actor: User | None, language: str = "en") -> User:
    """Open an account without a password; an invitation lets the person set one.

    :raises AddressTaken: the address has an account
    """
    address = email.strip()
    values = {"name": " ".join(name.split()), "email": address, "email_hash": queries.address_hash(address)}
    user = insert_unless_exists(User, **values, language=language)
    if user is None:
        raise AddressTaken
    audit.record("account.create", user, actor=actor)
    return user


def invite(user: User, *, actor: User | None) -> str:
    """Mail the link that sets the first password; an earlier link ends. Returns its secret.

    :raises IsDeactivated: the account is closed
    """
    refuse_if(not user.is_active, IsDeactivated)
    links.revoke(INVITATION, user)
    token = links.make(INVITATION, user, expires_at=clock.now() + timedelta(days=INVITATION_DAYS))
    mails.invited(user, token, days=INVITATION_DAYS)
    audit.record("account.invite", user, actor=actor)
    return token


def ask_for_password(user: User | None) -> None:
    """Mail the link that sets a new password; says nothing where there is no such account."""
    if user is None or not user.is_active:
        return
    token = links.make(RESET, user, expires_at=clock.now() + timedelta(minutes=RESET_MINUTES))
    mails.password_asked(user, token, minutes=RESET_MINUTES)
    audit.record("account.ask_for_password", user, actor=None, public=True)


def set_password(user: User, password: str, *, actor: User | None, password_hash: str | None = None) -> None:
    """Set a password; every open link and every sign-in ends. The hash may be made before the transaction.

    :raises WeakPassword: it is too easy to guess
    """
    against = passwords.weakness(password, name=user.name, email=user.email)
    refuse_if(against, WeakPassword(against))
    had_one = user.password_hash is not None
    user.password_hash = password_hash or passwords.hashed(password)
    for purpose in (INVITATION, RESET):
        links.revoke(purpose, user)
    session.flush()
    _end(user)
    if had_one:
        mails.password_changed(user)
    audit.record("account.set_password", user, actor=actor)


def change_profile(user: User, *, name: str, language: str, actor: User) -> None:
    """Change one's own name and language."""
    user.name, user.language = " ".join(name.split()), language
    audit.record("account.change", user, actor=actor)


def grant_role(
    user: User,
    role: Role,
    *,
    programme: Programme | None = None,
    grant: Grant | None = None,
    organisation: Organisation | None = None,
    actor: User | None,
) -> RoleGrant:
    """Give a role, for a programme, a funding source or a firm where the role needs one; twice changes nothing.

    :raises RoleNeedsPlace: the programme, funding source or firm is missing
    :raises MustNotRead: with what the account reads already, a funding source would tell too much
    """
    user = lock(user)
    place = _place(role, programme, grant, organisation)
    held = _held(user, role, *place)
    if held is not None:
        return held
    programme, grant, organisation = place
    against = policy.reasons_not_to_read(user, grant) if grant is not None else []
    refuse_if(against, MustNotRead(details=against))
    made = RoleGrant(
        user=user, role=role, programme=programme, grant=grant, organisation=organisation,
        granted_by_id=actor.id if actor else None,
    )  # fmt: skip
    session.add(made)
    audit.record("account.grant_role", user, actor=actor, after=_coded(made))
    return made


Place = tuple["Programme | None", "Grant | None", "Organisation | None"]


def _place(role: Role, programme: Programme | None, grant: Grant | None, organisation: Organisation | None) -> Place:
    """What the role is held for, and nothing else that came along."""
    needs = (policy.needs_programme(role), policy.needs_grant(role), policy.needs_organisation(role))
    named = (programme, grant, organisation)
    refuse_if(any(need and place is None for need, place in zip(needs, named, strict=True)), RoleNeedsPlace)
    return (
        programme if needs[0] else None,
        grant if needs[1] else None,
        organisation if needs[2] else None,
    )


def revoke_role(
    user: User,
    role: Role,
    *,
    programme: Programme | None = None,
    grant: Grant | None = None,
    organisation: Organisation | None = None,
    actor: User | None,
) -> None:
    """Take a role away; taking what is not held changes nothing.

    :raises LastAdmin: nobody could administer afterwards
    :raises HandOverFirst: the person still has work in the programme
    """
    held = _held(lock(user), role, programme, grant, organisation)
    if held is None:
        return
    if role is Role.ADMIN:
        _keep_an_admin(user)
    if held.programme is not None:
        _refuse_while_needed(user, held.programme)
    coded = _coded(held)
    user.grants.remove(held)
    audit.record("account.revoke_role", user, actor=actor, before=coded)


def deactivate_user(user: User, *, actor: User | None) -> None:
    """Close an account: the person is out at the next click; what they did stays.

    :raises LastAdmin: nobody could administer afterwards
    :raises HandOverFirst: the person still has work in their hands
    """
    user = lock(user)
    if not user.is_active:
        return
    if user.has(Role.ADMIN):
        _keep_an_admin(user)
    _refuse_while_needed(user, None)
    user.deactivated_at = clock.now()
    for purpose in (INVITATION, RESET):
        links.revoke(purpose, user)
    _end(user)
    audit.record("account.deactivate", user, actor=actor)


def reactivate_user(user: User, *, actor: User | None) -> None:
    """Open a closed account again, with the roles it had."""
    if user.is_active:
        return
    user.deactivated_at = None
    audit.record("account.reactivate", user, actor=actor)


def sign_in(user: User, *, device: str, checked_hash: str | None, new_hash: str | None = None) -> str:
    """Let a browser in whose person showed who they are; returns the token that only the browser keeps.

    :raises IsDeactivated: the account was closed meanwhile
    :raises PasswordChanged: the password that was checked is another one by now
    """
    refuse_if(not user.is_active, IsDeactivated)
    refuse_if(user.password_hash != checked_hash, PasswordChanged)
    if new_hash:
        user.password_hash = new_hash
    token = queries.new_token()
    session.add(SignIn(user=user, token_hash=queries.token_hash(token), last_seen_at=clock.now(), device=device[:80]))
    audit.record("account.sign_in", user, actor=user)
    return token


def note_failed_sign_in(user: User | None) -> None:
    """Keep that somebody typed a wrong password; alike whether the address is known or not."""
    audit.record("account.sign_in_failed", user, actor=None, public=True)


def sign_out(token: str, *, actor: User) -> None:
    """End the sign-in of one browser."""
    found = queries.find_sign_in(token)
    if found is not None and found.user_id == actor.id:
        found.ended_at = clock.now()
        audit.record("account.sign_out", actor, actor=actor)


def end_sign_in(user: User, sign_in_id: int, *, actor: User) -> None:
    """End one of a person's sign-ins; one that is over stays over."""
    for found in queries.sign_ins(user):
        if found.id == sign_in_id:
            found.ended_at = clock.now()
            audit.record("account.sign_out", user, actor=actor)


def end_sign_ins(user: User, *, actor: User | None) -> None:
    """Sign a person out everywhere."""
    _end(user)
    audit.record("account.sign_out_everywhere", user, actor=actor)


def _end(user: User) -> None:
    for found in queries.sign_ins(user):
        found.ended_at = clock.now()


def _held(
    user: User, role: Role, programme: Programme | None, grant: Grant | None, organisation: Organisation | None
) -> RoleGrant | None:
    place = tuple(row.id if row else None for row in (programme, grant, organisation))
    mine = (g for g in user.grants if g.role is role)
    return next((g for g in mine if (g.programme_id, g.grant_id, g.organisation_id) == place), None)


def _keep_an_admin(user: User) -> None:
    admins = select(RoleGrant).where(RoleGrant.role == Role.ADMIN).with_for_update()
    session.execute(admins).scalars().all()
    others = session.execute(queries.active_admins().where(User.id != user.id)).first()
    refuse_if(others is None, LastAdmin)


def _refuse_while_needed(user: User, programme: Programme | None) -> None:
    reasons = policy.reasons_to_stay(user, programme)
    if reasons:
        raise HandOverFirst(details=reasons)


def _coded(held: RoleGrant) -> dict[str, Any]:
    session.flush()
    coded = {"role": held.role.value, "programme": held.programme_id, "grant": held.grant_id}
    return coded if held.organisation_id is None else {**coded, "organisation": held.organisation_id}
