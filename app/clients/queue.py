"""The intake queue: which requests wait, for what, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, case, func, select

from app.core.access import STAFF
from app.core.db import session

from .models import Case, CaseStatus, ConflictSearch, EligibilityDecision, MeritsDecision, PriorityLevel

if TYPE_CHECKING:
    from app.accounts.models import User

WAITING = (CaseStatus.PRESCREEN, CaseStatus.ACCEPTED)

STEPS: dict[str, Any] = {
    "missing": _l("Waiting for the client"),
    "conflict": _l("Check the names"),
    "matter": _l("Choose the problem code"),
    "eligibility": _l("Decide eligibility"),
    "merits": _l("Judge the merits"),
    "accept": _l("Accept or reject"),
    "reject": _l("Reject, or decide anew"),
    "list": _l("Write the listing"),
}


@dataclass(frozen=True)
class Filters:
    """What narrows the queue."""

    step: str = ""
    level: str = ""
    county: str = ""
    since: datetime | None = None


def _conflict() -> ColumnElement[str | None]:
    """The outcome of the newest search, where it is for the parties as they are."""
    current = case((ConflictSearch.parties_version == Case.parties_version, ConflictSearch.outcome))
    newest = select(current).where(ConflictSearch.case_id == Case.id).order_by(ConflictSearch.id.desc()).limit(1)
    return newest.correlate(Case).scalar_subquery()


def _merits() -> ColumnElement[str | None]:
    mine = select(MeritsDecision.rating).where(MeritsDecision.case_id == Case.id)
    return mine.order_by(MeritsDecision.id.desc()).limit(1).correlate(Case).scalar_subquery()


def _eligible() -> ColumnElement[Any]:
    """1 where some fund can pay, 0 where none was found able to, NULL where nobody decided."""
    flags = select(func.max(case((EligibilityDecision.eligible, 1), else_=0)))
    return flags.where(EligibilityDecision.case_id == Case.id).correlate(Case).scalar_subquery()


def next_step() -> ColumnElement[str]:
    """What comes next for a waiting request, in codes of `STEPS`."""
    conflict, merits, eligible = _conflict(), _merits(), _eligible()
    return case(
        (Case.status == CaseStatus.ACCEPTED, "list"),
        (Case.missing_asked_at.is_not(None), "missing"),
        (conflict == "conflict", "reject"),
        (func.coalesce(conflict, "") != "clear", "conflict"),
        (Case.problem_code.is_(None), "matter"),
        (eligible.is_(None), "eligibility"),
        (eligible == 0, "reject"),
        (merits.is_(None), "merits"),
        (merits.in_(("weak", "none")), "reject"),
        else_="accept",
    )


def _mine(viewer: User) -> tuple[ColumnElement[bool], ...]:
    return Case.programme_id.in_(viewer.programme_ids(*STAFF)), Case.status.in_(WAITING), Case.paused_at.is_(None)


def _narrowed(stmt: Select[Any], filters: Filters) -> Select[Any]:
    if filters.level in list(PriorityLevel):
        stmt = stmt.where(Case.priority_rank == PriorityLevel(filters.level).rank)
    if filters.county:
        stmt = stmt.where(Case.county == filters.county)
    if filters.since is not None:
        stmt = stmt.where(Case.received_at >= filters.since)
    return stmt


def waiting(viewer: User, filters: Filters) -> Select[Any]:
    """The rows of the queue; who the client is stays in the file."""
    step = next_step()
    columns = (
        Case.public_id, Case.number, Case.status, Case.received_at, Case.problem_code, Case.county, Case.language,
        Case.priority_level, Case.points, Case.next_critical_on, Case.missing_items, Case.missing_asked_at,
        Case.narrative_opened_at, step.label("step"),
    )  # fmt: skip
    stmt = _narrowed(cast("Select[Any]", select(*columns).where(*_mine(viewer))), filters)
    return stmt.where(step == filters.step) if filters.step in STEPS else stmt


ORDERS: Mapping[str, tuple[Any, ...]] = {
    "urgent": (Case.priority_rank, Case.points.desc(), Case.received_at, Case.id),
    "received": (Case.received_at, Case.id),
    "next": (Case.next_critical_on.is_(None), Case.next_critical_on, Case.id),
    "county": (Case.county, Case.priority_rank, Case.id),
}


def counts(viewer: User) -> dict[str, int]:
    """How many requests wait at each step."""
    inner = select(next_step().label("step")).where(*_mine(viewer)).subquery()
    rows = session.execute(select(inner.c.step, func.count()).group_by(inner.c.step))
    return {row[0]: row[1] for row in rows}


def counties(viewer: User) -> list[str]:
    """The counties that waiting requests are in."""
    found = select(Case.county).where(*_mine(viewer)).distinct().order_by(Case.county)
    return list(session.scalars(found))
