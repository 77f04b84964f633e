"""The one way a case changes its status, and who answers for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.core import audit, clock
from app.core.db import session
from app.core.errors import Refusal

from .models import MOVES, Case, CaseMove, CaseStatus, Custody

if TYPE_CHECKING:
    from app.accounts.models import User


class CannotMove(Refusal):
    """The case is not where this step starts."""

    message = _l("The case is no longer where this step starts. Look at it again before you go on.")


def move_case(
    case: Case,
    to: CaseStatus,
    *,
    operation: str,
    actor: User | None,
    reason: str | None = None,
    at: datetime | None = None,
) -> CaseMove:
    """Change a case's status along an allowed move, writing the row that measures read.

    :raises CannotMove: no such move, or not by this operation
    """
    if MOVES.get((case.status, to)) != operation:
        raise CannotMove
    move = CaseMove(
        case=case,
        from_status=case.status,
        to_status=to,
        at=at or clock.now(),
        operation=operation,
        reason=reason,
        actor_id=actor.id if actor else None,
    )
    session.add(move)
    before, case.status = case.status, to
    audit.record(
        operation.replace("clients.", "case."),
        case,
        actor=actor,
        before={"status": before},
        after={"status": to},
    )
    return move


def give_custody(case: Case, to: User, *, reason: str, actor: User | None) -> Custody:
    """Let somebody answer for a case from now on; the custodian before is relieved in the same instant."""
    now = clock.now()
    current = case.custody
    if current is not None:
        if current.user_id == to.id:
            return current
        current.until_at = now
        session.flush()
    made = Custody(case=case, user_id=to.id, since_at=now, reason=reason)
    session.add(made)
    audit.record("case.custody", case, actor=actor, after={"user": to.id, "reason": reason})
    return made
