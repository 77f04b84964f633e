"""What the clock tells clients who wait."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.alone import alone
from app.core.db import session, transaction

from .mails import mail_reaches, tell_client
from .models import Case
from .updates import again_at, current_update, still_waiting


def still_looking_all() -> int:
    """Tell every client who has waited that we still look, each by themselves; how many.

    After 14 days by message, after 30 by call, once each time.
    """
    ids = session.scalars(still_waiting().with_only_columns(Case.id)).all()
    session.rollback()
    return sum(alone(partial(_still_looking, case_id), "clients.still_looking_failed") for case_id in ids)


def _still_looking(case_id: int) -> int:
    with transaction():
        of = still_waiting().where(Case.id == case_id)
        case = session.scalars(of.with_for_update(of=Case, skip_locked=True)).first()
        if case is None:
            return 0
        last = session.scalars(current_update(case)).one_or_none()
        again = again_at(case.client, clock.now(), by_call=mail_reaches(case.client) is None)
        by = again.astimezone(ZoneInfo(case.programme.time_zone)).date() if again else None
        tell_client(case, "still_looking", by=by, once=f"still_looking/{last.id if last else case.listed_at}")
    return 1
