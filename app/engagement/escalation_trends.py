"""What escalations tell over twelve months: how many, how soon somebody answered and closed them, where it hurts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from app.accounts.models import Programme
from app.clients.models import Case
from app.clients.problems import category
from app.core import clock
from app.core.db import session
from app.volunteers.models import Volunteer

from .escalation_rules import CAUSES, root_causes
from .models_escalations import Escalation

MONTHS, FEW = 12, 3
DIMENSIONS: dict[str, Any] = {
    "cause": _l("Cause"),
    "root": _l("Root cause"),
    "matter": _l("Kind of matter"),
    "volunteer": _l("Volunteer"),
    "programme": _l("Programme"),
    "month": _l("Month"),
}
OPEN_YET, NONE = "open", "none"


@dataclass(frozen=True)
class Told:
    """One escalation as the trends read it; times in hours."""

    members: dict[str, str]
    to_respond: float | None
    to_close: float | None
    in_time: bool | None
    is_open: bool


@dataclass(frozen=True)
class Figures:
    """What several escalations come to."""

    count: int
    still_open: int
    to_respond: float | None  # median hours
    to_close: float | None
    in_time: float | None  # share of those answered or overdue


def months(today: date) -> list[date]:
    """The first days of this month and the eleven before it, the oldest first."""
    number = today.year * 12 + today.month - 1
    return [date((number - n) // 12, (number - n) % 12 + 1, 1) for n in reversed(range(MONTHS))]


def begin_of(day: date, zone: str) -> datetime:
    """The first moment of a local day."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def told(programmes: Sequence[Programme], since: date) -> list[Told]:
    """Every escalation of these programmes opened since a day, the newest first; in one query."""
    by_id = {programme.id: programme for programme in programmes}
    columns = (
        Escalation.cause, Escalation.opened_at, Escalation.respond_by, Escalation.responded_at, Escalation.closed_at,
        Escalation.in_time, Escalation.root_cause, Case.programme_id, Case.problem_code,
        Volunteer.public_id.label("volunteer"),
    )  # fmt: skip
    found = select(*columns).select_from(Escalation).join(Case, Case.id == Escalation.case_id)
    found = found.outerjoin(Volunteer, Volunteer.id == Escalation.volunteer_id)
    low = datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(days=1)
    these = (Case.programme_id.in_(list(by_id)), Escalation.opened_at >= low)
    rows = (
        _told(row, by_id[row.programme_id])
        for row in session.execute(found.where(*these).order_by(Escalation.opened_at.desc(), Escalation.id))
    )
    return [row for row in rows if row.members["month"] >= since.isoformat()[:7]]  # fmt: skip


def _told(row: Any, programme: Programme) -> Told:
    opened = row.opened_at.astimezone(ZoneInfo(programme.time_zone)).date()
    late = row.responded_at is None and row.closed_at is None and row.respond_by < clock.now()
    return Told(
        members={
            "cause": row.cause,
            "root": row.root_cause or OPEN_YET,
            "matter": category(row.problem_code) or NONE,
            "volunteer": row.volunteer or NONE,
            "programme": programme.slug,
            "month": opened.isoformat()[:7],
        },
        to_respond=_hours(row.opened_at, row.responded_at),
        to_close=_hours(row.opened_at, row.closed_at),
        in_time=False if late else row.in_time,
        is_open=row.closed_at is None,
    )


def _hours(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds() / 3600


def figures(found: Iterable[Told]) -> Figures:
    """The figures of some escalations."""
    rows = list(found)
    respond = [row.to_respond for row in rows if row.to_respond is not None]
    close = [row.to_close for row in rows if row.to_close is not None]
    judged = [row.in_time for row in rows if row.in_time is not None]
    return Figures(
        len(rows), sum(row.is_open for row in rows), median(respond) if respond else None,
        median(close) if close else None, sum(judged) / len(judged) if judged else None,
    )  # fmt: skip


def table(found: Sequence[Told], dimension: str) -> dict[str, Figures]:
    """The figures of each member of a dimension, the most frequent first; months in their order."""
    members: dict[str, list[Told]] = {}
    for row in found:
        members.setdefault(row.members[dimension], []).append(row)
    rows = {member: figures(theirs) for member, theirs in members.items()}
    if dimension == "month":
        return dict(sorted(rows.items(), reverse=True))
    return dict(sorted(rows.items(), key=lambda row: (-row[1].count, row[0])))


def where_it_hurts(found: Sequence[Told], today: date) -> list[str]:
    """What stands out, in sentences; nothing where there is too little to say."""
    if len(found) < FEW:
        return []
    sentences = [_most(found), _latest(found), _slowest(found), _root(found), _lately(found, today)]
    return [sentence for sentence in sentences if sentence]


def _most(found: Sequence[Told]) -> str:
    cause, numbers = next(iter(table(found, "cause").items()))
    said = _("“%(cause)s” opens most of them: %(count)s of %(all)s.", cause=CAUSES[cause].label, count=numbers.count,
             all=len(found)) if cause in CAUSES else ""  # fmt: skip
    if said and numbers.to_respond is not None:
        said += " " + _("Half of them have somebody within %(time)s.", time=duration(numbers.to_respond))
    return said


def _latest(found: Sequence[Told]) -> str:
    """Where the first level answers in time least often."""
    rows = table(found, "cause").items()
    shares = {cause: each for cause, each in rows if each.count >= FEW and each.in_time is not None}
    if not shares:
        return ""
    cause, worst = min(shares.items(), key=lambda row: (row[1].in_time or 0, -row[1].count))
    if (worst.in_time or 0) >= 0.9:
        return _("Nine in ten or more are answered in time, whatever the cause.")
    return _("Least often answered in time: “%(cause)s”, %(share)s%%.", cause=CAUSES[cause].label,
             share=round(100 * (worst.in_time or 0)))  # fmt: skip


def _slowest(found: Sequence[Told]) -> str:
    closed = {matter: each for matter, each in table(found, "matter").items()
              if each.to_close is not None and each.count - each.still_open >= FEW}  # fmt: skip
    if len(closed) < 2:
        return ""
    matter, slowest = max(closed.items(), key=lambda row: row[1].to_close or 0)
    return _("Slowest to close: %(matter)s, half of them take longer than %(time)s.",
             matter=member_name("matter", matter), time=duration(slowest.to_close or 0))  # fmt: skip


def _root(found: Sequence[Told]) -> str:
    roots = Counter(row.members["root"] for row in found if row.members["root"] != OPEN_YET)
    first = roots.most_common(2)
    if not first or (len(first) == 2 and first[0][1] == first[1][1]):
        return ""  # none stands out
    root, count = first[0]
    return _("The most frequent root cause: “%(root)s”, %(count)s of %(all)s closed.", root=member_name("root", root),
             count=count, all=sum(roots.values()))  # fmt: skip


def _lately(found: Sequence[Told], today: date) -> str:
    counts = Counter(row.members["month"] for row in found)
    last, before = (each.isoformat()[:7] for each in months(today)[-2:][::-1])
    return _("%(now)s opened this month so far, %(before)s last month.", now=counts[last], before=counts[before])


def duration(hours: float) -> str:
    """`40 minutes`, `5 hours`, `3 days`."""
    if hours < 1:
        return ngettext("%(num)s minute", "%(num)s minutes", max(1, round(hours * 60)))
    if hours < 48:
        return ngettext("%(num)s hour", "%(num)s hours", round(hours))
    return ngettext("%(num)s day", "%(num)s days", round(hours / 24))


def member_name(dimension: str, member: str, names: dict[str, str] | None = None) -> str:
    """What a member of a dimension is called; names are those of people and programmes."""
    if dimension == "cause":
        return str(CAUSES[member].label) if member in CAUSES else member
    if dimension == "root":
        return str(_("not closed yet")) if member == OPEN_YET else root_causes().get(member, member)
    if member == NONE:
        return str(_("nobody led it") if dimension == "volunteer" else _("not known yet"))
    return (names or {}).get(member, member)
