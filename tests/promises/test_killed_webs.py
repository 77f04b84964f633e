"""What was answered as saved is saved and in the audit log, although web workers are killed under load."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from tests import factories
from tests.conftest import KEYS
from tests.core.mail_servers import free_port

from . import crawl

ROOT = Path(__file__).parents[2]
WRITERS = 4
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Web:
    """gunicorn with two workers on this test's database."""

    def __init__(self, url: str, log: Path) -> None:
        self.port = free_port()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        keys = {name.upper(): value for name, value in KEYS.items()}
        environ = {**kept, **keys, "DATABASE_URL": url, "PORT": str(self.port), "WEB_WORKERS": "2"}
        with log.open("ab") as out:
            command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)

    def workers(self) -> list[int]:
        """The processes that answer."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_one(self, chance: random.Random) -> bool:
        """End a worker without warning."""
        running = self.workers()
        if running:
            os.kill(chance.choice(running), signal.SIGKILL)
        return bool(running)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def web(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Web]:
    """A running web server."""
    session.remove()
    running = Web(database_url, tmp_path / "log")
    deadline = time.monotonic() + 60
    while ask(running.port, "GET", "/sign-in", "").status != 200:
        assert time.monotonic() < deadline, (tmp_path / "log").read_text()
        time.sleep(0.1)
    yield running
    running.stop()


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str
    cookie: str


def ask(port: int, method: str, path: str, cookie: str, body: dict[str, str] | None = None) -> Answer:
    """One request; its status is 0 where the server died before it answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(method, path, urlencode(body) if body else None, headers)
        answer = connection.getresponse()
        kept = (answer.getheader("Set-Cookie") or cookie).partition(";")[0]
        return Answer(answer.status, answer.read().decode(), kept)
    except (OSError, HTTPException):
        return Answer(0, "", cookie)
    finally:
        connection.close()


class Writer(threading.Thread):
    """Somebody who changes the name of their account again and again."""

    def __init__(self, port: int, user_id: int, cookie: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.user_id, self.cookie, self.stopping = port, user_id, cookie, stop
        self.sent: list[int] = []
        self.saved: list[int] = []

    def run(self) -> None:
        n = 0
        while not self.stopping.is_set():
            page = ask(self.port, "GET", "/account", self.cookie)
            reader = crawl.Reader("/account")
            reader.feed(page.text)
            form = next((form for form in reader.forms if "seen_version" in form.fields), None)
            if form is None:
                continue
            n += 1
            self.sent.append(n)
            body = {**form.fields, "name": f"Robin {n}", "language": "en"}
            if ask(self.port, "POST", "/account", page.cookie, body).status == 303:
                self.saved.append(n)


def write_under_kills(app: Flask, web: Web, kills: int) -> list[Writer]:
    """Let people write while workers die; then what each sent and was told is saved."""
    writers, stop = [], threading.Event()
    for _ in range(WRITERS):
        browser = app.test_client()
        with transaction():
            who = factories.user(Role.VOLUNTEER)
        factories.sign_in(browser, who)
        cookie = browser.get_cookie("desk")
        assert cookie is not None
        writers.append(Writer(web.port, who.id, f"desk={cookie.value}", stop))
        session.remove()
    for writer in writers:
        writer.start()
    chance, done = random.Random(2), 0
    while done < kills:
        time.sleep(chance.uniform(0.15, 0.5))
        done += web.kill_one(chance)
    time.sleep(1)
    stop.set()
    for writer in writers:
        writer.join()
    return writers


def audited(user_id: int) -> int:
    """How many changes of a profile the log holds."""
    stmt = select(AuditEntry.id).where(AuditEntry.action == "account.change", AuditEntry.actor_id == user_id)
    return len(session.execute(stmt).all())


def lost(writers: list[Writer]) -> list[str]:
    """Changes that were answered and are gone, and changes without their entry."""
    session.rollback()
    wrong = []
    for writer in writers:
        user = session.get_one(User, writer.user_id)
        kept = int(user.name.rpartition(" ")[2]) if user.name.startswith("Robin ") and "Vale" not in user.name else 0
        if kept < max(writer.saved, default=0):
            wrong.append(f"{max(writer.saved)} was answered, {kept} is kept")
        entries = audited(writer.user_id)
        if not len(writer.saved) <= entries <= len(writer.sent) or (kept and not entries):
            wrong.append(f"{len(writer.saved)} answered, {len(writer.sent)} sent, {entries} in the log")
    return wrong


def check(app: Flask, web: Web, kills: int) -> None:
    writers = write_under_kills(app, web, kills)
    saved, wrong = sum(len(writer.saved) for writer in writers), lost(writers)
    print(f"promise 2: {kills} kills of web workers, {saved} acknowledged writes: {len(wrong)} lost or unaudited")  # noqa: T201
    assert saved, "nothing was acknowledged, so nothing was shown"
    assert wrong == []
    with transaction():  # the planted faults: a write undone, an entry gone
        session.get_one(User, writers[0].user_id).name = "Robin 0"
    assert lost(writers) != []


@pytest.mark.promise(2)
def test_saved_means_saved_although_workers_die(app: Flask, web: Web) -> None:
    check(app, web, 5)


@pytest.mark.full
@pytest.mark.promise(2)
def test_a_hundred_workers_die(app: Flask, web: Web) -> None:
    check(app, web, 100)
