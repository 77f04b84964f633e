"""The records behind the figures of reports: closed cases, amounts of money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.accounts import calendars
from app.casework.models import AmountKind
from app.clients.models import Case
from app.clients.problems import category
from app.core.access import STAFF, open_to
from app.core.db import session
from app.core.errors import NotFound
from app.core.lists import Page, csv_download, here, whole

from .. import figures, lsc_behind, reports_files
from ..forms import period_asked
from ..lsc import problem_name
from ..lsc_behind import WHO, Chosen
from ..report_contents import full_day
from ..window import in_turn
from ..wording import file_name
from . import bp
from .files import grant_asked
from .staff import the_programme

AT_ONCE = 50
CLOSED_HEADER = ("case", "closed", "problem code", "kind of matter", "closing code", "lead volunteer")
MONEY_HEADER = ("case", "closed", "kind", "amount", "months", "over these months")


def page_of_rows(rows: Sequence[Any]) -> Page:
    """One page of rows that are all known."""
    number = min(whole("page", 1), max(1, -(-len(rows) // AT_ONCE)))
    return Page(rows[(number - 1) * AT_ONCE : number * AT_ONCE], number, AT_ONCE, len(rows))


def with_cases(rows: Sequence[tuple[int, Any]]) -> list[tuple[Case, Any]]:
    """Rows that begin with the id of a case, with their cases."""
    cases: dict[int, Case] = {}
    for ids in in_turn(row[0] for row in rows):
        cases |= {case.id: case for case in session.execute(select(Case).where(Case.id.in_(ids))).scalars()}
    return [(cases[case_id], told) for case_id, told in rows]


@bp.get("/reports/closed-cases")
@open_to(*STAFF)
def closed_behind() -> ResponseReturnValue:
    """The closed cases behind one figure of a report."""
    programme = the_programme()
    period, grant = period_asked(calendars.today(programme)), grant_asked(programme, request.args.get("grant"))
    chosen = _chosen()
    found = lsc_behind.reports_behind(programme, period.first, period.last, grant.id if grant else None, chosen)
    label = ", ".join(filter(None, (grant.name if grant else "", chosen.label)))
    if request.args.get("format") == "csv":
        rows = lsc_behind.closed_cases(programme, found)
        name = file_name("closed", label, period.first, period.last)
        return csv_download(name, CLOSED_HEADER, (_closed_line(row) for row in rows))
    page = page_of_rows(found)
    return render_template(
        "metrics/closed_behind.html", programme=programme, period=period, label=label, page=page, here=here,
        rows=lsc_behind.closed_cases(programme, page.rows), period_name=figures.period_name, full_day=full_day,
        problem_name=problem_name, member_name=figures.member_name,
    )  # fmt: skip


def _chosen() -> Chosen:
    asked = {key: request.args.get(key) or None for key in ("problem", "code", "category")}
    who = request.args.get("who", "all")
    if who not in WHO:
        raise NotFound
    return Chosen(**asked, who=who)


def _closed_line(row: lsc_behind.ClosedCase) -> tuple[Any, ...]:
    lead = row.lead.name if row.lead else None
    return row.case.number, row.on_day, row.case.problem_code, category(row.case.problem_code), row.code, lead


@bp.get("/reports/money")
@open_to(*STAFF)
def money_behind() -> ResponseReturnValue:
    """The amounts of money behind one line of a report."""
    programme = the_programme()
    period, grant = period_asked(calendars.today(programme)), grant_asked(programme, request.args.get("grant"))
    kind, months = _kind_of_money()
    days = (period.first, period.last)
    found = lsc_behind.money_behind(programme, *days, grant.id if grant else None, kind, months)
    name = reports_files.money_name(kind, months)
    label = ", ".join(filter(None, (grant.name if grant else "", name)))
    if request.args.get("format") == "csv":
        lines = ((a.case.number, a.on_day, name, a.cents / 100, a.months, a.over / 100 if a.over else None)
                 for a in found)  # fmt: skip
        return csv_download(file_name("money", label, *days), MONEY_HEADER, lines)
    return render_template(
        "metrics/money_behind.html", programme=programme, period=period, label=label, page=page_of_rows(found),
        months=months, cents=sum(each.cents for each in found), period_name=figures.period_name, full_day=full_day,
        here=here,
    )  # fmt: skip


def _kind_of_money() -> tuple[AmountKind, int | None]:
    """The kind asked for, with its months where it comes monthly."""
    if request.args.get("kind") not in set(AmountKind):
        raise NotFound
    kind = AmountKind(request.args["kind"])
    months = whole("months", 0, 0) or None
    if (kind is AmountKind.MONTHLY) != (months is not None):
        raise NotFound
    return kind, months
