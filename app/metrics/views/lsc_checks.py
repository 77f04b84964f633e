"""What a case service summary should not hold as it is, before somebody makes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.accounts import calendars
from app.clients.models import Case
from app.core.access import STAFF, open_to
from app.core.db import session
from app.core.lists import csv_download

from .. import figures, lsc_checks
from ..forms import period_asked
from ..report_contents import full_day
from ..window import in_turn
from . import bp
from .files import grant_asked, grants_of
from .staff import the_programme, the_programmes

SHOWN = 50
HEADER = ("check", "case", "day", "closing code", "why", "rule")


@bp.get("/reports/files/lsc/check")
@open_to(*STAFF)
def lsc_check() -> ResponseReturnValue:
    """The cases that would be turned down, by rule."""
    programme = the_programme()
    period = period_asked(calendars.today(programme))
    grant = grant_asked(programme, request.args.get("grant"))
    found = lsc_checks.checks(programme, period.first, period.last, grant.id if grant else None)
    if request.args.get("format") == "csv":
        return csv_download(f"summary-checks-{period.first}-{period.last}", HEADER, _lines(found))
    return render_template(
        "metrics/lsc_check.html", programme=programme, programmes=the_programmes(), period=period, grant=grant,
        grants=grants_of(programme), checks=found, cases=_cases(found), shown=SHOWN,
        period_name=figures.period_name, full_day=full_day,
    )  # fmt: skip


def _ids(found: list[lsc_checks.Check], most: int | None) -> Iterator[list[int]]:
    return in_turn(each.case_id for check in found for each in check.found[:most])


def _cases(found: list[lsc_checks.Check]) -> dict[int, Case]:
    rows = (session.execute(select(Case).where(Case.id.in_(ids))).scalars() for ids in _ids(found, SHOWN))
    return {case.id: case for some in rows for case in some}


def _lines(found: list[lsc_checks.Check]) -> Iterator[tuple[Any, ...]]:
    numbers: dict[int, str] = {}
    for ids in _ids(found, None):
        some = session.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))
        numbers |= {row.id: row.number for row in some}
    for check in found:
        for each in check.found:
            rule = f"{check.rule} ({check.authority})"
            yield (check.name, numbers[each.case_id], each.on_day, each.code, each.why, rule)
