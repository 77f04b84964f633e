"""What was reported of packages."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, exists, or_, select

from app.accounts.models import User
from app.clients.models import Case, Opening, OpeningStatus
from app.clients.operations_openings import TAKES_OPENINGS
from app.clients.supervision import may_be_played, rests, why_it_rests
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound
from app.matching.models import Assignment
from app.tasks.models import Task

from .models_packages import PackageReport, PackageStatus

OVERDUE = "package_overdue"


def newest_report(assignment: Assignment) -> PackageReport | None:
    """The newest report of a package, answered or not."""
    of = select(PackageReport).where(PackageReport.assignment_id == assignment.id)
    return session.execute(of.order_by(PackageReport.id.desc()).limit(1)).scalar_one_or_none()


def waits_for_answer(assignment: Assignment) -> bool:
    """Does a report of this package wait for staff?"""
    report = newest_report(assignment) if assignment.is_package else None
    return report is not None and report.status is PackageStatus.REPORTED


def my_part(public_id: str, *, viewer: User) -> Assignment:
    """The viewer's own live part on a case, which opens something now.

    :raises NotFound: unknown, another's, ended, or at rest for want of an attorney
    """
    mine = viewer.volunteer.id if viewer.volunteer else 0
    of = select(Assignment).where(Assignment.public_id == public_id, Assignment.volunteer_id == mine)
    part = session.execute(of.where(Assignment.ended_at.is_(None))).scalar_one_or_none()
    if part is None or rests(part):
        raise NotFound
    return part


def parts_beside_lead(case: Case, *, viewer: User) -> list[Assignment]:
    """The viewer's own live parts and packages of a case, but for its lead."""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    of = select(Assignment).where(Assignment.case_id == case.id, Assignment.volunteer_id == mine)
    live = of.where(Assignment.ended_at.is_(None), Assignment.role != "lead", Assignment.opening_id.is_not(None))
    return [part for part in session.execute(live.order_by(Assignment.id)).scalars() if not rests(part)]


def resting(viewer: User) -> dict[int, str | None]:
    """The viewer's live parts that open nothing just now, and why."""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    live = (Assignment.volunteer_id == mine, Assignment.ended_at.is_(None))
    found = session.execute(select(Assignment).where(*live, ~may_be_played(Assignment))).scalars()
    return {part.id: why_it_rests(part) for part in found}


def rests_on(case_public_id: str, *, viewer: User) -> str | None:
    """Why a part of the viewer on a case opens nothing just now; none where no part rests."""
    found = resting(viewer)
    of = select(Assignment.id).join(Assignment.case).where(Case.public_id == case_public_id)
    part_id = session.execute(of.where(Assignment.id.in_(found))).scalars().first()
    return found[part_id] if part_id is not None else None


def get_report(public_id: str, *, viewer: User) -> PackageReport:
    """A report on a package of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    of = select(PackageReport).join(PackageReport.assignment).join(Assignment.case)
    mine = of.where(PackageReport.public_id == public_id, Case.programme_id.in_(viewer.programme_ids(*STAFF)))
    report = session.execute(mine).scalar_one_or_none()
    if report is None:
        raise NotFound
    return report


def overdue() -> Select[Opening]:
    """Packages whose last day is over, by the universal date, that nobody reported done or was asked about."""
    asked = exists().where(
        Task.cause == OVERDUE, Task.record_kind == "openings", Task.record_id == Opening.id,
        or_(Task.done_at.is_(None), Task.created_at >= Opening.changed_at),
    )  # fmt: skip
    reported = exists().where(
        Assignment.opening_id == Opening.id,
        Assignment.ended_at.is_(None),
        PackageReport.assignment_id == Assignment.id,
        PackageReport.status == PackageStatus.REPORTED,
    )
    return (
        select(Opening)
        .join(Case, Case.id == Opening.case_id)
        .where(
            Opening.ends_on < (clock.now() - timedelta(hours=12)).date(),  # the day is over from Maine to Hawaii
            Opening.status.in_((OpeningStatus.LISTED, OpeningStatus.FILLED)),
        )
        .where(Case.status.in_(TAKES_OPENINGS), Case.paused_at.is_(None), ~asked, ~reported)
        .order_by(Opening.ends_on, Opening.id)
    )
