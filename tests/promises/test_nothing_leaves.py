"""No test and no page reaches beyond this machine; `bin/test --full` runs every test where only loopback exists."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SERVER

ROOT = Path(__file__).parents[2]
# A network of its own, in which only loopback exists.
APART = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "--map-current-user", "--keep-caps", "-n"]
REACHES_OUT = """
import subprocess, sys

def test_reaches_out():
    asked = "import socket; socket.create_connection(('203.0.113.7', 443), 5)"
    subprocess.run([sys.executable, "-c", asked], check=True)
"""


def apart(*pytest_arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests on this run's kind of database where there is no network."""
    tests = [sys.executable, "-m", "pytest", "-q", *pytest_arguments]
    command = [sys.executable, "-m", "tests.postgres", *tests] if SERVER else tests
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_DATABASE", "PYTEST_"))}
    loopback_then = [*APART, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    return subprocess.run([*loopback_then, *command], cwd=ROOT, env=environ, capture_output=True, text=True)


@pytest.fixture
def can_be_apart() -> None:
    """Such a network can be made here; where it cannot, the promise was not shown."""
    found = shutil.which("unshare") and shutil.which("ip")
    if found and subprocess.run([*APART, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0:
        return
    said = "not run: this machine cannot make a network without routes (needs unshare, ip and the right to use them)"
    pytest.fail(said) if os.environ.get("CI_STRICT") == "1" else pytest.skip(said)


@pytest.mark.promise(19)
def test_a_test_that_reaches_out_is_stopped() -> None:
    """The planted fault: an address of the documentation's range."""
    with socket.socket() as out, pytest.raises(RuntimeError, match=r"tried to reach 203\.0\.113\.7"):
        out.connect(("203.0.113.7", 443))


@pytest.mark.promise(19)
def test_no_page_or_style_names_another_host() -> None:
    """Nothing that a browser loads comes from elsewhere."""
    loaded = re.compile(
        r"""(?:src|href|srcset|action)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//|@import ["']?(?:https?:)?//"""
    )
    files = [p for p in (ROOT / "app").rglob("*") if p.suffix in (".html", ".css", ".js", ".svg")]
    found = [f"{p.relative_to(ROOT)}: {m.group(0)}" for p in files for m in loaded.finditer(p.read_text("utf-8"))]
    print(f"promise 19: {len(files)} templates, styles and scripts, {len(found)} load from elsewhere")  # noqa: T201
    assert found == []
    assert loaded.search('<script src="//evil.example/a.js">')


@pytest.mark.promise(19)
@pytest.mark.usefixtures("can_be_apart")
def test_what_reaches_out_by_another_process_fails_without_a_network(tmp_path: Path) -> None:
    """The planted fault: a process that a test starts knows nothing of the test's own guard."""
    (tmp_path / "test_out.py").write_text(REACHES_OUT)
    done = apart("-n0", str(tmp_path / "test_out.py"))
    assert done.returncode == 1, done.stdout[-2000:]
    assert "Network is unreachable" in done.stdout
