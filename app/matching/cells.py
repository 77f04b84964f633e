"""What one cell of a matching spreadsheet may hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from app.core import facts
from app.matching.engine.docket import LEVELS, PRIORITIES
from app.matching.engine.problems import fold, fold_area

LANGUAGES_FILE = Path(__file__).parent / "data" / "language_codes.csv"
STATE = re.compile(r"[A-Z]{2}")
COUNTY = re.compile(r"[0-9]{5}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHOLE = re.compile(r"[0-9]{1,18}")
NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18}")
NEGATIVE = re.compile(r"-\s*[0-9.]+")
FREELY_ASSOCIATED = frozenset({"FM", "MH", "PW"})
LANGUAGE = re.compile(r"[A-Za-z]{2,3}")

Reader = Callable[[str], object]


class BadCell(ValueError):
    """The cell cannot be read; the message says why."""


def shown(text: str) -> str:
    """Return the text as a message may quote it."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def items(text: str) -> tuple[str, ...]:
    """Return the entries of a list cell, each once, in the order given."""
    return tuple(dict.fromkeys(entry.strip() for entry in text.split(";") if entry.strip()))


def barred(text: str) -> tuple[str, ...]:
    """Read who is barred: volunteer ids and firms, a blank after `firm:` meaning nothing."""
    firm = "firm:"
    return tuple(firm + entry.removeprefix(firm).strip() if entry.startswith(firm) else entry for entry in items(text))


def one_of(*choices: str) -> Reader:
    """Return a reader of one word out of a few."""

    def read(text: str) -> str:
        if text not in choices:
            raise BadCell(f"{shown(text)} is none of {', '.join(choices)}")
        return text

    return read


def text_cell(text: str) -> str:
    """Read any text."""
    return text


def yes_or_no(text: str) -> bool:
    """Read yes or no."""
    return one_of("yes", "no")(text) == "yes"


def whole(text: str) -> int:
    """Read a whole number of 0 or more."""
    if NEGATIVE.fullmatch(text):
        raise BadCell(f"{shown(text)} is negative")
    if not WHOLE.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a whole number")
    return int(text)


def hours(text: str) -> float:
    """Read hours of 0 or more."""
    if NEGATIVE.fullmatch(text):
        raise BadCell(f"{shown(text)} is negative")
    if not NUMBER.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a number of hours")
    return float(text)


def day(text: str) -> date:
    """Read a day written year-month-day."""
    if not DAY.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a day written like 2026-11-21")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadCell(f"{shown(text)} is not a day of the calendar") from None


@cache
def _states() -> frozenset[str]:
    return frozenset(state for _, state in facts.counties().values()) | FREELY_ASSOCIATED


@cache
def _state_digits() -> frozenset[str]:
    return frozenset(fips[:2] for fips in facts.counties()) | {"64", "68", "70"}


def state(text: str) -> str:
    """Read a two-letter state."""
    if not STATE.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a two-letter state")
    if text not in _states():
        raise BadCell(f"{shown(text)} is no state")
    return text


def licence(text: str) -> str:
    """Read what licence a case needs: a state, or any."""
    return text if text == "any" else state(text)


def county(text: str) -> str:
    """Read a county's five digits."""
    if not COUNTY.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a county's five digits")
    if text[:2] not in _state_digits():
        raise BadCell(f"{shown(text)} is a county of no state")
    return text


def reach(text: str) -> str:
    """Read a county, or a state for all of it."""
    if not COUNTY.fullmatch(text) and not STATE.fullmatch(text):
        raise BadCell(f"{shown(text)} is neither a county's five digits nor a two-letter state")
    return county(text) if text.isdigit() else state(text)


@cache
def _two_letter() -> dict[str, str]:
    with LANGUAGES_FILE.open(encoding="utf-8", newline="") as rows:
        return {row["three"]: row["two"] for row in csv.DictReader(rows)}


def language(text: str) -> str:
    """Read a language, a three-letter code as its two-letter one where there is one."""
    if not LANGUAGE.fullmatch(text):
        raise BadCell(f"{shown(text)} is not an ISO 639 language code")
    code = _two_letter().get(text.lower(), text.lower())
    if len(code) == 2 and code not in _two_letter().values():
        raise BadCell(f"{shown(text)} is not an ISO 639 language code")
    return code


def problem_code(text: str) -> str:
    """Read a problem code that can be chosen, local ones included."""
    try:
        fold(text)
    except ValueError as error:
        raise BadCell(str(error)) from None
    return text


def area(text: str) -> str:
    """Read a problem code or a category."""
    try:
        fold_area(text)
    except ValueError:
        raise BadCell(f"{shown(text)} is neither a problem code that can be chosen nor a category") from None
    return text


def area_with_level(text: str) -> tuple[str, str]:
    """Read a problem code or category with the volunteer's level in it."""
    name, colon, level_name = text.rpartition(":")
    if not colon:
        raise BadCell(f"{shown(text)} names no level, as in 63:expert")
    return area(name.strip()), str(level(level_name.strip()))


priority = one_of(*PRIORITIES)
level = one_of(*LEVELS)


def list_of(read: Reader) -> Reader:
    """Return a reader of a list cell whose every entry the given reader takes."""

    def read_list(text: str) -> tuple[object, ...]:
        return tuple(dict.fromkeys(read(entry) for entry in items(text)))

    return read_list
