"""What screens say of the ways out; rows keep the codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.facts import rows_of

from .transfer_models import AskStatus, TransferKind, TransferStatus

KINDS: dict[str, Any] = {
    TransferKind.HAND_BACK: _l("Hand-back"),
    TransferKind.MANDATORY: _l("Withdrawal at once"),
    TransferKind.TRANSFER: _l("Transfer to another lawyer"),
}
STATUSES: dict[str, Any] = {
    TransferStatus.DRAFT: _l("being prepared"),
    TransferStatus.WAITING: _l("waits"),
    TransferStatus.PREPARED: _l("receiver to be chosen"),
    TransferStatus.OFFERED: _l("receiver is asked"),
    TransferStatus.LEFT: _l("the lead's part has ended"),
    TransferStatus.DONE: _l("done"),
    TransferStatus.WITHDRAWN: _l("taken back"),
    TransferStatus.SUPERSEDED: _l("overtaken"),
}
HAND_BACK_REASONS: dict[str, Any] = {
    "no_time": _l("I no longer have the time"),
    "health": _l("Health or family; I can still hand over in order"),
    "skill": _l("It needs somebody with other experience"),
    "client": _l("The client and I cannot work together"),
    "other": _l("Another reason"),
}
MANDATORY_REASONS: dict[str, Any] = {
    "conflict": _l("A conflict came up"),
    "licence": _l("The licence or the insurance has ended"),
    "illness": _l("Illness; the lawyer cannot act at all"),
    "dismissed": _l("The client dismissed the lawyer"),
}
TRANSFER_REASONS: dict[str, Any] = {
    "workload": _l("The lead has too much in hand"),
    "skill": _l("The matter needs other experience"),
    "absence": _l("A long absence of the lead"),
    "client_wish": _l("The client asked for somebody else"),
    "place": _l("Another place or court"),
    "other": _l("Another reason"),
}
STAFF_HAND_BACK: dict[str, Any] = {
    "no_time": _l("The volunteer no longer has the time"),
    "health": _l("Health or family"),
    "skill": _l("It needs somebody with other experience"),
    "client": _l("Client and volunteer cannot work together"),
    "other": _l("Another reason"),
}
OF_THE_LEAD: dict[str, Any] = {**HAND_BACK_REASONS, **MANDATORY_REASONS}
REASONS: dict[str, dict[str, Any]] = {
    TransferKind.HAND_BACK: STAFF_HAND_BACK,
    TransferKind.MANDATORY: MANDATORY_REASONS,
    TransferKind.TRANSFER: TRANSFER_REASONS,
}
PAPERS: dict[str, Any] = {
    "none": _l("None; everything is in this file"),
    "bring": _l("I hold papers and bring or send them to the programme"),
    "client": _l("I gave them back to the client"),
}
COURT: dict[str, Any] = {
    "no": _l("No, no court needs to agree"),
    "needed": _l("Yes, and leave of the court is still needed"),
    "granted": _l("Yes, and the court has given leave"),
}
STEPS: dict[str, Any] = {
    "opened": _l("Begun"),
    "sent": _l("Sent"),
    "checklist": _l("Checklist and memo complete"),
    "custody_asked": _l("A coordinator is asked to take custody"),
    "custody_taken": _l("Custody taken"),
    "court_asked": _l("Leave of the court is awaited"),
    "court_granted": _l("The court has given leave"),
    "chosen": _l("Receiver chosen and checked"),
    "consent": _l("The client agreed"),
    "asked": _l("Receiver asked"),
    "names_seen": _l("Receiver saw the names"),
    "other_side_clear": _l("Receiver found the other side clear and saw the client's name"),
    "declined": _l("Receiver said no"),
    "conflict": _l("Receiver found a conflict"),
    "expired": _l("The receiver's time ran out"),
    "accepted": _l("Receiver accepted; the case is theirs from this moment"),
    "left": _l("The lead's part and access ended"),
    "cause": _l("Root cause noted"),
    "withdrawn": _l("Taken back"),
    "revoked": _l("Revoked by the programme"),
    "superseded": _l("Overtaken by another end"),
}
ASKS: dict[str, Any] = {
    AskStatus.CHOSEN: _l("chosen"),
    AskStatus.ASKED: _l("asked"),
    AskStatus.ACCEPTED: _l("accepted"),
    AskStatus.DECLINED: _l("said no"),
    AskStatus.CONFLICT: _l("conflict"),
    AskStatus.EXPIRED: _l("ran out"),
    AskStatus.REVOKED: _l("taken back"),
}
CHECKS: dict[str, Any] = {
    "approved": _l("Approved"),
    "licence": _l("Licence"),
    "credentials": _l("Credentials and training"),
    "competence": _l("Competence for this level"),
    "capacity": _l("A place free"),
    "conflicts": _l("Conflicts known to us"),
    "other": _l("What else speaks against it"),
}
OUTCOMES: dict[str, Any] = {
    "available": _l("listed again"),
    "accepted": _l("to be prepared again"),
    "transferred": _l("with its new lead"),
}


def root_causes() -> dict[str, str]:
    """The root causes staff choose from, by code."""
    rows = rows_of(Path(__file__).parent / "data" / "root_causes.csv")
    return {row["code"]: row["label"] for row in rows}
