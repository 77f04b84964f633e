"""Who a funding source can pay for: guidelines, ceilings and recorded exceptions, all as data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

DATA = Path(__file__).parent / "data"
REGIONS = {"AK": "AK", "HI": "HI"}


@dataclass(frozen=True)
class Guideline:
    """A year's federal poverty guideline for a region, in dollars a year."""

    year: int
    region: str
    effective_on: date
    first_person: int
    each_more: int
    source: str

    def dollars(self, household_size: int) -> int:
        """The guideline for a household."""
        return self.first_person + self.each_more * (household_size - 1)


@dataclass(frozen=True)
class IncomeRule:
    """A ruleset's ceiling in percent of the guideline; None asks for no income test."""

    ruleset: str
    label: str
    ceiling: int | None
    source: str


@dataclass(frozen=True)
class IncomeException:
    """A recorded ground for going over the ceiling, up to a percent or whatever the income."""

    key: str
    ruleset: str
    up_to: int | None
    attorney_only: bool
    authority: str


@dataclass(frozen=True)
class Finding:
    """What a ruleset says about an income: percent in tenths, and why."""

    eligible: bool
    percent: int
    reason: str


class NoGuideline(LookupError):
    """No poverty guideline is stored for the day."""


@lru_cache
def guidelines() -> tuple[Guideline, ...]:
    """Every stored guideline, oldest first."""
    found = [
        Guideline(
            int(row["year"]), row["region"], date.fromisoformat(row["effective_on"]),
            int(row["base_1_person"]), int(row["per_additional_person"]), row["source"],
        )
        for row in _rows("fpl.csv")
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: each.effective_on))


@lru_cache
def income_rules() -> dict[str, IncomeRule]:
    """The rulesets a grant may follow."""
    return {
        row["ruleset"]: IncomeRule(row["ruleset"], row["label"], _whole(row["ceiling_percent"]), row["source"])
        for row in _rows("income_rules.csv")
    }


@lru_cache
def income_exceptions() -> dict[str, IncomeException]:
    """The grounds for going over a ceiling."""
    return {
        row["key"]: IncomeException(
            row["key"], row["ruleset"], _whole(row["up_to_percent"]), row["attorney_only"] == "Y", row["authority"]
        )
        for row in _rows("income_exceptions.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _whole(text: str) -> int | None:
    return int(text) if text else None


def region_of(state: str) -> str:
    """The guideline's region of a state."""
    return REGIONS.get(state, "48_DC")


def guideline(on_day: date, region: str = "48_DC") -> Guideline:
    """The guideline in force on a day: the last that took effect by then.

    :raises NoGuideline: none that old is stored
    """
    found = [each for each in guidelines() if each.region == region and each.effective_on <= on_day]
    if not found:
        raise NoGuideline(region)
    return found[-1]


def percent_of_poverty(income: int, household_size: int, line: Guideline) -> int:
    """Yearly income in cents as tenths of a percent of the guideline, rounded half up."""
    base = line.dollars(household_size) * 100
    return (2 * income * 1000 + base) // (2 * base)


def judge(ruleset: str, income: int, household_size: int, line: Guideline, exception: str | None = None) -> Finding:
    """Whether a ruleset lets its fund pay, comparing in whole cents rather than by the rounded percent."""
    rule = income_rules()[ruleset]
    percent = percent_of_poverty(income, household_size, line)
    if rule.ceiling is None:
        return Finding(True, percent, "no_income_test")
    if _within(income, household_size, line, rule.ceiling):
        return Finding(True, percent, "within_ceiling")
    ground = income_exceptions().get(exception or "")
    if ground is None or ground.ruleset != ruleset:
        return Finding(False, percent, "over_ceiling")
    if ground.up_to is None or _within(income, household_size, line, ground.up_to):
        return Finding(True, percent, "exception")
    return Finding(False, percent, "over_exception")


def _within(income: int, household_size: int, line: Guideline, percent: int) -> bool:
    return income <= line.dollars(household_size) * percent


REASONS: dict[str, Any] = {
    "no_income_test": _l("This fund has no income test."),
    "within_ceiling": _l("Income is within the ceiling."),
    "over_ceiling": _l("Income is above the ceiling and no exception is recorded."),
    "exception": _l("Income is above the ceiling; a recorded exception covers it."),
    "over_exception": _l("Income is above what this exception covers. Another ground may have no limit."),
}
