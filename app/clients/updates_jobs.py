"""What the clock tells clients who wait."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from app.core import clock
from app.core.db import session, transaction

from .mails import mail_reaches, tell_client
from .models import Case
from .updates import again_at, current_update, still_waiting


def still_looking_one() -> bool:
    """Tell one client that we still look: after 14 days by message, after 30 by call, once each time."""
    with transaction():
        case = session.scalars(still_waiting().limit(1).with_for_update(of=Case, skip_locked=True)).first()
        if case is None:
            return False
        last = session.scalars(current_update(case)).one_or_none()
        again = again_at(case.client, clock.now(), by_call=mail_reaches(case.client) is None)
        by = again.astimezone(ZoneInfo(case.programme.time_zone)).date() if again else None
        tell_client(case, "still_looking", by=by, once=f"still_looking/{last.id if last else case.listed_at}")
    return True
