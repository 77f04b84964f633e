"""Reading letters that say what became of a mail: delivery reports (RFC 3464) and complaints (RFC 5965)."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr

from .bounces import Kind, Report

# Statuses that speak of the mail or of the moment, not of the address: full, too large, not wanted, network.
NOT_THE_ADDRESS = re.compile(r"5\.(2\.[234]|3\.\d+|4\.\d+|6\.\d+|7\.\d+)$")


def read(letter: bytes) -> Report | None:
    """What a letter reports about one of our mails; None where it reports nothing."""
    message = message_from_bytes(letter, policy=policy.compat32)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = {part.get_content_type(): part for part in message.walk()}
    message_id = _quoted_id(parts)
    if message_id is None:
        return None
    if "message/feedback-report" in parts:
        return _complaint(parts["message/feedback-report"], message_id)
    return _delivery(parts["message/delivery-status"], message_id) if "message/delivery-status" in parts else None


def _quoted_id(parts: dict[str, Message]) -> str | None:
    """The Message-ID of the mail that is reported on, from the copy or the headers that came along."""
    if "message/rfc822" in parts:
        inside = parts["message/rfc822"].get_payload()
        quoted = inside[0] if isinstance(inside, list) and inside else None
        return str(quoted["Message-ID"]).strip() if isinstance(quoted, Message) and quoted["Message-ID"] else None
    if "text/rfc822-headers" in parts:
        headers = parts["text/rfc822-headers"].get_payload(decode=True)
        found = message_from_bytes(headers)["Message-ID"] if isinstance(headers, bytes) else None
        return str(found).strip() if found else None
    return None


def _fields(part: Message) -> list[Message]:
    inside = part.get_payload()
    if isinstance(inside, list):
        return [each for each in inside if isinstance(each, Message)]
    return [message_from_bytes(inside.encode("utf-8", "replace"))] if isinstance(inside, str) else []


def _delivery(part: Message, message_id: str) -> Report | None:
    """The first recipient of whom it says that the mail failed; ours have one each."""
    for group in _fields(part):
        status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", str(group.get("Status", "")))
        if str(group.get("Action", "")).strip().casefold() != "failed" or status is None:
            continue
        final = status[0].startswith("5") and not NOT_THE_ADDRESS.match(status[0])
        asked = group.get("Original-Recipient") or group.get("Final-Recipient") or ""
        address = str(asked).rpartition(";")[2].strip().strip("<>")
        return Report(message_id, Kind.HARD if final else Kind.SOFT, address or None)
    return None


def _complaint(part: Message, message_id: str) -> Report | None:
    for group in _fields(part):
        if str(group.get("Feedback-Type", "")).strip().casefold() in ("abuse", "fraud", "opt-out"):
            address = parseaddr(str(group.get("Original-Rcpt-To", "")))[1]
            return Report(message_id, Kind.COMPLAINT, address or None)
    return None
