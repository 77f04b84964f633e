"""What to say to a client who is asked by phone: who may be listening, then the questions in their language."""

from __future__ import annotations

from . import answers
from .models import Checkin

FIRST = {
    "en": "Is this a good time, and can you talk freely? If not, when may I call again? I have a few short questions "
    "about how things stand. You may leave out what you like.",
    "es": "¿Es buen momento y puede hablar con libertad? Si no, ¿cuándo puedo volver a llamar? Tengo unas preguntas "
    "cortas sobre cómo va todo. Puede dejar sin responder lo que quiera.",
}


def script_of(checkin: Checkin) -> dict[str, list[str]]:
    """By language, the lines to say: English for whoever calls, and the client's own where we have it."""
    return {lang: [FIRST[lang], *_questions(checkin, lang)] for lang in dict.fromkeys(["en", checkin.case.language])
            if lang in FIRST}  # fmt: skip


def _questions(checkin: Checkin, language: str) -> list[str]:
    asked = answers.asked(checkin, language)
    return [f"{each.words} {' / '.join(words for _value, words in each.options)}".strip() for each in asked]
