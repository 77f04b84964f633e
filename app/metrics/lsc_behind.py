"""The closed cases, and the amounts of money, that one figure of a report counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, not_, select

from app.accounts.models import Programme
from app.casework.models import AmountKind, ClosingAmount, ClosingReport
from app.clients.models import Case
from app.clients.problems import category
from app.core.db import session
from app.matching.models import Assignment
from app.volunteers.models import Volunteer

from . import lsc
from .members import member_name
from .window import in_turn

UNKNOWN = "unknown"  # in an address: no code, or one of no known kind of matter
WHO = {"all": "", "pai": _l("led by volunteers (PAI)"), "staff": _l("of staff")}


@dataclass(frozen=True)
class Chosen:
    """Which closed cases: those of a problem code, a closing code, a kind of matter, and of whoever led them."""

    problem: str | None = None
    code: str | None = None
    category: str | None = None
    who: str = "all"

    @property
    def label(self) -> str:
        """What is chosen, in words."""
        problem = lsc.problem_name(lsc.NO_CODE if self.problem == UNKNOWN else self.problem) if self.problem else ""
        kind = _("No problem code") if self.category == UNKNOWN else self.category
        code = member_name("closing_code", self.code) if self.code else ""
        return ", ".join(str(part) for part in (problem, code, kind, WHO[self.who]) if part)


class ClosedCase(NamedTuple):
    """A closed case: the day it counts on, its code, and the volunteer who led it to its end."""

    case: Case
    on_day: date
    code: str
    lead: Volunteer | None


class Amount(NamedTuple):
    """Money that a closed case brought, in cents, and over its months where it comes monthly."""

    case: Case
    on_day: date
    cents: int
    months: int | None

    @property
    def over(self) -> int | None:
        """The cents of all its months."""
        return self.cents * self.months if self.months else None


def reports_behind(programme: Programme, first: date, last: date, grant_id: int | None, chosen: Chosen) -> list[int]:
    """The closing reports that one figure counts, in the order in which they were approved."""
    only = _conditions(programme, first, last, chosen)
    found = lsc.counted(programme, first, last, grant_id, ClosingReport.approved_at, ClosingReport.id, only=only)
    return [report_id for _at, report_id in sorted(tuple(row) for row in found)]


def _conditions(programme: Programme, first: date, last: date, chosen: Chosen) -> list[ColumnElement[bool]]:
    problem: Any = func.coalesce(Case.problem_code, lsc.NO_CODE)
    found: list[ColumnElement[bool]] = []
    if chosen.problem is not None:
        found.append(problem == (lsc.NO_CODE if chosen.problem == UNKNOWN else chosen.problem))
    if chosen.code is not None:
        found.append(ClosingReport.closing_code == chosen.code)
    if chosen.category is not None:
        codes = session.execute(lsc.closings(programme, first, last, problem).distinct()).scalars()
        found.append(problem.in_([code for code in codes if (category(code) or UNKNOWN) == chosen.category]))
    if chosen.who != "all":
        led = lsc.led_by_volunteer()
        found.append(led if chosen.who == "pai" else not_(led))
    return found


def closed_cases(programme: Programme, report_ids: Sequence[int]) -> list[ClosedCase]:
    """The cases of some closing reports, in the order asked."""
    found: dict[int, ClosedCase] = {}
    zone = ZoneInfo(programme.time_zone)
    for ids in in_turn(report_ids):
        columns = (ClosingReport.id, ClosingReport.approved_at, ClosingReport.closing_code, Case)
        wanted = select(*columns).join(Case, Case.id == ClosingReport.case_id).where(ClosingReport.id.in_(ids))
        rows: list[Any] = list(session.execute(wanted))
        leads = _leads(row.Case.id for row in rows)
        for report_id, at, code, case in rows:
            found[report_id] = ClosedCase(case, at.astimezone(zone).date(), code, leads.get(case.id))
    return [found[report_id] for report_id in report_ids]


def _leads(case_ids: Iterable[int]) -> dict[int, Volunteer]:
    """Who of the volunteers led some cases to their end, the last of them for each."""
    led = select(Assignment.case_id, Volunteer).join(Volunteer, Volunteer.id == Assignment.volunteer_id)
    led = led.where(Assignment.case_id.in_(list(case_ids)), *lsc.led_to_the_end())
    rows = session.execute(led.order_by(Assignment.ended_at, Assignment.id))
    return {case_id: volunteer for case_id, volunteer in rows}  # noqa: C416


def money_behind(
    programme: Programme, first: date, last: date, grant_id: int | None, kind: AmountKind, months: int | None
) -> list[Amount]:
    """The amounts of one kind, and of so many months, in the order in which their closings were approved."""
    only = (ClosingAmount.kind == kind, ClosingAmount.months.is_(None) if months is None
            else ClosingAmount.months == months)  # fmt: skip
    columns = (ClosingReport.approved_at, ClosingAmount.id, ClosingReport.case_id, ClosingAmount.cents)
    rows = sorted(tuple(row) for row in lsc.amounts(programme, first, last, grant_id, *columns, only=only))
    cases: dict[int, Case] = {}
    for ids in in_turn(row[2] for row in rows):
        cases |= {case.id: case for case in session.execute(select(Case).where(Case.id.in_(ids))).scalars()}
    zone = ZoneInfo(programme.time_zone)
    return [Amount(cases[case_id], at.astimezone(zone).date(), cents, months) for at, _id, case_id, cents in rows]
