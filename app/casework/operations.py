"""The work on a placed case: first contact, letter, notes, contacts, hours."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from app.accounts import calendars
from app.accounts.models import User
from app.clients.hearing import hear_again, hear_of
from app.clients.lifecycle import move_case
from app.clients.models import OPEN, Case, CaseStatus
from app.clients.models.statuses import CaseRole
from app.core import audit, clock
from app.core.db import Base, lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.matching.models import Assignment
from app.tasks.operations import finish_tasks

from . import policy
from .models import ContactAttempt, Note, TimeEntry, Visibility

MOST_A_DAY = 2400
LEAST = 10  # hundredths: a tenth of an hour
SENT_TWICE = timedelta(seconds=30)


class NotOnTheCase(NotAllowed):
    """Only people on the case work on it."""

    message = _l("You are no longer on this case, so nothing was saved.")


class WorkIsOver(Refusal):
    """The assignment ended."""

    message = _l("The work on this case has ended, so nothing was saved.")


class CannotKeep(BadInput):
    """What was typed in one field cannot be kept."""

    def __init__(self, field: str, sentence: Any) -> None:
        super().__init__(sentence)
        self.field = field


def record_first_contact(assignment: Assignment, *, actor: User, channel: str = "first_contact") -> None:
    """Note that the volunteer has reached the client, which starts the service.

    :raises WorkIsOver: the assignment ended meanwhile
    """
    case = lock(assignment.case)
    assignment = lock(assignment)
    refuse_if(not policy.may_act_for(actor, assignment), NotOnTheCase)
    refuse_if(assignment.role is not CaseRole.LEAD, NotAllowed)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    if assignment.first_contact_at is not None:
        return
    assignment.first_contact_at = clock.now()
    _keep_contact(case, channel, reached=True, actor=actor)
    finish_tasks("first_contact", assignment, actor=actor)
    if case.status is CaseStatus.PLACED:
        move_case(case, CaseStatus.IN_SERVICE, operation="casework.record_first_contact", actor=actor)
    audit.record("case.first_contact", assignment, actor=actor, case=case)


def sign_letter(assignment: Assignment, *, on_day: date, actor: User) -> None:
    """Record the day on which the engagement letter was signed.

    :raises CannotKeep: a day in the future, or before the case was placed
    """
    assignment = _mine(assignment, actor)
    if on_day > calendars.today(assignment.case.programme):
        raise CannotKeep("on_day", _l("The letter cannot be signed in the future."))
    if on_day < assignment.started_at.astimezone(ZoneInfo(assignment.case.programme.time_zone)).date():
        raise CannotKeep("on_day", _l("The letter cannot be signed before the case was placed."))
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
    refuse_if(not policy.may_act_for(actor, assignment), NotOnTheCase)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    return assignment


Row = TypeVar("Row", bound=Base)


def _kept_just_now(kind: type[Row], *same: ColumnElement[bool]) -> list[Row]:
    """What the same person kept a moment ago: a form sent twice has one effect."""
    since = clock.now() - SENT_TWICE
    return list(session.execute(select(kind).where(kind.created_at >= since, *same)).scalars())


def add_note(
    case: Case, text: str, *, actor: User, visibility: Visibility = Visibility.PROGRAMME, corrects: Note | None = None
) -> Note:
    """Write a note on a case; a correction names the note it corrects and leaves it as it was.

    :raises CannotKeep: nothing was written, or the note corrected is another case's
    """
    case, text = lock(case), text.strip()
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(not policy.may_write_note(actor, case, visibility), NotAllowed)
    if not text or (corrects is not None and corrects.case_id != case.id):
        raise CannotKeep("text", _l("Write the note first."))
    just_now = _kept_just_now(Note, Note.case_id == case.id, Note.author_id == actor.id)
    again = next((n for n in just_now if n.text == text and n.visibility is visibility), None)
    if again is not None:
        return again
    corrects_id = corrects.id if corrects else None
    note = Note(case=case, author_id=actor.id, visibility=visibility, text=text, corrects_id=corrects_id)
    note.created_at = clock.now()
    session.add(note)
    hear_of(case, note.created_at)
    audit.record("case.note", note, actor=actor, after={"visibility": visibility})
    return note


def record_contact(case: Case, channel: str, *, reached: bool, actor: User) -> ContactAttempt:
    """Record that somebody tried to reach the client."""
    case = lock(case)
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    same = (ContactAttempt.channel == channel, ContactAttempt.reached.is_(reached))
    mine = (ContactAttempt.case_id == case.id, ContactAttempt.by_id == actor.id)
    just_now = _kept_just_now(ContactAttempt, *mine, *same)
    if just_now:
        return just_now[0]
    attempt = _keep_contact(case, channel, reached=reached, actor=actor)
    audit.record("case.contact", attempt, actor=actor, after={"channel": channel, "reached": reached})
    return attempt


def record_attempt(assignment: Assignment, channel: str, *, reached: bool, actor: User) -> None:
    """Record that the volunteer tried to reach the client; a lead's first conversation starts the service."""
    if reached and assignment.role is CaseRole.LEAD and assignment.first_contact_at is None:
        record_first_contact(assignment, actor=actor, channel=channel)
    else:
        record_contact(assignment.case, channel, reached=reached, actor=actor)


def _keep_contact(case: Case, channel: str, *, reached: bool, actor: User) -> ContactAttempt:
    attempt = ContactAttempt(case=case, by_id=actor.id, channel=channel, reached=reached, at=clock.now())
    session.add(attempt)
    if reached:
        hear_of(case, attempt.at)
    return attempt


def add_time(case: Case, *, on_day: date, hundredths: int, actor: User, activity: str = "work") -> TimeEntry:
    """Log time on a case, in hundredths of an hour.

    :raises CannotKeep: a future day, one before the request, nothing, or more than a day has
    """
    case = lock(case)
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(case.status not in OPEN, WorkIsOver)
    mine = (TimeEntry.case_id == case.id, TimeEntry.user_id == actor.id, TimeEntry.removed_at.is_(None))
    same = (TimeEntry.on_day == on_day, TimeEntry.hundredths == hundredths, TimeEntry.activity == activity)
    just_now = _kept_just_now(TimeEntry, *mine, *same, TimeEntry.source == "typed")
    if just_now:
        return just_now[0]
    return log_time(case, on_day=on_day, hundredths=hundredths, actor=actor, activity=activity)


def asked_on(case: Case) -> date:
    """The local day on which the client asked for help: no work on the case lies before it."""
    with clock.at(case.received_at):
        return calendars.today(case.programme)


def log_time(
    case: Case, *, on_day: date, hundredths: int, actor: User, activity: str = "work", source: str = "typed",
    part: Assignment | None = None,
) -> TimeEntry:  # fmt: skip
    """Keep time that the caller has checked may be logged, of one part where the actor has several.

    :raises CannotKeep: a future day, one before the request, nothing, or more than a day has
    """
    if on_day > calendars.today(case.programme):
        raise CannotKeep("on_day", _l("Hours cannot lie in the future."))
    if source == "typed" and on_day < asked_on(case):
        raise CannotKeep("on_day", _l("Hours cannot lie before the day the client asked for help."))
    if hundredths <= 0 or (source == "typed" and not LEAST <= hundredths <= MOST_A_DAY):
        raise CannotKeep("hours", _l("Write between 0.1 and 24 hours for one day."))
    assignment = part or policy.live_assignment(actor, case)
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
        created_at=clock.now(),
    )
    session.add(entry)
    hear_of(case, entry.created_at)
    audit.record("case.time", entry, actor=actor, after={"hundredths": hundredths, "on": on_day.isoformat()})
    return entry


def remove_time(entry: TimeEntry, *, actor: User) -> None:
    """Take a time entry back; the row stays and counts no more."""
    refuse_if(not policy.may_remove_time(actor, entry), NotAllowed)
    case, entry = lock(entry.case), lock(entry)
    if entry.removed_at is None:
        entry.removed_at = clock.now()
        hear_again(case)
        audit.record("case.time_removed", entry, actor=actor, before={"hundredths": entry.hundredths})
