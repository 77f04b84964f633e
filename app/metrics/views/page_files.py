"""The staff's pages of figures as files."""

from __future__ import annotations

from datetime import date

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts import calendars
from app.core.access import STAFF, open_to
from app.core.errors import NotFound

from .. import boards, report_pages
from ..forms import Period, period_asked
from ..reports_files_made import FORMATS, download
from . import bp
from .equity import a_year_or
from .staff import BROKEN_DOWN, the_programme

NOW = ("gaps", "goals")


@bp.get("/reports/pages/<kind>")
@open_to(*STAFF)
def page_file(kind: str) -> ResponseReturnValue:
    """A page of figures as a PDF, a spreadsheet or a CSV file."""
    asked = request.args.get("format", "pdf")
    if kind not in report_pages.PAGES or asked not in FORMATS:
        raise NotFound
    programme = the_programme()
    today = calendars.today(programme)
    period = _period(kind, today)
    return download(report_pages.build(kind, programme, period.first, period.last, _kept(kind)), asked)


def _period(kind: str, today: date) -> Period:
    """The period asked for; a page of how things stand now has this day alone."""
    if kind in NOW:
        return Period(today, today)
    return a_year_or(today) if kind == "equity" else period_asked(today)


def _kept(kind: str) -> tuple[str, str]:
    """To which member the page is kept, or by what it is broken down; other pages are whole."""
    if kind == "gaps":
        return request.args.get("by", ""), "all"
    kept, _colon, member = request.args.get("only", "").partition(":")
    return (kept, member[:40]) if kind in ("figures", "waits") and kept in BROKEN_DOWN and member else boards.ALL
