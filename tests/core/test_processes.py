"""Web, scheduler and worker start together and stop together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import KEYS, SERVER
from tests.core.mail_servers import free_port

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(bool(SERVER), reason="the same on every database"),
]


class Desk:
    """A running desk, as bin/run starts it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        keys = {name.upper(): value for name, value in KEYS.items()}
        environ = {**kept, **keys, "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}", "PORT": str(self.port)}
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "app.start"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)

    def wait_until_served(self) -> None:
        """Until the health page says that scheduler and worker live."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                    assert answer.status == 200
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def children_when(self, many: int) -> list[int]:
        """Every process under it, once there are as many as expected, or after ten seconds."""
        until = time.monotonic() + 10
        while len(self.children()) < many and time.monotonic() < until:
            time.sleep(0.1)
        return self.children()

    def children(self, of: int | None = None) -> list[int]:
        """The processes that it started, and theirs."""
        parent = of or self.process.pid
        direct = [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        return direct + [each for child in direct for each in self.children(child)]

    def end(self, how: signal.Signals) -> int:
        """Stop it; returns its exit code."""
        self.process.send_signal(how)
        return self.process.wait(30)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on an empty database."""
    running = Desk(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def alive(pids: list[int]) -> list[int]:
    """Those of the processes that still run."""
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists() and state(pid) not in "ZX"]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return left


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "X"


@pytest.mark.parametrize(
    "how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full)], ids=lambda how: how.name
)
def test_one_signal_stops_everything_a_second_start_serves_what_is_there_and_nothing_outlives_it(
    desk: Desk, tmp_path: Path, how: signal.Signals
) -> None:
    stops_at_once(desk, how)
    again = Desk(tmp_path)
    try:
        again.wait_until_served()
        started = again.children_when(5)
    finally:
        again.process.kill()
        again.process.wait()
    assert len(started) >= 5
    assert alive(started) == []


def stops_at_once(desk: Desk, how: signal.Signals) -> None:
    desk.wait_until_served()
    started = desk.children_when(5)
    assert len(started) >= 5, "web with two workers, scheduler, worker"
    assert desk.end(how) == 0
    assert alive(started) == []
    said = desk.log.read_text()
    assert "Traceback" not in said
    assert f"Open http://127.0.0.1:{desk.port}" in said
    assert "Make the first administrator" in said
    assert "demo" not in said, "demo data belongs to the default database only"


@pytest.mark.parametrize(
    "name", ["worker", pytest.param("web", marks=pytest.mark.full), pytest.param("scheduler", marks=pytest.mark.full)]
)
def test_when_one_dies_the_others_stop_and_it_says_so(desk: Desk, name: str) -> None:
    desk.wait_until_served()
    started = desk.children()
    direct = Path(f"/proc/{desk.process.pid}/task/{desk.process.pid}/children").read_text().split()
    victim = int(direct[["web", "scheduler", "worker"].index(name)])
    os.kill(victim, signal.SIGKILL)
    assert desk.process.wait(30) == 1
    assert f"The {name} process stopped with exit code -9, so everything stops." in desk.log.read_text()
    assert alive(started) == []
