"""What volunteers do themselves: applying, keeping the profile true, stating credentials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.accounts.calendars import add_business_time
from app.accounts.models import User
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.tasks.operations import open_task

from . import mails, operations, policy, queries
from .followers import TIES, followed
from .models import Area, Credential, CredentialKind, Membership, Organisation, Volunteer, VolunteerStatus
from .offers import Application, Offer
from .words import ATTESTATIONS

OWN_STATEMENT = "statement"
ENDED_FOR_GOOD = (VolunteerStatus.DECLINED, VolunteerStatus.RETIRED)


@dataclass(frozen=True)
class ProfileChange:
    """What a volunteer may change about themselves."""

    offer: Offer
    phone: str | None
    about: str | None
    digest: str


def apply(application: Application, *, actor: User | None = None) -> Volunteer | None:
    """Take an application; None where the address is known, whose owner alone is told by mail.

    :raises BadInput: an attestation is missing
    """
    refuse_if(set(application.attested) != set(ATTESTATIONS), BadInput)
    known = queries.find_volunteer(application.email)
    if known is None:
        try:
            with session.begin_nested():
                volunteer = _write(application)
        except IntegrityError:
            known = queries.find_volunteer(application.email)
    if known is not None:
        _apply_again(known, actor)
        return None
    _join(volunteer, application.organisation, application.organisation_kind)
    mails.application_received(volunteer)
    _ask_to_screen(volunteer, "Screen an application to volunteer", actor)
    audit.record("volunteer.apply", volunteer, actor=actor, public=True, after={"roles": application.roles})
    return volunteer


def _write(application: Application) -> Volunteer:
    volunteer = Volunteer(
        given_name=application.given_name,
        family_name=application.family_name,
        email=application.email,
        email_hash=queries.address_hash(application.email),
        phone=application.phone,
        status=VolunteerStatus.APPLIED,
        applied_at=clock.now(),
        roles=application.roles,
        supervisor=application.supervisor or None,
        about=application.about or None,
    )
    session.add(volunteer)
    _take_offer(volunteer, application.offer)
    volunteer.credentials.extend(_stated(application))
    session.flush()
    return volunteer


def _stated(application: Application) -> list[Credential]:
    found = [
        Credential(kind=licence.kind, jurisdiction=licence.state, number=licence.number)
        for licence in application.licences
    ]
    if application.cover == "own":
        found.append(Credential(kind=CredentialKind.MALPRACTICE_COVER, valid_until=application.cover_until))
    if application.supervisor:
        found.append(Credential(kind=CredentialKind.SUPERVISION))
    return [*found, _attestation()]


def _attestation() -> Credential:
    today = queries.today()
    return Credential(
        kind=CredentialKind.ATTESTATION,
        conditions=", ".join(ATTESTATIONS),
        verified_at=clock.now(),
        verified_how=OWN_STATEMENT,
        valid_until=operations.usual_end(CredentialKind.ATTESTATION, today),
    )


def _apply_again(known: Volunteer, actor: User | None) -> None:
    today = queries.today()
    if (clock.now() - known.applied_at).total_seconds() < 3600:
        return
    mails.application_known(known, today)
    if known.status in ENDED_FOR_GOOD:
        _ask_to_screen(known, "Somebody who had left applied again to volunteer", actor)
    audit.record("volunteer.apply_again", known, actor=actor, public=True)


def _ask_to_screen(volunteer: Volunteer, title: str, actor: User | None) -> None:
    states = [one.jurisdiction for one in volunteer.credentials if one.jurisdiction]
    programme = operations.near(queries.programmes(), states, volunteer.counties)
    if programme is not None:
        due = add_business_time(clock.now(), programme, days=3)
        open_task(operations.SCREEN, volunteer, programme=programme, title=title, due_at=due, actor=actor)


def _take_offer(volunteer: Volunteer, offer: Offer) -> None:
    volunteer.languages, volunteer.counties = offer.languages, offer.counties
    volunteer.remote, volunteer.capacity = offer.remote, offer.capacity
    volunteer.largest_case, volunteer.available_from = offer.largest_case, offer.available_from
    volunteer.declines, volunteer.mentor_ok = offer.declines, offer.mentor_ok
    volunteer.mentors_others = offer.mentors_others
    listed = {row.area: row for row in volunteer.areas}
    for area, level in offer.areas.items():
        if area in listed:
            listed[area].level = level
        else:
            volunteer.areas.append(Area(area=area, level=level))
    for area, row in listed.items():
        if area not in offer.areas:
            volunteer.areas.remove(row)


def change_profile(volunteer: Volunteer, change: ProfileChange, *, actor: User) -> None:
    """Change what a volunteer offers."""
    _by_self_or_staff(volunteer, actor)
    before = {"capacity": volunteer.capacity, "counties": volunteer.counties, "areas": _coded_areas(volunteer)}
    _take_offer(volunteer, change.offer)
    volunteer.phone, volunteer.about, volunteer.digest = change.phone, change.about, change.digest
    volunteer.changed_at = clock.now()
    session.flush()
    after = {"capacity": volunteer.capacity, "counties": volunteer.counties, "areas": _coded_areas(volunteer)}
    audit.record("volunteer.change_profile", volunteer, actor=actor, before=before, after=after)


def _coded_areas(volunteer: Volunteer) -> dict[str, Any]:
    return {row.area: row.level for row in sorted(volunteer.areas, key=lambda row: row.area)}


def confirm_profile(volunteer: Volunteer, *, actor: User) -> None:
    """Say for another year that the profile and the attestations hold; twice on a day changes nothing."""
    refuse_if(volunteer.user_id != actor.id, NotAllowed)
    today = queries.today()
    if volunteer.confirmed_on == today:
        return
    volunteer.confirmed_on = today
    for one in volunteer.credentials:
        if one.kind is CredentialKind.ATTESTATION and one.ended_at is None:
            one.ended_at = clock.now()
    volunteer.credentials.append(_attestation())
    operations.recheck_volunteer(volunteer, actor=actor)
    audit.record("volunteer.confirm_profile", volunteer, actor=actor)


def add_credential(
    volunteer: Volunteer,
    kind: CredentialKind,
    *,
    jurisdiction: str | None = None,
    number: str | None = None,
    valid_until: date | None = None,
    actor: User,
) -> Credential:
    """State a credential; it counts once staff have verified it. Stating it twice keeps one.

    :raises NotAllowed: orientation and background checks are entered by staff
    """
    _by_self_or_staff(volunteer, actor)
    by_staff = policy.may_screen(actor) and volunteer.user_id != actor.id
    refuse_if(not by_staff and kind not in policy.STATED_BY_VOLUNTEERS, NotAllowed)
    for one in volunteer.credentials:
        if _is_same(one, kind, jurisdiction, number, valid_until):
            return one
    made = Credential(
        volunteer=volunteer, kind=kind, jurisdiction=jurisdiction, number=number, valid_until=valid_until
    )  # fmt: skip
    session.add(made)
    session.flush()
    if not by_staff:
        _ask_to_check(made, actor)
    after = {"credential": made.id, "kind": str(kind)}
    audit.record("volunteer.add_credential", volunteer, actor=actor, after=after)
    return made


def _is_same(
    one: Credential, kind: CredentialKind, jurisdiction: str | None, number: str | None, valid_until: date | None
) -> bool:
    if one.ended_at is not None or one.refused_reason is not None or one.verified_at is not None:
        return False
    return (one.kind, one.jurisdiction, one.number, one.valid_until) == (kind, jurisdiction, number, valid_until)


def _ask_to_check(credential: Credential, actor: User) -> None:
    volunteer = credential.volunteer
    states = [credential.jurisdiction] if credential.jurisdiction else []
    programme = operations.near(queries.programmes(), states, volunteer.counties)
    if programme is not None and volunteer.status in (*policy.OPEN_TO_WORK, VolunteerStatus.SUSPENDED):
        due = add_business_time(clock.now(), programme, days=3)
        title = "Verify what a volunteer holds"
        open_task(operations.CHECK, credential, programme=programme, title=title, due_at=due, actor=actor)


def _by_self_or_staff(volunteer: Volunteer, actor: User) -> None:
    refuse_if(not (policy.may_screen(actor) or volunteer.user_id == actor.id), NotAllowed)


def _join(volunteer: Volunteer, name: str, kind: str) -> None:
    if name.strip():
        volunteer.memberships = [Membership(organisation=find_or_add_organisation(name, kind))]
        session.flush()


def find_or_add_organisation(name: str, kind: str = "firm") -> Organisation:
    """The organisation of a name that reads the same, or a new one; like names are never merged."""
    found = queries.find_organisation(name)
    if found is None:
        found = Organisation(name=" ".join(name.split())[:120], kind=kind)
        session.add(found)
        session.flush()
    return found


def _confirmed(volunteer: Volunteer, actor: User) -> dict[str, Any]:
    """What staff say of somebody else counts at once."""
    own = volunteer.user_id == actor.id
    return {} if own else {"confirmed_at": clock.now(), "confirmed_by_id": actor.id}


def _confirm_word(volunteer: Volunteer, actor: User) -> None:
    """Staff who set the firm that a volunteer had typed confirm it by that; saying one's own again confirms nothing."""
    for row in volunteer.memberships:
        said = {} if row.confirmed_at is not None else _confirmed(volunteer, actor)
        for name, value in said.items():
            setattr(row, name, value)
        if said:
            after = {"organisation": row.organisation_id}
            audit.record("volunteer.confirm_organisation", volunteer, actor=actor, after=after)


def change_organisation(volunteer: Volunteer, organisation: Organisation | None, *, actor: User) -> None:
    """Say which organisation a volunteer belongs to, or that it is none; their own word waits for a confirmation."""
    _by_self_or_staff(volunteer, actor)
    before = [row.organisation_id for row in volunteer.memberships]
    after = [organisation.id] if organisation is not None else []
    if before == after:
        _confirm_word(volunteer, actor)
        return
    with followed(TIES, volunteer, actor=actor):
        volunteer = lock(volunteer)
        volunteer.memberships = []
        session.flush()
        if organisation is not None:
            volunteer.memberships = [Membership(organisation=organisation, **_confirmed(volunteer, actor))]
        volunteer.changed_at = clock.now()
    audit.record(
        "volunteer.change_organisation",
        volunteer,
        actor=actor,
        before={"organisations": before},
        after={"organisations": after},
    )
