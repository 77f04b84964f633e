"""Asking both sides how it goes, and what follows from what they say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.casework import operations as casework
from app.casework.models import TimeEntry
from app.clients.hearing import hear_of
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import LinkGone, Refusal, refuse_if
from app.matching.models import Assignment
from app.tasks.operations import finish_tasks, open_task

from . import answers
from . import operations_comparison as comparison
from .models import Answer, Audience, Checkin
from .operations_ladder import CALLS, call_instead, climb, send_checkin, still_wanted
from .operations_planning import plan_checkins
from .outside import refuse_after_the_end

__all__ = ["answer", "call_instead", "climb", "plan_checkins", "send_checkin", "still_wanted"]

CHANGEABLE = timedelta(hours=24)
SEEN_WITHIN = 1  # hour at work
MOST_CHANGES = 100  # of one answer: nobody fills the desk through a link they hold

TASKS = {  # for staff, so in English whatever the language of the answer
    "cannot_go_on": "The volunteer cannot go on with %(number)s",
    "needs_help": "The volunteer of %(number)s asks for help",
    "call_me": "Call the client of %(number)s, who asked to be called",
    "no_longer_needed": "The client of %(number)s says that help is no longer needed: ask them",
    "no_contact": "The client of %(number)s has not been reached",
    "ready_to_close": "%(number)s is ready to close: ask for the closing report",
    "postponed": "A date of %(number)s was moved: enter the new one",
}


class AnswerClosed(Refusal):
    """The answer can no longer be changed."""

    status = 410
    message = _l("This answer can no longer be changed. Please call us if something is different now.")


def _call(checkin: Checkin) -> Any:
    return _("This answer can no longer be changed. If something is different now, please call %(phone)s.",
             phone=checkin.case.programme.phone)  # fmt: skip


def changeable_until(checkin: Checkin) -> datetime | None:
    """Until when an answer may be changed; none where nothing was answered yet."""
    return checkin.answered_at + CHANGEABLE if checkin.answered_at is not None else None


def is_settled(checkin: Checkin) -> bool:
    """Was it answered so long ago that the answer stands?"""
    until = changeable_until(checkin)
    return until is not None and clock.now() > until


def seen_on_later_day(checkin: Checkin) -> date | None:
    """The day on which a person sees the newest answer; none where the office is still open for long enough today."""
    given, zone = checkin.answers[-1].answered_at, ZoneInfo(checkin.case.programme.time_zone)
    seen_at = calendars.add_business_time(given, checkin.case.programme, hours=SEEN_WITHIN)
    day = seen_at.astimezone(zone).date()
    return day if day != given.astimezone(zone).date() else None


def answer(
    checkin: Checkin, values: Mapping[str, Any], *, comment: str = "", actor: User | None = None, how: str = "link"
) -> Answer:
    """Keep what somebody answered, compare it with the other side, and open what must be done.

    :raises AnswerClosed: more than a day has passed since the first answer, or it was changed a hundred times
    :raises LinkGone: the check-in was closed
    :raises NothingAskedNow: the case has ended
    """
    checkin = lock(checkin)
    refuse_if(checkin.closed_at is not None and checkin.answered_at is None, LinkGone)
    refuse_after_the_end(checkin)
    refuse_if(is_settled(checkin) or len(checkin.answers) >= MOST_CHANGES, AnswerClosed(_call(checkin)))
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
    for cause in CALLS:
        finish_tasks(cause, checkin, actor=actor, outcome="answered")
    if checkin.audience is Audience.VOLUNTEER:
        _follow_volunteer(checkin, given)
    if given.standing in TASKS and not comparison.escalates(checkin, given):
        _ask_a_person(checkin.assignment, given.standing)
    comparison.compare(checkin, given)


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
