"""Parts beside the lead's in the demo: one looked for, one package listed, one reported done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.accounts import calendars
from app.accounts import operations as accounts
from app.accounts.models import User
from app.casework import operations_packages as packages
from app.clients import operations_openings as openings
from app.clients.models import Case, CaseStatus
from app.clients.operations_openings import OpeningFacts
from app.core import clock
from app.core.access import Role
from app.core.db import session
from app.core.errors import Refusal
from app.core.sealed import keyed_hash
from app.matching import operations_placement as placing
from app.volunteers.models import Credential, CredentialKind, Volunteer, VolunteerStatus

from .people import Cast

HEARING = "The client speaks little English. One hearing, and half an hour before it to get to know each other."
WAIVER = "One form with proof of income. The lead reads it before it is filed."


def others_have_parts(cast: Cast) -> None:
    """An interpreter is looked for, a paralegal's package waits for staff, co-counsel is being thought about."""
    paralegal = _helper("Amina", "Trask", "paralegal", ["en"])
    _helper("Lucía", "Berrios", "interpreter", ["en", "es"])
    in_service = session.query(Case).filter_by(status=CaseStatus.IN_SERVICE, programme_id=cast.programmes[0])
    cases = in_service.order_by(Case.id.desc()).all()
    _first(cases, _look_for_interpreter)
    _first(cases, lambda case: _package_is_done(case, paralegal))
    _first(cases, _think_of_co_counsel)


def _first(cases: list[Case], do: Callable[[Case], None]) -> None:
    """Do it on the first case that allows it."""
    for case in cases:
        try:
            with session.begin_nested():
                do(case)
                return
        except Refusal:
            continue


def _helper(given: str, family: str, role: str, languages: list[str]) -> Volunteer:
    email = f"{given}.{family}@volunteers.test".lower().replace("í", "i")
    user = accounts.create_user(f"{given} {family}", email, actor=None)
    accounts.grant_role(user, Role.VOLUNTEER, actor=None)
    now = clock.now()
    made = Volunteer(
        user=user, given_name=given, family_name=family, email=email, email_hash=keyed_hash(email, "address"),
        status=VolunteerStatus.APPROVED, applied_at=now - timedelta(days=90), approved_at=now - timedelta(days=80),
        roles=[role], languages=languages, counties=["WI"], remote=True, capacity=2, confirmed_on=now.date(),
    )  # fmt: skip
    session.add(made)
    for kind in (CredentialKind.ATTESTATION, CredentialKind.ORIENTATION, CredentialKind.SUPERVISION):
        session.add(Credential(volunteer=made, kind=kind, verified_at=now - timedelta(days=80), verified_how="call",
                               valid_until=now.date() + timedelta(days=250)))  # fmt: skip
    session.flush()
    return made


def _staff(case: Case) -> User:
    if case.custody is None:
        raise LookupError("an open case has a custodian")
    return case.custody.user


def _look_for_interpreter(case: Case) -> None:
    """Raises a refusal where the client speaks English, as any page would."""
    day = calendars.today(case.programme) + timedelta(days=12)
    facts = OpeningFacts(package="Interpreter for a hearing", text=HEARING, hours=300, takers=("interpreter",),
                         ends_on=day, in_person=True)  # fmt: skip
    openings.list_opening(openings.add_opening(case, facts, actor=_staff(case)), actor=_staff(case))


def _package_is_done(case: Case, paralegal: Volunteer) -> None:
    day = calendars.today(case.programme) + timedelta(days=5)
    facts = OpeningFacts(package="Prepare the fee waiver", text=WAIVER, hours=250, takers=("paralegal",),
                         level="learning", ends_on=day)  # fmt: skip
    staff = _staff(case)
    made = openings.list_opening(openings.add_opening(case, facts, actor=staff), actor=staff)
    part = placing.place_by_hand(made, paralegal, "phone_yes", actor=staff, checked=True)
    if paralegal.user is not None:
        said = "Filled in, with three pay slips. The lead has read it, and it was filed."
        packages.report_package(part, text=said, hundredths=220, actor=paralegal.user)


def _think_of_co_counsel(case: Case) -> None:
    facts = OpeningFacts(role="co_counsel", text="Second chair at one hearing; a good case to learn on.", hours=800)
    openings.add_opening(case, facts, actor=_staff(case))
