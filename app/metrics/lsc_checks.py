"""Cases that a case service summary should not hold as they are: closed late, counted twice, or open without work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.casework.closing import closing_codes
from app.casework.models import ClosingReport, TimeEntry
from app.clients.models import Case, CaseGrant, CaseStatus, Client
from app.core.db import session
from app.core.facts import rows_of

from .lsc import bounds, closings, led_by_volunteer

CHECKS = Path(__file__).parent / "data" / "lsc_checks.csv"
OPEN = (CaseStatus.ACCEPTED, CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.IN_SERVICE, CaseStatus.CLOSING)
QUIET = 90  # days without time
ACCEPTED: Any = func.coalesce(Case.accepted_at, Case.received_at)
AUTUMN = (10, 1)  # advice on a case accepted from then on may be reported a year later


@dataclass(frozen=True)
class Found:
    """A case with what is wrong with it; the day is that of its closing, or of the last time entered."""

    case_id: int
    on_day: date | None
    code: str
    why: str


@dataclass(frozen=True)
class Check:
    """One rule with where it stands, and the cases that break it."""

    key: str
    name: str
    rule: str
    authority: str
    source: str
    found: Sequence[Found]


def checks(programme: Programme, first: date, last: date, grant_id: int | None = None) -> list[Check]:
    """Every rule with its cases: of those closed in a period, and of those open today."""
    found: dict[str, list[Found]] = {row["key"]: [] for row in rows_of(CHECKS)}
    for low, high in _years(first, last):
        for key, each in (*_late(programme, low, high), *_twice(programme, low, high)):
            found[key].append(each)
    found["no_time"] = list(_quiet(programme))
    kept = _of_grant(found, grant_id, calendars.today(programme))
    return [Check(**row, found=kept[row["key"]]) for row in rows_of(CHECKS)]


def _years(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The calendar years of a period, cut to its days."""
    for year in range(first.year, last.year + 1):
        yield max(first, date(year, 1, 1)), min(last, date(year, 12, 31))


def _late(programme: Programme, low: date, high: date) -> Iterator[tuple[str, Found]]:
    """What was closed in some days of one year and belonged into an earlier one."""
    zone, year = ZoneInfo(programme.time_zone), high.year
    autumn = datetime(year - 1, *AUTUMN, tzinfo=zone)
    limited = [code for code, each in closing_codes().items() if each.service_level == "limited"]
    led, ended = led_by_volunteer(), ClosingReport.work_ended_on
    brief = ClosingReport.closing_code.in_(limited)
    columns = (Case.id, ClosingReport.approved_at, ClosingReport.closing_code, ended, ACCEPTED)
    rules: tuple[tuple[str, ColumnElement[bool]], ...] = (
        ("staff_limited", and_(not_(led), brief, autumn > ACCEPTED)),
        ("staff_extended", and_(not_(led), not_(brief), ended < date(year, 1, 1))),
        ("volunteers", and_(led, ended < date(year - 1, 1, 1))),
    )
    for key, rule in rules:
        rows = closings(programme, low, high, *columns).where(rule).order_by(ClosingReport.approved_at)
        for case_id, at, code, ended_on, accepted_at in session.execute(rows):
            begun = accepted_at.astimezone(zone).year
            why = _("accepted %(year)s", year=begun) if key == "staff_limited" else _("work ended %(year)s",
                                                                                    year=ended_on.year)  # fmt: skip
            yield key, Found(case_id, at.astimezone(zone).date(), code, why)


def _twice(programme: Programme, low: date, high: date) -> Iterator[tuple[str, Found]]:
    """Cases closed in some days beside another one of the year of the same person and problem."""
    begin = date(high.year, 1, 1)
    pair = (Client.identity_id, Case.problem_code)
    of_year = closings(programme, begin, high, *pair).join(Client, Client.case_id == Case.id)
    several = of_year.where(Case.problem_code.is_not(None)).group_by(*pair)
    several = several.having(func.count(func.distinct(Case.id)) > 1)
    columns = (Case.id, Case.number, ClosingReport.closing_code, ClosingReport.approved_at)
    groups: dict[tuple[Any, ...], list[Any]] = {}
    pairs = session.execute(several).all()
    for start in range(0, len(pairs), 200):
        some = pairs[start : start + 200]
        same = or_(false(), *(and_(Client.identity_id == person, Case.problem_code == code) for person, code in some))
        rows = closings(programme, begin, high, *pair, *columns).join(Client, Client.case_id == Case.id).where(same)
        for person, code, *row in session.execute(rows.order_by(ClosingReport.approved_at, Case.id)):
            groups.setdefault((person, code), []).append(row)
    yield from _beside_the_best(programme, low, groups.values())


def _beside_the_best(programme: Programme, low: date, groups: Any) -> Iterator[tuple[str, Found]]:
    zone, codes = ZoneInfo(programme.time_zone), closing_codes()
    for rows in groups:
        best = max(rows, key=lambda row: (row[2] in codes and codes[row[2]].service_level == "extended", row[3]))
        for case_id, _number, code, at in rows:
            day = at.astimezone(zone).date()
            if case_id != best[0] and low <= day:
                yield "counted_twice", Found(case_id, day, code, _("beside %(case)s", case=best[1]))


def _quiet(programme: Programme) -> Iterator[Found]:
    """Open cases without time in the last days, those longest without first."""
    since = calendars.today(programme) - timedelta(days=QUIET)
    begin, _end = bounds(programme, since, since)
    live = and_(TimeEntry.case_id == Case.id, TimeEntry.removed_at.is_(None))
    newest = select(func.max(TimeEntry.on_day)).where(live).correlate(Case).scalar_subquery()
    rows = select(Case.id, newest).where(
        Case.programme_id == programme.id, Case.status.in_(OPEN), begin > ACCEPTED,
        not_(exists().where(live, TimeEntry.on_day >= since).correlate(Case)),
    )  # fmt: skip
    for case_id, day in session.execute(rows.order_by(newest.is_not(None), newest, Case.id)):
        yield Found(case_id, day, "", _("no time entered since") if day else _("no time entered yet"))


def _of_grant(found: dict[str, list[Found]], grant_id: int | None, today: date) -> dict[str, list[Found]]:
    """Only the cases that a grant paid for: on the day of closing, or today."""
    if grant_id is None:
        return found
    paid: dict[int, list[tuple[date, date | None]]] = {}
    ids = sorted({each.case_id for some in found.values() for each in some})
    for start in range(0, len(ids), 500):
        spans = select(CaseGrant.case_id, CaseGrant.from_on, CaseGrant.until_on).where(
            CaseGrant.grant_id == grant_id, CaseGrant.case_id.in_(ids[start : start + 500])
        )
        for case_id, begin, end in session.execute(spans):
            paid.setdefault(case_id, []).append((begin, end))

    def kept(key: str, each: Found) -> bool:
        day = today if key == "no_time" or each.on_day is None else each.on_day
        return any(begin <= day and (end is None or day <= end) for begin, end in paid.get(each.case_id, []))

    return {key: [each for each in some if kept(key, each)] for key, some in found.items()}
