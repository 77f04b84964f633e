"""The work on a placed case: first contact, letter, notes, contacts, hours."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients.lifecycle import move_case
from app.clients.models import OPEN, Case, CaseStatus
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.matching.models import Assignment
from app.tasks.operations import finish_tasks

from . import policy
from .models import ContactAttempt, Note, TimeEntry, Visibility

MOST_A_DAY = 2400


class NotOnTheCase(NotAllowed):
    """Only people on the case work on it."""

    message = _l("You are no longer on this case, so nothing was saved.")


class WorkIsOver(Refusal):
    """The assignment ended."""

    message = _l("The work on this case has ended, so nothing was saved.")


def record_first_contact(assignment: Assignment, *, actor: User) -> None:
    """Note that the volunteer has reached the client, which starts the service.

    :raises WorkIsOver: the assignment ended meanwhile
    """
    case = lock(assignment.case)
    assignment = lock(assignment)
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    if assignment.first_contact_at is not None:
        return
    assignment.first_contact_at = clock.now()
    session.add(ContactAttempt(case=case, by_id=actor.id, channel="first_contact", reached=True, at=clock.now()))
    finish_tasks("first_contact", assignment, actor=actor)
    if case.status is CaseStatus.PLACED:
        move_case(case, CaseStatus.IN_SERVICE, operation="casework.record_first_contact", actor=actor)
    audit.record("case.first_contact", assignment, actor=actor, case=case)


def sign_letter(assignment: Assignment, *, on_day: date, actor: User) -> None:
    """Record the day on which the engagement letter was signed."""
    assignment = _mine(assignment, actor)
    if on_day > calendars.today(assignment.case.programme):
        raise BadInput(_l("The letter cannot be signed in the future."))
    assignment.letter_signed_on = on_day
    finish_tasks("letter", assignment, actor=actor)
    audit.record("case.letter_signed", assignment, actor=actor, after={"on": on_day.isoformat()})


def waive_letter(assignment: Assignment, *, reason: str, actor: User) -> None:
    """Do without an engagement letter, for a reason; staff only."""
    refuse_if(not policy.is_staff_of(actor, assignment.case), NotAllowed)
    assignment = lock(assignment)
    assignment.letter_waived_reason = reason
    finish_tasks("letter", assignment, actor=actor, outcome="waived")
    audit.record("case.letter_waived", assignment, actor=actor)


def _mine(assignment: Assignment, actor: User) -> Assignment:
    assignment = lock(assignment)
    refuse_if(not policy.may_work_on(actor, assignment.case), NotOnTheCase)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    return assignment


def add_note(
    case: Case, text: str, *, actor: User, visibility: Visibility = Visibility.PROGRAMME, corrects: Note | None = None
) -> Note:
    """Write a note on a case; a correction names the note it corrects and leaves it as it was."""
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    if visibility is Visibility.STAFF:
        refuse_if(not policy.is_staff_of(actor, case), NotAllowed)
    note = Note(
        case=case,
        author_id=actor.id,
        visibility=visibility,
        text=text.strip(),
        corrects_id=corrects.id if corrects else None,
    )
    session.add(note)
    audit.record("case.note", note, actor=actor, after={"visibility": visibility})
    return note


def record_contact(case: Case, channel: str, *, reached: bool, actor: User) -> ContactAttempt:
    """Record that somebody tried to reach the client."""
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    attempt = ContactAttempt(case=case, by_id=actor.id, channel=channel, reached=reached, at=clock.now())
    session.add(attempt)
    audit.record("case.contact", attempt, actor=actor, after={"channel": channel, "reached": reached})
    return attempt


def add_time(case: Case, *, on_day: date, hundredths: int, actor: User, activity: str = "work") -> TimeEntry:
    """Log time on a case, in hundredths of an hour.

    :raises BadInput: a future day, nothing, or more than a day has
    """
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(case.status not in OPEN, WorkIsOver)
    return log_time(case, on_day=on_day, hundredths=hundredths, actor=actor, activity=activity)


def log_time(
    case: Case, *, on_day: date, hundredths: int, actor: User, activity: str = "work", source: str = "typed"
) -> TimeEntry:
    """Keep time that the caller has checked may be logged.

    :raises BadInput: a future day, nothing, or more than a day has
    """
    if on_day > calendars.today(case.programme):
        raise BadInput(_l("Hours cannot lie in the future."))
    if hundredths <= 0 or (source == "typed" and hundredths > MOST_A_DAY):
        raise BadInput(_l("Write between 0.1 and 24 hours for one day."))
    assignment = policy.live_assignment(actor, case)
    entry = TimeEntry(
        case=case,
        user_id=actor.id,
        volunteer_id=actor.volunteer.id if assignment and actor.volunteer else None,
        on_day=on_day,
        hundredths=hundredths,
        activity=activity,
        role=assignment.role if assignment else "staff",
        pai=assignment is not None,
        source=source,
    )
    session.add(entry)
    audit.record("case.time", entry, actor=actor, after={"hundredths": hundredths, "on": on_day.isoformat()})
    return entry


def remove_time(entry: TimeEntry, *, actor: User) -> None:
    """Take a time entry back; the row stays and counts no more."""
    refuse_if(not policy.may_remove_time(actor, entry), NotAllowed)
    entry = lock(entry)
    if entry.removed_at is None:
        entry.removed_at = clock.now()
        audit.record("case.time_removed", entry, actor=actor, before={"hundredths": entry.hundredths})
