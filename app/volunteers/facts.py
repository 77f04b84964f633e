"""Facts with their source: states, counties, languages, problem codes, bar numbers, a licence's standing."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from app.core import facts
from app.core.facts import counties_of

__all__ = ["counties_of"]
DATA = Path(__file__).parent / "data"
LEVELS = ("learning", "competent", "experienced", "expert")
STATE_NAMES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "AS": "American Samoa", "GU": "Guam",
    "MP": "Northern Mariana Islands", "PR": "Puerto Rico", "VI": "U.S. Virgin Islands",
}  # fmt: skip


@lru_cache(maxsize=1)
def county_names() -> dict[str, str]:
    """FIPS code: `Dane County, WI`."""
    return {fips: f"{name}, {state}" for fips, (name, state) in facts.counties().items()}


@lru_cache(maxsize=1)
def languages() -> dict[str, str]:
    """The code of each language a volunteer may name: its English name."""
    return {code: name for code, name in facts.languages().items() if code != "mul"}


def rows_of(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of this package's files of facts."""
    return facts.rows_of(DATA / f"{name}.csv")


@lru_cache(maxsize=1)
def problems() -> dict[str, dict[str, str]]:
    """Problem codes that can be chosen, by category: code and label."""
    found: dict[str, dict[str, str]] = {}
    for row in facts.problem_rows():
        if row["selectable"] == "Y":
            found.setdefault(row["category"], {})[row["code"]] = row["label"]
    return found


@lru_cache(maxsize=1)
def area_names() -> dict[str, str]:
    """Every area a volunteer may name: categories, then codes with their label."""
    codes = {code: f"{code} {label}" for labels in problems().values() for code, label in labels.items()}
    return {category: category for category in problems()} | codes


@lru_cache(maxsize=1)
def category_of() -> dict[str, str]:
    """The category each problem code belongs to."""
    return {code: category for category, labels in problems().items() for code in labels}


def place_name(place: str) -> str:
    """`Dane County, WI` or `All of Wisconsin`."""
    if place in STATE_NAMES:
        return f"All of {STATE_NAMES[place]}"
    return county_names().get(place, place)


def number_looks_odd(state: str, number: str) -> bool:
    """Does a bar number differ from what the state usually gives out? A hint: it never refuses one."""
    patterns = {row["jurisdiction"]: row["regex_hint"] for row in rows_of("bar_number_formats")}
    return re.fullmatch(patterns.get(state, patterns["*"]), number.strip()) is None


def usual_number(state: str) -> str:
    """What the state's numbers usually look like, in words; empty where that is not known."""
    return next((row["example_shape"] for row in rows_of("bar_number_formats") if row["jurisdiction"] == state), "")


@lru_cache(maxsize=1)
def standings() -> dict[str, dict[str, str]]:
    """What a bar's register may say about a licence."""
    return {row["status"]: row for row in rows_of("attorney_status")}


def allows_new_cases(standing: str) -> bool:
    """Does a licence in that standing let its holder take new cases?"""
    return standings().get(standing, {}).get("may_take_new_cases") == "Y"
