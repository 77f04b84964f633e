"""Which cases changed since the last roll-up: anything that a figure reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.accounts.models import Programme
from app.casework.models import ClosingAmount, ClosingReport, TimeEntry
from app.casework.transfer_models import Transfer
from app.clients.models import (
    Case,
    CaseGrant,
    CaseMove,
    Client,
    ConflictSearch,
    Consent,
    CriticalDate,
    EligibilityDecision,
)
from app.core.db import session
from app.engagement.models import Checkin
from app.engagement.models_escalations import Escalation
from app.engagement.models_surveys import Survey
from app.matching.models import Assignment
from app.tasks.models import Task

from .facts_engagement import ANSWER_REQUEST
from .facts_moves import CLOCK_RAN_OUT
from .models import CountedYear
from .window import Window, in_turn

EDITED: tuple[Any, ...] = (
    TimeEntry, Checkin, ClosingReport, CriticalDate, Client, Assignment, Transfer, Survey, Escalation,
)  # fmt: skip
ADDED: tuple[tuple[Any, Any], ...] = (
    (CaseMove.case_id, CaseMove.recorded_at), (CaseGrant.case_id, CaseGrant.created_at),
    (ConflictSearch.case_id, ConflictSearch.decided_at), (Consent.case_id, Consent.created_at),
    (EligibilityDecision.case_id, EligibilityDecision.created_at),
)  # fmt: skip


def changed_cases(programme: Programme, since: datetime, volunteers: Sequence[int]) -> list[int]:
    """The cases of which anything that a figure reads changed since a moment, erased ones too."""
    found = set(session.execute(select(Case.id).where(_of(programme), Case.changed_at >= since)).scalars())
    for query in _queries(since):
        found |= set(
            session.execute(query.join(Case, Case.id == query.selected_columns[0]).where(_of(programme))).scalars()
        )
    for ids in in_turn(volunteers):
        for column, who in ((Assignment.case_id, Assignment.volunteer_id), (TimeEntry.case_id, TimeEntry.volunteer_id)):
            theirs = select(column).join(Case, Case.id == column).where(_of(programme), who.in_(ids))
            found |= set(session.execute(theirs).scalars())
    return sorted(found | _erased(programme))


def _of(programme: Programme) -> Any:
    return Case.programme_id == programme.id


def _queries(since: datetime) -> list[Select[Any]]:
    found = [select(kind.case_id).where(kind.changed_at >= since) for kind in EDITED]
    found += [select(case_id).where(moment >= since) for case_id, moment in ADDED]
    tasks = Task.cause.in_((ANSWER_REQUEST, CLOCK_RAN_OUT))
    found.append(select(Task.case_id).where(Task.changed_at >= since, tasks, Task.case_id.is_not(None)))
    amounts = select(ClosingReport.case_id).join(ClosingAmount, ClosingAmount.report_id == ClosingReport.id)
    found.append(amounts.where(ClosingAmount.created_at >= since))
    return found


def _erased(programme: Programme) -> set[int]:
    gone = (
        select(CountedYear.case_id)
        .outerjoin(Case, Case.id == CountedYear.case_id)
        .where(CountedYear.programme_id == programme.id, Case.id.is_(None))
    )
    return set(session.execute(gone).scalars())


def first_day(window: Window) -> date:
    """The first day anything of a programme may count on."""
    of = _of(window.programme)
    came = session.execute(select(func.min(Case.received_at)).where(of)).scalar()
    moved = session.execute(select(func.min(CaseMove.at)).join(Case).where(of)).scalar()
    worked = session.execute(select(func.min(TimeEntry.on_day)).join(Case).where(of)).scalar()
    days = [window.day(at) for at in (came, moved) if at is not None]
    return min([*days, *([worked] if worked else []), window.today])
