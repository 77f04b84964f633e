"""Who reads and writes which messages on a case."""

from __future__ import annotations

from app.accounts.models import User
from app.clients.models import OPEN, Case, CaseStatus
from app.core.access import Role
from app.matching.models import Assignment

from . import policy
from .models import Message, Visibility

FOR_CLIENTS = (Visibility.LAWYER_AND_CLIENT, Visibility.PROGRAMME)  # what a client may read and write
# nothing is told before the search for conflicts is clear
WRITTEN_IN = tuple(status for status in OPEN if status is not CaseStatus.PRESCREEN)


def may_read(viewer: User, case: Case) -> tuple[Visibility, ...]:
    """The kinds of message the viewer reads on a case now: a part ends, and so does its reading."""
    mine = policy.live_assignment(viewer, case)
    if mine is not None:
        return kinds_open_to(mine)
    if not policy.is_staff_of(viewer, case):
        return ()
    privileged = viewer.has(Role.SUPERVISING_ATTORNEY, case.programme_id)
    return tuple(each for each in Visibility if privileged or each is not Visibility.LAWYER_AND_CLIENT)


def kinds_open_to(part: Assignment) -> tuple[Visibility, ...]:
    """The kinds of message that a live part which does not rest opens."""
    return tuple(each for each in Visibility if policy.may_read_as(part, each))


def may_correct(message: Message, *, actor: User | None) -> bool:
    """Only whoever wrote it; nobody signed in: the client."""
    return message.from_client if actor is None else message.from_user_id == actor.id


def takes_messages(case: Case) -> bool:
    """Can something be written on the case now?"""
    return case.status in WRITTEN_IN
