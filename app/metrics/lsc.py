"""Cases closed in a period by problem code and closing code, those led by volunteers marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import Programme
from app.casework.closing import closing_codes
from app.casework.models import AmountKind, ClosingAmount, ClosingReport, ClosingStatus
from app.clients.models import Case, CaseGrant
from app.clients.models.statuses import CaseRole
from app.clients.problems import find_problem
from app.core.db import session
from app.matching.models import Assignment

from .window import in_turn

Conditions = Sequence[ColumnElement[bool]]
NO_CODE = ""  # a case closed before anybody chose a problem code


@dataclass(frozen=True)
class Closed:
    """How many cases ended with each pair of problem code and closing code: all of them, and those of volunteers."""

    cells: Mapping[tuple[str, str], int]
    pai: Mapping[tuple[str, str], int]

    @property
    def total(self) -> int:
        """Every case."""
        return sum(self.cells.values())

    def codes(self) -> list[str]:
        """The closing codes that may be chosen, and any other that a case carries."""
        known = list(closing_codes())
        return known + sorted({code for _problem, code in self.cells} - set(known))

    def problems(self) -> list[str]:
        """The problem codes that have a case, in their order; cases without one last."""
        return sorted({problem for problem, _code in self.cells}, key=lambda code: (code == NO_CODE, code))

    def of_problem(self, problem: str) -> Counter[str]:
        """The cases of one problem code by closing code."""
        return Counter({code: n for (p, code), n in self.cells.items() if p == problem})

    def of_code(self, code: str, *, pai: bool = False) -> int:
        """The cases with one closing code."""
        return sum(n for (_problem, c), n in (self.pai if pai else self.cells).items() if c == code)

    def pai_of_problem(self, problem: str) -> int:
        """The cases of one problem code that a volunteer led to their end."""
        return sum(n for (p, _code), n in self.pai.items() if p == problem)


def bounds(programme: Programme, first: date, last: date) -> tuple[datetime, datetime]:
    """The moments between which a programme's local days lie: from the first's midnight to that after the last."""
    zone = ZoneInfo(programme.time_zone)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def closed_cases(programme: Programme, first: date, last: date, grant_id: int | None = None) -> Closed:
    """Count a period's closed cases; with a grant, those that it paid for on the day they were closed."""
    if grant_id is not None:
        return _of_grant(programme, first, last, grant_id)
    led = led_by_volunteer().label("led")
    keys = (func.coalesce(Case.problem_code, NO_CODE), ClosingReport.closing_code, led)
    cells: Counter[tuple[str, str]] = Counter()
    pai: Counter[tuple[str, str]] = Counter()
    for problem, code, by_volunteer, n in session.execute(
        closings(programme, first, last, *keys, func.count()).group_by(*keys)
    ):
        cells[problem, code] += n
        if by_volunteer:
            pai[problem, code] += n
    return Closed(cells, pai)


def _of_grant(programme: Programme, first: date, last: date, grant_id: int) -> Closed:
    columns = (func.coalesce(Case.problem_code, NO_CODE), ClosingReport.closing_code, led_by_volunteer())
    cells: Counter[tuple[str, str]] = Counter()
    pai: Counter[tuple[str, str]] = Counter()
    for problem, code, by_volunteer in counted(programme, first, last, grant_id, *columns):
        cells[problem, code] += 1
        pai[problem, code] += bool(by_volunteer)
    return Closed(cells, +pai)


def counted(
    programme: Programme, first: date, last: date, grant_id: int | None, *columns: Any, only: Conditions = ()
) -> Iterator[Any]:
    """What is asked of each closing of a period; with a grant, of each that it paid for on its local day."""
    found = closings(programme, first, last, *columns).where(*only)
    if grant_id is None:
        yield from session.execute(found)
        return
    days = (ClosingReport.id, ClosingReport.approved_at, CaseGrant.from_on, CaseGrant.until_on)
    found = found.join(CaseGrant, CaseGrant.case_id == ClosingReport.case_id).where(CaseGrant.grant_id == grant_id)
    zone, seen = ZoneInfo(programme.time_zone), set()
    for *row, report_id, at, start, end in session.execute(found.add_columns(*days).order_by(ClosingReport.id)):
        day = at.astimezone(zone).date()
        if report_id not in seen and start <= day and (end is None or day <= end):
            seen.add(report_id)
            yield tuple(row)


def closings(programme: Programme, first: date, last: date, *shown: Any) -> Select[Any]:
    """The closing reports of a programme that were approved in a period."""
    begin, end = bounds(programme, first, last)
    found = select(*shown).select_from(ClosingReport).join(Case, Case.id == ClosingReport.case_id)
    return found.where(
        Case.programme_id == programme.id, ClosingReport.status == ClosingStatus.APPROVED,
        ClosingReport.superseded_at.is_(None), ClosingReport.approved_at >= begin, ClosingReport.approved_at < end,
    )  # fmt: skip


def led_by_volunteer() -> ColumnElement[bool]:
    """Did a volunteer lead the case when it was closed: is it a case of private attorney involvement?"""
    return exists().where(Assignment.case_id == ClosingReport.case_id, *led_to_the_end()).correlate(ClosingReport)


def led_to_the_end() -> Conditions:
    """Conditions on a volunteer's part: they led the case until it was closed.

    A case that was opened again since they closed it, and closed by others, is not theirs.
    """
    earlier = aliased(ClosingReport)
    opened_again = exists().where(
        earlier.case_id == Assignment.case_id, earlier.approved_at.is_not(None),
        earlier.superseded_at >= Assignment.ended_at,
    )  # fmt: skip
    return Assignment.role == CaseRole.LEAD, Assignment.end_reason == "closed", ~opened_again.correlate(Assignment)


def money_by_kind(
    programme: Programme, first: date, last: date, grant_id: int | None = None
) -> dict[tuple[AmountKind, int | None], tuple[int, int]]:
    """Money for clients: kind and months → how many amounts, and cents; kinds are never added to each other."""
    columns = (ClosingAmount.kind, ClosingAmount.months, ClosingAmount.cents)
    found: dict[tuple[AmountKind, int | None], tuple[int, int]] = {}
    for kind, months, cents in amounts(programme, first, last, grant_id, *columns):
        n, so_far = found.get((kind, months), (0, 0))
        found[kind, months] = n + 1, so_far + cents
    return dict(sorted(found.items(), key=lambda item: (list(AmountKind).index(item[0][0]), item[0][1] or 0)))


def amounts(
    programme: Programme, first: date, last: date, grant_id: int | None, *columns: Any, only: Conditions = ()
) -> Iterator[Any]:
    """What is asked of each amount of money that a period's closings name, or those of them that a grant paid for."""
    if grant_id is None:
        yield from session.execute(closings(programme, first, last, *columns).join(ClosingReport.amounts).where(*only))
        return
    found = select(*columns).select_from(ClosingAmount).join(ClosingReport, ClosingReport.id == ClosingAmount.report_id)
    for ids in in_turn(row[0] for row in counted(programme, first, last, grant_id, ClosingReport.id)):
        yield from session.execute(found.where(ClosingAmount.report_id.in_(ids), *only))


def problem_name(code: str) -> str:
    """`63 Private Landlord/Tenant`."""
    problem = find_problem(code)
    if problem is None:
        return _("No problem code") if code == NO_CODE else code
    return f"{code} {problem.label}"
