"""What runs by itself about packages: their last day passes."""

from __future__ import annotations

from app.clients.models import Opening
from app.core.db import session, transaction

from .operations_packages import is_over, note_overdue
from .queries_packages import overdue

BATCH = 50  # the oldest first, so that days not over yet where their case is never hide one that is


def note_overdue_one() -> bool:
    """Have staff see to one package whose last day is over."""
    due = session.execute(overdue().limit(BATCH)).scalars().all()
    opening_id = next((opening.id for opening in due if is_over(opening)), None)
    session.rollback()
    if opening_id is None:
        return False
    with transaction():
        opening = session.execute(overdue().where(Opening.id == opening_id)).scalar_one_or_none()
        if opening is not None:
            note_overdue(opening)
    return True
