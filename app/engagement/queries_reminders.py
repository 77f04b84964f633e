"""Critical dates that come near, what was done about each, and what a mail or page tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients.court_days import WATCH, WATCH_BY_ATTORNEY
from app.clients.models import OPEN, Case, CaseRole, CriticalDate
from app.core.db import session
from app.core.mail import Mail, MailStatus, original
from app.matching.models import Assignment
from app.tasks.models import Task

from .models_reminders import DateDocketing, DateReminder
from .reminder_days import ATTORNEY, LOOK_AHEAD, LOOK_BACK, STAFF

NAMES = (CriticalDate.__tablename__,)


def near_dates(programme: Programme, today: date) -> Sequence[Any]:
    """The dates of a programme's open cases that come near or passed of late, with who leads the case."""
    columns = (
        CriticalDate.id, CriticalDate.kind, CriticalDate.on_day, CriticalDate.standing, CriticalDate.created_at,
        Case.id.label("case_id"), Case.status, Case.paused_at, Assignment.volunteer_id,
    )  # fmt: skip
    lead = and_(Assignment.case_id == Case.id, Assignment.role == CaseRole.LEAD, Assignment.ended_at.is_(None))
    found = select(*columns).join(Case, Case.id == CriticalDate.case_id).outerjoin(Assignment, lead)
    near = CriticalDate.on_day.between(today - LOOK_BACK, today + LOOK_AHEAD)
    still = (Case.programme_id == programme.id, Case.status.in_(OPEN), CriticalDate.done_at.is_(None))
    return session.execute(found.where(near, *still).order_by(CriticalDate.id)).all()


def taken(programme: Programme, today: date) -> set[tuple[int, str, int, date]]:
    """The steps that were taken for those dates: date, side, step and the day it was for."""
    columns = (DateReminder.critical_date_id, DateReminder.audience, DateReminder.step, DateReminder.for_day)
    found = select(*columns).join(CriticalDate, CriticalDate.id == DateReminder.critical_date_id)
    found = found.join(Case, Case.id == CriticalDate.case_id).where(Case.programme_id == programme.id)
    rows = session.execute(found.where(DateReminder.for_day >= today - LOOK_BACK))
    return {(date_id, audience, step, day) for date_id, audience, step, day in rows}


def docketed(programme: Programme, today: date) -> set[tuple[int, date]]:
    """The dates that the firm of whoever leads now keeps, with the day they are kept for."""
    found = select(DateDocketing.critical_date_id, DateDocketing.for_day).join(DateDocketing.assignment)
    found = found.join(Case, Case.id == Assignment.case_id).where(Case.programme_id == programme.id)
    live = (DateDocketing.undone_at.is_(None), Assignment.ended_at.is_(None), DateDocketing.for_day >= today)
    return {(date_id, day) for date_id, day in session.execute(found.where(*live))}


def dates_led_by(volunteer_id: int, programme_id: int) -> Select[CriticalDate, Assignment]:
    """The dates of the cases that a volunteer leads, with the part."""
    found = select(CriticalDate, Assignment).join(Case, Case.id == CriticalDate.case_id)
    found = found.join(Assignment, Assignment.case_id == Case.id)
    mine = (Assignment.volunteer_id == volunteer_id, Assignment.role == CaseRole.LEAD, Assignment.ended_at.is_(None))
    still = (Case.programme_id == programme_id, CriticalDate.done_at.is_(None), CriticalDate.on_day.is_not(None))
    return found.where(*mine, *still).order_by(CriticalDate.id)


def docketing_of(row: CriticalDate, part: Assignment) -> DateDocketing | None:
    """That the lead's firm keeps a date for the day it has now."""
    found = select(DateDocketing).where(
        DateDocketing.critical_date_id == row.id, DateDocketing.assignment_id == part.id,
        DateDocketing.for_day == row.on_day, DateDocketing.undone_at.is_(None),
    )  # fmt: skip
    return session.scalars(found).one_or_none()


def docketings_on(case: Case) -> dict[int, DateDocketing]:
    """Of a case's dates those that the firm of whoever leads now keeps, by the date's number."""
    found = select(DateDocketing).join(DateDocketing.assignment).join(
        CriticalDate, and_(CriticalDate.id == DateDocketing.critical_date_id,
                           CriticalDate.on_day == DateDocketing.for_day)
    )  # fmt: skip
    live = (
        Assignment.case_id == case.id,
        Assignment.ended_at.is_(None),
        DateDocketing.undone_at.is_(None),
        CriticalDate.case_id == case.id,
    )  # fmt: skip  (or SQLite reads every date there is)
    return {each.critical_date_id: each for each in session.scalars(found.where(*live))}


def lead_on(case: Case) -> Assignment | None:
    """Who leads a case now."""
    found = select(Assignment).where(Assignment.case_id == case.id, Assignment.role == CaseRole.LEAD)
    return session.scalars(found.where(Assignment.ended_at.is_(None))).one_or_none()


def was_reminded(row: CriticalDate, audience: str) -> bool:
    """Was one side reminded of a date for the day it has: did a mail leave, or did a person get it to do?"""
    found = select(DateReminder.id).outerjoin(Mail, Mail.id == DateReminder.mail_id).where(
        DateReminder.critical_date_id == row.id, DateReminder.audience == audience, DateReminder.for_day == row.on_day,
        or_(Mail.status == MailStatus.SENT, DateReminder.how.in_(("call", "task"))),
    )  # fmt: skip
    return session.execute(found.limit(1)).first() is not None


def somebody_saw_to(row: CriticalDate) -> bool:
    """Did a person finish what staff were to see to, since this day was first watched?"""
    first = select(DateReminder.taken_at).where(
        DateReminder.critical_date_id == row.id, DateReminder.audience == STAFF, DateReminder.for_day == row.on_day
    )
    since = first.order_by(DateReminder.taken_at).limit(1).scalar_subquery()
    done = select(Task.id).where(
        Task.record_kind.in_(NAMES), Task.record_id == row.id, Task.cause == WATCH, Task.done_by_id.is_not(None)
    )
    return session.execute(done.where(Task.done_at >= since).limit(1)).first() is not None


def watches_to_end() -> Select[int]:
    """Open tasks about dates that were met, have moved or belong to a case that has ended."""
    of_this_day = exists().where(
        DateReminder.critical_date_id == CriticalDate.id, DateReminder.audience == STAFF,
        DateReminder.for_day == CriticalDate.on_day,
    )  # fmt: skip
    found = (
        select(Task.id)
        .join(CriticalDate, CriticalDate.id == Task.record_id)
        .join(Case, Case.id == CriticalDate.case_id)
    )
    watches = (Task.record_kind.in_(NAMES), Task.cause.in_((WATCH, WATCH_BY_ATTORNEY)), Task.done_at.is_(None))
    over = or_(CriticalDate.done_at.is_not(None), Case.status.not_in(OPEN), ~of_this_day)
    return found.where(*watches, over).order_by(Task.id)


def reminders_in(mail: Mail) -> list[DateReminder]:
    """What a mail, or the mail that it is a second copy of, reminds of."""
    found = select(DateReminder).where(DateReminder.mail_id == original(mail).id).order_by(DateReminder.id)
    return list(session.scalars(found))


def first_day_in(mail: Mail) -> date | None:
    """The first day that a mail reminds of."""
    return min((each.for_day for each in reminders_in(mail)), default=None)


def unkept(programme: Programme) -> Select[CriticalDate]:
    """The dates that are still an attorney's to see to and of which nobody was written, for the day they have."""
    task = (
        Task.record_kind.in_(NAMES), Task.record_id == CriticalDate.id, Task.cause == WATCH_BY_ATTORNEY,
        Task.done_at.is_(None), Task.programme_id == programme.id,
    )  # fmt: skip
    written = exists().where(
        DateReminder.critical_date_id == CriticalDate.id, DateReminder.audience == ATTORNEY,
        DateReminder.for_day == CriticalDate.on_day,
    )  # fmt: skip
    ahead = CriticalDate.on_day > calendars.today(programme)
    return select(CriticalDate).join(Task, and_(*task)).where(ahead, ~written).order_by(CriticalDate.id)


def is_with_attorney(row: CriticalDate) -> bool:
    """Is a date still an attorney's to see to?"""
    task = select(Task.id).where(Task.record_kind.in_(NAMES), Task.record_id == row.id, Task.done_at.is_(None))
    return session.execute(task.where(Task.cause == WATCH_BY_ATTORNEY)).first() is not None


def reminders_behind(mail: Mail) -> list[DateReminder]:
    """What a mail to one of several attorneys, or the one it repeats, tells of."""
    kind, _, number = mail.occasion.partition(":")
    first = session.get(Mail, int(number)) if kind == "again" else mail
    found = select(DateReminder).join(DateReminder.mail).where(DateReminder.audience == ATTORNEY)
    return list(session.scalars(found.where(Mail.occasion == (first or mail).occasion).order_by(DateReminder.id)))


def mails_about(case_id: int) -> Select[str]:
    """The mails that remind of this case's dates, among others."""
    found = select(Mail.public_id).join(DateReminder, DateReminder.mail_id == Mail.id)
    return found.join(CriticalDate).where(CriticalDate.case_id == case_id)
