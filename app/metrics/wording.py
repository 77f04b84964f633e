"""How the value of a measure is written, on pages and in files."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.i18n import hours, money, number
from app.core.sealed import fold

from .definitions import Measure

NOTHING = "–"
LONGEST = 80  # letters of one part of a file's name


def shown(measure: Measure, value: float | None) -> str:
    """`58 %`, `12 days`, `$1,200`, `4.5`, `1,234`, or a dash where nothing counts."""
    if value is None:
        return NOTHING
    if measure.kind == "share":
        return _("%(share)s %%", share=percent(value))
    if measure.kind == "mean":
        return f"{value:.2f}"
    if measure.kind == "days":
        return ngettext("%(num)s day", "%(num)s days", int(value))
    whole = int(value)
    if measure.unit == "hours":
        return hours(whole) or "0"
    return money(whole) if measure.unit == "money" else number(whole)


def remembered() -> Callable[[Measure, float | None], str]:
    """`shown`, which writes each number of a page once: most of them stand there many times."""
    said: dict[tuple[str, str, str, float | None], str] = {}

    def write(measure: Measure, value: float | None) -> str:
        key = (measure.kind, measure.unit, measure.key if measure.kind == "mean" else "", value)
        if key not in said:
            said[key] = shown(measure, value)
        return said[key]

    return write


def percent(share: float) -> int:
    """A share in whole percent: 23 of 40 are 58, as on a published page, and not 57 because 0.575 is a hair less."""
    return round(round(100 * share, 9))


def plain(measure: Measure, value: float) -> float:
    """The same as a number of a file: hours and dollars, a share from 0 to 1."""
    if measure.unit in ("hours", "money"):
        return value / 100
    return round(value, 4) if measure.kind in ("share", "mean") else value


def change(measure: Measure, now: float | None, before: float | None) -> str:
    """How much more or less than the period before, in words; nothing where either is missing."""
    if now is None or before is None:
        return ""
    if now == before:
        return _("the same")
    size = shown(measure, abs(now - before))
    if measure.kind == "share":
        size = _("%(n)s points", n=percent(abs(now - before)))
    return _("%(size)s more", size=size) if now > before else _("%(size)s less", size=size)


def file_name(*parts: object) -> str:
    """What a file is of, in letters that every system keeps: `closed-four-lakes-housing-2026-01-01-2026-03-31`."""
    words = (fold(str(part)).encode("ascii", "ignore").decode()[:LONGEST].split() for part in parts)
    return "-".join("-".join(some) for some in words if some)
