"""Who is asked while a volunteer is away: co-counsel who is there, else the coordinator."""

from __future__ import annotations

from app.accounts import calendars
from app.clients.models.statuses import CaseRole
from app.clients.supervision import why_it_rests
from app.core import audit, clock
from app.core.db import insert_unless_exists
from app.matching.models import Assignment
from app.volunteers.operations_leave import leave_on

from .models import Checkin


def stand_in_for(part: Assignment) -> Assignment | None:
    """Co-counsel on the case who is there today and may open the file; a package has nobody but its own."""
    if part.is_package:
        return None
    today = calendars.today(part.case.programme)
    beside = (each for each in part.case.assignments if each.role is CaseRole.CO_COUNSEL and each.ended_at is None)
    there = (each for each in beside if not each.is_package and why_it_rests(each) is None)
    return next((each for each in there if leave_on(each.volunteer_id, today) is None), None)


def ask_stand_in(checkin: Checkin) -> bool:
    """Put the question to co-counsel instead; False where there is nobody."""
    instead = stand_in_for(checkin.assignment)
    if instead is None:
        return False
    made = insert_unless_exists(
        Checkin, case_id=checkin.case_id, assignment_id=instead.id, audience=checkin.audience,
        series_key=checkin.series_key, questions=checkin.questions, questions_number=checkin.questions_number,
        due_on=checkin.due_on, due_at=clock.now(), stands_in_for_id=checkin.id,
    )  # fmt: skip
    if made is not None:
        audit.record("checkin.ask_stand_in", made, actor=None)
    return True
