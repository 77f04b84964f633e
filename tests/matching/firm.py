"""A firm with a coordinator and people: what the tests of firms begin from."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import operations as accounts
from app.accounts.models import User
from app.core.access import Role
from app.core.db import session, transaction
from app.matching import operations
from app.matching.models import Referral
from app.volunteers.models import Organisation
from tests import factories
from tests.matching.desk import Desk


@dataclass
class Firm:
    """Ids of a firm and its coordinator, and fresh rows for them."""

    organisation_id: int
    coordinator_id: int

    @property
    def organisation(self) -> Organisation:
        return session.get_one(Organisation, self.organisation_id)

    @property
    def coordinator(self) -> User:
        return session.get_one(User, self.coordinator_id)


def found(desk: Desk, *people: int, name: str = "Orchard and Vale LLP") -> Firm:
    """A firm to which the desk's volunteers of those numbers belong."""
    with transaction():
        organisation = factories.add(Organisation(name=name))
        for n in people:
            factories.member(desk.volunteer_ids[n], organisation.id)
        answers = factories.user(name="Wren Abbott")
        accounts.grant_role(answers, Role.FIRM_COORDINATOR, organisation=organisation, actor=desk.staff)
        return Firm(organisation.id, answers.id)


def ask(desk: Desk, firm: Firm) -> Referral:
    with transaction():
        return operations.ask_firm(desk.opening, firm.organisation, actor=desk.staff)


def holding(desk: Desk, firm: Firm) -> Referral:
    """The firm said yes."""
    referral = ask(desk, firm)
    with transaction():
        return operations.accept_for_firm(referral, actor=firm.coordinator)


def cleared(desk: Desk, firm: Firm) -> Referral:
    """The firm found no conflict."""
    referral = holding(desk, firm)
    with transaction():
        return operations.attest_for_firm(referral, "clear", actor=firm.coordinator)


def named(desk: Desk, firm: Firm, n: int = 0) -> Referral:
    """The firm named one of its people, who promised to keep the names private."""
    referral = cleared(desk, firm)
    with transaction():
        operations.name_person(referral, desk.volunteer(n), actor=firm.coordinator)
        return operations.promise_privacy(referral, actor=desk.user(n))
