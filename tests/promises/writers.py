"""People who save again and again while something under them is killed, and what then became of what they saved."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from tests import factories

from . import crawl
from .served import ask, cookie_of

WRITERS = 4


class Writer(threading.Thread):
    """Somebody who changes the name of their account again and again."""

    def __init__(self, port: int, user: User, cookie: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.stopping = port, cookie, stop
        self.user_id, self.first_version = user.id, user.version
        self.sent: list[int] = []
        self.saved: list[int] = []
        self.forgotten: list[str] = []

    def run(self) -> None:
        while not self.stopping.is_set():
            page = ask(self.port, "GET", "/account", self.cookie)
            reader = crawl.Reader("/account")
            reader.feed(page.text)
            form = next((form for form in reader.forms if "seen_version" in form.fields), None)
            if form is None:
                time.sleep(0.05)
                continue
            self._look_back(form.fields["name"])
            n = len(self.sent) + 1
            self.sent.append(n)
            body = {**form.fields, "name": f"Robin {n}", "language": "en"}
            if ask(self.port, "POST", "/account", page.cookie, body).status == 303:
                self.saved.append(n)

    def _look_back(self, name: str) -> None:
        """What was answered last is there, before the next change covers it."""
        if number_in(name) < max(self.saved, default=0):
            self.forgotten.append(f"{max(self.saved)} was answered, then {number_in(name)} was shown")


def number_in(name: str) -> int:
    """Which change a name comes from; 0 before the first."""
    return 0 if "Vale" in name else int(name.rpartition(" ")[2])


def write_under_kills(app: Flask, port: int, kill_one: Callable[[random.Random], bool], kills: int) -> list[Writer]:
    """Let people write until so many kills are done, each under load: after at least one more answer of "saved"."""
    writers, stop = [], threading.Event()
    for _ in range(WRITERS):
        with transaction():
            who = factories.user(Role.VOLUNTEER)
        cookie = cookie_of(app, who)
        writers.append(Writer(port, who, cookie, stop))
    session.remove()
    for writer in writers:
        writer.start()
    chance, done, before = random.Random(2), 0, -1
    deadline = time.monotonic() + 60 + 20 * kills
    while done < kills and time.monotonic() < deadline:
        time.sleep(chance.uniform(0.15, 0.5))
        saved = sum(len(writer.saved) for writer in writers)
        if saved > before and kill_one(chance):
            done, before = done + 1, saved
    _wait_for_another_answer(writers, deadline)
    stop.set()
    for writer in writers:
        writer.join()
    assert done == kills, f"{done} of {kills} kills in the time given"
    return writers


def _wait_for_another_answer(writers: list[Writer], deadline: float) -> None:
    """What was killed last works again when something more is saved."""
    before = sum(len(writer.saved) for writer in writers)
    while sum(len(writer.saved) for writer in writers) == before and time.monotonic() < deadline:
        time.sleep(0.1)


def count_entries(user_id: int) -> int:
    """How many changes of a profile the log holds."""
    of = (AuditEntry.action == "account.change", AuditEntry.actor_id == user_id)
    return session.execute(select(func.count()).select_from(AuditEntry).where(*of)).scalar_one()


def lost(writers: list[Writer]) -> list[str]:
    """Changes that were answered and are gone, and changes without exactly one entry."""
    session.remove()
    wrong = [each for writer in writers for each in writer.forgotten]
    for writer in writers:
        user = session.get_one(User, writer.user_id)
        if number_in(user.name) < max(writer.saved, default=0):
            wrong.append(f"{max(writer.saved)} was answered, {user.name} is kept")
        changes, entries = user.version - writer.first_version, count_entries(writer.user_id)
        if changes != entries or not len(writer.saved) <= entries <= len(writer.sent):
            said = f"{len(writer.saved)} answered, {len(writer.sent)} sent"
            wrong.append(f"{said}, {changes} changes and {entries} in the log")
    return wrong
