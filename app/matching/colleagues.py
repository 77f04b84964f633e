"""Whoever of a barred firm already works on the case: staff decide about them, once for each case and firm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, joinedload

from app.accounts import calendars
from app.accounts.models import User
from app.clients.models import Case
from app.core import audit, clock
from app.core.db import session
from app.core.errors import NotAllowed, refuse_if
from app.tasks.models import Task
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.models import Membership

from .models import Assignment, Bar
from .policy import may_place

FIRM_BARRED = "firm_barred"
HOURS_TO_DECIDE = 4


def live_colleagues() -> Any:
    """Bars of firms, each with a live part of somebody who belongs to the firm and is not barred in person.

    Of a clinic's short service a firm's conflict binds nobody else (Rule 6.5).
    """
    own = aliased(Bar)
    barred = exists().where(own.case_id == Assignment.case_id, own.volunteer_id == Assignment.volunteer_id)
    return (
        select(Bar, Assignment)
        .join(Assignment, Assignment.case_id == Bar.case_id)
        .join(Case, Case.id == Bar.case_id)
        .join(Membership, Membership.volunteer_id == Assignment.volunteer_id)
        .where(Membership.organisation_id == Bar.organisation_id, Assignment.ended_at.is_(None))
        .where(Case.short_term_by.is_(None), ~barred)
        .options(joinedload(Assignment.volunteer))
        .order_by(Bar.id, Assignment.id)
    )


def unasked() -> Any:
    """Those about whom nobody was ever asked."""
    asked = exists().where(Task.cause == FIRM_BARRED, Task.record_kind == "bars", Task.record_id == Bar.id)
    return live_colleagues().where(~asked)


def to_decide(case: Case) -> Sequence[Any]:
    """(bar, part) of a case for which the question is open."""
    waits = exists().where(
        Task.cause == FIRM_BARRED, Task.record_kind == "bars", Task.record_id == Bar.id, Task.done_at.is_(None)
    )
    return session.execute(live_colleagues().where(Bar.case_id == case.id, waits)).all()


def ask_about_colleagues(case: Case, *, actor: User | None) -> None:
    """Have staff decide about everybody on a case whose firm has just been barred from it."""
    for bar, _part in session.execute(unasked().where(Bar.case_id == case.id)).all():
        open_task(
            FIRM_BARRED, bar, programme=case.programme, case=case, actor=actor,
            title=f"{case.number}: a firm is kept off it, and somebody of that firm works on it; decide",
            due_at=calendars.add_business_time(clock.now(), case.programme, hours=HOURS_TO_DECIDE),
            owner=case.custody.user if case.custody else None,
        )  # fmt: skip


def settle_colleagues(case: Case, *, actor: User | None) -> None:
    """Close the question where nobody of the firm is left on the case."""
    session.flush()
    left = {bar.id for bar, _part in to_decide(case)}
    for bar in session.execute(select(Bar).where(Bar.case_id == case.id, Bar.organisation_id.is_not(None))).scalars():
        if bar.id not in left:
            finish_tasks(FIRM_BARRED, bar, actor=actor, outcome="nobody_left")


def let_colleagues_go_on(case: Case, *, actor: User) -> None:
    """Staff found that the firm's conflict does not reach whoever works on the case. Twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme, or it is their own part
    """
    found = to_decide(case)
    own = actor.volunteer is not None and any(part.volunteer_id == actor.volunteer.id for _bar, part in found)
    refuse_if(own or not may_place(actor, case), NotAllowed)
    for bar, part in found:
        finish_tasks(FIRM_BARRED, bar, actor=actor, outcome="goes_on")
        audit.record("assignment.screened", part, actor=actor, case=case, after={"organisation": bar.organisation_id})
