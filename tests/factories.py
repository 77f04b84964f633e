"""People, programmes and cases with invented names, for tests to begin from.

Every function adds rows and flushes; wrap them in `with transaction():` or let the test commit.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient

from app.accounts.models import Grant, Programme, RoleGrant, SignIn, User
from app.clients.models import (
    Case,
    CaseMove,
    CaseStatus,
    Channel,
    ChannelKind,
    Client,
    Consent,
    ConsentKind,
    Custody,
    Opening,
    OpeningStatus,
    Party,
    PartyRole,
    Person,
)
from app.clients.models.statuses import OPEN, WITH_VOLUNTEER, CaseRole
from app.core import clock
from app.core.access import Role
from app.core.db import Base, session
from app.core.sealed import keyed_hash
from app.matching.models import Assignment
from app.volunteers.models import Area, Credential, CredentialKind, Membership, Volunteer, VolunteerStatus

count = itertools.count(1)
LISTED = (CaseStatus.AVAILABLE, *WITH_VOLUNTEER, CaseStatus.CLOSED)


def add(row: Base) -> Any:
    """Add one row and give it its id."""
    session.add(row)
    session.flush()
    return row


def programme(**changes: Any) -> Programme:
    """A programme in Wisconsin."""
    n = next(count)
    values = {
        "name": f"Lakeshore Legal Aid {n}", "slug": f"lakeshore-{n}", "prefix": f"{n:04X}", "state": "WI",
        "time_zone": "America/Chicago", "sender_name": "Lakeshore office", "phone": "608-555-0100",
        "counties": ["55025", "55079"],
    }  # fmt: skip
    return add(Programme(**{**values, **changes}))


def grant(of: Programme, **changes: Any) -> Grant:
    """A funding source with the federal rules."""
    values = {"name": "Basic field grant", "ruleset": "lsc", "starts_on": date(2024, 1, 1)}
    return add(Grant(programme_id=of.id, **{**values, **changes}))


def user(*roles: Role, programme: Programme | None = None, grant: Grant | None = None, **changes: Any) -> User:
    """A person who signs in, with roles in one programme."""
    n = next(count)
    email = changes.pop("email", f"person{n}@example.org")
    values = {"name": f"Robin Vale {n}", "email": email, "email_hash": keyed_hash(email, "address")}
    made = User(**{**values, **changes})
    for role in roles:
        of = programme.id if programme and role not in (Role.ADMIN, Role.VOLUNTEER) else None
        session.add(RoleGrant(user=made, role=role, programme_id=of, grant_id=grant.id if grant else None))
    return add(made)


def coordinator(of: Programme, **changes: Any) -> User:
    """A coordinator of a programme."""
    return user(Role.COORDINATOR, programme=of, **changes)


def volunteer(**changes: Any) -> Volunteer:
    """An approved attorney licensed in Wisconsin, competent in housing, with an account."""
    n = next(count)
    areas = changes.pop("areas", {"Housing": "competent"})
    licences = changes.pop("licences", ["WI"])
    account = changes.pop("user", None) or user(Role.VOLUNTEER, name=f"Sam Orchard {n}")
    values = {
        "user": account, "given_name": "Sam", "family_name": f"Orchard {n}", "email": account.email,
        "email_hash": account.email_hash, "status": VolunteerStatus.APPROVED, "applied_at": clock.now(),
        "approved_at": clock.now(), "roles": ["attorney"], "languages": ["en"], "counties": ["WI"], "capacity": 3,
        "confirmed_on": clock.now().date(),
    }  # fmt: skip
    made = Volunteer(**{**values, **changes})
    for area, level in areas.items():
        session.add(Area(volunteer=made, area=area, level=level))
    for state in licences:
        session.add(_verified(made, CredentialKind.FULL_LICENCE, state))
    for kind in (CredentialKind.MALPRACTICE_COVER, CredentialKind.ORIENTATION, CredentialKind.ATTESTATION):
        session.add(_verified(made, kind, None))
    return add(made)


def member(volunteer_id: int, organisation_id: int) -> Membership:
    """Somebody's belonging to an organisation, confirmed."""
    made: Membership = add(
        Membership(volunteer_id=volunteer_id, organisation_id=organisation_id, confirmed_at=clock.now())
    )
    return made


def _verified(of: Volunteer, kind: CredentialKind, jurisdiction: str | None) -> Credential:
    return Credential(
        volunteer=of, kind=kind, jurisdiction=jurisdiction, verified_at=clock.now(), verified_how="register",
        valid_until=clock.now().date() + timedelta(days=400),
    )  # fmt: skip


def case(
    of: Programme,
    status: CaseStatus = CaseStatus.PRESCREEN,
    *,
    owner: User | None = None,
    lead: Volunteer | None = None,
    **changes: Any,
) -> Case:
    """A housing case in a status, with client, other side, opening, custody and moves that fit it."""
    n = next(count)
    now = clock.now()
    of.last_case_number += 1
    values: dict[str, Any] = {
        "programme": of, "number": f"26-{of.last_case_number:05}", "status": status, "received_at": now,
        "problem_code": "63", "forum_state": "WI", "county": "55025", "narrative": "The landlord changed the lock.",
        "listing_title": "Eviction hearing", "listing_text": "Tenant with a hearing date.", "hours": 1000,
    }  # fmt: skip
    if status in LISTED:
        values |= {"accepted_at": now, "listed_at": now, "narrative_opened_at": now,
                   "clock_ends_at": now + timedelta(days=21)}  # fmt: skip
    made = Case(**{**values, **changes})
    person = Person(programme=of, given_name="Maribel", family_name=f"Castro {n}")
    session.add_all([made, person])
    session.flush()
    _people(made, person, n)
    opening = _opening(made)
    if status in OPEN:
        session.add(Custody(case=made, user=owner or coordinator(of), reason="received"))
    session.add(CaseMove(case=made, to_status=status, at=now, operation="clients.submit_request"))
    if lead is not None:
        session.add(Assignment(**_leading(opening, lead)))
    session.flush()
    return made


def _people(of: Case, person: Person, n: int) -> None:
    client = Client(case=of, person=person)
    address = f"client{n}@example.net"
    session.add(Channel(client=client, kind=ChannelKind.EMAIL, value=address, safe=True,
                        value_hash=keyed_hash(address, "address")))  # fmt: skip
    session.add(Party(case=of, role=PartyRole.CLIENT, name=person.name, person_id=person.id))
    session.add(Party(case=of, role=PartyRole.ADVERSE, name=f"Cottonwood Row Holdings {n}", is_organisation=True))
    session.add(Consent(case=of, kind=ConsentKind.SHARE_NAMES, purpose="possible lawyers", given_how="form",
                        language="en", given_at=clock.now()))  # fmt: skip


def _opening(of: Case) -> Opening:
    status = OpeningStatus.NOT_LISTED
    if of.status is CaseStatus.AVAILABLE:
        status = OpeningStatus.LISTED
    elif of.status in WITH_VOLUNTEER:
        status = OpeningStatus.FILLED
    made = Opening(case=of, role=CaseRole.LEAD, hours=of.hours, status=status)
    session.add(made)
    return made


def assignment(of: Case, to: Volunteer, **changes: Any) -> Assignment:
    """The volunteer leads the case."""
    session.refresh(of)
    return add(Assignment(**{**_leading(of.lead_opening, to), **changes}))


def _leading(opening: Opening, who: Volunteer) -> dict[str, Any]:
    now = clock.now()
    return {
        "case": opening.case, "volunteer": who, "role": CaseRole.LEAD, "started_at": now,
        "first_contact_due_on": now.date() + timedelta(days=7), "opening": opening,
    }  # fmt: skip


def sign_in(browser: FlaskClient, who: User) -> FlaskClient:
    """Let a browser be signed in as somebody, without the password's cost."""
    token = secrets.token_urlsafe(24)
    add(SignIn(user_id=who.id, token_hash=hashlib.sha256(token.encode()).hexdigest(), last_seen_at=clock.now()))
    session.commit()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return browser
