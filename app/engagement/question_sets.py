"""The sets of questions: as delivered, and every version that somebody made of them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import g
from sqlalchemy import func, select

from app.core.db import session

from .models import Audience
from .models_questions import QuestionSet

Asked = list[dict[str, Any]]


@lru_cache
def delivered() -> dict[str, Asked]:
    """The sets every desk begins with."""
    text = (Path(__file__).parent / "data" / "questions.json").read_text(encoding="utf-8")
    found: dict[str, Asked] = json.loads(text)
    return found


def names() -> tuple[str, ...]:
    """The sets there are."""
    return tuple(delivered())


def audience_of(name: str) -> Audience:
    """Who answers a set; its name begins with it."""
    return Audience(name.partition("_")[0])


def newest(name: str) -> int:
    """The version of a set that is put from now on; 0 is the one delivered."""
    found = select(func.max(QuestionSet.number)).where(QuestionSet.key == name)
    return session.execute(found).scalar_one() or 0


def newest_of_all() -> dict[str, int]:
    """The version of every set that is put from now on."""
    found = session.execute(select(QuestionSet.key, func.max(QuestionSet.number)).group_by(QuestionSet.key))
    return {**dict.fromkeys(delivered(), 0), **{key: number for key, number in found}}  # noqa: C416


def asked_in(name: str, number: int) -> Asked:
    """What a version of a set asks; all stored versions are read at once, and once for a page."""
    if not number:
        return delivered()[name]
    kept: dict[tuple[str, int], Asked] = g.setdefault("question_sets", {})
    if (name, number) not in kept:
        rows = session.execute(select(QuestionSet.key, QuestionSet.number, QuestionSet.questions))
        kept.update({(key, version): asked for key, version, asked in rows})
    return kept[name, number]


def versions(name: str) -> list[QuestionSet]:
    """Every version somebody made of a set, newest first."""
    found = select(QuestionSet).where(QuestionSet.key == name).order_by(QuestionSet.number.desc())
    return list(session.execute(found).scalars())
