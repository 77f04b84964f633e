"""Whether a live part opens its case now: nobody cut off or suspended, no student or paralegal without an attorney."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Exists, and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import RoleGrant, User
from app.core.access import Role
from app.core.db import session

from .models import Case, Supervision
from .roles import ANSWER_FOR_OTHERS, ATTORNEY, NEVER_ALONE

MAY_ANSWER = ("approved", "paused")  # a volunteer who lapsed or was suspended answers for nobody
SUSPENDED = "suspended"
CUT_OFF, STOPPED, ALONE = "cut_off", "suspended", "alone"  # why a live part opens nothing


def assignments() -> Any:
    """The table of parts on cases, which a higher package keeps."""
    return Case.assignments.property.mapper.class_


@lru_cache(maxsize=4)  # asked at every click of a volunteer
def may_be_played(part: Any) -> ColumnElement[bool]:
    """The condition that a live part opens the case now."""
    return and_(is_open_to(part), is_in_company(part))


def is_open_to(part: Any) -> ColumnElement[bool]:
    """The condition that nobody closed the file to whoever plays a part: by a name that came in, or a suspension."""
    person = part.volunteer.property.mapper.class_
    stopped = exists().where(person.id == part.volunteer_id, person.status == SUSPENDED)
    return and_(part.cut_off_at.is_(None), ~stopped.correlate(part))


def is_in_company(part: Any) -> ColumnElement[bool]:
    """The condition that a part is not a student's or paralegal's without an attorney."""
    lawyer, staff = (found.correlate(part) for found in (_attorney(part.case_id), _staff_attorney(part.case_id)))
    return or_(part.acts_as.is_(None), part.acts_as.not_in(NEVER_ALONE), lawyer, staff)


def _attorney(case_id: Any) -> Exists:
    """A volunteer attorney who leads or supervises the case."""
    part = aliased(assignments())
    person = part.volunteer.property.mapper.class_
    return exists().where(
        part.case_id == case_id,
        part.ended_at.is_(None),
        part.cut_off_at.is_(None),
        part.role.in_(ANSWER_FOR_OTHERS),
        or_(part.acts_as.is_(None), part.acts_as == ATTORNEY),
        person.id == part.volunteer_id,
        person.status.in_(MAY_ANSWER),
    )


def _staff_attorney(case_id: Any) -> Exists:
    """A supervising attorney of the programme's staff who was named and still works there."""
    case = aliased(Case)
    return exists().where(
        Supervision.case_id == case_id,
        Supervision.until_at.is_(None),
        case.id == Supervision.case_id,
        User.id == Supervision.user_id,
        User.deactivated_at.is_(None),
        RoleGrant.user_id == User.id,
        RoleGrant.role == Role.SUPERVISING_ATTORNEY,
        RoleGrant.programme_id == case.programme_id,
    )


def has_attorney(case: Case) -> bool:
    """Does an attorney answer for the case at this moment?"""
    session.flush()
    return bool(session.execute(select(or_(_attorney(case.id), _staff_attorney(case.id)))).scalar())


def rests(part: Any) -> bool:
    """Does a live part open nothing just now?"""
    return part.ended_at is None and why_it_rests(part) is not None


def why_it_rests(part: Any) -> str | None:
    """Why a part opens nothing just now; none where it does."""
    if part.cut_off_at is not None:
        return CUT_OFF
    if part.volunteer.status == SUSPENDED:
        return STOPPED
    return ALONE if part.acts_as in NEVER_ALONE and not has_attorney(part.case) else None


def juniors(case: Case) -> list[Any]:
    """The live parts on a case that must not be played alone, the oldest first."""
    part = assignments()
    live = select(part).where(part.case_id == case.id, part.ended_at.is_(None), part.acts_as.in_(NEVER_ALONE))
    return list(session.execute(live.order_by(part.id)).scalars())


def supervision(case: Case) -> Supervision | None:
    """Who of the staff answers for the students and paralegals on a case."""
    found = select(Supervision).where(Supervision.case_id == case.id, Supervision.until_at.is_(None))
    return session.execute(found).scalar_one_or_none()
