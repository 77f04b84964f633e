"""One person's dates as a calendar that other programs read: numbers and days, never a name, a matter or a court."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar
from sqlalchemy import ColumnElement, and_, or_, select

from app.accounts.models import Programme, User
from app.clients.court_days import is_hearing, moment_of
from app.clients.models import OPEN, Case, CriticalDate, Custody
from app.clients.models.cases import Supervision
from app.clients.supervision import may_be_played
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.mail import outside_url
from app.core.sealed import keyed_hash
from app.engagement.models import Audience, Checkin
from app.engagement.queries import next_checkin
from app.matching.models import Assignment

SINCE, MOST, MOST_CASES = timedelta(days=60), 2_000, 60
LONG = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One date: which record it is, which case, when, and when it was last changed."""

    record: str
    number: str
    what: str
    day: date
    at: datetime | None
    changed_at: datetime
    version: int
    url: str


def feed_of(viewer: User) -> bytes:
    """The calendar of what the viewer may see at this moment, the same text as long as nothing changes."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Pro Bono Desk//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Pro Bono Desk")
    made.add("refresh-interval", timedelta(hours=4), parameters={"VALUE": "DURATION"})
    for entry in sorted(entries_of(viewer), key=lambda each: (each.day, each.record)):
        made.add_component(_event(entry))
    return made.to_ical()


def _event(entry: Entry) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{keyed_hash(entry.record, 'calendar')[:24]}@probonodesk.invalid")
    event.add("summary", f"Case {entry.number}: {entry.what}")
    event.add("dtstamp", entry.changed_at.replace(microsecond=0))
    event.add("last-modified", entry.changed_at.replace(microsecond=0))
    event.add("sequence", entry.version)
    event.add("dtstart", entry.at or entry.day)
    event.add("dtend", entry.at + LONG if entry.at else entry.day + timedelta(days=1))
    event.add("transp", "OPAQUE" if entry.at else "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("url", entry.url)
    return event


def entries_of(viewer: User) -> Iterator[Entry]:
    """The dates of the cases the viewer answers for or works on, and what they are asked."""
    yield from _critical_dates(viewer)
    yield from _checkins(viewer)


def _own_cases(viewer: User) -> ColumnElement[bool]:
    """The condition that a case is the viewer's to look after now."""
    custody = select(Custody.case_id).where(Custody.user_id == viewer.id, Custody.until_at.is_(None))
    answers = select(Supervision.case_id).where(Supervision.user_id == viewer.id, Supervision.until_at.is_(None))
    theirs = or_(Case.id.in_(custody), Case.id.in_(answers))
    ways = [and_(Case.programme_id.in_(viewer.programme_ids(*STAFF)), theirs), _own_part(viewer)]
    return and_(Case.status.in_(OPEN), or_(*ways))


def _own_part(viewer: User) -> ColumnElement[bool]:
    mine = viewer.volunteer.id if viewer.volunteer else 0
    live = and_(Assignment.volunteer_id == mine, Assignment.ended_at.is_(None), may_be_played(Assignment))
    return Case.id.in_(select(Assignment.case_id).where(live))


def _critical_dates(viewer: User) -> Iterator[Entry]:
    columns = (
        CriticalDate.id, CriticalDate.kind, CriticalDate.on_day, CriticalDate.at_time, CriticalDate.changed_at,
        CriticalDate.version, Case.number, Case.public_id, Case.programme_id, Programme.time_zone,
    )  # fmt: skip
    stmt = select(*columns).join(Case, Case.id == CriticalDate.case_id).join(Programme)
    still = (CriticalDate.done_at.is_(None), CriticalDate.standing == "confirmed")
    stmt = stmt.where(_own_cases(viewer), *still, CriticalDate.on_day >= (clock.now() - SINCE).date())
    for row in session.execute(stmt.order_by(CriticalDate.on_day, CriticalDate.id).limit(MOST)):
        what = "hearing" if is_hearing(row.kind) else "date"
        yield Entry(f"date:{row.id}", row.number, what, row.on_day, moment_of(row.on_day, row.at_time, row.time_zone),
                    row.changed_at, row.version, _page(viewer, row.public_id, row.programme_id))  # fmt: skip


def _page(viewer: User, public_id: str, programme_id: int) -> str:
    staff = programme_id in viewer.programme_ids(*STAFF)
    return outside_url("desk.case" if staff else "casework.my_case", public_id=public_id)


def _checkins(viewer: User) -> Iterator[Entry]:
    """What a volunteer is asked and has not answered, and what they will be asked next about the cases they lead."""
    if viewer.volunteer is None:
        return
    columns = (Checkin.id, Checkin.due_on, Checkin.changed_at, Checkin.version, Checkin.public_id, Case.number)
    stmt = select(*columns).join(Case, Case.id == Checkin.case_id).join(Checkin.assignment)
    stmt = stmt.where(Checkin.audience == Audience.VOLUNTEER, Assignment.volunteer_id == viewer.volunteer.id)
    waits = (Checkin.sent_at.is_not(None), Checkin.answered_at.is_(None), Checkin.closed_at.is_(None))
    for row in session.execute(stmt.where(*waits, _own_part(viewer), Case.paused_at.is_(None)).limit(MOST_CASES)):
        url = outside_url("engagement.own_checkin", public_id=row.public_id)
        yield Entry(f"checkin:{row.id}", row.number, "check-in", row.due_on, None, row.changed_at, row.version, url)
    yield from _next_checkins(viewer)


def _next_checkins(viewer: User) -> Iterator[Entry]:
    mine = viewer.volunteer.id if viewer.volunteer else 0
    led = select(Assignment).where(Assignment.volunteer_id == mine, Assignment.role == "lead")
    led = led.where(Assignment.ended_at.is_(None), may_be_played(Assignment)).order_by(Assignment.id)
    for part in session.scalars(led.limit(MOST_CASES)):
        due = next_checkin(part.case)
        if due is not None:
            url = _page(viewer, part.case.public_id, 0)
            record = f"next:{part.id}:{due.on_day}"
            yield Entry(record, part.case.number, "check-in", due.on_day, None, part.started_at, 0, url)
