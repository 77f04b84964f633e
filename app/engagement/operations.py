"""Asking both sides how it goes, and what follows from what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.casework import operations as casework
from app.casework.models import ContactAttempt, TimeEntry
from app.clients.hearing import hear_of
from app.clients.models import OPEN, WITH_VOLUNTEER, Case
from app.clients.supervision import CUT_OFF, STOPPED, why_it_rests
from app.core import audit, clock, links
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import LinkGone, Refusal, refuse_if
from app.core.mail import Mail
from app.matching.models import Assignment
from app.tasks.operations import finish_tasks, open_task

from . import answers, mails, queries, series
from .models import Answer, Audience, Checkin
from .models_escalations import Escalation

CHANGEABLE = timedelta(hours=24)
TOO_LATE = timedelta(days=2)

TASKS = {  # for staff, so in English whatever the language of the answer
    "cannot_go_on": "The volunteer cannot go on with %(number)s",
    "needs_help": "The volunteer of %(number)s asks for help",
    "call_me": "Call the client of %(number)s, who asked to be called",
    "no_contact": "The client of %(number)s has not been reached",
    "ready_to_close": "%(number)s is ready to close: ask for the closing report",
    "postponed": "A date of %(number)s was moved: enter the new one",
}


class AnswerClosed(Refusal):
    """The answer can no longer be changed."""

    status = 410
    message = _l("This answer can no longer be changed. Please call us if something is different now.")


def plan_checkins(assignment: Assignment) -> list[Checkin]:
    """Make the check-ins of an assignment that are due by today; what is long overdue becomes a person's task."""
    case, programme = assignment.case, assignment.case.programme
    today = calendars.today(programme)
    found = series.due(
        queries.work_of(assignment),
        queries.rules_of(assignment),
        today,
        lambda day, count: calendars.add_business_days(day, count, programme),
    )
    newest = {item.rule.audience: item for item in found}
    made = [_make(case, assignment, item) for item in newest.values()]
    return [checkin for checkin in made if checkin is not None]


def _make(case: Case, assignment: Assignment, item: series.Due) -> Checkin | None:
    checkin = insert_unless_exists(
        Checkin,
        case_id=case.id,
        assignment_id=assignment.id,
        audience=item.rule.audience,
        series_key=item.rule.key,
        questions=item.rule.questions,
        due_on=item.on_day,
        due_at=_sending_time(case, item.on_day),
    )
    if checkin is not None and checkin.due_at + TOO_LATE < clock.now():
        _hand_over(checkin, "checkin_late")
    return checkin


def _sending_time(case: Case, day: date) -> datetime:
    """The office's opening, on a day at work on which the client has no hearing."""
    hearings = {d.on_day for d in case.critical_dates if d.on_day}
    day = calendars.business_day_on_or_after(day, case.programme)
    while day in hearings:
        day = calendars.add_business_days(day, 1, case.programme)
    return calendars.opening_at(day, case.programme)


def send_checkin(checkin: Checkin) -> None:
    """Ask by the safe channel, or have a person call where there is none."""
    checkin = lock(checkin)
    if checkin.sent_at is not None or checkin.closed_at is not None:
        return
    if _is_moot(checkin):
        _close(checkin, "moot")
        return
    checkin.sent_at = clock.now()
    address = mails.address_of(checkin)
    if address is None:
        checkin.channel = "call"
        _hand_over(checkin, "checkin_call")
    else:
        checkin.channel = "email"
        mails.checkin_asked(checkin, address, "asked")
        checkin.next_step_at = _step_at(checkin, 0)
    audit.record("checkin.send", checkin, actor=None, after={"channel": checkin.channel})


def _is_moot(checkin: Checkin) -> bool:
    case, part = checkin.case, checkin.assignment
    if part.ended_at is not None or case.paused_at is not None:
        return True
    if checkin.audience is Audience.VOLUNTEER and why_it_rests(part) in (CUT_OFF, STOPPED):
        return True  # their file is closed; staff answer for the case
    if part.is_package:
        return part.closing_since is not None or case.status not in OPEN
    return case.status not in WITH_VOLUNTEER


def _close(checkin: Checkin, reason: str) -> None:
    checkin.closed_at, checkin.close_reason, checkin.next_step_at = clock.now(), reason, None
    links.revoke(mails.PURPOSE, checkin)


def _step_at(checkin: Checkin, step: int) -> datetime:
    case = checkin.case
    sent_on = (checkin.sent_at or clock.now()).date()
    left = (case.next_critical_on - sent_on).days if case.next_critical_on else None
    days = series.ladder_days(case.priority_rank == 1, left)[step]
    return calendars.opening_at(calendars.add_business_days(sent_on, days, case.programme), case.programme)


def climb(checkin: Checkin) -> None:
    """Take the next step after silence: reminder, second reminder, a person; each once."""
    checkin = lock(checkin)
    if checkin.answered_at or checkin.closed_at or checkin.next_step_at is None:
        return
    if checkin.next_step_at > clock.now():
        return
    if _is_moot(checkin):
        _close(checkin, "moot")
    elif _heard_otherwise(checkin):
        _close(checkin, "heard_otherwise")
    else:
        _take_step(checkin)


def _take_step(checkin: Checkin) -> None:
    address = mails.address_of(checkin)
    if checkin.reminded_again_at is not None or address is None:
        _hand_over(checkin, "checkin_silent")
    elif checkin.reminded_at is not None:
        checkin.reminded_again_at, checkin.next_step_at = clock.now(), _later_step(checkin, 2)
        mails.checkin_asked(checkin, address, "reminded_again")
    else:
        checkin.reminded_at, checkin.next_step_at = clock.now(), _later_step(checkin, 1)
        mails.checkin_asked(checkin, address, "reminded")
    audit.record("checkin.climb", checkin, actor=None)


def _later_step(checkin: Checkin, step: int) -> datetime:
    """After downtime the ladder goes on a day apart instead of all at once."""
    earliest = calendars.add_business_days(calendars.today(checkin.case.programme), 1, checkin.case.programme)
    return max(_step_at(checkin, step), calendars.opening_at(earliest, checkin.case.programme))


def _heard_otherwise(checkin: Checkin) -> bool:
    """Hours or contact by the volunteer asked count as an answer; for a client only a live conversation."""
    since = checkin.sent_at or checkin.created_at
    contacts = select(ContactAttempt.id).where(
        ContactAttempt.case_id == checkin.case_id, ContactAttempt.reached, ContactAttempt.at >= since
    )
    if checkin.audience is Audience.CLIENT:
        staff_calls = contacts.where(
            ContactAttempt.channel != "first_contact", ContactAttempt.by_id != _volunteer_user(checkin)
        )
        return session.execute(staff_calls.limit(1)).first() is not None
    by_volunteer = contacts.where(ContactAttempt.by_id == _volunteer_user(checkin))
    worked = select(TimeEntry.id).where(
        TimeEntry.case_id == checkin.case_id,
        TimeEntry.volunteer_id == checkin.assignment.volunteer_id,
        TimeEntry.created_at >= since,
        TimeEntry.removed_at.is_(None),
    )
    return any(session.execute(stmt.limit(1)).first() for stmt in (by_volunteer, worked))


def _volunteer_user(checkin: Checkin) -> int:
    return checkin.assignment.volunteer.user_id or 0


def _hand_over(checkin: Checkin, cause: str) -> None:
    """Let a person take over what mail could not do."""
    case = checkin.case
    checkin.handed_over_at, checkin.next_step_at = clock.now(), None
    checkin.sent_at = checkin.sent_at or clock.now()
    whom = "client" if checkin.audience is Audience.CLIENT else "volunteer"
    what = {"checkin_call": "Ask by phone", "checkin_silent": "No answer", "checkin_late": "Overdue check-in"}[cause]
    due = calendars.add_business_time(clock.now(), case.programme, days=1)
    title = f"{what}: call the {whom} of {case.number}"
    open_task(cause, checkin, programme=case.programme, title=title, due_at=due, actor=None, case=case)


def answer(
    checkin: Checkin, values: Mapping[str, Any], *, comment: str = "", actor: User | None = None, how: str = "link"
) -> Answer:
    """Keep what somebody answered, compare it with the other side, and open what must be done.

    :raises AnswerClosed: more than a day has passed since the first answer
    :raises LinkGone: the check-in was closed
    """
    checkin = lock(checkin)
    refuse_if(checkin.closed_at is not None and checkin.answered_at is None, LinkGone)
    refuse_if(checkin.answered_at is not None and clock.now() > checkin.answered_at + CHANGEABLE, AnswerClosed)
    made = Answer(
        checkin=checkin,
        answered_at=clock.now(),
        how=how,
        standing=answers.standing(checkin.audience, values),
        values=dict(values),
        comment=comment.strip() or None,
        recorded_by_id=actor.id if actor else None,
    )
    session.add(made)
    checkin.answered_at = checkin.answered_at or clock.now()
    hear_of(checkin.case, checkin.answered_at)
    checkin.next_step_at = None
    _follow(checkin, made, actor)
    audit.record("checkin.answer", checkin, actor=actor, public=actor is None, after={"standing": made.standing})
    return made


def _follow(checkin: Checkin, given: Answer, actor: User | None) -> None:
    for cause in ("checkin_call", "checkin_silent", "checkin_late"):
        finish_tasks(cause, checkin, actor=actor, outcome="answered")
    if checkin.audience is Audience.VOLUNTEER:
        _follow_volunteer(checkin, given)
    if given.standing in TASKS:
        _ask_a_person(checkin.assignment, given.standing)
    compare(checkin.case)


def _follow_volunteer(checkin: Checkin, given: Answer) -> None:
    account = checkin.assignment.volunteer.user
    if account is None or checkin.assignment.ended_at is not None:
        return
    if given.values.get("contact") == "yes":
        casework.record_first_contact(checkin.assignment, actor=account)
    _keep_hours(checkin, account, given.values.get("hours"))


def _keep_hours(checkin: Checkin, account: User, hundredths: int | None) -> None:
    """Hours told in a check-in replace those told before in the same one."""
    source = f"checkin:{checkin.id}"
    earlier = select(TimeEntry).where(TimeEntry.source == source, TimeEntry.removed_at.is_(None))
    for entry in session.execute(earlier).scalars().all():
        casework.remove_time(entry, actor=account)
    if hundredths:
        day = calendars.today(checkin.case.programme)
        casework.log_time(checkin.case, on_day=day, hundredths=hundredths, actor=account, source=source,
                          part=checkin.assignment)  # fmt: skip


def _ask_a_person(part: Assignment, standing: str) -> None:
    """A task about the case, or about the package where one is asked about: its lead is somebody else."""
    case = part.case
    due = calendars.add_business_time(clock.now(), case.programme, hours=4)
    title = TASKS[standing] % {"number": case.number}
    if part.is_package and part.opening is not None:
        open_task(f"package_{standing}", part.opening, programme=case.programme, title=f"{title}, about a package",
                  due_at=due, actor=None, case=case)  # fmt: skip
        return
    open_task(standing, case, programme=case.programme, title=title, due_at=due, actor=None, case=case)


def compare(case: Case) -> Escalation | None:
    """Put both sides' newest answers beside each other; a mismatch is opened at once, neither side is told."""
    volunteer = queries.newest_answer(case, Audience.VOLUNTEER)
    client = queries.newest_answer(case, Audience.CLIENT)
    if volunteer is None or client is None or volunteer.assignment_id != client.assignment_id:
        return None
    if not answers.disagree(volunteer.answers[-1].standing, client.answers[-1].values):
        return None
    return escalate(case, "mismatch", hours=4)


def escalate(case: Case, cause: str, *, hours: int) -> Escalation | None:
    """Open an escalation with its task; None where one for this cause is open."""
    respond_by = calendars.add_business_time(clock.now(), case.programme, hours=hours)
    respond_by = calendars.due_before(respond_by, case.next_critical_on, case.programme)
    made = insert_unless_exists(Escalation, case_id=case.id, cause=cause, respond_by=respond_by)
    if made is None:
        return None
    title = f"Find out why client and volunteer disagree: {case.number}"
    open_task(cause, made, programme=case.programme, title=title, due_at=respond_by, actor=None, case=case)
    near = case.next_critical_on is not None and (case.next_critical_on - calendars.today(case.programme)).days <= 7
    if near:
        open_task(
            f"{cause}_near_date", made, programme=case.programme, title=title, due_at=respond_by, actor=None, case=case,
            owner_role=Role.SUPERVISING_ATTORNEY,
        )  # fmt: skip
    audit.record("escalation.open", made, actor=None, case=case, after={"cause": cause})
    return made


def close_escalation(escalation: Escalation, *, found: str, root_cause: str, actor: User) -> None:
    """Close an escalation with what was found and its root cause."""
    escalation = lock(escalation)
    if escalation.closed_at is not None:
        return
    escalation.closed_at, escalation.closed_by_id = clock.now(), actor.id
    escalation.found, escalation.root_cause = found.strip(), root_cause
    for cause in (escalation.cause, f"{escalation.cause}_near_date"):
        finish_tasks(cause, escalation, actor=actor, outcome=root_cause)
    audit.record("escalation.close", escalation, actor=actor, after={"root_cause": root_cause})


def still_wanted(mail: Mail) -> str | None:
    """Just before a check-in mail leaves: was it answered, closed, or has its channel become unsafe?"""
    checkin = session.get(Checkin, mail.record_id)
    if checkin is None or checkin.closed_at is not None or _is_moot(checkin):
        return "closed"
    if checkin.answered_at is not None:
        return "answered"
    return None if mails.address_of(checkin) == mail.to_address else "unsafe"


def call_instead(mail: Mail, why: str) -> None:
    """A check-in that may not be written any more is asked by phone."""
    checkin = session.get(Checkin, mail.record_id) if mail.kind == "engagement.checkin" else None
    if why == "unsafe" and checkin is not None and checkin.handed_over_at is None:
        checkin.channel = "call"
        _hand_over(checkin, "checkin_call")
        audit.record("checkin.call_instead", checkin, actor=None, after={"channel": "call"})
