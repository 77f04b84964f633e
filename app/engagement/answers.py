"""What is asked, and what an answer means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import question_sets
from .models import Audience, Checkin

CHOSEN = ("choice", "yes_no")  # kinds of question that are answered by choosing
NO_LONGER_NEEDED = "no_longer_needed"
PRESSING = ("cannot_go_on", "needs_help", "ready_to_close", "postponed")  # of a volunteer, whatever the question


@dataclass(frozen=True)
class Question:
    """One question of a set, in the reader's language."""

    key: str
    kind: str
    words: str
    options: tuple[tuple[str, str], ...]


def questions(name: str, language: str, number: int = 0) -> tuple[Question, ...]:
    """A version of a set of questions in English or Spanish; 0 is the one delivered."""
    lang = language if language in ("en", "es") else "en"
    return tuple(
        Question(q["key"], q["kind"], q[lang], tuple((o["value"], o[lang]) for o in q.get("options", ())))
        for q in question_sets.asked_in(name, number)
    )


def asked(checkin: Checkin, language: str) -> tuple[Question, ...]:
    """What a check-in asks: the questions as they were when it was made."""
    return questions(checkin.questions, language, checkin.questions_number)


def words_for(name: str, key: str, value: Any, language: str = "en", number: int = 0) -> str:
    """How an answer reads on the case's page."""
    question = next((q for q in questions(name, language, number) if q.key == key), None)
    return dict(question.options).get(str(value), str(value)) if question else str(value)


def standing(audience: Audience, values: Mapping[str, Any]) -> str:
    """The one code that says what an answer asks of the programme, the most pressing first."""
    if audience is Audience.VOLUNTEER:
        return _volunteer_standing(values)
    if values.get("call_me") == "yes" or "call_me" in values.values():
        return "call_me"
    if needs_no_more(values):
        return NO_LONGER_NEEDED
    if values.get("contact") in ("no", "tried") or "no_contact" in values.values():
        return "no_contact"
    return "unsure" if values.get("next_step") == "no" else "in_touch"


def _volunteer_standing(values: Mapping[str, Any]) -> str:
    said = set(map(str, values.values()))
    for pressing in PRESSING:
        if pressing in said:
            return pressing
    return "not_yet" if values.get("contact") == "no" else "on_track"


def needs_no_more(values: Mapping[str, Any]) -> bool:
    """Does a client say that help is no longer needed?"""
    return NO_LONGER_NEEDED in values.values()


def disagree(
    volunteer: str | None, client_values: Mapping[str, Any] | None, volunteer_values: Mapping[str, Any] | None = None
) -> bool:
    """Does the volunteer say that all is well, or that they spoke, while the client says that nobody was in touch?"""
    if client_values is None or (client_values.get("contact") != "no" and "no_contact" not in client_values.values()):
        return False
    return volunteer in ("on_track", "ready_to_close", "postponed") or (volunteer_values or {}).get("contact") == "yes"


def differences(
    volunteer: str | None, volunteer_values: Mapping[str, Any], client_values: Mapping[str, Any], today: date
) -> list[str]:
    """What does not fit together in both sides' newest answers, as causes of an escalation."""
    found = ["mismatch"] if disagree(volunteer, client_values, volunteer_values) else []
    theirs, clients = (_day_to_come(values, today) for values in (volunteer_values, client_values))
    if theirs is not None and clients is not None and theirs != clients:
        found.append("dates_differ")
    return found


def _day_to_come(values: Mapping[str, Any], today: date) -> date | None:
    """The next date that somebody named, unless it is over by now."""
    try:
        day = date.fromisoformat(str(values.get("next_date", "")))
    except ValueError:
        return None
    return day if day >= today else None
