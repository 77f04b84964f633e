"""Who reached the client, as those who write to clients ask."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from app.core.db import session

from .models import ContactAttempt


def last_reached(case_id: int, since: datetime) -> datetime | None:
    """When a person last spoke with the client of a case since a moment."""
    spoken = (ContactAttempt.case_id == case_id, ContactAttempt.reached, ContactAttempt.at >= since)
    return session.scalar(select(func.max(ContactAttempt.at)).where(*spoken))
