"""What clients may tell about themselves: counted in groups by the equity page, and read for nothing else."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.facts import rows_of
from app.core.i18n import language

Choices = list[tuple[str, Any]]
Answers = Mapping[str, Any]

RACES = Path(__file__).parent / "data" / "race_ethnicity.csv"
DECLINED = "declined"
SIXTY = "60"
TICKED = "over_60"  # the circumstance of the request that says the same
AGES: Choices = [
    ("under_18", _l("Under 18")),
    ("18_35", _l("18 to 35")),
    ("36_59", _l("36 to 59")),
    (SIXTY, _l("60 or older")),
]
GENDERS: Choices = [
    ("woman", _l("Woman")),
    ("man", _l("Man")),
    ("another", _l("Nonbinary or another gender")),
]
QUESTIONS = ("age", "race", "gender")
ROOM = 200  # letters of every stored answer, so that the length of a sealed one tells nothing


def races() -> Choices:
    """The seven groups of the federal standard, in the reader's language; several may be true of one person."""
    return [(row["key"], row["es" if language() == "es" else "en"]) for row in rows_of(RACES)]


def age_of(answers: Answers, circumstances: Collection[str]) -> str:
    """The age group, or nothing; who ticked “60 or older” in the request is that, whatever was told later."""
    return SIXTY if TICKED in circumstances else _one_of(AGES, answers.get("age"))


def gender_of(answers: Answers) -> str:
    """The gender, or nothing."""
    return _one_of(GENDERS, answers.get("gender"))


def races_of(answers: Answers) -> tuple[str, ...]:
    """Every group that was ticked, or none."""
    told = answers.get("race") or ()
    return tuple(row["key"] for row in rows_of(RACES) if row["key"] in told)


def _one_of(choices: Choices, told: Any) -> str:
    return told if any(told == key for key, _label in choices) else ""


def padded(answers: Answers) -> dict[str, Any]:
    """The answers as they are kept: each once, and all of one length, whatever was said."""
    kept = {name: answers[name] for name in QUESTIONS if answers.get(name)}
    if "race" in kept:
        kept["race"] = [*dict.fromkeys(kept["race"])]
    return {**kept, "pad": "." * (ROOM - len(json.dumps(kept)))}
