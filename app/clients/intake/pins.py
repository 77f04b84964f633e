"""PINs: six digits without which a link is worth nothing, and few guesses."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core import limits

GUESSES = "5 per 15 minute"
hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def new_pin() -> str:
    """Six digits."""
    return f"{secrets.randbelow(1_000_000):06}"


def hashed(pin: str) -> str:
    """What is stored of a PIN."""
    return hasher.hash(pin)


def may_guess(what: str) -> bool:
    """Count a guess at one PIN; False once there were too many, and then nothing fits for a while.

    Count before the transaction in which the PIN is looked at.
    """
    return limits.allow(GUESSES, "pin", what)


def was_right(what: str) -> None:
    """A right guess does not count."""
    limits.forgive(GUESSES, "pin", what)


def fits(pin: str, pin_hash: str | None) -> bool:
    """Is it the PIN? Takes as long where there is none."""
    digits = "".join(c for c in pin if c.isdigit())
    try:
        return hasher.verify(pin_hash or _nobody(), digits) and bool(pin_hash)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hasher.hash("no digits")
