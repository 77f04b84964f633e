"""The last lines of every mail, where its reader chooses what to get, and the headers that say so to machines.

They follow from the mail itself, so nothing of them is stored: the owning package registers how they read.
"""

from __future__ import annotations

from collections.abc import Callable

from .mail import Mail

Foot = Callable[[Mail], str | None]
Address = Callable[[Mail, str], str]

_feet: dict[str, Foot] = {}
_topics: dict[tuple[str, str], tuple[str, Address]] = {}


def sign_off(audience: str, foot: Foot) -> None:
    """Register the last lines of the mails to an audience."""
    _feet[audience] = foot


def may_be_declined(kind: str, topic: str, address: Address, audience: str = "volunteer") -> None:
    """Register a kind of mail that an audience may switch off, and where one click does it."""
    _topics[audience, kind] = (topic, address)


def topic_of(mail: Mail) -> str | None:
    """What its reader may switch off a mail as; None where it says what they must know."""
    found = _topics.get((mail.audience, mail.kind))
    return found[0] if found else None


def foot_of(mail: Mail) -> str:
    """The last lines of a mail, with an empty one before them."""
    foot = _feet.get(mail.audience)
    said = foot(mail) if foot else None
    return f"\n{said.strip()}\n" if said else ""


def headers_of(mail: Mail) -> dict[str, str]:
    """The headers by which a mail program unsubscribes in one click (RFC 8058), where that is lawful."""
    found = _topics.get((mail.audience, mail.kind))
    if found is None:
        return {}
    topic, address = found
    return {"List-Unsubscribe": f"<{address(mail, topic)}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
