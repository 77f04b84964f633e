"""What is held for a volunteer who pauses: a package to the right names it and gives it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from app.accounts.models import User

from .models import Volunteer

KEEP, GIVE_BACK = "keep", "give_back"


class GivesBack(Protocol):
    """Gives back everything that is held for a volunteer."""

    def __call__(self, volunteer: Volunteer, *, actor: User) -> None: ...


class Held(NamedTuple):
    """How held matters are found, each in words, and given back."""

    named: Callable[[Volunteer], list[str]]
    given_back: GivesBack


_kinds: dict[str, Held] = {}


def ask_before_pausing(name: str, named: Callable[[Volunteer], list[str]], given_back: GivesBack) -> None:
    """Name a kind of thing that is held for volunteers."""
    _kinds[name] = Held(named, given_back)


def held_matters(volunteer: Volunteer) -> list[str]:
    """What is held for the volunteer just now, in words."""
    return [said for kind in _kinds.values() for said in kind.named(volunteer)]


def give_back_held(volunteer: Volunteer, *, actor: User) -> None:
    """Give everything back that is held for the volunteer."""
    for kind in _kinds.values():
        kind.given_back(volunteer, actor=actor)
