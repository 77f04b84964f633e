"""A set of questions as it is typed: rows of questions with rows of answers, some of them left empty for more."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from app.core.plain_language import reading_age

from .operations_questions import FIXED, MOST
from .question_words import KINDS

SPARE = 2  # empty rows of answers
KEYS = {"hours": "hours", "day": "next_date"}  # kinds whose answers the desk files by themselves
YES_NO = [{"value": "yes", "en": "Yes", "es": "Sí"}, {"value": "no", "en": "No", "es": "No"}]
NAME = re.compile(r"[a-z_0-9]{1,24}")


def typed(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The questions of a form; rows without words, and those to be left out, are none."""
    found = (_question(form, f"q{n}") for n in range(MOST + 1) if f"q{n}-en" in form)
    return [each for each in found if each is not None]


def _question(form: Mapping[str, str], name: str) -> dict[str, Any] | None:
    words = {lang: form.get(f"{name}-{lang}", "").strip() for lang in ("en", "es")}
    if form.get(f"{name}-out") or not any(words.values()):
        return None
    kind = form.get(f"{name}-kind", "")
    key = form.get(f"{name}-key", "")
    if not NAME.fullmatch(key):
        key = KEYS.get(kind) or f"own_{secrets.token_hex(4)}"
    made: dict[str, Any] = {"key": key, "kind": kind if kind in KINDS else "", **words}
    if options := _options(form, name, key):
        made["options"] = options
    elif kind == "yes_no":
        made["options"] = [dict(each) for each in YES_NO]
    return made


def _options(form: Mapping[str, str], name: str, key: str) -> list[dict[str, str]]:
    found = []
    for n in range(12):
        words = {lang: form.get(f"{name}-o{n}-{lang}", "").strip() for lang in ("en", "es")}
        if any(words.values()):
            found.append({"value": _value(form, f"{name}-o{n}", key), **words})
    return found


def _value(form: Mapping[str, str], name: str, key: str) -> str:
    """What is stored for an answer: its meaning, or a code of its own."""
    kept, means = form.get(f"{name}-value", ""), form.get(f"{name}-means", "")
    if kept in FIXED.get(key, ()):
        return kept
    if NAME.fullmatch(means):
        return means
    is_code = kept in ("yes", "no") or re.fullmatch(r"o_[0-9a-f]{8}", kept)
    return kept if is_code else f"o_{secrets.token_hex(4)}"


def with_room(asked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Questions with empty rows for more answers, and an empty question at the end."""
    rows = [{**each, "options": [*each.get("options", ()), *[{}] * SPARE]} for each in asked]
    return [*rows, {"options": [{}] * (SPARE + 1)}] if len(rows) < MOST else rows


def ages(asked: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The reading age of a set in each language."""
    return {lang: reading_age([w.get(lang, "") for each in asked for w in (each, *each.get("options", ()))], lang)
            for lang in ("en", "es")}  # fmt: skip
