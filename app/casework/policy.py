"""Who may do what on a placed case."""

from __future__ import annotations

from app.accounts.models import User
from app.clients.models import Case
from app.core.access import STAFF, Role
from app.matching.models import Assignment

from .models import Note, TimeEntry, Visibility


def is_staff_of(actor: User, case: Case) -> bool:
    """Does the person work for the case's programme?"""
    return any(actor.has(role, case.programme_id) for role in STAFF)


def live_assignment(actor: User, case: Case) -> Assignment | None:
    """The person's own work on the case, while it lasts."""
    if actor.volunteer is None:
        return None
    mine = (a for a in case.assignments if a.volunteer_id == actor.volunteer.id and a.ended_at is None)
    return next(mine, None)


def may_work_on(actor: User, case: Case) -> bool:
    """Staff of the programme, or a volunteer on the case now."""
    return is_staff_of(actor, case) or live_assignment(actor, case) is not None


def may_read_note(actor: User, note: Note) -> bool:
    """Staff notes are for staff; privileged ones for the lawyer and the client's supervising attorney."""
    if is_staff_of(actor, note.case):
        return note.visibility is not Visibility.LAWYER_AND_CLIENT or actor.has(
            Role.SUPERVISING_ATTORNEY, note.case.programme_id
        )
    return note.visibility is not Visibility.STAFF


def may_remove_time(actor: User, entry: TimeEntry) -> bool:
    """One's own hours, or any as staff."""
    return entry.user_id == actor.id or is_staff_of(actor, entry.case)


def may_approve_closing(actor: User, case: Case) -> bool:
    """Only staff say that a case is done."""
    return is_staff_of(actor, case)
