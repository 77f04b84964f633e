"""Facts that several packages read: problem codes, counties, languages, each file with its source."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@lru_cache
def rows_of(path: Path) -> tuple[dict[str, str], ...]:
    """The rows of one file of facts."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def problem_rows() -> tuple[dict[str, str], ...]:
    """Every problem code of the federal list: code, label, category, whether it may be chosen."""
    return rows_of(DATA / "problem_codes.csv")


@lru_cache
def counties() -> dict[str, tuple[str, str]]:
    """County name and state by FIPS code."""
    return {row["fips"]: (row["county"], row["state"]) for row in rows_of(DATA / "counties.csv")}


def county_name(fips: str) -> str:
    """`Dane County`, or the code itself where it is not known."""
    return counties().get(fips, (fips, ""))[0]


@lru_cache
def counties_of(state: str) -> tuple[tuple[str, str], ...]:
    """(FIPS code, name) of a state's counties, by name."""
    return tuple(sorted(((f, name) for f, (name, of) in counties().items() if of == state), key=lambda each: each[1]))


@lru_cache
def languages() -> dict[str, str]:
    """English names of languages by code, two letters where there are two; `mul` is another language."""
    return {row["code"]: row["language"] for row in rows_of(DATA / "languages.csv")}


def language_name(code: str) -> str:
    """The English name of a language."""
    return languages().get(code, code)
