"""Who may do what on a placed case."""

from __future__ import annotations

from app.accounts.models import User
from app.clients.models import Case
from app.clients.models.statuses import CaseRole
from app.clients.roles import READS_FILE
from app.clients.supervision import rests
from app.core.access import STAFF, Role
from app.matching.models import Assignment

from .models import Note, TimeEntry, Visibility


def is_staff_of(actor: User, case: Case) -> bool:
    """Does the person work for the case's programme?"""
    return any(actor.has(role, case.programme_id) for role in STAFF)


def live_assignment(actor: User, case: Case) -> Assignment | None:
    """The person's own work on the case, while it lasts and may be done; a part with the file before others."""
    if actor.volunteer is None:
        return None
    mine = [a for a in case.assignments if a.volunteer_id == actor.volunteer.id and a.ended_at is None]
    return next((a for a in sorted(mine, key=lambda a: not reads_file(a)) if not rests(a)), None)


def reads_file(assignment: Assignment) -> bool:
    """Does the part open the file, rather than the client's contact, the dates and what the programme shares?"""
    return assignment.role in READS_FILE


def may_work_on(actor: User, case: Case) -> bool:
    """Staff of the programme, or a volunteer on the case now."""
    return is_staff_of(actor, case) or live_assignment(actor, case) is not None


def may_act_for(actor: User, assignment: Assignment) -> bool:
    """The volunteer whose work it is, or staff for them."""
    is_own = actor.volunteer is not None and assignment.volunteer_id == actor.volunteer.id
    live = assignment.ended_at is None and not rests(assignment)
    return (is_own and live) or is_staff_of(actor, assignment.case)


def may_report_closing(actor: User, case: Case) -> bool:
    """Whoever leads the case or shares the lead, or staff; a mentor does not say that it is done."""
    mine = live_assignment(actor, case)
    leads = mine is not None and mine.role in (CaseRole.LEAD, CaseRole.CO_COUNSEL) and not mine.is_package
    return leads or is_staff_of(actor, case)


def may_write_note(actor: User, case: Case, visibility: Visibility) -> bool:
    """Everybody writes what they may read afterwards."""
    mine = live_assignment(actor, case)
    if mine is not None and may_read_as(mine, visibility):
        return True
    if visibility is Visibility.LAWYER_AND_CLIENT:
        return actor.has(Role.SUPERVISING_ATTORNEY, case.programme_id)
    return is_staff_of(actor, case)


def may_read_as(assignment: Assignment, visibility: Visibility) -> bool:
    """What a part opens: never what is for staff; what is privileged only with the file."""
    return visibility is Visibility.PROGRAMME or (visibility is Visibility.LAWYER_AND_CLIENT and reads_file(assignment))


def may_read_note(actor: User, note: Note) -> bool:
    """Staff notes are for staff; privileged ones for the lawyer and the client's supervising attorney."""
    if note.author_id == actor.id:
        return True
    mine = live_assignment(actor, note.case)
    if mine is not None and may_read_as(mine, note.visibility):
        return True
    if is_staff_of(actor, note.case):
        return note.visibility is not Visibility.LAWYER_AND_CLIENT or actor.has(
            Role.SUPERVISING_ATTORNEY, note.case.programme_id
        )
    return False


def may_remove_time(actor: User, entry: TimeEntry) -> bool:
    """One's own hours, or any as staff."""
    return entry.user_id == actor.id or is_staff_of(actor, entry.case)


def may_approve_closing(actor: User, case: Case) -> bool:
    """Only staff say that a case is done."""
    return is_staff_of(actor, case)
