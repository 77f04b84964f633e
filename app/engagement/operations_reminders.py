"""Reminding of critical dates: the volunteer in one mail, the client of their own days, each step once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from app.accounts import calendars
from app.clients import calls
from app.clients.court_days import hearing_days, is_hearing, moment_of
from app.clients.mails import NOT_WRITTEN, UNSAFE, mail_reaches
from app.clients.models import OPEN, WITH_VOLUNTEER, CaseStatus, CriticalDate
from app.clients.supervision import CUT_OFF, STOPPED, why_it_rests
from app.core import audit, clock
from app.core.bounces import StoppedAddress
from app.core.db import insert_unless_exists, session
from app.core.mail import Mail
from app.matching.models import Assignment
from app.volunteers.models import Volunteer
from app.volunteers.operations_leave import leave_on

from . import mails_reminders as mails
from . import queries_reminders as queries
from .models_reminders import DateReminder
from .operations_away import stand_in_for
from .operations_watch import say_away
from .reminder_days import CLIENT, STEPS, VOLUNTEER, due_step

OURS = tuple(status for status in OPEN if status is not CaseStatus.PRESCREEN)  # whose clients hear from us
OWN_REASONS = ("met", "moved", "closed", "paused", "late", "docketed", "handed_over", "away", "changed", "gone")


class Asked(NamedTuple):
    """A date of which somebody is reminded now: the lead's part, and whose mail it is."""

    row: CriticalDate
    part: Assignment
    to: Volunteer
    step: int


def remind_volunteer(volunteer_id: int, programme_id: int) -> int:
    """Take every step that is due on the cases a volunteer leads; how many. All of it is one mail to each reader."""
    asked = [each for row, part in session.execute(queries.dates_led_by(volunteer_id, programme_id))
             if (each := _due(row, part)) is not None]  # fmt: skip
    taken = [(each, made) for each in asked if (made := _take_for_volunteer(each)) is not None]
    for to in {each.to.id: each.to for each, _made in taken}.values():
        found = [made for each, made in taken if each.to.id == to.id]
        sent = mails.dates_near(to, found)
        for made in found:
            made.mail_id = sent.id if sent else None
    for each, _made in taken:
        audit.record("date.remind", each.row, actor=None, after={"audience": VOLUNTEER, "step": each.step})
    return len(taken)


def _due(row: CriticalDate, part: Assignment) -> Asked | None:
    """Who is reminded of a date now, if anybody; where the lead is away and nobody stands in, staff see to it."""
    if row.on_day is None or _against_volunteer(row, part) is not None:
        return None
    case = row.case
    today = calendars.today(case.programme)
    step = due_step(row.on_day, today, STEPS[VOLUNTEER], lambda day: calendars.is_business_day(day, case.programme))
    if step is None or today in hearing_days(case):
        return None
    if leave_on(part.volunteer_id, today) is None:
        return Asked(row, part, part.volunteer, step)
    instead = stand_in_for(part)
    if instead is None:
        if _take(row, VOLUNTEER, step, "task") is not None:
            say_away(row)
        return None
    return Asked(row, instead, instead.volunteer, step)


def _against_volunteer(row: CriticalDate, part: Assignment) -> str | None:
    """What speaks against reminding whoever leads a case of a date."""
    against = _against(row)
    if against is not None or row.on_day is None:
        return against or "moved"
    if row.case.status not in WITH_VOLUNTEER:
        return "closed"
    if part.ended_at is not None or why_it_rests(part) in (CUT_OFF, STOPPED):
        return "handed_over"
    if row.on_day <= calendars.today(row.case.programme):
        return "late"
    lead = queries.lead_on(row.case)
    return "docketed" if lead is not None and queries.docketing_of(row, lead) is not None else None


def _against(row: CriticalDate) -> str | None:
    """What speaks against reminding anybody outside the office of a date."""
    if row.done_at is not None:
        return "met"
    if row.on_day is None or row.standing != "confirmed":
        return "moved"
    if row.case.status not in OURS:
        return "closed"
    return "paused" if row.case.paused_at is not None else None


def _take_for_volunteer(asked: Asked) -> DateReminder | None:
    return _take(asked.row, VOLUNTEER, asked.step, "mail", assignment_id=asked.part.id)


def _take(row: CriticalDate, audience: str, step: int, how: str, **more: int) -> DateReminder | None:
    """Take a step; None where it was taken before, whatever restarted."""
    return insert_unless_exists(
        DateReminder, critical_date_id=row.id, audience=audience, step=step, for_day=row.on_day,
        taken_at=clock.now(), how=how, **more,
    )  # fmt: skip


def remind_client(row: CriticalDate) -> bool:
    """Remind a client of a day on which they have to be there; somebody calls where no mail is safe."""
    if row.on_day is None or _against_client(row) is not None:
        return False
    case, client = row.case, row.case.client
    step = due_step(row.on_day, calendars.today(case.programme), STEPS[CLIENT],
                    lambda day: calendars.is_business_day(day, case.programme))  # fmt: skip
    address = mail_reaches(client)
    by_voice = address is None or client.watched_device
    made = _take(row, CLIENT, step, "call" if by_voice else "mail") if step is not None else None
    if made is None:
        return False
    if address is not None:
        sent = mails.own_date_near(client, row, made, address)
        made.mail_id = sent.id if sent else None
    if by_voice:
        calls.ask_for_call(client, "own_date", {"by": row.on_day, "at": row.at_time}, actor=None)
    audit.record("date.remind", row, actor=None, after={"audience": CLIENT, "step": step, "how": made.how})
    return True


def _against_client(row: CriticalDate) -> str | None:
    against = _against(row)
    if against is not None or row.on_day is None:
        return against or "moved"
    if not is_hearing(row.kind):
        return "changed"
    return "late" if is_over(row) else None


def is_over(row: CriticalDate) -> bool:
    """Has the day come, and its hour passed or never been known?"""
    today = calendars.today(row.case.programme)
    if row.on_day is None or row.on_day != today:
        return row.on_day is None or row.on_day < today
    begins = moment_of(row.on_day, row.at_time, row.case.programme.time_zone)
    return begins is None or begins <= clock.now()


def still_wanted(mail: Mail) -> str | None:
    """Just before a reminder leaves: is every day in it as it was, still ahead, and its reader's to know?"""
    found = queries.reminders_in(mail)
    reasons = [_reason(each, mail) for each in found]
    return next((reason for reason in reasons if reason is not None), None) if found else "gone"


def _reason(reminder: DateReminder, mail: Mail) -> str | None:
    row = reminder.critical_date
    if row.on_day != reminder.for_day:
        return "moved"
    if reminder.audience == CLIENT:
        return _against_client(row) or _client_reason(reminder, mail)
    part = reminder.assignment
    if part is None:
        return "gone"
    against = _against_volunteer(row, part)
    if against is None and leave_on(part.volunteer_id, calendars.today(row.case.programme)) is not None:
        return "away"
    return against or ("changed" if part.volunteer.email != mail.to_address else None)


def _client_reason(reminder: DateReminder, mail: Mail) -> str | None:
    """Was it written for another address, another hour, or before somebody said that the device is watched?"""
    row = reminder.critical_date
    client = row.case.client
    if mail_reaches(client) != mail.to_address:
        return UNSAFE
    is_old = row.changed_at > mail.created_at or row.case.language != mail.language
    return "changed" if is_old or (client.watched_device and reminder.how == "mail") else None


def wait_for_hearings(mail: Mail) -> datetime | None:
    """A mail about several cases waits for the next day where the client of one of them is heard today."""
    for each in queries.reminders_in(mail):
        case = each.critical_date.case
        today = calendars.today(case.programme)
        if each.audience == VOLUNTEER and today in hearing_days(case):
            day = calendars.business_day_on_or_after(today + timedelta(days=1), case.programme)
            return calendars.opening_at(day, case.programme)
    return None


def let_drop(mail: Mail, why: str) -> None:
    """A reminder was not sent: what still holds is reminded of anew, and what may not be written is said by phone."""
    if mail.kind not in mails.KINDS:
        return
    for each in (one for one in queries.reminders_in(mail) if one.mail_id == mail.id):
        row = each.critical_date
        if why in OWN_REASONS:
            audit.record("date.not_reminded", row, actor=None, after={"audience": each.audience, "why": why})
            session.delete(each)
        elif each.audience == CLIENT and why in NOT_WRITTEN and _against_client(row) is None and each.how == "mail":
            each.how = "call"
            calls.ask_for_call(row.case.client, "own_date", {"by": row.on_day, "at": row.at_time}, actor=None)
            audit.record("date.remind", row, actor=None, after={"audience": CLIENT, "step": each.step, "how": "call"})
    session.flush()


def came_back(row: StoppedAddress) -> None:
    """A client's reminder that left came back: the day is said by phone."""
    let_drop(row.mail, row.reason)
