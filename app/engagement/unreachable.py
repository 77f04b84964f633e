"""When mail to a volunteer comes back, whoever answers for each of their cases learns of it."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.calendars import add_business_time
from app.core import bounces, clock
from app.core.bounces import StoppedAddress
from app.core.db import session
from app.matching.models import Assignment
from app.tasks.mail_trouble import NOT_MAILED
from app.tasks.operations import open_task
from app.volunteers.models import Volunteer


def volunteer_unreachable() -> None:
    """Register it."""
    bounces.when_stopped(tell_of_their_cases)


def tell_of_their_cases(row: StoppedAddress) -> None:
    """One task for each case on which the volunteer works now."""
    found = select(Assignment).join(Volunteer, Volunteer.id == Assignment.volunteer_id)
    live = (Volunteer.email_hash == row.address_hash, Assignment.ended_at.is_(None))
    for part in session.scalars(found.where(*live).order_by(Assignment.id)).all():
        case = part.case
        open_task(
            NOT_MAILED, case, programme=case.programme, case=case, actor=None,
            title=f"Mails to a volunteer of {case.number} come back: call them and correct the address",
            due_at=add_business_time(clock.now(), case.programme, hours=4),
            owner=case.custody.user if case.custody else None,
        )  # fmt: skip
