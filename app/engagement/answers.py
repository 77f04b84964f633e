"""What is asked, and what an answer means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .models import Audience


@dataclass(frozen=True)
class Question:
    """One question of a set, in the reader's language."""

    key: str
    kind: str
    words: str
    options: tuple[tuple[str, str], ...]


@lru_cache
def _sets() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "data" / "questions.json").read_text(encoding="utf-8"))


@lru_cache
def questions(name: str, language: str) -> tuple[Question, ...]:
    """A set of questions in English or Spanish."""
    lang = language if language in ("en", "es") else "en"
    return tuple(
        Question(q["key"], q["kind"], q[lang], tuple((o["value"], o[lang]) for o in q.get("options", ())))
        for q in _sets()[name]
    )


def words_for(name: str, key: str, value: Any, language: str = "en") -> str:
    """How an answer reads on the case's page."""
    question = next((q for q in questions(name, language) if q.key == key), None)
    return dict(question.options).get(str(value), str(value)) if question else str(value)


def standing(audience: Audience, values: Mapping[str, Any]) -> str:
    """The one code that says what an answer asks of the programme, the most pressing first."""
    if audience is Audience.VOLUNTEER:
        return _volunteer_standing(values)
    if values.get("call_me") == "yes":
        return "call_me"
    if values.get("contact") in ("no", "tried"):
        return "no_contact"
    return "unsure" if values.get("next_step") == "no" else "in_touch"


def _volunteer_standing(values: Mapping[str, Any]) -> str:
    said = str(values.get("standing", ""))
    if said in ("cannot_go_on", "needs_help", "ready_to_close", "postponed"):
        return said
    return "not_yet" if values.get("contact") == "no" else "on_track"


def disagree(volunteer: str | None, client_values: Mapping[str, Any] | None) -> bool:
    """Does the volunteer say that all is well while the client says that nobody was in touch?"""
    return (
        volunteer in ("on_track", "ready_to_close", "postponed")
        and client_values is not None
        and client_values.get("contact") == "no"
    )
