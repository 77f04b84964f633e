"""What stands still with a paused case: holds, requests and offers keep their time, and their people are told."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import User
from app.clients.models import Case, Opening
from app.clients.operations_pauses import run_on
from app.core.db import lock, session
from app.core.i18n import when_at
from app.tasks.models import Task
from app.volunteers.models import Volunteer

from . import mails, words
from .models import HOLDING, Referral, ReferralStatus
from .operations_holds import withdraw_hold
from .operations_line import ANSWER_REQUEST, RELEASE_NAMES, offer_next_in_line, postpone_clock

S = ReferralStatus
WITH_TIME = (*HOLDING, S.OFFERED)


def case_paused(case: Case, since: datetime, *, actor: User | None) -> None:
    """Tell once whoever holds a part of the case, or is asked for it, that their time stands still."""
    for referral in _running(case):
        if referral.ends_at is not None and referral.ends_at > since:
            mails.time_stands_still(referral)


def case_resumed(case: Case, since: datetime, *, actor: User | None) -> None:
    """Let every hold, request and offer run on, and see to whoever waits where one ended meanwhile."""
    for referral in _running(case):
        before = referral.ends_at
        referral.ends_at = run_on(before, case, since)
        if before is None or before <= since:
            continue
        if referral.ends_at != before:
            referral.warned_at = None
            _move_tasks(referral)
        if referral.status is S.HELD:
            postpone_clock(referral)
        mails.time_runs_on(referral)
    for opening in case.openings:
        if _ended_since(opening, since):
            offer_next_in_line(opening)


def held_for(volunteer: Volunteer) -> list[str]:
    """The matters that are held for a volunteer, each with its number and until when."""
    return [_said(referral) for referral in _holds(volunteer)]


def _holds(volunteer: Volunteer) -> list[Referral]:
    found = select(Referral).join(Referral.opening).where(Referral.volunteer_id == volunteer.id)
    held = found.where(Referral.status.in_(HOLDING)).order_by(Opening.case_id, Opening.id)
    return list(session.scalars(held).all())


def _said(referral: Referral) -> str:
    matter = f"{referral.case.number}, {words.called(referral.opening)}"
    if referral.ends_at is None or referral.stands_still:
        return matter
    return _(
        "%(matter)s, until %(when)s", matter=matter, when=when_at(referral.ends_at, referral.case.programme.time_zone)
    )


def give_back_all(volunteer: Volunteer, *, actor: User) -> None:
    """Give back every matter held for a volunteer who pauses; the next in each line is asked."""
    for referral in _holds(volunteer):
        withdraw_hold(referral, actor=actor)


def _running(case: Case) -> list[Referral]:
    """The attempts at the case that have a time, under lock."""
    openings = select(Opening.id).where(Opening.case_id == case.id)
    found = select(Referral).where(Referral.opening_id.in_(openings), Referral.status.in_(WITH_TIME))
    return [lock(referral) for referral in session.scalars(found.order_by(Referral.id)).all()]


def _move_tasks(referral: Referral) -> None:
    """What staff owe the attempt is due when its time ends."""
    theirs = (Task.record_kind == Referral.__tablename__, Task.record_id == referral.id, Task.done_at.is_(None))
    for task in session.scalars(select(Task).where(*theirs, Task.cause.in_((ANSWER_REQUEST, RELEASE_NAMES)))).all():
        if referral.ends_at is not None and task.due_at < referral.ends_at:
            task.due_at = referral.ends_at


def _ended_since(opening: Opening, since: datetime) -> bool:
    ended = select(Referral.id).where(Referral.opening_id == opening.id, Referral.ended_at >= since)
    return session.scalars(ended.limit(1)).first() is not None
