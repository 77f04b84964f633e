"""Screening volunteers: verifying what they hold, and every move of their status."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import Any

from app.accounts import operations as accounts
from app.accounts.calendars import add_business_time
from app.accounts.models import Programme, User
from app.accounts.queries import find_user
from app.core import audit, clock
from app.core.access import Role
from app.core.db import lock, session
from app.core.errors import NotAllowed, refuse_if
from app.tasks.operations import finish_tasks, open_task

from . import facts, mails, policy, queries
from .followers import SUSPENSION, followed
from .held import GIVE_BACK, KEEP, give_back_held, held_matters
from .models import Credential, CredentialKind, Standing, Volunteer, VolunteerStatus
from .refusals import (
    AddressOfAnother,
    CredentialEnded,
    DayIsPast,
    NotInGoodStanding,
    NotYourOwn,
    RequirementsOpen,
    SayWhatOfHolds,
    StillHasCases,
    WrongStatus,
)
from .requirements import live_requirements

S = VolunteerStatus
SCREEN, CHECK, DECIDE = "screen_volunteer", "check_credential", "volunteer_may_not_go_on"
KIND_OF_STANDING = {
    "active": CredentialKind.FULL_LICENCE,
    "limited_emeritus_pro_bono": CredentialKind.EMERITUS,
    "in_house_registered": CredentialKind.IN_HOUSE,
}
ACTED_ON = 0  # `warned_days` of a credential whose end was acted on


def start_screening(volunteer: Volunteer, *, actor: User) -> None:
    """Begin to verify what an applicant said.

    :raises WrongStatus: the application was begun or decided already
    """
    _screened_by(volunteer, actor)
    _move(volunteer, S.VERIFYING)
    audit.record("volunteer.start_screening", volunteer, actor=actor)


def verify_credential(
    credential: Credential, how: str, valid_until: date | None, *, actor: User, standing: str | None = None
) -> None:
    """Confirm that a volunteer holds something until a day; a licence also in which standing.

    :raises CredentialEnded: it was ended
    :raises DayIsPast: its last day is over
    :raises NotInGoodStanding: a licence in that standing allows no new cases
    """
    volunteer, today = credential.volunteer, queries.today()
    _screened_by(volunteer, actor)
    refuse_if(credential.ended_at is not None, CredentialEnded)
    refuse_if(valid_until is not None and valid_until < today, DayIsPast)
    if standing is not None and credential.kind in policy.LICENCES:
        refuse_if(not facts.allows_new_cases(standing), NotInGoodStanding)
        credential.kind = KIND_OF_STANDING[standing]
    credential.verified_at, credential.verified_by_id = clock.now(), actor.id
    credential.verified_how = how
    credential.valid_until = valid_until or usual_end(credential.kind, today)
    credential.refused_reason = credential.warned_days = None
    finish_tasks(CHECK, credential, actor=actor)
    recheck_volunteer(volunteer, actor=actor)
    until = credential.valid_until.isoformat() if credential.valid_until else None
    audit.record("volunteer.verify_credential", volunteer, actor=actor, after={**_coded(credential), "until": until})


def refuse_credential(credential: Credential, reason: str, *, actor: User) -> None:
    """Say that what a volunteer stated could not be verified.

    :raises CredentialEnded: it was ended
    """
    _screened_by(credential.volunteer, actor)
    refuse_if(credential.ended_at is not None, CredentialEnded)
    credential.verified_at = None
    credential.refused_reason = reason
    finish_tasks(CHECK, credential, actor=actor, outcome="refused")
    recheck_volunteer(credential.volunteer, actor=actor)
    after = {**_coded(credential), "reason": reason}
    audit.record("volunteer.refuse_credential", credential.volunteer, actor=actor, after=after)


def end_credential(credential: Credential, reason: str, *, actor: User) -> None:
    """End a credential before its last day.

    :raises CredentialEnded: it was ended
    """
    _screened_by(credential.volunteer, actor)
    refuse_if(credential.ended_at is not None, CredentialEnded)
    credential.ended_at = clock.now()
    finish_tasks(CHECK, credential, actor=actor, outcome="ended")
    recheck_volunteer(credential.volunteer, actor=actor)
    after = {**_coded(credential), "reason": reason}
    audit.record("volunteer.end_credential", credential.volunteer, actor=actor, after=after)


def usual_end(kind: str, today: date) -> date | None:
    """The last day of a credential verified today, by the longest any role lets it count."""
    months = [need.months_valid for need in live_requirements() if kind in need.met_by]
    return None if not months or None in months else months_after(today, max(m for m in months if m))


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def approve_volunteer(volunteer: Volunteer, *, actor: User) -> None:
    """Let a volunteer take cases in the roles whose requirements all hold; opens their account.

    :raises RequirementsOpen: that is so for none of the roles
    :raises AddressOfAnother: the address's account belongs to another volunteer
    """
    _screened_by(volunteer, actor)
    volunteer, today = lock(volunteer), queries.today()
    refuse_if(not policy.may_move(volunteer, S.APPROVED) or volunteer.status is S.LAPSED, WrongStatus)
    able = policy.roles_in_force(volunteer, today)
    if not able:
        raise RequirementsOpen(details=missing(volunteer, today))
    _move(volunteer, S.APPROVED)
    volunteer.approved_at, volunteer.confirmed_on = clock.now(), volunteer.confirmed_on or today
    _give_account(volunteer, actor)
    finish_tasks(SCREEN, volunteer, actor=actor)
    audit.record("volunteer.approve", volunteer, actor=actor, after={"roles": able})


def missing(volunteer: Volunteer, on_day: date) -> list[str]:
    """What is missing, by the words of the requirements, each once."""
    needs = [need.words for role in volunteer.roles for need in policy.unmet_requirements(volunteer, role, on_day)]
    return list(dict.fromkeys(needs))


def _give_account(volunteer: Volunteer, actor: User) -> None:
    user = volunteer.user or find_user(volunteer.email)
    if user is None:
        user = accounts.create_user(volunteer.name, volunteer.email, actor=actor)
    refuse_if(user.volunteer is not None and user.volunteer is not volunteer, AddressOfAnother)
    volunteer.user = user
    accounts.grant_role(user, Role.VOLUNTEER, actor=actor)
    if user.password_hash is None:
        accounts.invite(user, actor=actor)
    else:
        mails.volunteer_approved(volunteer)


def invite_again(volunteer: Volunteer, *, actor: User) -> None:
    """Mail a fresh invitation to an approved volunteer who never set a password.

    :raises WrongStatus: there is no account, or it has a password
    """
    _screened_by(volunteer, actor)
    user = volunteer.user
    if user is None or user.password_hash is not None:
        raise WrongStatus
    accounts.invite(user, actor=actor)
    audit.record("volunteer.invite", volunteer, actor=actor)


def decline_volunteer(volunteer: Volunteer, reason: str, *, actor: User) -> None:
    """Turn an applicant down, with a reason for the file and a kind mail."""
    _screened_by(volunteer, actor)
    _move(volunteer, S.DECLINED)
    volunteer.declined_reason = reason
    session.flush()
    finish_tasks(SCREEN, volunteer, actor=actor, outcome="declined")
    mails.volunteer_declined(volunteer)
    audit.record("volunteer.decline", volunteer, actor=actor, after={"reason": reason})


def reopen_volunteer(volunteer: Volunteer, reason: str, *, actor: User) -> None:
    """Screen somebody again who was declined or had retired."""
    _screened_by(volunteer, actor)
    _move(volunteer, S.VERIFYING)
    volunteer.declined_reason = volunteer.pause_reason = None
    audit.record("volunteer.reopen", volunteer, actor=actor, after={"reason": reason})


def pause_volunteer(volunteer: Volunteer, until: date, reason: str, *, actor: User, holds: str | None = None) -> None:
    """Ask the volunteer for nothing new until a day has passed; open cases go on.

    Volunteers who pause themselves say what becomes of matters held for them; for others they stay held.

    :raises DayIsPast: the day is over
    :raises SayWhatOfHolds: matters are held for the actor, who says neither keep nor give back
    """
    refuse_if(not (policy.may_screen(actor) or volunteer.user_id == actor.id), NotAllowed)
    refuse_if(until < queries.today(), DayIsPast)
    unsaid = volunteer.user_id == actor.id and holds not in (KEEP, GIVE_BACK)
    refuse_if(unsaid and held_matters(volunteer), SayWhatOfHolds)
    if holds == GIVE_BACK:
        give_back_held(volunteer, actor=actor)
    _move(volunteer, S.PAUSED)
    volunteer.paused_until, volunteer.pause_reason = until, reason
    audit.record("volunteer.pause", volunteer, actor=actor, after={"until": until.isoformat(), "reason": reason})


def resume_volunteer(volunteer: Volunteer, *, actor: User | None) -> None:
    """End a pause; the volunteer is lapsed where a requirement ran out meanwhile."""
    refuse_if(actor and not (policy.may_screen(actor) or volunteer.user_id == actor.id), NotAllowed)
    refuse_if(volunteer.status is not S.PAUSED, WrongStatus)
    _return_to_work(volunteer)
    volunteer.paused_until = volunteer.pause_reason = None
    audit.record("volunteer.resume", volunteer, actor=actor, after={"status": volunteer.status})


def suspend_volunteer(volunteer: Volunteer, reason: str, *, actor: User) -> None:
    """Stop all new work at once; a task for each open case asks who goes on with it."""
    _screened_by(volunteer, actor)
    with followed(SUSPENSION, volunteer, actor=actor):
        _move(volunteer, S.SUSPENDED)
        volunteer.paused_until, volunteer.pause_reason = None, reason
        _ask_who_goes_on(volunteer, actor)
    audit.record("volunteer.suspend", volunteer, actor=actor, after={"reason": reason})


def reinstate_volunteer(volunteer: Volunteer, reason: str, *, actor: User) -> None:
    """Lift a suspension; the volunteer is lapsed where a requirement is not met."""
    _screened_by(volunteer, actor)
    refuse_if(volunteer.status is not S.SUSPENDED, WrongStatus)
    _return_to_work(volunteer)
    volunteer.pause_reason = None
    after = {"reason": reason, "status": volunteer.status}
    audit.record("volunteer.reinstate", volunteer, actor=actor, after=after)


def retire_volunteer(volunteer: Volunteer, reason: str, *, actor: User) -> None:
    """End somebody's volunteering.

    :raises StillHasCases: they have open cases; the refusal names them
    """
    _screened_by(volunteer, actor)
    volunteer = lock(volunteer)
    numbers = [row.case.number for row in queries.open_assignments(volunteer)]
    if numbers:
        raise StillHasCases(details=numbers)
    _move(volunteer, S.RETIRED)
    volunteer.paused_until, volunteer.pause_reason = None, reason
    audit.record("volunteer.retire", volunteer, actor=actor, after={"reason": reason})


def set_standing(
    volunteer: Volunteer,
    programme: Programme,
    *,
    welcome: bool,
    covered: bool,
    takes_at_once: bool,
    reason: str | None = None,
    actor: User,
) -> Standing:
    """Say how a volunteer stands with one programme, and whether its policy covers them.

    :raises NotAllowed: the actor does not work for the programme
    """
    _screened_by(volunteer, actor)
    refuse_if(not actor.has(Role.COORDINATOR, programme.id), NotAllowed)
    row = queries.standing_with(volunteer, programme)
    if row is None:
        row = Standing(programme=programme, standing="welcome", covered_by_programme=False)
        volunteer.standings.append(row)
    before = {"standing": row.standing, "covered": row.covered_by_programme}
    row.standing = "welcome" if welcome else "excluded"
    row.covered_by_programme, row.takes_at_once = covered, takes_at_once
    row.excluded_reason = None if welcome else reason
    after = {"programme": programme.id, "standing": row.standing, "covered": covered, "at_once": takes_at_once}
    recheck_volunteer(volunteer, actor=actor)
    audit.record("volunteer.set_standing", volunteer, actor=actor, before=before, after=after)
    return row


def recheck_volunteer(volunteer: Volunteer, *, actor: User | None) -> None:
    """Lapse a volunteer for whom no role holds any more, restore one for whom a role holds again."""
    session.flush()
    session.expire(volunteer, ["credentials", "standings"])
    today = queries.today()
    able = policy.roles_in_force(volunteer, today)
    if volunteer.status is S.APPROVED and not able:
        _move(volunteer, S.LAPSED)
        session.flush()
        _ask_who_goes_on(volunteer, actor)
        mails.volunteer_lapsed(volunteer, missing(volunteer, today))
        audit.record("volunteer.lapse", volunteer, actor=actor)
    elif volunteer.status is S.LAPSED and able:
        _move(volunteer, S.APPROVED)
        _close_questions(volunteer, actor)
        audit.record("volunteer.restore", volunteer, actor=actor, after={"roles": able})


def act_on_expiry(volunteer: Volunteer, *, actor: User | None = None) -> None:
    """Act once on every credential whose last day has passed: block new work, ask about open cases."""
    today = queries.today()
    past = [one for one in volunteer.credentials if _ran_out(one, today)]
    if not past:
        return
    needs = live_requirements()
    before = policy.what_counts(volunteer.credentials, volunteer.standings, min(_last_day(one) for one in past))
    had = policy.met_roles(volunteer.roles, needs, before)
    if set(had) - set(policy.roles_in_force(volunteer, today, needs)):
        _ask_who_goes_on(volunteer, actor)
    for one in past:
        one.warned_days = ACTED_ON
    recheck_volunteer(volunteer, actor=actor)
    audit.record("volunteer.expire", volunteer, actor=actor, after={"credentials": [one.id for one in past]})


def warn_of_expiry(volunteer: Volunteer, *, actor: User | None = None) -> bool:
    """Warn once at 60, 30 and 7 days of what ends; says whether there was something to warn of."""
    today = queries.today()
    due = [one for one in queries.ending_soon(volunteer, today) if _is_warning_due(one, today)]
    if not due:
        return False
    for one in due:
        one.warned_days = policy.threshold(_last_day(one), today)
    mails.credentials_expiring(volunteer, due, today)
    audit.record("volunteer.warn", volunteer, actor=actor, after={"credentials": [one.id for one in due]})
    return True


def _is_warning_due(one: Credential, today: date) -> bool:
    days = policy.threshold(_last_day(one), today)
    return days is not None and (one.warned_days is None or days < one.warned_days)


def _last_day(one: Credential) -> date:
    return one.valid_until or date.max


def _ran_out(one: Credential, today: date) -> bool:
    verified = one.verified_at is not None and one.ended_at is None
    return verified and _last_day(one) < today and one.warned_days != ACTED_ON


def _screened_by(volunteer: Volunteer, actor: User) -> None:
    refuse_if(not policy.may_screen(actor), NotAllowed)
    refuse_if(volunteer.user_id is not None and volunteer.user_id == actor.id, NotYourOwn)


def _move(volunteer: Volunteer, to: VolunteerStatus) -> None:
    refuse_if(not policy.may_move(volunteer, to), WrongStatus)
    volunteer.status = to


def _return_to_work(volunteer: Volunteer) -> None:
    able = policy.roles_in_force(volunteer, queries.today())
    _move(volunteer, S.APPROVED if able else S.LAPSED)


def _ask_who_goes_on(volunteer: Volunteer, actor: User | None) -> None:
    for row in queries.open_assignments(volunteer):
        open_task(
            DECIDE,
            row,
            programme=row.case.programme,
            case=row.case,
            title=f"{row.case.number}: its volunteer may not go on just now. Decide who does.",
            due_at=add_business_time(clock.now(), row.case.programme, days=1),
            actor=actor,
        )


def _close_questions(volunteer: Volunteer, actor: User | None) -> None:
    for row in queries.open_assignments(volunteer):
        finish_tasks(DECIDE, row, actor=actor, outcome="restored")


def _coded(credential: Credential) -> dict[str, Any]:
    return {"credential": credential.id, "kind": str(credential.kind)}


def near(programmes: Iterable[Programme], states: Iterable[str], counties: Iterable[str]) -> Programme | None:
    """The programme whose coordinators should see to a volunteer: by county, then state, then the first."""
    rows, wanted, around = list(programmes), set(counties), set(states)
    around |= {place for place in wanted if place in facts.STATE_NAMES}
    by_county = [row for row in rows if wanted & set(row.counties)]
    by_state = [row for row in rows if row.state in around]
    return next(iter(by_county or by_state or rows), None)
