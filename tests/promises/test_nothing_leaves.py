"""No test and no page reaches beyond this machine."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APART = ["unshare", "-rn", "sh", "-c"]  # a network of its own, in which only loopback exists
SAMPLE = ["tests/accounts", "tests/core/test_delivery.py", "tests/core/test_outbox.py", "tests/shape/test_schema.py"]


def can_be_apart() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*APART, "ip link set lo up"], capture_output=True).returncode == 0


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


@pytest.mark.full
@pytest.mark.promise(19)
def test_tests_pass_where_there_is_no_network() -> None:
    if not can_be_apart():
        pytest.skip("this machine cannot make a network without routes")
    tests = f"ip link set lo up && {sys.executable} -m pytest -q -n0 -m 'not full and not browser' {' '.join(SAMPLE)}"
    done = subprocess.run([*APART, tests], cwd=ROOT, capture_output=True, text=True)
    print(f"promise 19: {done.stdout.splitlines()[-1]}, without a network")  # noqa: T201
    assert done.returncode == 0, done.stdout[-2000:]
