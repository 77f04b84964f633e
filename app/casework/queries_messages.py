"""The messages of a case, as each reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.clients.models import Case, Client
from app.core.db import session
from app.core.errors import NotFound

from . import message_policy
from .models import Message, Visibility
from .models_messages import MessageMark

AT_ONCE = 40


@dataclass(frozen=True)
class Thread:
    """Some messages of a case, newest first, and how to reach the older ones."""

    messages: Sequence[Message]
    older: int | None  # the message before which the older ones lie
    new: frozenset[int]  # which of them the reader has not read
    corrected: dict[int, int]  # by which message each was corrected
    newest: int  # of all the reader may read; 0: there is none


def thread_for(viewer: User, case: Case, before: int | None = None) -> Thread:
    """What somebody who signs in may read of the messages of a case."""
    read_to = _read_to(viewer, case)
    kinds = message_policy.may_read(viewer, case)
    return _thread(case, kinds, before, lambda m: m.id > read_to and m.from_user_id != viewer.id)


def thread_of_client(client: Client, before: int | None = None) -> Thread:
    """What a client may read of the messages of their case."""
    kinds = message_policy.FOR_CLIENTS
    return _thread(client.case, kinds, before, lambda m: not m.from_client and m.read_at is None)


def _thread(case: Case, kinds: Sequence[Visibility], before: int | None, is_new: object) -> Thread:
    readable = (Message.case_id == case.id, Message.visibility.in_(kinds))
    stmt = select(Message).where(*readable).options(joinedload(Message.author).lazyload(User.grants))
    if before is not None:
        stmt = stmt.where(Message.id < before)
    rows = session.scalars(stmt.order_by(Message.id.desc()).limit(AT_ONCE + 1)).all()
    shown = rows[:AT_ONCE]
    corrections = select(Message.corrects_id, func.max(Message.id)).where(*readable, Message.corrects_id.is_not(None))
    newest = session.execute(select(func.max(Message.id)).where(*readable)).scalar_one() if before else None
    return Thread(
        messages=shown,
        older=shown[-1].id if len(rows) > AT_ONCE else None,
        new=frozenset(m.id for m in shown if is_new(m)),  # type: ignore[operator]
        corrected={int(of): by for of, by in session.execute(corrections.group_by(Message.corrects_id)) if of},
        newest=newest if newest is not None else (shown[0].id if shown else 0),
    )


def _read_to(viewer: User, case: Case) -> int:
    mark = select(MessageMark.read_to).where(MessageMark.case_id == case.id, MessageMark.user_id == viewer.id)
    return session.execute(mark).scalar_one_or_none() or 0


def get_message(public_id: str, case: Case, kinds: Sequence[Visibility]) -> Message:
    """A message of the case of one of the kinds the reader may see.

    :raises NotFound: none such
    """
    found = select(Message).where(Message.public_id == public_id, Message.case_id == case.id)
    message = session.execute(found.where(Message.visibility.in_(kinds))).scalar_one_or_none()
    if message is None:
        raise NotFound
    return message


def unread_by(viewer: User, case: Case) -> int:
    """How many messages of a case somebody who signs in has not read."""
    return unread_by_case(viewer, {case.id: message_policy.may_read(viewer, case)}).get(case.id, 0)


def unread_by_case(viewer: User, kinds: dict[int, tuple[Visibility, ...]]) -> dict[int, int]:
    """How many messages wait for somebody, by case, of the kinds they may read there."""
    ways: list[ColumnElement[bool]] = [
        and_(Message.case_id == case_id, Message.visibility.in_(may)) for case_id, may in kinds.items() if may
    ]
    if not ways:
        return {}
    mark = and_(MessageMark.case_id == Message.case_id, MessageMark.user_id == viewer.id)
    others = or_(Message.from_user_id.is_(None), Message.from_user_id != viewer.id)
    stmt = select(Message.case_id, func.count()).outerjoin(MessageMark, mark).where(or_(*ways), others)
    unread = stmt.where(Message.id > func.coalesce(MessageMark.read_to, 0)).group_by(Message.case_id)
    return {case_id: count for case_id, count in session.execute(unread)}  # noqa: C416


def unread_by_client(client: Client) -> int:
    """How many messages a client has not read."""
    return session.execute(select(func.count()).select_from(Message).where(*for_client_unread(client))).scalar_one()


def first_unread_by_client(client: Client) -> int | None:
    """The oldest message a client has not read."""
    return session.execute(select(func.min(Message.id)).where(*for_client_unread(client))).scalar_one()


def for_client_unread(client: Client) -> tuple[ColumnElement[bool], ...]:
    """The condition that a message waits for a client."""
    return (
        Message.case_id == client.case_id,
        Message.from_client.is_(False),
        Message.visibility.in_(message_policy.FOR_CLIENTS),
        Message.read_at.is_(None),
    )


def first_unread_by(viewer: User, case: Case) -> int | None:
    """The oldest message of a case that somebody who signs in has not read."""
    others = or_(Message.from_user_id.is_(None), Message.from_user_id != viewer.id)
    kinds = message_policy.may_read(viewer, case)
    unread = (Message.case_id == case.id, Message.visibility.in_(kinds), Message.id > _read_to(viewer, case), others)
    return session.execute(select(func.min(Message.id)).where(*unread)).scalar_one()
