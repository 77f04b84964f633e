"""Choosing a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import request
from flask_babel import gettext as _

from .figures import quarter_of

LONGEST = 366 * 5


@dataclass(frozen=True)
class Period:
    """The period asked for in the address, and what is wrong with it, in words."""

    first: date
    last: date
    wrong: str = ""


def period_asked(today: date) -> Period:
    """Read `from` and `to` from the address; this quarter where nothing usable is asked."""
    first, last = quarter_of(today)
    usual = (first, min(last, today))
    asked = [request.args.get(name, "") for name in ("from", "to")]
    if not any(asked):
        return Period(*usual)
    try:
        first, last = (date.fromisoformat(text) for text in asked)
    except ValueError:
        return Period(*usual, _("We could not read the period, so this is the current quarter."))
    return _checked(first, last, today, usual)


def _checked(first: date, last: date, today: date, usual: tuple[date, date]) -> Period:
    if first > last:
        return Period(*usual, _("The period ended before it began, so this is the current quarter."))
    if first > today:
        return Period(*usual, _("The period has not begun yet, so this is the current quarter."))
    if (last - first).days > LONGEST:
        return Period(*usual, _("Choose five years at most. This is the current quarter."))
    return Period(first, last)
