"""Whether groups of clients fare differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import calendars
from app.accounts.policy import may_arrange
from app.core.access import STAFF, open_to, signed_in
from app.core.facts import county_name
from app.core.lists import csv_download

from .. import equity, figures
from ..equity_questions import GROUPS, QUESTIONS, opens
from ..forms import Period, period_asked
from . import bp
from .staff import the_programme, the_programmes

HEADER = ("trait", "group", "question", "n", "clients", "value", "low", "high", "others", "reads as", "from", "to")
COLUMNS = 8  # groups beside each other; the tables beneath hold every one


@bp.get("/reports/equity")
@open_to(*STAFF)
def equity_view() -> ResponseReturnValue:
    """Every share and number of days by what clients told us, with how far chance goes."""
    programme = the_programme()
    period = a_year_or(calendars.today(programme))
    tables = equity.tables(programme, period.first, period.last)
    if request.args.get("format") == "csv":
        return csv_download(f"equity-{period.first}-{period.last}", HEADER, _lines(tables, period))
    found = equity.findings(tables)
    return render_template(
        "metrics/equity.html", programme=programme, programmes=the_programmes(), period=period, tables=tables,
        found=found, chosen=_chosen(tables, found), groups=GROUPS, questions=QUESTIONS, columns=COLUMNS, opens=opens,
        period_name=figures.period_name, least=programme.floors[1],
        may_mark=may_arrange(signed_in(), programme),
        rural=sorted(county_name(fips) for fips in programme.rural_counties or ()),
    )  # fmt: skip


def _chosen(tables: Sequence[equity.Table], found: Sequence[equity.Finding]) -> equity.Table:
    """The trait asked for, else the first in which groups differ, else the first with a figure."""
    by_key = {table.trait.key: table for table in tables}
    asked = by_key.get(request.args.get("trait", ""))
    told = [by_key[each.trait.key] for each in found] + [table for table in tables if table.groups]
    return asked or (*told, tables[0])[0]


def a_year_or(today: date, *, for_file: bool = False) -> Period:
    """A whole year up to today, unless another period is asked for: a quarter has too few to compare."""
    if any(request.args.get(name) for name in ("from", "to", "span")):
        return period_asked(today, for_file=for_file)
    return Period(today - timedelta(days=364), today)


def _lines(tables: Sequence[equity.Table], period: Period) -> Iterator[tuple[Any, ...]]:
    for table in tables:
        for compared in table.asked:
            for line in compared.lines:
                own, others = line.estimate, line.rest.value if line.rest else None
                numbers = (own.n, own.clients, own.value, own.low, own.high) if own else (None,) * 5
                words = (str(table.trait.name), line.name, str(compared.question.name))
                yield (*words, *numbers, others, line.verdict, period.first, period.last)
