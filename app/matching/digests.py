"""Which open matters a volunteer is written about: the best that fit, as the list of open matters shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.clients.models import Opening
from app.core import clock
from app.core.db import session
from app.core.i18n import when_day
from app.volunteers.models import Standing, Volunteer, VolunteerStatus
from app.volunteers.operations_leave import leave_on

from . import board, reasons
from .board import Listing
from .engine.docket import VolunteerRow
from .models_digest import Digest
from .shortlists import shortlist_for_volunteer
from .volunteer_rows import APPROVED

BEST, LOOKED_AT = 3, 12
SHOWN_AT_MOST, REMEMBERED = 2, timedelta(days=90)
WEEKLY, DAILY, NEVER = "weekly", "daily", "never"


@dataclass(frozen=True)
class Fitting:
    """One matter in a digest, in words that name nobody."""

    opening_id: int
    title: str
    facts: str
    why: str
    by: str


@dataclass(frozen=True)
class Found:
    """What fits a volunteer now: the best, and how many more there are."""

    best: list[Fitting]
    more: int


def fitting(volunteer: Volunteer) -> Found:
    """The best matters for a volunteer; none while they are full, away, paused or not approved."""
    today = clock.today_in(board.first_zone())
    slugs = set(session.scalars(select(Programme.slug)))
    found = shortlist_for_volunteer(volunteer, slugs, LOOKED_AT)
    if not _has_room(found.row) or leave_on(volunteer.id, today) is not None:
        return Found([], 0)
    shown = _shown_before(volunteer, today)
    order = [each.opening_id for each in found.matters if shown[each.opening_id] < SHOWN_AT_MOST]
    listed = {each.facts.id: each for each in board.some_matters(volunteer, order) if each.is_for_me and not each.mine}
    best = [_in_words(listed[opening_id]) for opening_id in order if opening_id in listed][:BEST]
    return Found(best, max(0, found.total - len(best)) if best else 0)


def _has_room(row: VolunteerRow) -> bool:
    return row.status == APPROVED and row.slots > 0


def _shown_before(volunteer: Volunteer, today: date) -> Counter[int]:
    """How often each matter was in a digest of late: what was read twice is not written again."""
    lately = select(Digest.opening_ids).where(Digest.volunteer_id == volunteer.id)
    rows = session.scalars(lately.where(Digest.period_on >= today - REMEMBERED))
    return Counter(int(opening_id) for row in rows for opening_id in row)


def _in_words(matter: Listing) -> Fitting:
    said = [str(each["text"]) for each in reasons.why(matter) if each["fits"]]
    facts = ", ".join(str(each["text"]) for each in reasons.facts(matter))
    by = when_day(matter.facts.next_critical_on)
    return Fitting(matter.facts.id, " ".join(str(matter.title).split()), facts, ". ".join(said), by)


def period_of(how_often: str, day: date) -> date:
    """The first day of the period in which there is one digest: the day itself, or the Monday of its week."""
    return day if how_often == DAILY else day - timedelta(days=day.weekday())


def due(day: date) -> Select[int]:
    """The volunteers who have had no digest in this period and want one."""
    ways = [and_(Volunteer.digest == often, ~_had(period_of(often, day))) for often in (WEEKLY, DAILY)]
    wants = (Volunteer.status == VolunteerStatus.APPROVED, User.deactivated_at.is_(None), or_(*ways))
    return select(Volunteer.id).join(User, User.id == Volunteer.user_id).where(*wants).order_by(Volunteer.id)


def _had(period_on: date) -> ColumnElement[bool]:
    had = select(Digest.id).where(Digest.volunteer_id == Volunteer.id, Digest.period_on == period_on)
    return had.correlate(Volunteer).exists()


def programme_of(volunteer: Volunteer) -> Programme | None:
    """In whose name, hours and time zone a volunteer is written: the first they stand with, else the first."""
    theirs = select(Standing.programme_id).where(Standing.volunteer_id == volunteer.id)
    stmt = select(Programme).order_by(Programme.id.not_in(theirs), Programme.id)
    return session.scalars(stmt.limit(1)).first()


def is_listed(opening_ids: Iterable[int]) -> bool:
    """Can at least one of these still be taken?"""
    open_now = select(Opening.id).where(Opening.id.in_(list(opening_ids)), Opening.status == "listed")
    return session.execute(open_now.limit(1)).first() is not None


def writes_now() -> bool:
    """Is it a time at which digests are written: the first programme's office is open?"""
    programme = session.scalars(select(Programme).order_by(Programme.id).limit(1)).first()
    return programme is not None and calendars.in_business_hours(clock.now(), programme)
