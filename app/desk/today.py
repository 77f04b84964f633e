"""What waits for a member of staff today, the oldest promise first, and how the week went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, text

from app.accounts.models import User
from app.casework.models_packages import PackageReport
from app.casework.transfer_models import Transfer
from app.clients.models import Case, CaseMove, CaseStatus, ClientLetter, CriticalDate, PriorityLevel
from app.clients.models.docket import HALVES
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.mail import Mail
from app.engagement.models import Checkin
from app.engagement.models_escalations import Escalation
from app.matching.models import DocketRun, Opening, Proposal, ProposalStatus, Referral, RunStatus
from app.tasks.models import Task
from app.volunteers.models import Credential, Volunteer

from .counts import MOST, capped, open_tasks, row_of, staff_of

SHOWN = 40
WEEK = timedelta(days=7)
RECORDS: dict[str, Any] = {
    "referrals": Referral, "checkins": Checkin, "escalations": Escalation, "volunteers": Volunteer,
    "openings": Opening, "outbox_mails": Mail, "client_letters": ClientLetter, "transfers": Transfer,
    "package_reports": PackageReport,
}  # fmt: skip


def tasks(viewer: User, *, most: int = SHOWN) -> list[Any]:
    """Every open task of the rows that are due first, with the ids their pages are asked with.

    What is about one case stands together, where the first of it is due; of rows due together, the nearest date first.
    """
    of_credential = select(Volunteer.public_id).join(Credential).where(Credential.id == Task.record_id)
    record = case(
        *((Task.record_kind == kind, _public_id(model)) for kind, model in RECORDS.items()),
        (Task.record_kind == "credentials", of_credential.scalar_subquery()),
    )
    day = select(CriticalDate.on_day).where(CriticalDate.id == Task.record_id).scalar_subquery()
    of_case, first = Case.id == Task.case_id, _first_rows(most)
    stmt: Select[Any] = (
        select(
            first.c.row, Task.public_id, Task.cause, Task.title, Task.due_at, Task.owner_id, Task.record_kind,
            Task.record_id, Case.public_id.label("case_public_id"), Case.number, Case.priority_level,
            Case.next_critical_on, Case.status.label("case_status"), record.label("record_public_id"),
            case((Task.record_kind == "critical_dates", day)).label("on_day"), User.name.label("owner"),
        )
        .join(first, (Task.case_id == first.c.row) | (Task.id == -first.c.row))  # row_of, by the indexes
        .outerjoin(Case, of_case)
        .outerjoin(User, User.id == Task.owner_id)
        .where(*open_tasks())
        .order_by(*_by_due(first.c.due_at, first.c.row), Task.due_at, Task.id)
    )  # fmt: skip
    return list(session.execute(stmt, staff_of(viewer)))


def _first_rows(most: int) -> Any:
    """The rows due first. Most promises end at the close of a day, so what falls due together is the rule."""
    due_at, dates = func.min(Task.due_at), (Case.next_critical_on, Case.priority_rank)
    stmt = select(row_of().label("row"), due_at.label("due_at")).outerjoin(Case, Case.id == Task.case_id)
    stmt = stmt.where(*open_tasks()).group_by(row_of(), *dates)
    return stmt.order_by(*_by_due(due_at, func.min(Task.id))).limit(most).subquery()


def _by_due(due_at: Any, last: Any) -> tuple[Any, ...]:
    return (due_at, Case.next_critical_on.nulls_last(), Case.priority_rank.nulls_last(), last)


def _public_id(kind: Any) -> Any:
    return select(kind.public_id).where(kind.id == Task.record_id).scalar_subquery()


def waiting_by_priority(viewer: User) -> dict[PriorityLevel, int]:
    """Listed cases by level."""
    stmt = (
        select(Case.priority_rank, func.count())
        .where(Case.programme_id.in_(viewer.programme_ids(*STAFF)), Case.status == CaseStatus.AVAILABLE)
        .where(text(HALVES["open"]))
        .with_hint(Case, "INDEXED BY ix_cases_open_priority", "sqlite")
        .group_by(Case.priority_rank)
    )
    found = {rank: count for rank, count in session.execute(stmt)}  # noqa: C416
    return {level: found.get(level.rank, 0) for level in PriorityLevel}


def intake(viewer: User) -> Any:
    """How many requests wait to be read, and since when the oldest."""
    stmt = select(func.count(), func.min(Case.received_at)).where(
        Case.programme_id.in_(viewer.programme_ids(*STAFF)),
        Case.status == CaseStatus.PRESCREEN,
        Case.missing_asked_at.is_(None),
    )
    return session.execute(stmt).one()


def last_run(viewer: User) -> tuple[Any, int]:
    """The last finished placing of the docket, and how many of its proposals wait for a word of the viewer."""
    stmt = select(DocketRun.id, DocketRun.public_id, DocketRun.finished_at, DocketRun.report)
    run = session.execute(stmt.where(DocketRun.status == RunStatus.DONE).order_by(DocketRun.id.desc()).limit(1)).first()
    if run is None:
        return None, 0
    mine = Case.programme_id.in_(viewer.programme_ids(*STAFF))
    inner: Any = select(Proposal.id).join(Opening, Opening.id == Proposal.opening_id)
    inner = inner.join(Case, Case.id == Opening.case_id)
    inner = inner.where(Proposal.run_id == run.id, Proposal.status == ProposalStatus.OPEN, mine).limit(MOST + 1)
    found = session.execute(select(func.count()).select_from(inner.subquery())).scalar_one()
    return run, capped(found, MOST)


def week(viewer: User) -> dict[str, int]:
    """How many cases came to each status in the last seven days."""
    stmt = (
        select(CaseMove.to_status, func.count())
        .join(Case, Case.id == CaseMove.case_id)
        .where(
            CaseMove.to_status.in_(
                (CaseStatus.ACCEPTED, CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.CLOSED, CaseStatus.PRESCREEN)
            ),
            CaseMove.at >= clock.now() - WEEK,
            Case.programme_id.in_(viewer.programme_ids(*STAFF)),
        )
        .with_hint(CaseMove, "INDEXED BY ix_case_moves_to", "sqlite")
        .group_by(CaseMove.to_status)
    )
    return {status.value: count for status, count in session.execute(stmt)}


def promises(viewer: User) -> tuple[int, int]:
    """Of the tasks done in the last seven days: how many in time, and how many in all."""
    kept = func.sum(case((Task.done_at <= Task.due_at, 1), else_=0))
    stmt = select(func.coalesce(kept, 0), func.count()).where(
        Task.programme_id.in_(viewer.programme_ids(*STAFF)), Task.done_at >= clock.now() - WEEK
    )
    in_time, done = session.execute(stmt).one()
    return int(in_time), int(done)
