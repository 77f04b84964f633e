"""Who answers for an escalation at a level: the person, or their deputy while they are away or gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, or_, select

from app.accounts import calendars
from app.accounts.models import Programme, RoleGrant, User
from app.clients.models import Case
from app.clients.supervision import supervision
from app.core.access import STAFF, Role
from app.core.db import session
from app.matching.firms import coordinators
from app.matching.models import Assignment
from app.volunteers.models import Membership

from .escalation_rules import ATTORNEY, FIRM, OWNERS, Level
from .models_escalations import Absence


class Turn(NamedTuple):
    """Whose turn it is: a person of the staff or anybody of a role, whom else to write to, and who is stood in for."""

    user: User | None
    role: Role
    firm: Sequence[User] = ()
    instead_of: User | None = None


def turn_of(case: Case, level: Level) -> Turn | None:
    """Who answers at a level; none where nobody could, so that the level is passed over."""
    role, programme = OWNERS[level.role], case.programme
    firm = firm_of(case) if level.role == FIRM else ()
    if level.role == FIRM and not firm:
        return None
    staff = holders(programme, role)
    if not staff:
        return None
    first = _first(case, level, staff)
    user = first if first is None else _present(first, level.deputy, programme, staff)
    return Turn(user, role, firm, first if first is not None and user != first else None)


def _first(case: Case, level: Level, staff: Sequence[User]) -> User | None:
    """Whose turn it is by right: the case's own coordinator or attorney, else the only one there is."""
    if level.role == ATTORNEY:
        found = supervision(case)
        own = found.user if found is not None else None
    else:
        own = case.custody.user if case.custody is not None else None
    if own is not None and _was_staff(own):
        return own
    return staff[0] if len(staff) == 1 else None


def _was_staff(user: User) -> bool:
    """Is or was it somebody of the staff? Whoever left is stood in for by their deputy."""
    return user.deactivated_at is not None or bool(user.role_names & set(STAFF))


def _present(user: User, deputy_id: int | None, programme: Programme, staff: Sequence[User]) -> User | None:
    """The person, or who stands in for them: named by themselves, by the rule, or nobody in particular."""
    day = calendars.today(programme)
    here = {each.id: each for each in _staff(programme)}
    away = away_on(day, here)
    if user.id in here and user.id not in away:
        return user
    absence = away.get(user.id)
    for other_id in (absence.stand_in_id if absence else None, deputy_id):
        if other_id in here and other_id not in away:
            return here[other_id]
    return None


def is_present(user: User, programme: Programme) -> bool:
    """Does somebody work for the programme, and are they there today?"""
    here = {each.id for each in _staff(programme)}
    return user.id in here and not away_on(calendars.today(programme), [user.id])


def attorney_of(case: Case) -> User | None:
    """The supervising attorney who was named on a case, where they are there today."""
    named = supervision(case)
    return named.user if named is not None and is_present(named.user, case.programme) else None


def holders(programme: Programme, role: Role) -> Sequence[User]:
    """Those who hold a role in a programme and can sign in, the longest there first."""
    return session.scalars(_holding(programme).where(RoleGrant.role == role)).unique().all()


def _staff(programme: Programme) -> Sequence[User]:
    return session.scalars(_holding(programme).where(RoleGrant.role.in_(STAFF))).unique().all()


def _holding(programme: Programme) -> Select[User]:
    held = select(User).join(RoleGrant, RoleGrant.user_id == User.id)
    return held.where(RoleGrant.programme_id == programme.id, User.deactivated_at.is_(None)).order_by(RoleGrant.id)


def away_on(day: date, among: Collection[int]) -> dict[int, Absence]:
    """Who of these people is away on a day."""
    these = (Absence.user_id.in_(list(among)), Absence.ended_at.is_(None))
    found = select(Absence).where(*these, Absence.from_on <= day, Absence.until_on >= day)
    return {absence.user_id: absence for absence in session.scalars(found.order_by(Absence.id))}


def firm_of(case: Case) -> Sequence[User]:
    """Those who answer for the firms of the case's lead."""
    firms = select(Membership.organisation_id).join(Assignment, Assignment.volunteer_id == Membership.volunteer_id)
    firms = firms.where(Assignment.case_id == case.id, Assignment.role == "lead", Assignment.ended_at.is_(None))
    confirmed = session.scalars(firms.where(Membership.confirmed_at.is_not(None)).order_by(Membership.id)).all()
    found = {user.id: user for organisation_id in confirmed for user in coordinators(organisation_id)}
    return list(found.values())


def gone_or_away(programme: Programme, day: date) -> Select[int]:
    """The ids of those of a programme's cases' people who cannot answer today: closed accounts and absences."""
    away = select(Absence.user_id).where(Absence.ended_at.is_(None), Absence.from_on <= day, Absence.until_on >= day)
    works = select(RoleGrant.user_id).where(RoleGrant.programme_id == programme.id, RoleGrant.role.in_(STAFF))
    return select(User.id).where(or_(User.deactivated_at.is_not(None), User.id.in_(away), User.id.not_in(works)))
