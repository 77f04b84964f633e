"""Choosing a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import BadInput

from .figures import period_of, quarter_of

LONGEST = 366 * 5
EARLIEST = date(1900, 1, 1)  # what is compared with it lies before
SPANS: dict[str, tuple[Any, str, int]] = {  # name, kind of period, how many before the current one
    "month": (_l("This month"), "month", 0),
    "last_month": (_l("Last month"), "month", 1),
    "quarter": (_l("This quarter"), "quarter", 0),
    "last_quarter": (_l("Last quarter"), "quarter", 1),
    "year": (_l("This year"), "year", 0),
    "last_year": (_l("Last year"), "year", 1),
}


@dataclass(frozen=True)
class Period:
    """The period asked for in the address, and what is to be said of it, in words."""

    first: date
    last: date
    wrong: str = ""
    span: str = ""


def period_asked(today: date, *, for_file: bool = False) -> Period:
    """Read `from` and `to` from the address; this quarter where nothing usable is asked.

    :raises BadInput: a file is asked for, which could not say that it is of another period
    """
    first, last = quarter_of(today)
    found, why = _read(today)
    if found is not None:
        return found
    if why and (for_file or request.args.get("format")):
        raise BadInput(_("%(why)s No file is made of another period.", why=why))
    wrong = _("%(why)s This is the current quarter.", why=why) if why else ""
    return Period(first, min(last, today), wrong, span="quarter")


def _read(today: date) -> tuple[Period | None, str]:
    """The period asked for, or why there is none."""
    span = request.args.get("span", "")
    if span:
        return (_span(span, today), "") if span in SPANS else (None, _("We do not know that period."))
    asked = [request.args.get(name, "") for name in ("from", "to")]
    if not any(asked):
        return None, ""
    try:
        first, last = (date.fromisoformat(text) for text in asked)
    except ValueError:
        return None, _("We could not read the period: it needs a first and a last day of the calendar.")
    why = _against(first, last, today)
    return (None, why) if why else (Period(first, last, _so_far(last, today)), "")


def _span(span: str, today: date) -> Period:
    """A period named by where it lies from today, so that a link stays current."""
    _name, kind, ago = SPANS[span]
    first, last = period_of(today, kind)
    if ago:
        first, last = period_of(first - timedelta(days=1), kind)
    return Period(first, min(last, today), span=span)


def _against(first: date, last: date, today: date) -> str:
    """What speaks against a period."""
    if first > last:
        return _("The period ended before it began.")
    if first < EARLIEST:
        return _("Choose days from 1900 on.")
    if first > today:
        return _("The period has not begun yet.")
    return _("Choose five years at most.") if (last - first).days > LONGEST else ""


def _so_far(last: date, today: date) -> str:
    return _("The period has not ended yet: these are its figures so far.") if last > today else ""
