"""What must hold before somebody plays a part on a case, besides the rules: company, time, and no second part."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.clients.models import CaseRole, Opening
from app.clients.roles import NEVER_ALONE, PART_OF, exclude_each_other
from app.clients.supervision import has_attorney
from app.core.db import lock, session
from app.core.errors import Refusal, refuse_if
from app.volunteers.models import Volunteer

from .models import HOLDING, Assignment, Referral
from .queries import MENTOR_CASES, mentoring


class NeverAlone(Refusal):
    """No attorney answers for the case, and a student, graduate or paralegal never works alone."""

    message = _l(
        "Students, graduates and paralegals work beside an attorney, and none answers for this case just now. "
        "The programme must name one first."
    )


class OtherPart(Refusal):
    """The volunteer plays a part on the case that does not go with this one."""

    message = _l("Nobody plays both parts on one case, and this volunteer already has the other.")


class MentorFull(Refusal):
    """The mentor stands by as many as they can."""

    message = _l("This mentor already stands by three volunteers.")


def part_in(opening: Opening, acts_as: str | None) -> CaseRole:
    """The part somebody would play: a package's by who takes it, any other as the opening says."""
    return PART_OF.get(acts_as or "", opening.role) if opening.is_package else opening.role


def refuse_unless_fits(opening: Opening, volunteer: Volunteer, acts_as: str | None) -> None:
    """Look at what speaks against a placement in this instant; the volunteer's row is locked.

    :raises OtherPart: they play a part that does not go with it
    :raises NeverAlone: they may not work alone, and no attorney answers for the case
    :raises MentorFull: they stand by as many as they can
    """
    part = part_in(opening, acts_as)
    live = select(Assignment.role).where(
        Assignment.case_id == opening.case_id, Assignment.volunteer_id == volunteer.id, Assignment.ended_at.is_(None)
    )
    refuse_if(any(exclude_each_other(part, other) for other in session.execute(live).scalars()), OtherPart)
    if acts_as in NEVER_ALONE:
        refuse_if(not has_attorney(lock(opening.case)), NeverAlone)
    refuse_if(part is CaseRole.MENTOR and mentoring([volunteer.id]).get(volunteer.id, 0) >= MENTOR_CASES, MentorFull)


def refuse_early(opening: Opening, volunteer: Volunteer, acts_as: str | None) -> None:
    """Refuse a claim or offer that could not end in a placement as things stand; the placement looks again.

    :raises OtherPart: the volunteer holds another opening of the case that does not go with it
    :raises NeverAlone: they may not work alone, and no attorney answers for the case
    """
    refuse_if(acts_as in NEVER_ALONE and not has_attorney(opening.case), NeverAlone)
    if opening.role is CaseRole.LEAD:
        return
    held = (
        select(Opening.role)
        .join(Referral, Referral.opening_id == Opening.id)
        .where(Opening.case_id == opening.case_id, Opening.id != opening.id)
        .where(Referral.volunteer_id == volunteer.id, Referral.status.in_(HOLDING))
    )
    part = part_in(opening, acts_as)
    refuse_if(any(exclude_each_other(part, other) for other in session.execute(held).scalars()), OtherPart)
