"""What must hold before somebody leaves, and which roles stand for what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.access import STAFF, Role

from .models import Grant, Programme, User

Check = Callable[[User, Programme | None], Any]
_checks: dict[str, Check] = {}
_reading_checks: dict[str, Callable[[User, Grant], Any]] = {}


def check_before_leaving(name: str, check: Check) -> None:
    """Register a package's last look before a person loses a programme (None: leaves altogether).

    It returns a sentence that says what must be handed over first, or None.
    """
    _checks[name] = check


def reasons_to_stay(user: User, programme: Programme | None) -> list[Any]:
    """What the packages say must be handed over first."""
    return [reason for check in _checks.values() if (reason := check(user, programme))]


def check_before_reading(name: str, check: Callable[[User, Grant], Any]) -> None:
    """Register a package's last look before an account is given a funding source to read.

    It returns a sentence that says why it must not be, or None.
    """
    _reading_checks[name] = check


def reasons_not_to_read(user: User, grant: Grant) -> list[Any]:
    """What the packages say against it."""
    return [reason for check in _reading_checks.values() if (reason := check(user, grant))]


def may_arrange(actor: User, programme: Programme) -> bool:
    """Which counties are rural, and which offices there are, is said by coordinators of it and by administrators."""
    return actor.has(Role.ADMIN) or actor.has(Role.COORDINATOR, programme.id)


def may_set_small_counts(actor: User) -> bool:
    """Which counts are too small to be shown is said by administrators."""
    return actor.has(Role.ADMIN)


def needs_programme(role: Role) -> bool:
    """Is the role held for one programme?"""
    return role in STAFF


def needs_grant(role: Role) -> bool:
    """Is the role held for one funding source?"""
    return role is Role.FUNDER


def needs_organisation(role: Role) -> bool:
    """Is the role held for one firm or other organisation?"""
    return role is Role.FIRM_COORDINATOR
