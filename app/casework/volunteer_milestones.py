"""What volunteers have reached: a first case, cases closed, hours given; each is thanked for once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from app.accounts.models import User
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session, transaction
from app.matching.models import Assignment
from app.volunteers.models import Volunteer
from app.volunteers.models_shifts import Shift
from app.volunteers.queries_shifts import LIVE

from . import milestone_mails
from .models import TimeEntry
from .models_milestones import VolunteerMilestone

CLOSED = (1, 5, 10, 25, 50, 100, 250)
HOURS = (50, 100, 250, 500, 1000)
FRESH = timedelta(days=14)  # what was reached before is written down without a word


class Reached(NamedTuple):
    """Something one volunteer has reached and was not thanked for."""

    volunteer_id: int
    kind: str
    at: datetime


def note_all() -> int:
    """Write down whatever was reached and thank for it, the highest of each volunteer; how many were new."""
    by_volunteer: dict[int, list[Reached]] = defaultdict(list)
    for each in missing():
        by_volunteer[each.volunteer_id].append(each)
    made = 0
    for volunteer_id, reached in by_volunteer.items():
        with transaction():
            made += note(session.get_one(Volunteer, volunteer_id), reached)
    return made


def note(volunteer: Volunteer, reached: list[Reached]) -> int:
    """Write down what a volunteer reached; one mail, about the last of it, where it is fresh."""
    volunteer = lock(volunteer)
    new = [each for each in reached if insert_unless_exists(VolunteerMilestone, volunteer_id=volunteer.id,
                                                            kind=each.kind) is not None]  # fmt: skip
    for each in new:
        audit.record("volunteer.milestone", volunteer, actor=None, after={"kind": each.kind})
    if new and new[-1].at >= clock.now() - FRESH:
        milestone_mails.volunteer_thanked(volunteer, new[-1].kind)
    return len(new)


def missing() -> Iterator[Reached]:
    """What was reached and is not written down, of each volunteer the smallest first."""
    known = {(row.volunteer_id, row.kind) for row in session.execute(
        select(VolunteerMilestone.volunteer_id, VolunteerMilestone.kind))}  # fmt: skip
    for each in _reached():
        if (each.volunteer_id, each.kind) not in known:
            yield each


def _reached() -> Iterator[Reached]:
    part = Assignment
    cases = func.count(part.case_id.distinct())
    for volunteer_id, _count, at in _counted(part.volunteer_id, func.count(), part.started_at, part.role == "lead"):
        yield Reached(volunteer_id, "placed_1", at)
    for volunteer_id, (total, at) in _hours().items():
        yield from (Reached(volunteer_id, f"hours_{n}", at) for n in HOURS if total >= n * 100)
    for volunteer_id, count, at in _counted(part.volunteer_id, cases, part.ended_at, part.end_reason == "closed"):
        yield from (Reached(volunteer_id, f"closed_{n}", at) for n in CLOSED if count >= n)


def _hours() -> dict[int, tuple[int, datetime]]:
    """Of each volunteer: the hours on cases and at shifts, and the moment of the last entry."""
    given = (TimeEntry.volunteer_id.is_not(None), TimeEntry.removed_at.is_(None))
    found: dict[int, tuple[int, datetime]] = {}
    for kind, which in ((TimeEntry, given), (Shift, (LIVE,))):
        for volunteer_id, n, at in _counted(kind.volunteer_id, func.sum(kind.hundredths), kind.created_at, *which):
            before, last = found.get(volunteer_id, (0, at))
            found[volunteer_id] = (before + n, max(last, at))
    return found


def _counted(whose: Any, what: Any, at: Any, *which: Any) -> Any:
    """Of each volunteer: how much there is, and the moment of the last of it."""
    return session.execute(select(whose, what, func.max(at)).where(*which).group_by(whose)).all()


def in_words(kind: str) -> str:
    """`5 cases closed`."""
    what, _sep, count = kind.partition("_")
    if what == "hours":
        return _("%(num)s hours given", num=count)
    if what == "placed":
        return _("First case taken")
    return ngettext("First case closed", "%(num)s cases closed", int(count))


def reached_by(viewer: User) -> list[str]:
    """What a volunteer has reached, the newest first."""
    if viewer.volunteer is None:
        return []
    stmt = select(VolunteerMilestone.kind).where(VolunteerMilestone.volunteer_id == viewer.volunteer.id)
    return list(session.scalars(stmt.order_by(VolunteerMilestone.id.desc())))
