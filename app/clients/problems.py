"""Problem codes with their categories, the forums of matters, counties and languages, as read from files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.core.facts import counties, counties_of, county_name, language_name, languages, problem_rows, rows_of

__all__ = ["counties", "counties_of", "county_name", "language_name", "languages"]
DATA = Path(__file__).parent / "data"
LOCAL_CODE = re.compile(r"(\d\d)(?:[A-Za-z][A-Za-z0-9]?)?")

CATEGORY_FORUMS = {
    "01": "bankruptcy_court",
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
        for row in problem_rows()
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
        for row in rows_of(DATA / "forums.csv")
    }


def usual_forum(code: str | None) -> str:
    """The forum a problem usually goes to; staff correct it."""
    found = find_problem(code)
    return CATEGORY_FORUMS.get(found.code, "state_court") if found else "state_court"


def asked_by_forum(forum: str, state: str) -> tuple[str, list[str]]:
    """The licence and the credentials that a forum in a state asks for."""
    found = forums()[forum]
    return found.licence_in(state), list(found.credentials)


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
        for row in rows_of(DATA / "deadline_rules.csv")
        if row["period"].isdigit() and row["confidence"] == "high" and row["unit"] in PLAIN_UNITS
    }  # fmt: skip
