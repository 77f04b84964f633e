"""The one way a case changes its status, and who answers for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit, clock
from app.core.db import session
from app.core.errors import Refusal, refuse_if

from .models import MOVES, Case, CaseMove, CaseStatus, Custody

if TYPE_CHECKING:
    from app.accounts.models import User


Follow = Callable[..., None]
_follow: list[Follow] = []


def follow_custody(follow: Follow) -> None:
    """Register what goes along with a case to whoever answers for it: called with case, custodian before and actor."""
    if follow not in _follow:
        _follow.append(follow)


class CustodianGone(Refusal):
    """Nobody answers for a case whose account is closed."""

    message = _l("The account of whoever was to answer for this case was closed. Choose somebody else.")


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


def _is_there(person: User) -> bool:
    """Is the account open, and does it stay open until this change is saved?"""
    kind = type(person)
    known = select(kind.id).where(kind.id == person.id, kind.deactivated_at.is_(None))
    return session.scalar(known.with_for_update(read=True)) is not None


def give_custody(case: Case, to: User, *, reason: str, actor: User | None) -> Custody:
    """Let somebody answer for a case from now on; the custodian before is relieved in the same instant.

    :raises CustodianGone: their account is closed
    """
    now = clock.now()
    current = case.custody
    if current is not None and current.user_id == to.id:
        return current
    refuse_if(not _is_there(to), CustodianGone)
    if current is not None:
        current.until_at = now
        session.flush()
    made = Custody(case=case, user_id=to.id, since_at=now, reason=reason)
    session.add(made)
    if current is not None:
        for follow in _follow:
            follow(case, current.user, actor=actor)
    audit.record("case.custody", case, actor=actor, after={"user": to.id, "reason": reason})
    return made
