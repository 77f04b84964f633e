"""Guessing passwords fails without locking owners out: who may try how often.

A browser in which somebody signed in before carries proof of it and has tries of its own, so strangers cannot
use them up. All other browsers share small budgets per mail address, per network address and for everyone
together. An honest try is given back. Counted before the hash is computed.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.core import limits
from app.core.sealed import keyed_hash

KNOWN_BROWSER = "10 per 15 minute"
ONE_ADDRESS = "10 per 15 minute"
ONE_ADDRESS_A_DAY = "30 per day"
ONE_NETWORK = "30 per 15 minute"
EVERYONE = "50 per 15 minute"

KNOWN_FOR = 365 * 24 * 3600
COOKIE = "known"

Budget = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Guess:
    """One try to sign in and the budgets it draws on."""

    budgets: Sequence[Budget]

    def allowed(self) -> bool:
        """Count the try; False where one budget is used up, and then the password is not looked at."""
        return all(limits.allow(limit, *keys) for limit, keys in self.budgets)

    def was_honest(self) -> None:
        """Give the try back."""
        for limit, keys in self.budgets:
            limits.forgive(limit, *keys)


def guess(email: str, *, network: str, proof: str | None) -> Guess:
    """The budgets of a try for a mail address from a network, with the browser's proof if it has one."""
    who = keyed_hash(email.strip().casefold(), "address")
    browser = _known(who, proof)
    if browser:
        return Guess([(KNOWN_BROWSER, ("known", who, browser))])
    return Guess([
        (ONE_ADDRESS, ("address", who)),
        (ONE_ADDRESS_A_DAY, ("address", who)),
        (ONE_NETWORK, ("network", network)),
        (EVERYONE, ("everyone",)),
    ])  # fmt: skip


def guess_again(user_id: int) -> Guess:
    """The budget of typing the own password once more while signed in."""
    return Guess([(KNOWN_BROWSER, ("again", str(user_id)))])


def proof_for(email: str) -> str:
    """What a browser keeps to show that somebody signed in with this address there."""
    who = keyed_hash(email.strip().casefold(), "address")
    return str(_signer().dumps([who, secrets.token_hex(8)]))


def _known(who: str, proof: str | None) -> str | None:
    try:
        owner, browser = _signer().loads(proof or "", max_age=KNOWN_FOR)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(browser) if owner == who else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")
