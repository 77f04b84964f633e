"""The staff's pages of figures as files."""

from __future__ import annotations

from datetime import date

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.accounts.models import Programme
from app.core.access import STAFF, open_to
from app.core.errors import BadInput, NotFound

from .. import boards, report_pages, waits
from ..forms import Period, period_asked
from ..reports_files_made import FORMATS, download
from . import bp
from .equity import a_year_or
from .staff import BROKEN_DOWN, may_keep_to, the_programme

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
    by = request.args.get("by", "") if kind == "figures" and not request.args.get("only") else ""
    report = report_pages.build(
        kind, programme, period.first, period.last, _kept(kind, programme), by if by in BROKEN_DOWN else "",
        request.args.get("part", ""),
    )  # fmt: skip
    return download(report, asked)


def _period(kind: str, today: date) -> Period:
    """The period asked for; a page of how things stand now has this day alone."""
    if kind in NOW:
        return Period(today, today)
    return a_year_or(today, for_file=True) if kind == "equity" else period_asked(today, for_file=True)


def _kept(kind: str, programme: Programme) -> tuple[str, str]:
    """To which member the page is kept, or by what it is broken down; other pages are whole.

    :raises BadInput: nobody knows the filter, and a file could not say that it does without
    """
    if kind == "gaps":
        return request.args.get("by", ""), "all"
    only = request.args.get("only", "")
    kept, _colon, member = only.partition(":")
    if kind not in ("figures", "waits") or not only:
        return boards.ALL
    if not may_keep_to(programme, kept, member) or (kind == "waits" and kept not in waits.HEADINGS):
        raise BadInput(_("We do not know that filter. No file is made without it."))
    return kept, member
