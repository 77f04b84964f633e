"""What was done on a case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.models import User
from app.clients.models import Case, Opening
from app.core.db import session
from app.core.errors import NotFound
from app.matching.models import HOLDING, Assignment, Referral
from app.volunteers.queries_shifts import given_by

from . import policy
from .models import ClosingReport, ClosingStatus, ContactAttempt, Note, TimeEntry


def hours_of(case: Case, by: User | None = None) -> int:
    """Everybody's time on a case, or one person's, in hundredths of an hour."""
    counted = [TimeEntry.case_id == case.id, TimeEntry.removed_at.is_(None)]
    if by is not None:
        counted.append(TimeEntry.user_id == by.id)
    return session.execute(select(func.coalesce(func.sum(TimeEntry.hundredths), 0)).where(*counted)).scalar_one()


def works_of(volunteer_ids: Iterable[int]) -> list[int]:
    """The ids of the cases that any of some volunteers works on, holds or asks for."""
    some = list(volunteer_ids)
    parts = select(Assignment.case_id).where(Assignment.volunteer_id.in_(some), Assignment.ended_at.is_(None))
    tries = select(Opening.case_id).join(Referral, Referral.opening_id == Opening.id)
    held = tries.where(Referral.volunteer_id.in_(some), Referral.status.in_(HOLDING))
    return sorted({*session.scalars(parts), *session.scalars(held)}) if some else []


def time_entries(case: Case) -> list[TimeEntry]:
    """Time logged on a case, newest first."""
    counted = (TimeEntry.case_id == case.id, TimeEntry.removed_at.is_(None))
    return list(
        session.execute(
            select(TimeEntry).where(*counted).order_by(TimeEntry.on_day.desc(), TimeEntry.id.desc())
        ).scalars()
    )


def get_time_entry(entry_id: int, case: Case) -> TimeEntry:
    """A time entry of the case.

    :raises NotFound: none such
    """
    entry = session.get(TimeEntry, entry_id)
    if entry is None or entry.case_id != case.id or entry.removed_at is not None:
        raise NotFound
    return entry


def notes(case: Case, *, viewer: User) -> list[Note]:
    """The notes the viewer may read, newest first."""
    of = select(Note).where(Note.case_id == case.id).options(joinedload(Note.author)).order_by(Note.id.desc())
    return [note for note in session.execute(of).scalars() if policy.may_read_note(viewer, note)]


def contacts(case: Case) -> list[ContactAttempt]:
    """Attempts to reach the client, newest first."""
    of = select(ContactAttempt).where(ContactAttempt.case_id == case.id).order_by(ContactAttempt.id.desc())
    return list(session.execute(of).scalars())


def closing_report(case: Case) -> ClosingReport | None:
    """The newest closing report, answered or not."""
    of = select(ClosingReport).where(ClosingReport.case_id == case.id).order_by(ClosingReport.id.desc()).limit(1)
    return session.execute(of).scalar_one_or_none()


def waiting_report(case: Case) -> ClosingReport:
    """The closing report that waits for staff.

    :raises NotFound: none does
    """
    report = closing_report(case)
    if report is None or report.status is not ClosingStatus.REPORTED:
        raise NotFound
    return report


def my_assignments(viewer: User, *, ended: bool = False) -> list[Assignment]:
    """The viewer's own work, the nearest critical date first."""
    if viewer.volunteer is None:
        return []
    whole = contains_eager(Assignment.case)
    mine = select(Assignment).join(Assignment.case).where(Assignment.volunteer_id == viewer.volunteer.id)
    mine = mine.options(whole, whole.joinedload(Case.programme), joinedload(Assignment.opening))
    kept = mine.where(Assignment.ended_at.is_not(None) if ended else Assignment.ended_at.is_(None))
    order = (Assignment.ended_at.desc(),) if ended else (Case.next_critical_on.is_(None), Case.next_critical_on)
    return list(session.execute(kept.order_by(*order, Assignment.id)).scalars())


def had_part(case_public_id: str, *, viewer: User) -> bool:
    """Was the viewer on a case once?"""
    mine = viewer.volunteer.id if viewer.volunteer else 0
    ended = (Case.public_id == case_public_id, Assignment.volunteer_id == mine, Assignment.ended_at.is_not(None))
    return session.execute(select(Assignment.id).join(Assignment.case).where(*ended).limit(1)).first() is not None


def hours_by(viewer: User) -> list[tuple[object, ...]]:
    """Everything one person logged: day, case number, hours, activity; newest first. A shift has no case."""
    columns = (TimeEntry.on_day, Case.number, TimeEntry.hundredths, TimeEntry.activity)
    mine = (TimeEntry.user_id == viewer.id, TimeEntry.removed_at.is_(None))
    found = select(*columns).join(Case, Case.id == TimeEntry.case_id).where(*mine).order_by(TimeEntry.id.desc())
    rows: list[Any] = list(session.execute(found))
    shifts = given_by([viewer.volunteer.id]) if viewer.volunteer else []
    rows += [(day, "", hundredths, kind) for _programme, kind, day, hundredths in shifts]
    rows.sort(key=lambda row: row[0], reverse=True)
    return [(day, number, hundredths / 100, activity) for day, number, hundredths, activity in rows]
