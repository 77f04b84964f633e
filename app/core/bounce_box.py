"""The mailbox to which mail comes back, where one is configured: a Maildir, an mbox file or a folder over IMAP."""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from flask import current_app

from .bounce_letters import read
from .bounces import hear
from .db import transaction

log = structlog.get_logger()
LONGEST = 1_000_000  # bytes of a letter that is looked at
AT_ONCE = 200
TIMEOUT, AT_START = 30, 5


def read_box() -> bool:
    """Hear every letter not yet read, then mark it read: an interrupted run hears it again, which changes nothing."""
    place = current_app.extensions["settings"].bounce_box
    if not place:
        return False
    letters = _over_imap(place) if place.startswith("imap") else _on_disk(place)
    with closing(letters):
        for count, letter in enumerate(letters, 1):
            _hear(letter)
            if count >= AT_ONCE:
                return False
    return False


def _hear(letter: bytes) -> None:
    try:
        report = read(letter[:LONGEST])
    except (ValueError, LookupError, AttributeError) as error:  # a broken letter is no reason to stop reading
        log.warning("bounce.unreadable", error=type(error).__name__)
        return
    if report is not None:
        with transaction():
            hear(report, source="mailbox")


def _on_disk(place: str) -> Generator[bytes, None, None]:
    kind, _, path = place.partition(":")
    box: Any = mailbox.Maildir(path, create=False) if kind == "maildir" else mailbox.mbox(path, create=False)
    with closing(box), _locked(box):
        for key in sorted(box.keys()):
            letter = box[key]
            if {"S", "R"} & set(letter.get_flags()):
                continue
            yield bytes(letter)
            letter.add_flag("S" if kind == "maildir" else "R")
            if kind == "maildir":
                letter.set_subdir("cur")
            box[key] = letter
        box.flush()


@contextmanager
def _locked(box: Any) -> Iterator[None]:
    box.lock()
    try:
        yield
    finally:
        box.flush()
        box.unlock()


def trouble() -> str | None:
    """Why the mailbox on a server cannot be read, in a sentence; None where it can, or where none is set."""
    place = current_app.extensions["settings"].bounce_box
    if not place.startswith("imap"):
        return None
    try:
        with _signed_in(place, AT_START):
            return None
    except imaplib.IMAP4.error:
        why = "its server refuses the name, the password or the folder"
    except ssl.SSLError:
        why = "its server's certificate cannot be trusted"
    except OSError:
        why = "its server cannot be reached"
    return f"Mail that comes back is not read: {why}; look at BOUNCE_BOX and BOUNCE_PASSWORD."


@contextmanager
def _signed_in(place: str, timeout: int) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(place)
    host, user = parts.hostname or "", unquote(parts.username or "")
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=timeout)
    else:
        box = imaplib.IMAP4(host, parts.port or 143, timeout=timeout)  # on this machine only, as settings see to
    with box:
        box.login(user, current_app.extensions["settings"].bounce_password)
        answer, told = box.select(unquote(parts.path.lstrip("/")) or "INBOX")
        if answer != "OK":
            raise imaplib.IMAP4.error(told)
        yield box


def _over_imap(place: str) -> Generator[bytes, None, None]:
    with _signed_in(place, TIMEOUT) as box:
        _ok, found = box.uid("SEARCH", "UNSEEN")
        for uid in (found[0] or b"").split()[:AT_ONCE]:
            _ok, got = box.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{LONGEST}>)")
            yield next((bytes(part[1]) for part in got if isinstance(part, tuple)), b"")
            box.uid("STORE", uid.decode(), "+FLAGS", "(\\Seen)")
