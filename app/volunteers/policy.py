"""What a volunteer must hold, what may be asked of them today, and the moves a status allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from app.accounts.models import User
from app.core.access import STAFF, Role

from .models import Credential, CredentialKind, Requirement, Standing, Volunteer, VolunteerRole, VolunteerStatus
from .models_shifts import Shift
from .requirements import live_requirements

S = VolunteerStatus
LICENCES = frozenset({CredentialKind.FULL_LICENCE, CredentialKind.EMERITUS, CredentialKind.IN_HOUSE})
LICENCE_KINDS = LICENCES | {CredentialKind.OUT_OF_STATE}
NEVER_ALONE = frozenset({VolunteerRole.STUDENT, VolunteerRole.GRADUATE, VolunteerRole.PARALEGAL})
PROGRAMME_COVER = "programme_cover"
OPEN_TO_WORK = (S.APPROVED, S.PAUSED, S.LAPSED)
STATED_BY_VOLUNTEERS = frozenset(CredentialKind) - {
    CredentialKind.ORIENTATION,
    CredentialKind.BACKGROUND_CHECK,
    CredentialKind.ATTESTATION,
}
WARN_DAYS = (60, 30, 7)
CONFIRM_EVERY_DAYS = 365

MOVES: dict[tuple[VolunteerStatus, VolunteerStatus], str] = {
    (S.APPLIED, S.VERIFYING): "volunteers.start_screening",
    (S.DECLINED, S.VERIFYING): "volunteers.reopen_volunteer",
    (S.RETIRED, S.VERIFYING): "volunteers.reopen_volunteer",
    (S.APPLIED, S.APPROVED): "volunteers.approve_volunteer",
    (S.VERIFYING, S.APPROVED): "volunteers.approve_volunteer",
    (S.APPLIED, S.DECLINED): "volunteers.decline_volunteer",
    (S.VERIFYING, S.DECLINED): "volunteers.decline_volunteer",
    (S.APPROVED, S.PAUSED): "volunteers.pause_volunteer",
    (S.PAUSED, S.APPROVED): "volunteers.resume_volunteer",
    (S.PAUSED, S.LAPSED): "volunteers.resume_volunteer",
    (S.APPROVED, S.LAPSED): "volunteers.recheck_volunteer",
    (S.LAPSED, S.APPROVED): "volunteers.recheck_volunteer",
    **{(status, S.SUSPENDED): "volunteers.suspend_volunteer" for status in OPEN_TO_WORK},
    (S.SUSPENDED, S.APPROVED): "volunteers.reinstate_volunteer",
    (S.SUSPENDED, S.LAPSED): "volunteers.reinstate_volunteer",
    **{(status, S.RETIRED): "volunteers.retire_volunteer" for status in (*OPEN_TO_WORK, S.SUSPENDED)},
}


def may_move(volunteer: Volunteer, to: VolunteerStatus) -> bool:
    """Does the volunteer's status allow the move?"""
    return (volunteer.status, to) in MOVES


def is_in_force(credential: Credential, on_day: date) -> bool:
    """Verified, not ended, not past its last day (which still counts)."""
    if credential.verified_at is None or credential.ended_at is not None:
        return False
    return credential.valid_until is None or credential.valid_until >= on_day


def what_counts(credentials: Iterable[Credential], standings: Iterable[Standing], on_day: date) -> frozenset[str]:
    """The kinds of credential in force that day, a programme's malpractice cover among them."""
    kinds = {str(credential.kind) for credential in credentials if is_in_force(credential, on_day)}
    if any(standing.covered_by_programme and standing.standing == "welcome" for standing in standings):
        kinds.add(PROGRAMME_COVER)
    return frozenset(kinds)


def unmet(requirements: Iterable[Requirement], role: str, held: Collection[str]) -> list[Requirement]:
    """The requirements of a role that nothing held meets."""
    return [need for need in requirements if need.role == role and not set(need.met_by) & set(held)]


def is_met(requirements: Sequence[Requirement], role: str, held: Collection[str]) -> bool:
    """Are all requirements of the role met? A role nothing is asked for is open to nobody."""
    return any(need.role == role for need in requirements) and not unmet(requirements, role, held)


def met_roles(roles: Iterable[str], requirements: Sequence[Requirement], held: Collection[str]) -> list[str]:
    """The roles among those given whose requirements all hold."""
    return [role for role in roles if is_met(requirements, role, held)]


def status_allows_work(status: VolunteerStatus, paused_until: date | None, on_day: date) -> bool:
    """Approved, or back from a pause whose last day is over."""
    if status is S.PAUSED:
        return paused_until is not None and paused_until < on_day
    return status is S.APPROVED


def threshold(valid_until: date, on_day: date) -> int | None:
    """The warning that is due for a credential ending that day: 60, 30 or 7 days before, or none."""
    left = (valid_until - on_day).days
    return min((days for days in WARN_DAYS if left <= days), default=None) if left >= 0 else None


def is_due_to_confirm(volunteer: Volunteer, on_day: date) -> bool:
    """Is it a year since the volunteer said that the profile is right?"""
    if volunteer.status not in OPEN_TO_WORK:
        return False
    return volunteer.confirmed_on is None or (on_day - volunteer.confirmed_on).days >= CONFIRM_EVERY_DAYS


def unmet_requirements(
    volunteer: Volunteer, role: str, on_day: date, requirements: Sequence[Requirement] | None = None
) -> list[Requirement]:
    """What the volunteer lacks for a role on a day."""
    needs = live_requirements() if requirements is None else requirements
    return unmet(needs, role, what_counts(volunteer.credentials, volunteer.standings, on_day))


def roles_in_force(volunteer: Volunteer, on_day: date, requirements: Sequence[Requirement] | None = None) -> list[str]:
    """The volunteer's roles whose requirements all hold on a day."""
    needs = live_requirements() if requirements is None else requirements
    return met_roles(volunteer.roles, needs, what_counts(volunteer.credentials, volunteer.standings, on_day))


def may_take_new_work(
    volunteer: Volunteer, on_day: date, role: str | None = None, requirements: Sequence[Requirement] | None = None
) -> bool:
    """May the volunteer claim or be offered a case (in that role) today? Compares the dates itself."""
    if not status_allows_work(volunteer.status, volunteer.paused_until, on_day):
        return False
    able = roles_in_force(volunteer, on_day, requirements)
    return bool(able) if role is None else role in able


def is_welcome(volunteer: Volunteer, programme_id: int) -> bool:
    """Is the volunteer welcome at a programme? Where nothing was said of any, at each of them."""
    said = {row.programme_id: row.standing for row in volunteer.standings}
    return not said or said.get(programme_id) == "welcome"


def may_log_shift(actor: User, volunteer: Volunteer, programme_id: int) -> bool:
    """Volunteers themselves where they are welcome, and the programme's staff, of whoever was approved once."""
    if volunteer.user_id != actor.id:
        return may_log_shift_of(actor, volunteer, programme_id)
    return volunteer.approved_at is not None and is_welcome(volunteer, programme_id)


def may_log_shift_of(actor: User, volunteer: Volunteer, programme_id: int) -> bool:
    """May the person say for a volunteer that they staffed a clinic of a programme?"""
    return volunteer.approved_at is not None and programme_id in actor.programme_ids(*STAFF)


def may_take_shift_back(actor: User, shift: Shift) -> bool:
    """Whose shift it is, and the programme's staff."""
    return shift.volunteer.user_id == actor.id or shift.programme_id in actor.programme_ids(*STAFF)


def may_screen(actor: User) -> bool:
    """May the person screen volunteers?"""
    return any(actor.has(role) for role in STAFF)


def may_keep_organisations(actor: User) -> bool:
    """May the person enter firms and say who answers for them?"""
    return may_screen(actor) or actor.has(Role.ADMIN)


def may_change_requirements(actor: User) -> bool:
    """May the person change what roles ask for?"""
    return actor.has(Role.ADMIN)
