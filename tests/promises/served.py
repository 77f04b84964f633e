"""The desk as it is served: gunicorn with several processes, and plain requests to it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Flask

from app.accounts.models import User
from tests import factories
from tests.conftest import KEYS
from tests.core.mail_servers import free_port

ROOT = Path(__file__).parents[2]


class Web:
    """gunicorn with so many workers on a test's database; answers when it is made."""

    def __init__(self, url: str, log: Path, workers: int = 2, **more: str) -> None:
        self.port, self.log = free_port(), log
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        keys = {name.upper(): value for name, value in KEYS.items()}
        environ = {**kept, **keys, "DATABASE_URL": url, "PORT": str(self.port), "WEB_WORKERS": str(workers)}
        environ |= more
        with log.open("ab") as out:
            command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while ask(self.port, "GET", "/sign-in", "").status != 200:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def workers(self) -> list[int]:
        """The processes that answer."""
        return children(self.process.pid)

    def kill_one(self, chance: random.Random) -> bool:
        """End a worker without warning."""
        running = self.workers()
        if running:
            os.kill(chance.choice(running), signal.SIGKILL)
        return bool(running)

    def stop(self) -> None:
        """End it without waiting for what is under way."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str
    cookie: str


def ask(port: int, method: str, path: str, cookie: str, body: dict[str, str] | None = None) -> Answer:
    """One request; its status is 0 where the server died before it answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
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


def cookie_of(app: Flask, who: User) -> str:
    """The cookie of a browser in which somebody is signed in."""
    browser = app.test_client()
    factories.sign_in(browser, who)
    cookie = browser.get_cookie("desk")
    assert cookie is not None
    return f"desk={cookie.value}"
