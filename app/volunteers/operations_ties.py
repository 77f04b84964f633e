"""Whom a volunteer lives with and works for, so that no case of theirs is ever shown; sealed, seen by nobody else."""

from __future__ import annotations

from app.accounts.models import User
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import NotAllowed, refuse_if

from .followers import TIES, followed
from .models import Tie, TieKind, TieWord, Volunteer
from .ties import hashes_of, names_of

MOST = 12


def change_ties(volunteer: Volunteer, *, household: list[str], employers: list[str], actor: User) -> None:
    """Say whom the volunteer lives with and works for; the audit keeps how many, never who.

    :raises NotAllowed: somebody else's profile
    """
    refuse_if(volunteer.user_id != actor.id, NotAllowed)
    wanted = {TieKind.HOUSEHOLD: household[:MOST], TieKind.EMPLOYER: employers[:MOST]}
    if all(names_of(volunteer, kind) == names for kind, names in wanted.items()):
        return
    with followed(TIES, volunteer, actor=actor):
        volunteer = lock(volunteer)
        volunteer.ties = []
        session.flush()
        volunteer.ties = [_tie(kind, name) for kind, names in wanted.items() for name in names]
        volunteer.changed_at = clock.now()
    audit.record("volunteer.change_ties", volunteer, actor=actor, after={k.value: len(n) for k, n in wanted.items()})


def _tie(kind: TieKind, name: str) -> Tie:
    return Tie(kind=kind, name=name, words=[TieWord(word=word) for word in hashes_of(kind, name)])
