"""Problem codes with their categories, the forums of matters, counties and languages, as read from files."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
LOCAL_CODE = re.compile(r"(\d\d)(?:[A-Za-z][A-Za-z0-9]?)?")

CATEGORY_FORUMS = {
    "77": "va",
    "81": "immigration_agency",
    "72": "ssa",
    "74": "ssa",
    "75": "ssa",
    "23": "irs",
    "24": "irs",
}


@dataclass(frozen=True)
class Problem:
    """A kind of legal problem."""

    code: str
    label: str
    category: str
    selectable: bool

    @property
    def title(self) -> str:
        """`63 Private Landlord/Tenant`."""
        return f"{self.code} {self.label}"


@dataclass(frozen=True)
class Forum:
    """Where a matter is decided, and what that asks of a lawyer."""

    key: str
    licence: str
    credentials: tuple[str, ...]
    source: str

    def licence_in(self, state: str) -> str:
        """The licence asked for when the forum sits in a state."""
        return state if self.licence == "state" else self.licence


@lru_cache
def problems() -> dict[str, Problem]:
    """Every problem code."""
    return {
        row["code"]: Problem(row["code"], row["label"], row["category"], row["selectable"] == "Y")
        for row in _rows("problem_codes.csv")
    }


def find_problem(code: str | None) -> Problem | None:
    """The problem a code or a local code such as `63b` counts as."""
    match = LOCAL_CODE.fullmatch(code or "")
    return problems().get(match[1]) if match else None


def is_selectable(code: str | None) -> bool:
    """May staff choose this code?"""
    found = find_problem(code)
    return found is not None and found.selectable


def category(code: str | None) -> str:
    """The category of a code, or nothing where the code is not known yet."""
    found = find_problem(code)
    return found.category if found else ""


@lru_cache
def forums() -> dict[str, Forum]:
    """The forums that matters are decided in."""
    return {
        row["key"]: Forum(row["key"], row["licence"], tuple(row["credentials"].split()), row["source"])
        for row in _rows("forums.csv")
    }


def usual_forum(code: str | None) -> str:
    """The forum a problem usually goes to; staff correct it."""
    found = find_problem(code)
    return CATEGORY_FORUMS.get(found.code, "state_court") if found else "state_court"


def asked_by_forum(forum: str, state: str) -> tuple[str, list[str]]:
    """The licence and the credentials that a forum in a state asks for."""
    found = forums()[forum]
    return found.licence_in(state), list(found.credentials)


@lru_cache
def counties() -> dict[str, tuple[str, str]]:
    """County name and state by FIPS code."""
    return {row["fips"]: (row["county"], row["state"]) for row in _rows("counties.csv")}


def county_name(fips: str) -> str:
    """`Dane County`, or the code itself where it is not known."""
    return counties().get(fips, (fips, ""))[0]


@lru_cache
def counties_of(state: str) -> tuple[tuple[str, str], ...]:
    """(FIPS code, name) of a state's counties, by name."""
    return tuple(sorted(((f, name) for f, (name, of) in counties().items() if of == state), key=lambda each: each[1]))


@lru_cache
def languages() -> dict[str, str]:
    """Languages by code."""
    return {row["code"]: row["language"] for row in _rows("languages.csv")}


def language_name(code: str) -> str:
    """The English name of a language."""
    return languages().get(code, code)


PLAIN_UNITS = ("days", "year", "years")


@dataclass(frozen=True)
class DeadlineRule:
    """A period that starts with an event: what a suggested date is reckoned by."""

    key: str
    matter: str
    event: str
    period: int
    unit: str
    authority: str
    consequence: str


@lru_cache
def deadline_rules() -> dict[str, DeadlineRule]:
    """The rules with one plain period in days or years; ranges and contested ones are left to people."""
    return {
        row["key"]: DeadlineRule(
            row["key"], row["matter"], row["event"], int(row["period"]),
            "years" if row["unit"].startswith("year") else "days", row["authority"], row["consequence"],
        )
        for row in _rows("deadline_rules.csv")
        if row["period"].isdigit() and row["confidence"] == "high" and row["unit"] in PLAIN_UNITS
    }  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
