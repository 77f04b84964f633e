"""Digests by the clock, a few at a time, so that nothing else waits for them."""

from __future__ import annotations

import structlog

from app.core import clock
from app.core.db import session, transaction
from app.core.logs import where_it_broke
from app.volunteers.models import Volunteer

from . import digests, operations_digest
from .board import first_zone

log = structlog.get_logger()
AT_A_TIME = 40


def write_some() -> int:
    """Write what is due while the office is open; how many were made. Any number of processes may run it."""
    if not digests.writes_now():
        return 0
    day = clock.today_in(first_zone())
    ids = session.execute(digests.due(day).limit(AT_A_TIME)).scalars().all()
    return sum(_write(volunteer_id) for volunteer_id in ids)


def _write(volunteer_id: int) -> bool:
    """What fits is looked for outside the transaction; one that fails holds up no other and is tried again."""
    try:
        found = digests.fitting(session.get_one(Volunteer, volunteer_id))
        with transaction():
            day = clock.today_in(first_zone())
            return operations_digest.write_digest(session.get_one(Volunteer, volunteer_id), found, day=day)
    except Exception as error:
        log.error("digest.failed", volunteer=volunteer_id, error=type(error).__name__, where=where_it_broke(error))
        return False
