"""Why a way out cannot be taken, in sentences for the reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.errors import BadInput, Refusal
from app.matching import words


class AlreadyOpen(Refusal):
    """One way out at a time."""

    message = _l("A hand-back or transfer is under way on this case already. Finish it or take it back first.")


class ReportIsChecked(Refusal):
    """The closing report waits for staff."""

    message = _l("The closing report of this case is being checked. Return it first; then the case can be handed on.")


class TransferOver(Refusal):
    """It was completed, taken back or overtaken."""

    message = _l("This hand-over is no longer open. The case's page shows what became of it.")


class NotYet(Refusal):
    """A step before this one is missing."""

    message = _l("A step before this one is missing: checklist, receiver and the client's consent come in this order.")


class AskOver(Refusal):
    """The receiver's time is over, or it was taken back."""

    message = _l("You are no longer asked to take this matter over. Nothing was changed; nothing counts against you.")


class NamesNotSeen(Refusal):
    """The names come before the answer."""

    message = _l("Look at the names first, and check them for conflicts.")


class ConsentGone(Refusal):
    """The client took the consent back."""

    message = _l("The client's consent to this transfer no longer holds. The programme was told and writes to you.")


class SameLawyer(BadInput):
    """The receiver is the lead."""

    message = _l("Choose somebody else: this volunteer leads the case now.")


class ChooseReason(BadInput):
    """A reason from the list belongs to it."""

    message = _l("Choose a reason.")


class NobodyInCustody(Refusal):
    """A case is never without somebody who answers for it."""

    message = _l("Nobody of the programme could take this case into custody. An administrator must name staff first.")


class ReceiverUnfit(Refusal):
    """A check speaks against the receiver."""

    message = _l("The checks speak against this volunteer for this case.")

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules = list(rules)
        super().__init__(details=[said(rule) for rule in self.rules])


MORE: dict[str, Any] = {
    "full": _l("no place free"),
    "search_again": _l("the people in the matter changed: search the programme's names again"),
}


def said(rule: str) -> Any:
    """What speaks against a receiver, for staff."""
    return MORE.get(rule) or words.RULES_FOR_STAFF[rule]
