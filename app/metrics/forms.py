"""Choosing a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

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
    """The period asked for in the address, and what is wrong with it, in words."""

    first: date
    last: date
    wrong: str = ""
    span: str = ""


def period_asked(today: date) -> Period:
    """Read `from` and `to` from the address; this quarter where nothing usable is asked."""
    first, last = quarter_of(today)
    usual = (first, min(last, today))
    span = request.args.get("span", "")
    if span:
        unknown = _("We do not know that period, so this is the current quarter.")
        return _span(span, today) if span in SPANS else Period(*usual, unknown)
    asked = [request.args.get(name, "") for name in ("from", "to")]
    if not any(asked):
        return Period(*usual)
    try:
        first, last = (date.fromisoformat(text) for text in asked)
    except ValueError:
        return Period(*usual, _("We could not read the period, so this is the current quarter."))
    return _checked(first, last, today, usual)


def _span(span: str, today: date) -> Period:
    """A period named by where it lies from today, so that a link stays current."""
    _name, kind, ago = SPANS[span]
    first, last = period_of(today, kind)
    if ago:
        first, last = period_of(first - timedelta(days=1), kind)
    return Period(first, min(last, today), span=span)


def _checked(first: date, last: date, today: date, usual: tuple[date, date]) -> Period:
    if first > last:
        return Period(*usual, _("The period ended before it began, so this is the current quarter."))
    if first < EARLIEST:
        return Period(*usual, _("Choose days from 1900 on. This is the current quarter."))
    if first > today:
        return Period(*usual, _("The period has not begun yet, so this is the current quarter."))
    if (last - first).days > LONGEST:
        return Period(*usual, _("Choose five years at most. This is the current quarter."))
    return Period(first, last)
