"""Firms and other organisations: their names, and who answers for them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import operations as accounts
from app.accounts import queries as people
from app.accounts.models import User
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import NotAllowed, NotFound, Refusal, refuse_if

from . import mails, policy, queries
from .followers import FIRM_NAME, followed
from .models import Membership, Organisation
from .refusals import NotYourOwn


class NameTaken(Refusal):
    """Another organisation's name reads the same."""

    message = _l("There is an organisation whose name reads the same. Use that one.")


class AccountClosed(Refusal):
    """The address has an account that was closed."""

    message = _l("The account with this mail address is closed. An administrator can open it again.")


def add_organisation(name: str, kind: str, *, actor: User) -> Organisation:
    """Enter a firm or other organisation.

    :raises NotAllowed: the actor neither screens nor administers
    :raises NameTaken: there is one whose name reads the same
    """
    refuse_if(not policy.may_keep_organisations(actor), NotAllowed)
    called = " ".join(name.split())[:120]
    refuse_if(queries.find_organisation(called) is not None, NameTaken)
    made = insert_unless_exists(Organisation, name=called, kind=kind)
    if made is None:
        raise NameTaken
    audit.record("organisation.add", made, actor=actor)
    return made


def change_organisation_name(organisation: Organisation, name: str, kind: str, *, actor: User) -> Organisation:
    """Write an organisation's name and kind anew.

    :raises NotAllowed: the actor neither screens nor administers
    :raises NameTaken: another one's name reads the same
    """
    refuse_if(not policy.may_keep_organisations(actor), NotAllowed)
    called = " ".join(name.split())[:120]
    with followed(FIRM_NAME, organisation, called, actor=actor):
        organisation = lock(organisation)
        other = queries.find_organisation(called)
        refuse_if(other is not None and other.id != organisation.id, NameTaken)
        if (organisation.name, organisation.kind) != (called, kind):
            organisation.name, organisation.kind = called, kind
            audit.record("organisation.change", organisation, actor=actor)
    return organisation


def give_coordinator(organisation: Organisation, name: str, email: str, *, actor: User) -> User:
    """Let somebody answer for an organisation: their account, or a new one with its invitation. Twice changes nothing.

    :raises NotAllowed: the actor neither screens nor administers
    :raises AccountClosed: the address has an account that was closed
    """
    refuse_if(not policy.may_keep_organisations(actor), NotAllowed)
    lock(organisation)
    user = people.find_user(email)
    refuse_if(user is not None and not user.is_active, AccountClosed)
    is_new = user is None
    user = user or accounts.create_user(name, email, actor=actor)
    accounts.grant_role(user, Role.FIRM_COORDINATOR, organisation=organisation, actor=actor)
    session.flush()
    if is_new:
        accounts.invite(user, actor=actor)
    audit.record("organisation.give_coordinator", organisation, actor=actor, after={"user": user.id})
    return user


def take_coordinator_away(organisation: Organisation, user: User, *, actor: User) -> None:
    """Let somebody answer for an organisation no longer; it counts from the next click.

    :raises NotAllowed: the actor neither screens nor administers
    """
    refuse_if(not policy.may_keep_organisations(actor), NotAllowed)
    lock(organisation)
    accounts.revoke_role(user, Role.FIRM_COORDINATOR, organisation=organisation, actor=actor)
    audit.record("organisation.take_coordinator_away", organisation, actor=actor, before={"user": user.id})


def confirm_membership(membership: Membership, *, actor: User) -> Membership:
    """Say that somebody who named an organisation as theirs belongs to it: from now on it can name them. Twice is once.

    :raises NotAllowed: the actor neither keeps organisations nor answers for this one
    :raises NotYourOwn: it is about the actor
    :raises NotFound: it was refused meanwhile
    """
    membership = _lock_word(membership)
    _refuse_unless_known_there(membership, actor)
    if membership.confirmed_at is None:
        membership.confirmed_at, membership.confirmed_by_id = clock.now(), actor.id
        after = {"organisation": membership.organisation_id}
        audit.record("volunteer.confirm_organisation", membership.volunteer, actor=actor, after=after)
    return membership


def refuse_membership(membership: Membership, *, actor: User) -> None:
    """Say that somebody who named an organisation as theirs is not of it; they are told.

    :raises NotAllowed: the actor neither keeps organisations nor answers for this one
    :raises NotYourOwn: it is about the actor
    :raises NotFound: it was answered meanwhile
    """
    membership = _lock_word(membership)
    _refuse_unless_known_there(membership, actor)
    refuse_if(membership.confirmed_at is not None, NotFound)
    volunteer, before = membership.volunteer, {"organisation": membership.organisation_id}
    membership_id = membership.id
    volunteer.memberships.remove(membership)
    volunteer.changed_at = clock.now()  # whoever keeps volunteers at hand reads this one anew
    session.flush()
    mails.not_of_organisation(volunteer, membership_id)
    audit.record("volunteer.refuse_organisation", volunteer, actor=actor, before=before)


def _lock_word(membership: Membership) -> Membership:
    """The word under lock: of two who answer at once, the second sees what the first said."""
    asked = select(Membership).where(Membership.id == membership.id).with_for_update(of=Membership)
    found = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _refuse_unless_known_there(membership: Membership, actor: User) -> None:
    answers = membership.organisation_id in actor.organisation_ids()
    refuse_if(not (answers or policy.may_keep_organisations(actor)), NotAllowed)
    refuse_if(membership.volunteer.user_id is not None and membership.volunteer.user_id == actor.id, NotYourOwn)
