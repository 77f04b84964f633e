"""Looking after many records by the clock: what is wrong with one keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from .db import session
from .logs import where_it_broke

log = structlog.get_logger()


def alone(act: Callable[[], int], failed: str) -> int:
    """Do something about one record; where that fails it is logged by this name, undone, and tried at the next tick."""
    try:
        return act()
    except Exception as error:
        session.rollback()
        log.error(failed, error=type(error).__name__, where=where_it_broke(error))
        return 0
