"""What runs by itself on the ways out: a receiver's time ends, what was overtaken is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, select

from app.clients.models import Case
from app.core import clock
from app.core.db import session, transaction
from app.matching.models import Assignment

from . import operations_transfer_receiver as receivers
from .transfer_models import OPEN, AskStatus, Transfer, TransferAsk


def expire_one() -> bool:
    """End the asking of one receiver whose time is over."""
    open_ones = select(Transfer.id).join(Assignment, Assignment.id == Transfer.assignment_id)
    open_ones = open_ones.where(Transfer.status.in_(OPEN), Assignment.ended_at.is_(None))
    due = select(TransferAsk).where(TransferAsk.status == AskStatus.ASKED, TransferAsk.ends_at <= clock.now())
    due = due.join(Case, Case.id == TransferAsk.case_id).where(Case.paused_at.is_(None))  # in a pause no time runs
    due = due.where(TransferAsk.transfer_id.in_(open_ones))
    return _handle(due.order_by(TransferAsk.ends_at, TransferAsk.id), receivers.expire_ask)


def drop_one() -> bool:
    """Close one way out whose lead's part ended otherwise."""
    due = select(Transfer).join(Assignment, Assignment.id == Transfer.assignment_id)
    due = due.where(Transfer.status.in_(OPEN), Assignment.ended_at.is_not(None))
    return _handle(due.order_by(Transfer.id), receivers.drop_overtaken)


def _handle(due: Select[Any], act: Callable[[Any], None]) -> bool:
    if session.execute(due.limit(1)).first() is None:
        session.rollback()
        return False
    with transaction():
        row = session.execute(due.limit(1)).scalar_one_or_none()
        if row is not None:
            act(row)
    return True
