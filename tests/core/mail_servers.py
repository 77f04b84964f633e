"""Real SMTP servers on this machine that accept, put off, refuse, hang or hang up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Postmaster:
    """Behaves by the recipient's name; remembers every mail it took and how often it was asked."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Message]] = []
        self.asked: Counter[str] = Counter()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked[address] += 1
        if address.startswith("grey") and self.asked[address] == 1:
            return "450 4.2.0 Greylisted, come back later"
        if address.startswith("refused"):
            return f"550 5.1.1 <{address}>: no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        if address.startswith("spam"):
            return "554 5.7.1 Not wanted here"
        if address.startswith("slow") and self.asked[address] == 1:
            await asyncio.sleep(5)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.taken.append((address, message_from_bytes(content)))
        if address.startswith("hangup") and self.asked[address] == 1:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    def count(self) -> Counter[str]:
        """How often each recipient got a mail."""
        return Counter(address for address, _ in self.taken)


@contextmanager
def running(handler: Any, **options: Any) -> Iterator[int]:
    """The server on a free port, until the block ends."""
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), ready_timeout=10, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[int]:
    """A server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def hanging_up() -> Iterator[int]:
    """A server that hangs up before it says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_hang_up, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _hang_up(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return trial.getsockname()[1]
