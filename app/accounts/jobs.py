"""What happens to accounts by itself."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from app.core import clock, limits
from app.core.db import session, transaction

from .models import SignIn
from .queries import LONGEST

KEPT = timedelta(days=30)


def sweep() -> None:
    """Forget counts of past windows, and sign-ins that ended a month ago; nightly."""
    limits.forget_expired()
    with transaction():
        session.execute(delete(SignIn).where(SignIn.created_at < clock.now() - LONGEST - KEPT))
