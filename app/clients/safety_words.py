"""The word a client chose with staff: whoever hears it in what the client writes has somebody act at once.

Whatever keeps a client's free text passes it to `listen` in the same transaction; a higher package says what follows.
"""

from __future__ import annotations

from collections.abc import Callable

from app.core.sealed import fold

from .models import Case

WhenSaid = Callable[[Case, str], None]
_when_said: list[WhenSaid] = []


def act_when_said(act: WhenSaid) -> None:
    """Register what follows when the word is said: called with the case and the occasion."""
    if act not in _when_said:
        _when_said.append(act)


def is_said(word: str | None, *texts: str | None) -> bool:
    """Does one of the texts hold the word, whatever its case, accents and marks?"""
    wanted = fold(word or "")
    return bool(wanted) and any(f" {wanted} " in f" {fold(text)} " for text in texts if text)


def listen(case: Case, *texts: str | None, occasion: str) -> bool:
    """Listen to what a client wrote; where it holds the case's word, somebody acts in the same transaction."""
    if not is_said(case.client.safety_word if case.client else None, *texts):
        return False
    for act in _when_said:
        act(case, occasion)
    return True
