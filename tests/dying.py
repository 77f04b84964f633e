"""How a process under test dies: by its own hand, in the middle of a change."""

from __future__ import annotations

import os
import signal

from sqlalchemy import event

from app.core.db import engine


def die_at(nth: int) -> None:
    """Kill this process at the nth statement or commit from now."""
    count = 0

    def die(*_of: object) -> None:
        nonlocal count
        count += 1
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine(), "after_cursor_execute", die)
    event.listen(engine(), "commit", die)
