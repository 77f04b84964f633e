"""Names of a sensitive matter in a transfer: the other side first, the client only after a clear answer about it."""

from __future__ import annotations

from app.accounts.models import User
from app.core import audit
from app.core.errors import refuse_if
from app.matching.refusals import CheckAgain

from . import operations_transfer_steps as steps
from .operations_transfer_receiver import judge_again, lock_ask, refuse_unless_asked
from .transfer_models import TransferAsk
from .transfer_refusals import NamesNotSeen


def clear_other_side(ask: TransferAsk, *, actor: User, names_read: str | None = None) -> TransferAsk:
    """The receiver found the other side clear: from now on they read the client's side too. Twice changes nothing.

    :raises AskOver: the time is over, or it was taken back
    :raises NamesNotSeen: the names were not looked at
    :raises CheckAgain: the parties changed since they were shown
    :raises NotForYou: a rule speaks against the receiver by now
    """
    case, transfer, ask = lock_ask(ask)
    refuse_unless_asked(ask, actor)
    refuse_if(ask.names_seen_at is None, NamesNotSeen)
    if ask.shows_everybody:
        return ask
    refuse_if(names_read is not None and names_read != ask.names_now, CheckAgain)
    judge_again(case, ask.volunteer)
    ask.other_side_clear_version = case.parties_version
    steps.note_step(transfer, "other_side_clear", actor=actor, volunteer_id=ask.volunteer_id)
    shown = {"parties_version": case.parties_version, "names": "all"}
    audit.record("transfer.clear_other_side", ask, actor=actor, after=shown)
    return ask
