"""Changing what is asked: every version stays, because answers were given to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from app.accounts.models import User
from app.clients.lookalikes import strange_word
from app.clients.never_in_mail import words_in
from app.core import audit
from app.core.access import Role
from app.core.db import insert_unless_exists, session
from app.core.errors import BadInput, NotAllowed, NotFound, Stale, refuse_if
from app.core.sealed import fold

from . import question_sets
from .models import Audience, Checkin
from .models_questions import QuestionSet
from .operations_series import checked_reason
from .question_words import KINDS, MEANINGS

MOST, MOST_OPTIONS, LONGEST = 6, 8, 160
FIXED = {"contact": ("yes", "no", "tried"), "call_me": ("yes", "no"), "next_step": ("yes", "no")}
SAYS_TOO_MUCH = re.compile(
    r"\b(lawyers?|attorneys?|legal|courts?|judges?|landlords?|evict\w*|divorce\w*|immigra\w*|"
    r"abogad\w*|legal(es)?|cortes?|tribunal\w*|juez\w*|jueces|desaloj\w*|divorci\w*|inmigra\w*|migra\w*)\b",
    re.IGNORECASE,
)


class BadQuestions(BadInput):
    """The questions could not be put, or would not say what the desk must hear."""


def change_questions(name: str, asked: Sequence[dict[str, Any]], reason: str, *, seen: int, actor: User) -> QuestionSet:
    """Make a new version of a set; what was asked already keeps the version it was asked with.

    :raises NotFound: there is no such set
    :raises NotAllowed: not an administrator
    :raises SayWhy: without a reason
    :raises ReasonTooLong: with one that does not fit
    :raises BadQuestions: words are missing, or a meaning that must be there
    :raises Stale: somebody changed it since it was read
    """
    refuse_if(name not in question_sets.names(), NotFound)
    refuse_if(not actor.has(Role.ADMIN), NotAllowed)
    reason = checked_reason(reason)
    check_questions(question_sets.audience_of(name), asked)
    refuse_if(question_sets.newest(name) != seen, Stale)
    made = insert_unless_exists(
        QuestionSet, key=name, number=seen + 1, questions=[dict(each) for each in asked],
        reason=reason, made_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise Stale
    unsent = (Checkin.questions == name, Checkin.sent_at.is_(None), Checkin.closed_at.is_(None))
    newer = update(Checkin).where(*unsent).values(questions_number=made.number, changed_at=Checkin.changed_at)
    session.execute(newer.execution_options(synchronize_session=False))
    audit.record("questions.change", made, actor=actor, after={"set": name, "number": made.number})
    return made


def check_questions(audience: Audience, asked: Sequence[dict[str, Any]]) -> None:
    """Hold a set to what can be put and must be heard.

    :raises BadQuestions: with the sentence that says why
    """
    if not 1 <= len(asked) <= MOST:
        raise BadQuestions(_l("Ask at least one question and at most six."))
    fault = next((fault for each in asked if (fault := _fault(audience, each)) is not None), None)
    fault = fault or _twice(asked) or _unheard(audience, asked)
    if fault is not None:
        raise BadQuestions(fault)


def _fault(audience: Audience, question: dict[str, Any]) -> Any:
    options = question.get("options", [])
    for words in (question, *options):
        if not all(str(words.get(lang, "")).strip() for lang in ("en", "es")):
            return _l("Every question and every answer needs its words in English and in Spanish.")
        if any(len(words[lang]) > LONGEST or re.search(r"[\x00-\x1f]", words[lang]) for lang in ("en", "es")):
            return _l("Keep every question and answer to one line of at most 160 letters.")
        if any(strange_word(words[lang]) for lang in ("en", "es")):
            return _l("A word holds a letter of another alphabet, or a character that cannot be seen: type it anew.")
        if audience is Audience.CLIENT and any(_says_too_much(words[lang]) for lang in ("en", "es")):
            return _l("Somebody may look over the client's shoulder: say nothing of lawyers, courts or the matter.")
    if question["kind"] not in KINDS or (question["kind"] == "hours" and audience is Audience.CLIENT):
        return _l("Choose how each question is answered; hours are asked of volunteers alone.")
    return _options_fault(audience, question, options)


def _says_too_much(text: str) -> bool:
    return SAYS_TOO_MUCH.search(fold(text)) is not None or bool(words_in(text))


def _options_fault(audience: Audience, question: dict[str, Any], options: Sequence[dict[str, Any]]) -> Any:
    values = [each["value"] for each in options]
    if question["kind"] == "yes_no" and len(values) != 2:
        return _l("A question of yes or no has two answers.")
    if question["kind"] == "choice" and not 2 <= len(values) <= MOST_OPTIONS:
        return _l("Offer at least two answers and at most eight.")
    if question["kind"] not in ("choice", "yes_no") and values:
        return _l("Only a question with a choice has answers to choose from.")
    if len(values) != len(set(values)):
        return _l("Two answers of one question mean the same: give one of them another meaning.")
    needed = FIXED.get(question["key"], ())[:2]
    if values and not set(needed) <= set(values):
        return _l("The answers yes and no of this question must stay, because both sides are compared by them.")
    known = {*MEANINGS[audience], *FIXED.get(question["key"], ())}
    if question["key"] == "standing" and not set(values) <= known:
        return _l("Say of each answer to “how does it stand” what it means.")
    return None


def _twice(asked: Sequence[dict[str, Any]]) -> Any:
    keys = [each["key"] for each in asked]
    return _l("Ask for hours, and for the next date, only once.") if len(keys) != len(set(keys)) else None


def _unheard(audience: Audience, asked: Sequence[dict[str, Any]]) -> Any:
    """What somebody must always be able to say."""
    said = {(each["key"], option["value"]) for each in asked for option in each.get("options", ())}
    values = {value for _key, value in said}
    if audience is Audience.CLIENT:
        if ("call_me", "yes") in said or "call_me" in values:
            return None
        return _l("Clients must always be able to ask for a call: add an answer that means “call me”.")
    if "cannot_go_on" not in values:
        return _l("Volunteers must always be able to say that they cannot go on: add an answer that means it.")
    if ("standing", "on_track") not in said:
        return _l("Volunteers must be able to say that all is well: add that answer to “how does it stand”.")
    return None
