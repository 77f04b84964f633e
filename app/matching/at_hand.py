"""Every volunteer as the engine reads them, kept in memory, and read again where the database says they changed.

Each process keeps its own rows of the day. What changed since is asked of the database each time, by the moments at
which rows were last changed, so that what one process writes counts in all others at their next look.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

from flask import current_app
from sqlalchemy import Engine, bindparam, func, or_, select, union

from app.accounts.models import User
from app.core import clock
from app.core.db import engine, session
from app.volunteers.models import Credential, Membership, Organisation, Requirement, Volunteer
from app.volunteers.queries import covered_volunteers

from .engine.docket import CaseRow, VolunteerRow
from .engine.problems import categories, fold, fold_area
from .models import Assignment, Referral
from .volunteer_rows import volunteer_rows

LATE = timedelta(minutes=2)  # what a change may take from its moment until it is saved
MANY = 2_000  # more changed ones than this are read with everybody else

Rows = dict[int, VolunteerRow]


@dataclass
class AtHand:
    """The rows of one day, who lists which field, and up to when they are known."""

    of: Engine
    day: date
    whole: tuple[Any, ...] = ()
    known_to: datetime | None = None
    rows: Rows = field(default_factory=dict)
    listing: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    read: int = 0  # how many rows were read in the last look
    lock: Lock = field(default_factory=Lock)

    def refresh(self, zone: str) -> None:
        """Read everybody when cold, later those who changed."""
        with self.lock:
            now, whole = clock.now(), _whole()
            changed = _changed_since(self.known_to - LATE) if self.known_to and whole == self.whole else None
            if changed is None or len(changed) > MANY:
                self.rows.clear()
                self.listing.clear()
                self._take(volunteer_rows(self.day, zone))
            else:
                self._take(volunteer_rows(self.day, zone, volunteer_ids=changed) if changed else {})
            self.whole, self.known_to = whole, max(now, self.known_to or now)

    def _take(self, rows: Rows) -> None:
        self.read = len(rows)
        for volunteer_id, row in rows.items():
            for area in _fields(self.rows.get(volunteer_id)):
                self.listing[area].discard(volunteer_id)
            for area in _fields(row):
                self.listing[area].add(volunteer_id)
            self.rows[volunteer_id] = row

    def of_field(self, case: CaseRow) -> Rows:
        """Who lists what a case is about; everybody where it asks for no field."""
        with self.lock:
            if case.any_field:
                return dict(self.rows)
            code = fold(case.problem_code)
            found = self.listing.get(code, set()) | self.listing.get(categories()[code], set())
            return {volunteer_id: self.rows[volunteer_id] for volunteer_id in sorted(found)}


def of_field(case: CaseRow, today: date, zone: str) -> Rows:
    """The rows of the volunteers who list what a case is about, as things stand now.

    Inside a change they are read from the database alone: it sees what is not saved yet and may never be.
    """
    if session.info.get("writing"):
        return volunteer_rows(today, zone)
    kept: AtHand | None = current_app.extensions.get("volunteers_at_hand")
    if kept is None or kept.day != today or kept.of is not engine():
        kept = current_app.extensions["volunteers_at_hand"] = AtHand(engine(), today)
    kept.refresh(zone)
    return kept.of_field(case)


def _fields(row: VolunteerRow | None) -> set[str]:
    return {fold_area(area) for area, _level in row.areas} if row else set()


def _whole() -> tuple[Any, ...]:
    """What concerns all: where it changed, everybody is read again."""
    covered = covered_volunteers().subquery()
    asked = (
        select(func.count()).select_from(Volunteer),
        select(func.count()).select_from(covered),
        select(func.sum(covered.c[0])),
        select(func.max(Requirement.id)),
        select(func.count(Requirement.ended_at)),
        select(func.max(Organisation.changed_at)),
        select(func.count()).select_from(Membership),
        select(func.count(Membership.confirmed_at)),
    )
    return tuple(session.execute(select(*(one.scalar_subquery() for one in asked))).one())


def _changed_since(since: datetime) -> list[int]:
    return list(session.execute(_CHANGED, {"since": since}).scalars())


def _late(column: Any) -> Any:
    return column >= bindparam("since")


_CHANGED: Any = union(
    select(Volunteer.id).where(_late(Volunteer.changed_at)),
    select(Volunteer.id).join(User, User.id == Volunteer.user_id).where(_late(User.changed_at)),
    select(Credential.volunteer_id).where(_late(Credential.changed_at)),
    select(Membership.volunteer_id).where(or_(_late(Membership.created_at), _late(Membership.confirmed_at))),
    select(Referral.volunteer_id).where(Referral.volunteer_id.is_not(None), _late(Referral.changed_at)),
    select(Assignment.volunteer_id).where(_late(Assignment.changed_at)),
)
