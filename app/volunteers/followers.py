"""Who follows what changes about a volunteer: packages to the right look before the change, and act after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.accounts.models import User
from app.core.db import session

from .models import Volunteer

After = Callable[[User], None]
Watch = Callable[[Volunteer], After]
SUSPENSION, TIES = "suspension", "ties"

_watches: dict[str, Watch] = {}


def follow(what: str, watch: Watch) -> None:
    """Register what locks a volunteer's cases and looks before a change, and gives back what acts in the same moment.

    The cases come first: whoever places a case locks it before its volunteer.
    """
    _watches[what] = watch


@contextmanager
def followed(what: str, volunteer: Volunteer, *, actor: User) -> Iterator[None]:
    """Let whoever follows a kind of change look before it, and act once it is made."""
    after = [_watches[what](volunteer)] if what in _watches else []
    yield
    session.flush()
    for act in after:
        act(actor)
