"""Messages that wait; a job does one thing and says whether there was one."""

from __future__ import annotations

from sqlalchemy import select

from app.core import clock
from app.core.db import session, transaction

from . import operations_messages
from .models import Message


def note_unanswered_one() -> bool:
    """Have one client's message answered that nobody has answered in time."""
    due = select(Message).where(Message.answer_due_at <= clock.now()).order_by(Message.answer_due_at).limit(1)
    with transaction():
        message = session.execute(due).scalar()
        if message is None:
            return False
        operations_messages.stop_waiting(message)
    return True
