"""A bad configuration does not start: one plain sentence, and nothing else."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import config
from tests.conftest import KEYS, SERVER
from tests.core.mail_servers import free_port

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(bool(SERVER), reason="the same on every database")
GOOD = {name.upper(): value for name, value in KEYS.items()}

BAD = {
    "a short secret": ({"SECRET_KEY": "short"}, "SECRET_KEY must be at least 32 characters long."),
    "an unreadable data key": ({"DATA_KEY": "first:nothing"}, "DATA_KEY and INDEX_KEY cannot be read: a key is"),
    "an unreadable index key": ({"INDEX_KEY": "foo"}, "DATA_KEY and INDEX_KEY cannot be read: a key is 32 bytes"),
    "an unknown database": (
        {"DATABASE_URL": "mysql://here/desk"},
        "DATABASE_URL must start with sqlite:/// or postgresql+psycopg://.",
    ),
    "a database address with a broken port": (
        {"DATABASE_URL": "postgresql+psycopg://desk@here:none/desk"},
        "DATABASE_URL cannot be read; check its port and the marks in its password.",
    ),
    "a database in memory": (
        {"DATABASE_URL": "sqlite:///:memory:"},
        "DATABASE_URL must name a database; one in memory would be lost.",
    ),
    "a port that is no number": ({"PORT": "web"}, "PORT must be a whole number from 1 to 65535."),
    "a port out of range": ({"PORT": "70000"}, "PORT must be a whole number from 1 to 65535."),
    "a host that is no address": ({"HOST": "http://desk"}, "HOST must be an address or a name to listen on"),
    "a host with a number too high": ({"HOST": "256.1.1.1", "SECRET_KEY": ""}, "HOST 256.1.1.1 is no address; set one"),
    "open to the world without an address for links": (
        {"HOST": "0.0.0.0"},  # noqa: S104
        "Set BASE_URL when HOST is not loopback; links in mails are made from it.",
    ),
    "an address for links that is none": (
        {"BASE_URL": "desk.example.org"},
        "BASE_URL must start with http:// or https:// and a name.",
    ),
    "two kinds of encryption": (
        {"MAIL_USE_TLS": "true", "MAIL_USE_SSL": "true"},
        "Set MAIL_USE_TLS or MAIL_USE_SSL, not both.",
    ),
    "neither yes nor no": ({"MAIL_USE_TLS": "perhaps"}, "MAIL_USE_TLS must be true or false."),
    "a sender that is no address": ({"MAIL_SENDER": "The desk"}, "MAIL_SENDER must be a plain mail address."),
    "a sender left out": ({"MAIL_SERVER": "mail.example.org"}, "Set MAIL_SENDER to the address that mails come from."),
    "a short secret for reports of bounces": (
        {"BOUNCE_SECRET": "short"},
        "BOUNCE_SECRET must be at least 32 characters long.",
    ),
    "a mailbox of a kind we cannot read": (
        {"BOUNCE_BOX": "pop3://mail.example.org"},
        "BOUNCE_BOX must start with maildir:, mbox: or imaps://.",
    ),
    "a mailbox that is not there": ({"BOUNCE_BOX": "mbox:/nowhere/box"}, "BOUNCE_BOX names an mbox file that is not"),
    "a mailbox in the clear": (
        {"BOUNCE_BOX": "imap://desk@mail.example.org/INBOX"},
        "BOUNCE_BOX with imap:// is for this machine only; use imaps://.",
    ),
    "a mailbox at a port that is none": (
        {"BOUNCE_BOX": "imaps://desk@mail.example.org:99999/INBOX"},
        "BOUNCE_BOX names a port that is none; ports go from 1 to 65535.",
    ),
    "a mailbox without its password": (
        {"BOUNCE_BOX": "imaps://desk@mail.example.org/INBOX"},
        "Set BOUNCE_PASSWORD, the password of the mailbox in BOUNCE_BOX.",
    ),
    "a mail name without a password": (
        {"MAIL_USERNAME": "desk"},
        "Set MAIL_USERNAME and MAIL_PASSWORD together, or neither.",
    ),
    "a mail password in the clear": (
        {"MAIL_SERVER": "mail.example.org", "MAIL_SENDER": "a@example.org", "MAIL_USERNAME": "a", "MAIL_PASSWORD": "b"},
        "Set MAIL_USE_TLS or MAIL_USE_SSL, or the mail password would travel in the clear.",
    ),
    "a misspelt mail setting": ({"MAIL_SEVER": "here"}, "MAIL_SEVER is not a setting; look at docs/operations.md."),
    "a zone nobody knows": ({"TIME_ZONE": "Middle Earth"}, "TIME_ZONE must be a zone like America/Chicago."),
    "no threads": ({"WEB_THREADS": "0"}, "WEB_THREADS must be a whole number from 1 to 64."),
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that says what is needed and nothing more."""
    for name in list(os.environ):
        if name.startswith("MAIL_") or name.lower() in config.Settings.model_fields:
            monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "instance")
    monkeypatch.setattr(config, "LOCAL_KEYS", tmp_path / "instance" / "keys.env")
    return monkeypatch


@pytest.mark.promise(20)
def test_at_least_twelve_are_tried() -> None:
    assert len(BAD) >= 12
    print(f"{len(BAD)} bad configurations")  # noqa: T201


def refusal_of(environ: pytest.MonkeyPatch, changes: dict[str, str]) -> str:
    """What is said to a configuration; nothing where it is taken."""
    for key, value in changes.items():
        environ.setenv(key, value)
    try:
        config.load()
    except config.BadConfiguration as refused:
        return str(refused)
    return ""


@pytest.mark.promise(20)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_configuration_is_refused_in_a_sentence(environ: pytest.MonkeyPatch, name: str) -> None:
    changes, sentence = BAD[name]
    told = refusal_of(environ, changes)
    assert told.startswith(f"Pro Bono Desk cannot start. {sentence}")
    assert "\n" not in told
    assert told.endswith(".")


@pytest.mark.promise(20)
def test_settings_that_nobody_checks_would_be_found(environ: pytest.MonkeyPatch) -> None:
    """The planted fault: whatever the environment says is believed."""
    environ.setattr(config.Settings, "__init__", lambda self, **given: None)
    assert refusal_of(environ, BAD["a short secret"][0]) == ""


def test_a_good_configuration_is_taken(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DATABASE_URL", "postgresql+psycopg://desk:secret@db.example.org/desk")
    environ.setenv("BASE_URL", "https://desk.example.org/")
    settings = config.load()
    assert settings.outside_url == "https://desk.example.org"
    assert not settings.is_local_trial


def test_a_local_run_makes_its_own_keys_once_for_its_owner_only(environ: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        environ.delenv(name)
    assert config.make_local_keys()
    first = config.LOCAL_KEYS.read_text()
    assert not config.make_local_keys()
    assert config.LOCAL_KEYS.read_text() == first
    assert stat.S_IMODE(config.LOCAL_KEYS.stat().st_mode) == 0o600
    assert config.load().is_local_trial
    environ.setenv("SECRET_KEY", "e" * 40)
    assert config.load().secret_key == "e" * 40, "the environment goes before the file"


@pytest.mark.parametrize(
    "real", [{"DATABASE_URL": "postgresql+psycopg://desk@/desk"}, {"HOST": "0.0.0.0", "BASE_URL": "https://x.org"}]  # noqa: S104
)  # fmt: skip
def test_a_real_deployment_brings_its_own_keys(environ: pytest.MonkeyPatch, real: dict[str, str]) -> None:
    for name in GOOD:
        environ.delenv(name)
    config.make_local_keys()
    for key, value in real.items():
        environ.setenv(key, value)
    with pytest.raises(config.BadConfiguration, match="SECRET_KEY is not set; keys are made by themselves only"):
        config.load()


def start(tmp_path: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """A real process with a bad environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    values = {**GOOD, "DATABASE_URL": f"sqlite:///{tmp_path / 'desk.sqlite3'}", "PORT": str(free_port()), **changes}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env={**kept, **values}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


Change = Callable[[Path], dict[str, str]]


@pytest.mark.promise(20)
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: {"DATABASE_URL": f"sqlite:///{folder / 'none' / 'desk.sqlite3'}"},
         "DATABASE_URL cannot be used: unable to open database file."),
        (lambda folder: {"DATABASE_URL": f"postgresql+psycopg://desk:secret@127.0.0.1:{free_port()}/desk"},
         "DATABASE_URL cannot be used: "),
        (lambda folder: {"HOST": "203.0.113.7", "BASE_URL": "https://desk.example.org"},
         "HOST 203.0.113.7 is not an address of this machine."),
    ],
    ids=["no such folder", "nobody answers", "another machine's address"],
)  # fmt: skip
def test_what_only_starting_shows_is_a_sentence_too(tmp_path: Path, change: Change, sentence: str) -> None:
    done = start(tmp_path, "app.start", **change(tmp_path))
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith(f"Pro Bono Desk cannot start. {sentence}")
    assert len(done.stderr.splitlines()) == 1
    assert "secret@" not in done.stderr


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start(tmp_path, "app.start", PORT=str(port))
    assert done.returncode != 0
    assert done.stderr == f"Pro Bono Desk cannot start. PORT {port} is in use; set another.\n"


@pytest.mark.parametrize("command", [("flask", "worker"), ("flask", "scheduler"), ("gunicorn", "wsgi:app")])
def test_no_process_starts_with_a_bad_configuration(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = start(tmp_path, *command, SECRET_KEY="short")
    assert done.returncode != 0
    assert "Pro Bono Desk cannot start. SECRET_KEY must be at least 32 characters long." in done.stderr
    assert "Traceback" not in done.stderr
