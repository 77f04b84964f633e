"""What must hold before somebody leaves, and which roles stand for what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.access import STAFF, Role

from .models import Programme, User

Check = Callable[[User, Programme | None], Any]
_checks: dict[str, Check] = {}


def check_before_leaving(name: str, check: Check) -> None:
    """Register a package's last look before a person loses a programme (None: leaves altogether).

    It returns a sentence that says what must be handed over first, or None.
    """
    _checks[name] = check


def reasons_to_stay(user: User, programme: Programme | None) -> list[Any]:
    """What the packages say must be handed over first."""
    return [reason for check in _checks.values() if (reason := check(user, programme))]


def needs_programme(role: Role) -> bool:
    """Is the role held for one programme?"""
    return role in STAFF


def needs_grant(role: Role) -> bool:
    """Is the role held for one funding source?"""
    return role is Role.FUNDER


def needs_organisation(role: Role) -> bool:
    """Is the role held for one firm or other organisation?"""
    return role is Role.FIRM_COORDINATOR
