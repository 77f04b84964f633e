"""Who follows what changes about a volunteer or a firm: packages to the right look before it, and act after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app.accounts.models import User
from app.core.db import session

After = Callable[[User], None]
Watch = Callable[..., After]
SUSPENSION, TIES, FIRM_NAME = "suspension", "ties", "firm_name"

_watches: dict[str, Watch] = {}


def follow(what: str, watch: Watch) -> None:
    """Register what locks the cases concerned and looks before a change, and gives back what acts in the same moment.

    It is told the volunteer, or the firm and the name it gets. The cases come first: whoever places a case locks it
    before its volunteer.
    """
    _watches[what] = watch


@contextmanager
def followed(what: str, *about: Any, actor: User) -> Iterator[None]:
    """Let whoever follows a kind of change look before it, and act once it is made."""
    after = [_watches[what](*about)] if what in _watches else []
    yield
    session.flush()
    for act in after:
        act(actor)
