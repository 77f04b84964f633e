"""Who volunteers, what they hold and how much of their time is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, true
from sqlalchemy.orm import selectinload

from app.accounts.models import Programme, User
from app.core import clock
from app.core.access import STAFF, Role
from app.core.audit import AuditEntry
from app.core.db import Base, session
from app.core.errors import NotFound
from app.core.sealed import fold, keyed_hash

from . import facts, policy
from .models import (
    Credential,
    Membership,
    Organisation,
    Requirement,
    Standing,
    Volunteer,
    VolunteerStatus,
)
from .requirements import live_requirements

ALIKE = 88


def address_hash(email: str) -> str:
    """How a mail address is looked up."""
    return keyed_hash(email.strip().casefold(), "address")


def find_volunteer(email: str) -> Volunteer | None:
    """The volunteer with a mail address."""
    return session.execute(select(Volunteer).where(Volunteer.email_hash == address_hash(email))).scalar_one_or_none()


def find_by_id(volunteer_id: int | None) -> Volunteer | None:
    """The volunteer of a stored number."""
    return session.get(Volunteer, volunteer_id) if volunteer_id is not None else None


def programmes() -> Sequence[Programme]:
    """Every programme of the deployment, the oldest first."""
    return session.execute(select(Programme).order_by(Programme.id)).scalars().all()


def today() -> date:
    """Today where the first programme is: the day credentials are judged by."""
    zone = session.execute(select(Programme.time_zone).order_by(Programme.id).limit(1)).scalar()
    return clock.today_in(zone or "UTC")


def places_served() -> dict[str, list[tuple[str, str]]]:
    """The states the programmes work in: their counties."""
    return {state: list(facts.counties_of(state)) for state in dict.fromkeys(p.state for p in programmes())}


def volunteers_list(viewer: User) -> Select[Any]:
    """Every volunteer of the deployment for staff and administrators, nobody for others."""
    allowed = any(viewer.has(role) for role in (*STAFF, Role.ADMIN))
    return select(Volunteer).where(true() if allowed else false())


def get_volunteer(public_id: str, *, viewer: User) -> Volunteer:
    """A volunteer the viewer may see.

    :raises NotFound: unknown, or not for the viewer
    """
    found = session.execute(volunteers_list(viewer).where(Volunteer.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def get_own(viewer: User) -> Volunteer:
    """The volunteer record of the person signed in.

    :raises NotFound: there is none
    """
    found = session.execute(select(Volunteer).where(Volunteer.user_id == viewer.id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def get_credential(volunteer: Volunteer, public_id: str) -> Credential:
    """One of the volunteer's credentials.

    :raises NotFound: none such
    """
    found = [credential for credential in volunteer.credentials if credential.public_id == public_id]
    if not found:
        raise NotFound
    return found[0]


def credentials_in_force(volunteer: Volunteer, on_day: date) -> list[Credential]:
    """What the volunteer verifiably holds on a day."""
    return [credential for credential in volunteer.credentials if policy.is_in_force(credential, on_day)]


def ending_soon(volunteer: Volunteer, on_day: date) -> list[Credential]:
    """Credentials in force that end within 60 days, those left out that a later one of the kind outlasts."""
    held = credentials_in_force(volunteer, on_day)
    return [
        one
        for one in held
        if one.valid_until and policy.threshold(one.valid_until, on_day) and not _is_outlasted(one, held)
    ]


def _is_outlasted(one: Credential, held: Sequence[Credential]) -> bool:
    same = [other for other in held if (other.kind, other.jurisdiction) == (one.kind, one.jurisdiction)]
    return any(other.valid_until is None or other.valid_until > one.valid_until for other in same if one.valid_until)


def live_credential() -> list[ColumnElement[bool]]:
    """The conditions that a credential was verified and not ended."""
    return [Credential.verified_at.is_not(None), Credential.ended_at.is_(None)]


def used_slots(volunteer_ids: Iterable[int]) -> dict[int, int]:
    """How many of their slots volunteers use: live assignments but those closing, besides live holds."""
    ids = list(volunteer_ids)
    placed, referred = Base.metadata.tables["assignments"], Base.metadata.tables["referrals"]
    used: dict[int, int] = {}
    live = (placed.c.ended_at.is_(None), placed.c.closing_since.is_(None), placed.c.uses_slot)
    for table, terms in ((placed, live), (referred, (referred.c.status.in_(("held", "requested")),))):
        counted = select(table.c.volunteer_id, func.count()).where(table.c.volunteer_id.in_(ids), *terms)
        for volunteer_id, count in session.execute(counted.group_by(table.c.volunteer_id)):
            used[volunteer_id] = used.get(volunteer_id, 0) + count
    return used


def open_assignments(volunteer: Volunteer) -> list[Any]:
    """The volunteer's live assignments, the oldest first."""
    kind: Any = Volunteer.assignments.property.mapper.class_
    found = select(kind).where(kind.volunteer_id == volunteer.id, kind.ended_at.is_(None)).order_by(kind.id)
    return list(session.execute(found.options(selectinload(kind.case))).scalars())


def roles_in_force_of(volunteer_ids: Sequence[int] | None, on_day: date) -> dict[int, list[str]]:
    """The roles in force of many volunteers (None: of all) in four queries, for lists and docket runs."""
    who = true() if volunteer_ids is None else Volunteer.id.in_(volunteer_ids)
    held = _kinds_held(who, on_day)
    requirements = live_requirements()
    rows = session.execute(select(Volunteer.id, Volunteer.roles).where(who)).all()
    return {row.id: policy.met_roles(row.roles, requirements, held.get(row.id, set())) for row in rows}


def _kinds_held(who: ColumnElement[bool], on_day: date) -> dict[int, set[str]]:
    held: dict[int, set[str]] = {}
    lasting = or_(Credential.valid_until.is_(None), Credential.valid_until >= on_day)
    found = select(Credential.volunteer_id, Credential.kind).join(Volunteer).where(who, *live_credential(), lasting)
    for volunteer_id, kind in session.execute(found):
        held.setdefault(volunteer_id, set()).add(str(kind))
    for volunteer_id in session.execute(covered_volunteers().where(who)).scalars():
        held.setdefault(volunteer_id, set()).add(policy.PROGRAMME_COVER)
    return held


def covered_volunteers() -> Select[int]:
    """The ids of the volunteers whom a programme insures."""
    covered = select(Standing.volunteer_id).join(Volunteer)
    return covered.where(Standing.covered_by_programme, Standing.standing == "welcome")


def standing_with(volunteer: Volunteer, programme: Programme) -> Standing | None:
    """How the volunteer stands with a programme, where that was ever said."""
    return next((row for row in volunteer.standings if row.programme_id == programme.id), None)


def find_requirement(role: str, name: str) -> Requirement:
    """The live requirement of a role by its name.

    :raises NotFound: none such
    """
    found = [need for need in live_requirements() if (need.role, need.name) == (role, name)]
    if not found:
        raise NotFound
    return found[0]


def find_organisation(name: str) -> Organisation | None:
    """The organisation whose name reads the same with case, accents and marks aside."""
    wanted = fold(name)
    rows = session.execute(select(Organisation.id, Organisation.name)).all()
    found = next((row.id for row in rows if fold(row.name) == wanted), None)
    return session.get(Organisation, found) if found is not None else None


def similar_organisations(of: Organisation) -> list[Organisation]:
    """Organisations whose names come near: a hint for staff, who decide."""
    wanted = fold(of.name)
    rows = session.execute(select(Organisation).where(Organisation.id != of.id)).scalars()
    scored = [(fuzz.token_sort_ratio(wanted, fold(row.name)), row) for row in rows]
    return [row for score, row in sorted(scored, key=lambda pair: -pair[0]) if score >= ALIKE]


def get_organisation(public_id: str) -> Organisation:
    """An organisation.

    :raises NotFound: none such
    """
    found = session.execute(select(Organisation).where(Organisation.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def organisations_of(volunteer: Volunteer) -> list[Organisation]:
    """The organisations a volunteer belongs to."""
    found = select(Organisation).join(Membership).where(Membership.volunteer_id == volunteer.id)
    return list(session.execute(found.order_by(Organisation.id)).scalars())


def history(volunteer: Volunteer, most: int = 50) -> Sequence[Any]:
    """What was done about a volunteer, newest first, with who did it."""
    found = (
        select(AuditEntry.at, AuditEntry.action, AuditEntry.actor_kind, AuditEntry.after, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.record_kind == "volunteers", AuditEntry.record_id == volunteer.id)
    )
    return session.execute(found.order_by(AuditEntry.id.desc()).limit(most)).all()


def last_change(volunteer: Volunteer) -> Any:
    """The newest entry about a volunteer."""
    rows = history(volunteer, 1)
    return rows[0] if rows else None


# what the nightly jobs look for


def to_recheck(on_day: date) -> list[int]:
    """Volunteers at work with a verified credential that is past its last day and not yet acted on."""
    fresh = or_(Credential.warned_days.is_(None), Credential.warned_days != 0)
    past = exists().where(
        Credential.volunteer_id == Volunteer.id, *live_credential(), fresh, Credential.valid_until < on_day
    )
    found = select(Volunteer.id).where(Volunteer.status.in_((VolunteerStatus.APPROVED, VolunteerStatus.PAUSED)), past)
    return list(session.execute(found.order_by(Volunteer.id)).scalars())


def to_warn(on_day: date) -> list[int]:
    """Volunteers at work who hold a verified credential that ends within 60 days."""
    last = on_day + timedelta(days=max(policy.WARN_DAYS))
    soon = exists().where(
        Credential.volunteer_id == Volunteer.id, *live_credential(), Credential.valid_until.between(on_day, last)
    )
    found = select(Volunteer.id).where(Volunteer.status.in_(policy.OPEN_TO_WORK), soon)
    return list(session.execute(found.order_by(Volunteer.id)).scalars())


def to_resume(on_day: date) -> list[int]:
    """Paused volunteers whose pause is over."""
    found = select(Volunteer.id).where(Volunteer.status == VolunteerStatus.PAUSED, Volunteer.paused_until < on_day)
    return list(session.execute(found.order_by(Volunteer.id)).scalars())


def to_confirm(on_day: date) -> list[int]:
    """Volunteers who have not confirmed their profile for a year."""
    last = on_day - timedelta(days=policy.CONFIRM_EVERY_DAYS)
    due = or_(Volunteer.confirmed_on.is_(None), Volunteer.confirmed_on <= last)
    found = select(Volunteer.id).where(Volunteer.status.in_(policy.OPEN_TO_WORK), due)
    return list(session.execute(found.order_by(Volunteer.id)).scalars())


def out_of_step(on_day: date) -> list[int]:
    """Approved volunteers for whom no role holds, and lapsed ones for whom one does."""
    watched = select(Volunteer.id, Volunteer.status).where(
        Volunteer.status.in_((VolunteerStatus.APPROVED, VolunteerStatus.LAPSED))
    )
    able = roles_in_force_of(None, on_day)
    rows = session.execute(watched.order_by(Volunteer.id)).all()
    return [row.id for row in rows if bool(able[row.id]) != (row.status is VolunteerStatus.APPROVED)]
