"""People who play parts beside the lead, and cases for them to play them on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.accounts.models import User
from app.casework import operations_packages as packages
from app.casework.models_packages import PackageReport
from app.clients.models import CaseRole, CaseStatus, Opening, OpeningStatus
from app.clients.queries import visible_cases
from app.core import clock
from app.core.db import session, transaction
from app.matching import operations
from app.matching.models import Assignment, Referral
from app.volunteers.models import (
    Credential,
    CredentialKind,
    Volunteer,
)
from app.volunteers.policy import NEVER_ALONE
from tests import factories
from tests.matching.desk import Desk

R = CaseRole
PACKAGE = {"package": "Draft the fee waiver", "text": "One form.", "level": "learning", "ends_on": date(2026, 11, 20)}


def person(role: str, **changes: Any) -> Volunteer:
    """Somebody who volunteers in one role, with what it asks for."""
    is_lawyer = role in ("attorney", "mentor")
    changes = {"licences": ["WI"] if is_lawyer else [], **changes}
    made = factories.volunteer(roles=[role], **changes)
    if role in NEVER_ALONE:
        held = Credential(volunteer=made, kind=CredentialKind.SUPERVISION, verified_at=clock.now(),
                          verified_how="call", valid_until=clock.now().date() + timedelta(days=300))  # fmt: skip
        session.add(held)
    session.flush()
    return made


def opening(desk: Desk, role: CaseRole, **changes: Any) -> Opening:
    """A listed opening of the desk's case beside its lead."""
    values = {"case_id": desk.case_id, "role": role, "hours": 300, "status": OpeningStatus.LISTED, **changes}
    return factories.add(Opening(**values))


def led(status: CaseStatus = CaseStatus.IN_SERVICE, **case: Any) -> Desk:
    """A case with its lead: volunteer 0."""
    with transaction():
        programme = factories.programme(claims_taken_at_once=True)
        staff = factories.coordinator(programme)
        lead = factories.volunteer()
        made = factories.case(programme, status, owner=staff, lead=lead, language="es", **case)
        return Desk(programme.id, staff.id, made.id, made.lead_opening.id, [lead.id])


def put(desk: Desk, role: CaseRole, who: str, **part: Any) -> tuple[int, int, int]:
    """Somebody placed by hand: ids of the part, the person's account and the opening."""
    with transaction():
        one = person(who, languages=["en", "es"])
        made = opening(desk, role, **part)
        placed = operations.place_by_hand(made, one, "phone_yes", actor=desk.staff, checked=True)
        assert one.user is not None
        return placed.id, one.user.id, made.id


def user(user_id: int) -> User:
    return session.get_one(User, user_id)


def sees(user_id: int) -> bool:
    session.rollback()
    return session.execute(visible_cases(user(user_id))).scalar() is not None


def claimed(desk: Desk, who: Volunteer, made: Opening) -> Referral:
    """A volunteer holds an opening and finds no conflict."""
    actor = who.user
    assert actor is not None
    with transaction():
        referral = operations.hold(session.get_one(Opening, made.id), actor=actor)
        return operations.attest(referral, "clear", actor=actor)


def taken(desk: Desk, who: str = "paralegal", **package: Any) -> tuple[int, int, int]:
    role = {"attorney": R.CO_COUNSEL}.get(who, R.PARALEGAL)
    return put(desk, role, who, takers=["attorney", "paralegal"], **{**PACKAGE, **package})


def report(part: int, account: int, hundredths: int = 250) -> PackageReport:
    with transaction():
        one = session.get_one(Assignment, part)
        return packages.report_package(one, text="The form is filed.", hundredths=hundredths, actor=user(account))
