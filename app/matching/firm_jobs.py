"""What runs by itself about firms: nobody answers for one any more, or somebody joins one that is barred."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import aliased

from app.accounts import calendars
from app.clients.locks import lock_opening
from app.clients.models import Case, Opening
from app.core import clock
from app.core.db import lock, session, transaction
from app.tasks.models import Task
from app.tasks.operations import finish_task, open_task

from .colleagues import ask_about_colleagues, unasked
from .firms import coordinated
from .models import LIVE, Referral

UNANSWERED = "firm_unanswered"
HOURS_TO_ACT, MOST_NUMBERS, LONGEST = 4, 4, 160


def _without_coordinator() -> Select[Referral]:
    """Live attempts with organisations for which nobody answers, the oldest first."""
    stmt = select(Referral).join(Opening, Opening.id == Referral.opening_id).join(Case, Case.id == Opening.case_id)
    alone = (Referral.organisation_id.is_not(None), Referral.organisation_id.not_in(coordinated()))
    return stmt.where(Referral.status.in_(LIVE), *alone).order_by(Referral.id)


def _is_known(programme_id: Any) -> ColumnElement[bool]:
    """A task of the programme about the firm is open."""
    other = aliased(Referral)
    return exists().where(
        Task.cause == UNANSWERED, Task.done_at.is_(None), Task.record_kind == "referrals",
        Task.record_id == other.id, Task.programme_id == programme_id,
        other.organisation_id == Referral.organisation_id,
    )  # fmt: skip


def note_unanswered_one() -> bool:
    """Tell the staff of one programme that nobody answers any more for a firm that holds or is asked."""
    due = _without_coordinator().where(~_is_known(Case.programme_id)).limit(1)
    if session.execute(due).first() is None:
        session.rollback()
        return False
    with transaction():
        referral = session.execute(due).scalar_one_or_none()
        if referral is not None:
            _tell_staff(referral)
    return True


def _tell_staff(referral: Referral) -> None:
    """Name what is open with the firm and who acts on it now."""
    lock_opening(referral.opening)
    case, firm = referral.case, referral.organisation
    here = (Referral.organisation_id == referral.organisation_id, Case.programme_id == case.programme_id)
    numbers = list(session.execute(_without_coordinator().where(*here).with_only_columns(Case.number)).scalars())
    named = ", ".join(numbers[:MOST_NUMBERS]) + (" …" if len(numbers) > MOST_NUMBERS else "")
    open_task(
        UNANSWERED, referral, programme=case.programme, case=case, actor=None,
        title=f"Nobody answers for {firm.name[:60] if firm else ''} any more: see to {named} yourself"[:LONGEST],
        due_at=calendars.add_business_time(clock.now(), case.programme, hours=HOURS_TO_ACT),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip


def settle_unanswered_one() -> bool:
    """Close one such task once somebody answers for the firm again, or nothing of it is open."""
    open_with = aliased(Referral)
    still = exists().where(
        open_with.organisation_id == Referral.organisation_id, open_with.status.in_(LIVE),
        open_with.organisation_id.not_in(coordinated()), Opening.id == open_with.opening_id,
        Case.id == Opening.case_id, Case.programme_id == Task.programme_id,
    )  # fmt: skip
    due = select(Task).join(Referral, Referral.id == Task.record_id).where(Task.record_kind == "referrals", ~still)
    due = due.where(Task.cause == UNANSWERED, Task.done_at.is_(None)).order_by(Task.id).limit(1)
    if session.execute(due).first() is None:
        session.rollback()
        return False
    with transaction():
        task = session.execute(due).scalar_one_or_none()
        if task is not None:
            finish_task(task, actor=None, outcome="answered")
    return True


def ask_about_colleagues_one() -> bool:
    """Have staff decide about one case whose worker joined a barred firm since."""
    due = unasked().with_only_columns(Case).limit(1)
    if session.execute(due).first() is None:
        session.rollback()
        return False
    with transaction():
        case = session.execute(due).scalar_one_or_none()
        if case is not None:
            ask_about_colleagues(lock(case), actor=None)
    return True
