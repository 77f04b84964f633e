"""Whether groups of clients fare differently."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import calendars
from app.accounts.policy import may_mark_rural
from app.core.access import STAFF, open_to, signed_in
from app.core.facts import county_name
from app.core.lists import csv_download

from .. import equity, figures
from ..forms import Period, period_asked
from . import bp
from .staff import the_programme, the_programmes

HEADER = ("trait", "group", "question", "n", "value", "low", "high", "reads as", "from", "to")


@bp.get("/reports/equity")
@open_to(*STAFF)
def equity_view() -> ResponseReturnValue:
    """Placement, days, outcomes and satisfaction by what clients told us, with how far chance goes."""
    programme = the_programme()
    period = a_year_or(calendars.today(programme))
    tables = list(equity.tables(programme, period.first, period.last))
    if request.args.get("format") == "csv":
        return csv_download(f"equity-{period.first}-{period.last}", HEADER, _lines(tables, period))
    return render_template(
        "metrics/equity.html", programme=programme, programmes=the_programmes(), period=period, tables=tables,
        questions=equity.QUESTIONS, period_name=figures.period_name, least=programme.small_count_crossed,
        may_mark=may_mark_rural(signed_in(), programme),
        rural=sorted(county_name(fips) for fips in programme.rural_counties or ()),
    )  # fmt: skip


def a_year_or(today: date, *, for_file: bool = False) -> Period:
    """A whole year up to today, unless another period is asked for: a quarter has too few to compare."""
    if any(request.args.get(name) for name in ("from", "to", "span")):
        return period_asked(today, for_file=for_file)
    return Period(today - timedelta(days=364), today)


def _lines(tables: Any, period: Period) -> Iterator[tuple[Any, ...]]:
    days = (period.first, period.last)
    for trait, asked in tables:
        for question, lines in asked:
            for line in lines:
                own = line.estimate
                numbers = (own.n, own.value, own.low, own.high) if own else (None, None, None, None)
                yield (str(trait.name), line.name, str(question.name), *numbers, line.verdict, *days)
