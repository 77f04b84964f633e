"""Reports that make themselves: which there are, which is due, and what was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts import calendars
from app.accounts.models import Grant, Programme, RoleGrant, User
from app.core import clock
from app.core.access import STAFF, Role
from app.core.db import session
from app.core.errors import NotFound

from .figures import period_of
from .models import PublishedPeriod, RollUp
from .models_reports import ReportKind, ReportRecipient, ReportRun, ReportSchedule

EVERY = ("month", "quarter", "half", "year")


def live_schedules(programme: Programme) -> Sequence[ReportSchedule]:
    """The reports that a programme has made by themselves, in the order in which they were set up."""
    mine = (ReportSchedule.programme_id == programme.id, ReportSchedule.ended_at.is_(None))
    along = (selectinload(ReportSchedule.recipients).joinedload(ReportRecipient.user), joinedload(ReportSchedule.grant))
    return (
        session.execute(select(ReportSchedule).where(*mine).options(*along).order_by(ReportSchedule.id)).scalars().all()
    )


def get_schedule(public_id: str, *, viewer: User) -> ReportSchedule:
    """A schedule of the viewer's programmes that was not ended.

    :raises NotFound: unknown, ended, or another programme's
    """
    mine = (ReportSchedule.public_id == public_id, ReportSchedule.ended_at.is_(None),
            ReportSchedule.programme_id.in_(viewer.programme_ids(Role.COORDINATOR)))  # fmt: skip
    found = session.execute(select(ReportSchedule).where(*mine)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def runs_of(programme: Programme) -> Select[ReportRun]:
    """What was made for a programme, the newest first; its figures stay unopened."""
    along = joinedload(ReportRun.schedule).joinedload(ReportSchedule.grant)
    mine = select(ReportRun).where(ReportRun.programme_id == programme.id)
    return mine.options(along).order_by(ReportRun.id.desc())


def get_run(public_id: str, *, viewer: User) -> ReportRun:
    """A report that was made for one of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    mine = ReportRun.programme_id.in_(viewer.programme_ids(*STAFF))
    found = session.execute(select(ReportRun).where(ReportRun.public_id == public_id, mine)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def colleagues(programme: Programme) -> Sequence[User]:
    """The staff of a programme who can be told of a report."""
    mine = (RoleGrant.programme_id == programme.id, RoleGrant.role.in_(STAFF), User.deactivated_at.is_(None))
    found = select(User).join(RoleGrant, RoleGrant.user_id == User.id).where(*mine).order_by(User.id)
    return session.execute(found).scalars().unique().all()


def works_here(user: User, programme_id: int) -> bool:
    """Is somebody of the programme's staff, and active?"""
    return user.is_active and any(user.has(role, programme_id) for role in STAFF)


def funders(grant: Grant) -> Sequence[User]:
    """Those who read for a grant's funder."""
    pays = (RoleGrant.grant_id == grant.id, RoleGrant.role == Role.FUNDER, User.deactivated_at.is_(None))
    found = select(User).join(RoleGrant, RoleGrant.user_id == User.id).where(*pays).order_by(User.id)
    return session.execute(found).scalars().unique().all()


def periods_to_begin_with(programme: Programme, every: str) -> tuple[tuple[date, date], tuple[date, date]]:
    """The last period that ended, and the one that runs."""
    running = period_of(calendars.today(programme), every)
    return period_of(running[0] - timedelta(days=1), every), running


def find_due() -> ReportSchedule | None:
    """A schedule whose period is over, for all of whose programme the figures were counted since."""
    begun = (ReportSchedule.ended_at.is_(None), ReportSchedule.next_on <= clock.now().date())
    found = select(ReportSchedule).where(*begun).order_by(ReportSchedule.next_on, ReportSchedule.id)
    for schedule in session.execute(found).scalars().all():
        if is_due(schedule):
            return schedule
    return None


def is_due(schedule: ReportSchedule) -> bool:
    """Is its period over, and were the programme's figures counted after that?"""
    _first, last = period_of(schedule.next_on, schedule.every)
    return calendars.today(schedule.programme) > last and _counted_since(schedule.programme, last)


def _counted_since(programme: Programme, last: date) -> bool:
    over: datetime = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(programme.time_zone))
    counted = (RollUp.programme_id == programme.id, RollUp.finished_at >= over)
    return session.execute(select(RollUp.id).where(*counted).limit(1)).scalar() is not None


def find_published() -> tuple[ReportRun, PublishedPeriod] | None:
    """A report whose funder is to be told, and the period of it that was signed off since."""
    found = (
        select(ReportRun, PublishedPeriod)
        .join(ReportSchedule, ReportSchedule.id == ReportRun.schedule_id)
        .join(PublishedPeriod, PublishedPeriod.grant_id == ReportSchedule.grant_id)
        .where(
            ReportSchedule.to_funder.is_(True), ReportSchedule.kind == ReportKind.GRANT,
            ReportRun.funder_told_at.is_(None), PublishedPeriod.starts_on == ReportRun.starts_on,
            PublishedPeriod.ends_on == ReportRun.ends_on, PublishedPeriod.replaced_at.is_(None),
        )
        .order_by(ReportRun.id)
        .limit(1)
    )  # fmt: skip
    row = session.execute(found).first()
    return (row[0], row[1]) if row else None
