"""What the pages of a way out say: its steps, what comes next by when, and whom to ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.accounts import calendars
from app.accounts.models import User
from app.core.access import Role
from app.core.i18n import when_at

from .. import operations_transfer_receiver as receivers
from .. import transfer_policy, transfer_words
from ..transfer_models import OPEN, AskStatus, Court, Transfer, TransferKind, TransferStatus, TransferStep

S, K = TransferStatus, TransferKind


def story(transfer: Transfer, *, own: bool = False) -> dict[str, Any]:
    """The timeline of a way out, its next step and its named contacts; the lead's own part names no receiver."""
    return {
        "timeline": [_line(step, transfer, own) for step in reversed(transfer.steps)],
        "following": following(transfer),
        "contacts": contacts(transfer, own=own),
    }


def _line(step: TransferStep, transfer: Transfer, own: bool) -> dict[str, Any]:
    zone = transfer.case.programme.time_zone
    who = step.by.name if step.by is not None else _("by itself")
    if own and step.by is not None and step.by_id != transfer.assignment.volunteer.user_id and not _is_staff(step.by):
        who = _("the receiver")
    about = step.volunteer.name if step.volunteer is not None and not own and step.step in ("chosen", "asked") else ""
    return {"title": str(transfer_words.STEPS[step.step]), "when": when_at(step.at, zone), "who": who, "body": about,
            "at": step.at}  # fmt: skip


def _is_staff(user: User) -> bool:
    return bool(user.role_names & {Role.COORDINATOR, Role.SUPERVISING_ATTORNEY})


def contacts(transfer: Transfer, *, own: bool = False) -> list[dict[str, str]]:
    """Who answers for the case, who had it, who is to have it."""
    case, ask = transfer.case, transfer.ask
    found = []
    if case.custody is not None:
        what = _("answers for the case, %(phone)s", phone=case.programme.phone)
        found.append({"name": case.custody.user.name, "what": what})
    found.append({"name": transfer.assignment.volunteer.name, "what": _("lead until now") if _gone(transfer) else
                  _("lead, responsible until it is complete")})  # fmt: skip
    receiver = transfer.receiver or (ask.volunteer if ask else None)
    if receiver is not None and not own:
        found.append({"name": receiver.name, "what": _("takes the case over")})
    return found


def _gone(transfer: Transfer) -> bool:
    return transfer.status in (S.LEFT, S.DONE)


def following(transfer: Transfer) -> dict[str, Any] | None:
    """What comes next, whose turn it is and by when."""
    if transfer.status is S.WAITING:
        return _waiting(transfer)
    if transfer.status not in OPEN:
        return None
    if transfer.status is S.DRAFT:
        by = _("the lead or staff") if transfer.kind is K.TRANSFER else _("the lead")
        return _next(_("Complete the checklist"), by)
    ask = transfer.ask
    if transfer.status is S.OFFERED and ask is not None:
        return _next(_("Check the names and answer"), _("the receiver"), ask.ends_at, transfer)
    if ask is not None and ask.status is AskStatus.CHOSEN and not receivers.consent_holds(transfer):
        return _next(_("Ask the client to agree"), _("staff"))
    return _next(_("Choose who takes the case over"), _("staff"))


def _waiting(transfer: Transfer) -> dict[str, Any]:
    today = calendars.today(transfer.case.programme)
    if transfer_policy.waits_for_custody(transfer, today):
        return _next(_("Take custody; the lead is responsible until then"), _("a coordinator, at once"))
    if transfer.court is Court.NEEDED:
        return _next(_("Leave of the court; the lead is responsible until then"), _("the lead and staff"))
    return _next(_("Complete the hand-back"), _("staff"))


def _next(what: str, who: str, by: datetime | None = None, transfer: Transfer | None = None) -> dict[str, Any]:
    zone = transfer.case.programme.time_zone if transfer else None
    return {"what": what, "who": who, "by": when_at(by, zone) if by else ""}
