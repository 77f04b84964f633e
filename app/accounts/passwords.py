"""Passwords: argon2 hashes, and which ones are too easy to guess."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from app.core.sealed import fold

SHORTEST = 12
LONGEST = 128

hasher = PasswordHasher()

TOO_SHORT = _l(
    "Use at least %(count)s characters. Three or four words that do not belong together work well.", count=12
)
TOO_LONG = _l("Use at most %(count)s characters.", count=128)
TOO_PLAIN = _l("That is one of the first passwords a stranger would try. Choose words that do not belong together.")
TOO_CLOSE = _l("Do not use your name or mail address in the password.")


def weakness(password: str, *, name: str = "", email: str = "") -> Any:
    """What speaks against a password, as a sentence; None where nothing does."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    plain = re.sub(r"[^a-z0-9]", "", fold(password))
    if len(set(password)) < 5 or _is_walk(plain) or plain.startswith(("password", "probonodesk")):
        return TOO_PLAIN
    own = [word for word in (*fold(name).split(), fold(email.partition("@")[0]).replace(" ", "")) if len(word) >= 4]
    if any(word in plain and len(plain) - len(word) < 8 for word in own):
        return TOO_CLOSE
    return None


def _is_walk(plain: str) -> bool:
    """One repeated piece, or a walk along the keyboard, the digits or the alphabet."""
    walks = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
    if any(plain in walk or plain in walk[::-1] for walk in walks):
        return True
    return bool(re.fullmatch(r"(.{1,6})\1+", plain))


def hashed(password: str) -> str:
    """The hash that is stored."""
    return hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Does the password fit? Takes as long where there is none to compare with."""
    try:
        return hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Was it hashed more weakly than today's passwords are?"""
    return hasher.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hasher.hash("nobody has this password")
