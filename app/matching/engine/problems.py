"""Problem codes, their categories and how a local code folds onto them."""

import csv
import re
from functools import cache
from pathlib import Path

CODES_FILE = Path(__file__).parents[2] / "core" / "data" / "problem_codes.csv"
LOCAL_CODE = re.compile(r"(\d\d)(?:[A-Za-z][A-Za-z0-9]*)?")


class UnknownArea(ValueError):
    """The text is neither a selectable problem code nor a category."""


@cache
def categories() -> dict[str, str]:
    """Return the category of every selectable two-digit code."""
    with CODES_FILE.open(encoding="utf-8", newline="") as rows:
        return {row["code"]: row["category"] for row in csv.DictReader(rows) if row["selectable"] == "Y"}


@cache
def category_names() -> frozenset[str]:
    """Return the names of all categories that have a selectable code."""
    return frozenset(categories().values())


@cache
def fold(code: str) -> str:
    """Return the two-digit code a code or local code counts as.

    :raises UnknownArea: it is unknown or cannot be chosen
    """
    match = LOCAL_CODE.fullmatch(code)
    if match is None or match[1] not in categories():
        raise UnknownArea(f"{code[:40]!r} is not a problem code that can be chosen")
    return match[1]


def fold_area(area: str) -> str:
    """Return the category as it stands, or the two-digit code an area counts as.

    :raises UnknownArea: it is neither
    """
    return area if area in category_names() else fold(area)
