"""Asking, reminding twice, and then a person: each step once, and what is due together in one mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.casework.models import ContactAttempt, TimeEntry
from app.clients.court_days import hearing_days
from app.clients.mails import NOT_WRITTEN, UNSAFE
from app.clients.models import OPEN, WITH_VOLUNTEER, Case, Document
from app.clients.supervision import CUT_OFF, STOPPED, why_it_rests
from app.core import audit, clock, daily, links
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import LinkGone, NotFound, refuse_if
from app.core.mail import Mail
from app.matching.models import Assignment
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.mail_choices import zone_of
from app.volunteers.models import Volunteer
from app.volunteers.models_leave import Leave
from app.volunteers.operations_leave import leave_on

from . import ladder, mails, queries
from .days_off import add_counted_days, presses
from .ladder import ASKED, HANDED_OVER, PERSON, REMINDED, REMINDED_AGAIN, TOO_LATE
from .mail_hours import leaves_at
from .models import Answer, Audience, Checkin
from .models_ladder import CheckinStep
from .operations_away import ask_stand_in

A_MOMENT = timedelta(minutes=1)
CALLS = {
    "checkin_call": "Ask by phone",
    "checkin_silent": "No answer",
    "checkin_late": "Overdue check-in",
    "checkin_away": "Away",
}


def sending_time(case: Case, day: date) -> datetime:
    """The office's opening, on the day or the next one at work on which the client has no hearing."""
    hearings = hearing_days(case)
    day = calendars.business_day_on_or_after(day, case.programme)
    while day in hearings:
        day = calendars.add_business_days(day, 1, case.programme)
    return calendars.opening_at(day, case.programme)


def send_checkin(checkin: Checkin) -> None:
    """Ask by the safe channel, or have a person call where there is none."""
    checkin = lock(checkin)
    if checkin.sent_at is None and wants_letter(checkin):
        _write([checkin])


def climb(checkin: Checkin) -> None:
    """Take the next step after silence: reminder, second reminder, a person; each once."""
    checkin = lock(checkin)
    waits = checkin.sent_at is not None and checkin.next_step_at is not None
    if waits and _moment(checkin) <= clock.now() and wants_letter(checkin):
        _write([checkin])


def write_due(first: Checkin) -> None:
    """Take every step that is due for one person: one mail about all of it, in office hours, at most one a day."""
    address, programme = mails.address_of(first), first.case.programme
    today = calendars.today(programme)
    their_day = clock.today_in(_zone_of(first))
    is_free = address is not None and daily.take_day(address, their_day)  # before any lock: the others wait here
    letters = [each for each in queries.due_with(first) if each is first or _is_asked_with(each, first)]
    letters = [checkin for checkin in letters if wants_letter(checkin)]
    permitted = [checkin for checkin in letters if is_free and _may_leave_now(checkin)]
    for checkin in letters:
        if checkin not in permitted:
            _postpone(checkin, today, is_free=is_free)
    if permitted and (sent := _write(_newest_of_each_part(permitted))) is not None:
        daily.keep_for(sent, their_day)
    elif is_free and address is not None:
        daily.give_back(address, their_day)


def _is_asked_with(checkin: Checkin, first: Checkin) -> bool:
    """Goes a question to the same address in the same language? What is safe was said for each case by itself."""
    return mails.where_and_how(checkin) == mails.where_and_how(first)


def _zone_of(checkin: Checkin) -> str:
    """Where the day is reckoned: the volunteer's own zone, else the programme's."""
    volunteer = checkin.assignment.volunteer if checkin.audience is Audience.VOLUNTEER else None
    own = zone_of(volunteer.email_hash) if volunteer is not None else None
    return own or checkin.case.programme.time_zone


def _may_leave_now(checkin: Checkin) -> bool:
    case = checkin.case
    hearing = calendars.today(case.programme) in hearing_days(case)
    return not hearing and calendars.in_business_hours(clock.now(), case.programme)


def wait_for_hearings(mail: Mail) -> datetime | None:
    """A mail about several cases waits for the next day where the client of one of them is heard today."""
    cases = [checkin.case for checkin in queries.checkins_in(mail)]
    heard = next((case for case in cases if calendars.today(case.programme) in hearing_days(case)), None)
    return sending_time(heard, calendars.today(heard.programme)) if heard is not None else None


def _postpone(checkin: Checkin, today: date, *, is_free: bool) -> None:
    """To the next permitted hour: of today where only the hour is wrong, else of the next day at work."""
    opens = sending_time(checkin.case, today)
    if not is_free or opens <= clock.now():
        opens = sending_time(checkin.case, today + timedelta(days=1))
    if checkin.sent_at is None:
        checkin.due_at = opens
    else:
        checkin.next_step_at = opens


def _newest_of_each_part(found: Sequence[Checkin]) -> list[Checkin]:
    """Of several first questions about the same work the newest is put, the older ones are merged into it."""
    kept: list[Checkin] = []
    newest: dict[int, Checkin] = {}
    for checkin in sorted(found, key=lambda each: (each.due_on, each.id), reverse=True):
        if checkin.sent_at is None and newest.setdefault(checkin.assignment_id, checkin) is not checkin:
            close(checkin, "merged")
        else:
            kept.append(checkin)
    return sorted(kept, key=lambda each: each.id)


def wants_letter(checkin: Checkin) -> bool:
    """Is a mail the next step? Whatever else is due happens here."""
    if checkin.closed_at or checkin.answered_at or checkin.case.paused_at is not None:
        return False
    if is_moot(checkin):
        close(checkin, "moot")
    elif checkin.sent_at is not None and heard_otherwise(checkin):
        close(checkin, "heard_otherwise")
    elif checkin.sent_at is not None and _is_over(checkin):
        hand_over(checkin, "checkin_silent")
    elif _moment(checkin) + TOO_LATE < clock.now():
        hand_over(checkin, "checkin_late" if checkin.sent_at is None else "checkin_silent")
    elif not _is_away(checkin):
        return _has_address(checkin)
    return False


def _has_address(checkin: Checkin) -> bool:
    if mails.address_of(checkin) is not None:
        return True
    if checkin.sent_at is None:
        checkin.channel = "call"
    hand_over(checkin, "checkin_call" if checkin.sent_at is None else "checkin_silent")
    return False


def _moment(checkin: Checkin) -> datetime:
    return checkin.due_at if checkin.sent_at is None else checkin.next_step_at or clock.now()


def _is_away(checkin: Checkin) -> bool:
    """Is the volunteer on leave? Then somebody else is asked, or the ladder waits until they are back."""
    leave, case = _leave_of(checkin), checkin.case
    if leave is None:
        return False
    if checkin.sent_at is not None and not presses(case, leave.until_on):
        checkin.next_step_at = max(next_step_at(checkin), sending_time(case, leave.until_on + timedelta(days=1)))
    elif checkin.sent_at is None and ask_stand_in(checkin):
        close(checkin, "away")
    else:
        hand_over(checkin, "checkin_away")
    return True


def _leave_of(checkin: Checkin) -> Leave | None:
    if checkin.audience is not Audience.VOLUNTEER:
        return None
    return leave_on(checkin.assignment.volunteer_id, calendars.today(checkin.case.programme))


def is_moot(checkin: Checkin) -> bool:
    """Is there nothing to be asked any more?"""
    case, part = checkin.case, checkin.assignment
    if part.ended_at is not None:
        return True
    if checkin.audience is Audience.VOLUNTEER and why_it_rests(part) in (CUT_OFF, STOPPED):
        return True  # their file is closed; staff answer for the case
    if part.is_package:
        return part.closing_since is not None or case.status not in OPEN
    return case.status not in WITH_VOLUNTEER


def close(checkin: Checkin, reason: str) -> None:
    """Ask no more; the link ends."""
    checkin.closed_at, checkin.close_reason, checkin.next_step_at = clock.now(), reason, None
    links.revoke(mails.PURPOSE, checkin)


def _write(found: Sequence[Checkin]) -> Mail | None:
    """One mail with a link for each, and for each the step that it takes; none where each was taken before."""
    steps = [(checkin, _next_letter(checkin)) for checkin in found]
    taken = [(checkin, step) for checkin, step in steps if _note_step(checkin, step)]
    for checkin, step in steps:
        _move_on(checkin, step)
    sent = mails.checkins_asked(taken) if taken else None
    for checkin, step in taken if sent is not None and len(taken) > 1 else ():
        of = (CheckinStep.checkin_id == checkin.id, CheckinStep.step == step)
        session.execute(select(CheckinStep).where(*of)).scalar_one().bundle = sent.public_id if sent else None
    for checkin, step in steps:
        action = "checkin.send" if step == ASKED else "checkin.climb"
        audit.record(action, checkin, actor=None, after={"channel": checkin.channel, "step": step})
    return sent


def _next_letter(checkin: Checkin) -> str:
    if checkin.sent_at is None:
        return ASKED
    return REMINDED if checkin.reminded_at is None else REMINDED_AGAIN


def _note_step(checkin: Checkin, step: str) -> bool:
    """Take a step; False where it was taken before, whatever restarted."""
    return insert_unless_exists(CheckinStep, checkin_id=checkin.id, step=step, taken_at=clock.now()) is not None


def _move_on(checkin: Checkin, step: str) -> None:
    now = clock.now()
    if step == ASKED:
        checkin.sent_at, checkin.channel = now, "email"
    elif step == REMINDED:
        checkin.reminded_at = now
    else:
        checkin.reminded_again_at = now
    checkin.next_step_at = next_step_at(checkin)


def next_step_at(checkin: Checkin) -> datetime:
    """When the first step comes that is still ahead."""
    today = calendars.today(checkin.case.programme)
    days = _step_days(checkin)
    first = 0 if checkin.reminded_at is None else 1 if checkin.reminded_again_at is None else PERSON
    day = next((day for day in days[first:] if day > today), today + timedelta(days=1))
    return sending_time(checkin.case, day)


def _is_over(checkin: Checkin) -> bool:
    """Has the day of the last step come: a person's?"""
    if checkin.reminded_again_at is not None:
        return True
    return _step_days(checkin)[PERSON] <= calendars.today(checkin.case.programme)


def _step_days(checkin: Checkin) -> list[date]:
    case = checkin.case
    sent_on = (checkin.sent_at or clock.now()).astimezone(ZoneInfo(case.programme.time_zone)).date()
    left = (case.next_critical_on - sent_on).days if case.next_critical_on else None
    urgency: dict[str, Any] = {"critical": case.priority_rank == 1, "days_left": left}
    add = add_counted_days(checkin, sent_on)
    works = partial(calendars.is_business_day, programme=case.programme)
    return [ladder.step_day(sent_on, step, **urgency, add=add, works=works) for step in range(PERSON + 1)]


def hasten(checkin: Checkin) -> bool:
    """Bring the next step forward where the case is more urgent or the volunteer back; False where it stays."""
    checkin = lock(checkin)
    if checkin.next_step_at is None or checkin.sent_at is None or checkin.closed_at is not None:
        return False
    leave = _leave_of(checkin)
    if leave is not None and not presses(checkin.case, leave.until_on):
        return False
    sooner = next_step_at(checkin)
    if sooner >= checkin.next_step_at:
        return False
    checkin.next_step_at = sooner
    audit.record("checkin.hasten", checkin, actor=None)
    return True


def heard_otherwise(checkin: Checkin) -> bool:
    """What the person asked did or said since counts as an answer; what others did counts for nothing."""
    since = checkin.sent_at or checkin.created_at
    contacts = select(ContactAttempt.id).where(
        ContactAttempt.case_id == checkin.case_id, ContactAttempt.reached, ContactAttempt.at >= since
    )
    account = checkin.assignment.volunteer.user_id or 0
    answered = select(Answer.id).join(Answer.checkin).where(
        Checkin.assignment_id == checkin.assignment_id, Checkin.audience == checkin.audience,
        Checkin.id != checkin.id, Answer.answered_at >= since,
    )  # fmt: skip
    if checkin.audience is Audience.CLIENT:
        outside = select(Volunteer.user_id).join(Assignment, Assignment.volunteer_id == Volunteer.id)
        outside = outside.where(Assignment.case_id == checkin.case_id, Volunteer.user_id.is_not(None))
        by_staff = contacts.where(ContactAttempt.channel != "first_contact", ContactAttempt.by_id.not_in(outside))
        return any(session.execute(stmt.limit(1)).first() for stmt in (by_staff, answered))
    worked = select(TimeEntry.id).where(
        TimeEntry.case_id == checkin.case_id, TimeEntry.volunteer_id == checkin.assignment.volunteer_id,
        TimeEntry.created_at >= since, TimeEntry.removed_at.is_(None),
    )  # fmt: skip
    filed = select(Document.id).where(
        Document.case_id == checkin.case_id, Document.added_by_id == account, Document.created_at >= since
    )
    done = (contacts.where(ContactAttempt.by_id == account), worked, filed, answered)
    return any(session.execute(stmt.limit(1)).first() for stmt in done)


def hand_over(checkin: Checkin, cause: str) -> None:
    """Let a person take over what mail could not do."""
    case = checkin.case
    _note_step(checkin, HANDED_OVER)
    checkin.handed_over_at, checkin.next_step_at = clock.now(), None
    checkin.sent_at = checkin.sent_at or clock.now()
    whom = "client" if checkin.audience is Audience.CLIENT else "volunteer"
    due = calendars.add_business_time(clock.now(), case.programme, days=1)
    title = f"{CALLS[cause]}: call the {whom} of {case.number}"
    if cause == "checkin_away":
        title = f"The volunteer of {case.number} is away: see how it stands"
    open_task(cause, checkin, programme=case.programme, title=title, due_at=due, actor=None, case=case)
    audit.record("checkin.hand_over", checkin, actor=None, after={"cause": cause})


def record_conversation(checkin: Checkin, *, actor: User) -> None:
    """Staff spoke with the volunteer asked, who answered nothing of it: the ladder ends.

    A conversation with a client is recorded as a contact on the case.

    :raises NotFound: it asks a client
    :raises LinkGone: it has its answer, or was closed
    """
    checkin = lock(checkin)
    refuse_if(checkin.audience is not Audience.VOLUNTEER, NotFound)
    refuse_if(checkin.closed_at is not None or checkin.answered_at is not None, LinkGone)
    close(checkin, "spoke")
    for cause in CALLS:
        finish_tasks(cause, checkin, actor=actor, outcome="spoke")
    audit.record("checkin.record_conversation", checkin, actor=actor)


def still_wanted(mail: Mail) -> str | None:
    """Just before a check-in mail leaves: was it answered, closed, or has its channel become unsafe?"""
    reasons = [_reason(checkin, mail) for checkin in queries.checkins_in(mail)]
    if UNSAFE in reasons:
        return UNSAFE  # for one of its cases is enough: the text tells of all
    return reasons[0] if reasons and None not in reasons else None if reasons else "closed"


def _reason(checkin: Checkin, mail: Mail) -> str | None:
    if checkin.closed_at is not None or checkin.case.paused_at is not None or is_moot(checkin):
        return "closed"
    if checkin.answered_at is not None:
        return "answered"
    if mails.address_of(checkin) != mail.to_address:
        return UNSAFE
    followed = (checkin.reminded_at, checkin.reminded_again_at, checkin.handed_over_at)
    if any(at is not None and at > mail.created_at + A_MOMENT for at in followed):
        return "merged"
    return "late" if _is_too_late(mail, checkin.case.programme) else None


def _is_too_late(mail: Mail, programme: Programme) -> bool:
    """Has it stood in line for two days at work from its first permitted hour on, as while no mail could leave?"""
    if clock.now() - mail.created_at <= TOO_LATE:
        return False
    first = leaves_at(mail, mail.created_at)
    return calendars.add_business_time(first, programme, days=TOO_LATE.days) < clock.now()


def call_instead(mail: Mail, why: str) -> None:
    """A check-in that may not be written any more, or too late, is asked by phone."""
    if why not in (*NOT_WRITTEN, "late") or mail.kind not in mails.KINDS:
        return
    for checkin in queries.checkins_in(mail):
        if checkin.handed_over_at is None and checkin.answered_at is None and checkin.closed_at is None:
            checkin.channel = "call"
            hand_over(checkin, "checkin_late" if why == "late" else "checkin_call")
            audit.record("checkin.call_instead", checkin, actor=None, after={"channel": "call"})
