"""What the environment must say before the desk starts; a bad or missing value is one plain sentence."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.core.sealed import KeyRing, new_key

ROOT = Path(__file__).parent
INSTANCE = ROOT / "instance"
LOCAL_KEYS = INSTANCE / "keys.env"
DEFAULT_DATABASE = f"sqlite:///{INSTANCE / 'desk.sqlite3'}"
FLOOR_SECRET = 32


class BadConfiguration(SystemExit):
    """The desk does not start; says why in one sentence."""


class Settings(BaseSettings):
    """The deployment's settings, read from the environment."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    database_url: str = DEFAULT_DATABASE
    secret_key: str
    data_key: str
    index_key: str
    base_url: str = ""
    proxies: int = Field(0, ge=0, le=5)
    time_zone: str = "America/Chicago"
    mail_server: str = ""
    mail_port: int = Field(25, ge=1, le=65535)
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_username: str = ""
    mail_password: str = ""
    mail_sender: str = "desk@probonodesk.invalid"
    mail_timeout: int = Field(20, ge=1, le=300)
    mails_per_minute: int = Field(600, ge=1)
    mails_per_minute_to_domain: int = Field(0, ge=0)
    mail_alarm_minutes: int = Field(15, ge=1)
    bounce_box: str = ""
    bounce_password: str = ""
    bounce_secret: str = ""
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(4, ge=1, le=64)

    @field_validator("host")
    @classmethod
    def _address_or_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9.:-]+", value):
            raise ValueError("HOST must be an address or a name to listen on, like 127.0.0.1 or 0.0.0.0.")
        if re.fullmatch(r"[0-9.]+|.*:.*", value) and not _is_address(value):
            raise ValueError(f"HOST {value} is no address; set one like 127.0.0.1 or 0.0.0.0.")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_secret(cls, value: str) -> str:
        if len(value) < FLOOR_SECRET:
            raise ValueError(f"SECRET_KEY must be at least {FLOOR_SECRET} characters long.")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("DATABASE_URL must start with sqlite:/// or postgresql+psycopg://.")
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            raise ValueError("DATABASE_URL cannot be read; check its port and the marks in its password.") from None
        if not url.database or url.database == ":memory:":
            raise ValueError("DATABASE_URL must name a database; one in memory would be lost.")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("TIME_ZONE must be a zone like America/Chicago.") from None
        return value

    @field_validator("mail_sender")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
            raise ValueError("MAIL_SENDER must be a plain mail address.")
        return value

    @field_validator("bounce_secret")
    @classmethod
    def _long_bounce_secret(cls, value: str) -> str:
        if value and len(value) < FLOOR_SECRET:
            raise ValueError(f"BOUNCE_SECRET must be at least {FLOOR_SECRET} characters long.")
        return value

    @field_validator("bounce_box")
    @classmethod
    def _known_box(cls, value: str) -> str:
        if value:
            _refuse_bad_box(value)
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not re.match(r"https?://[^/\s]+", value):
            raise ValueError("BASE_URL must start with http:// or https:// and a name.")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _keys_open(self) -> Self:
        try:
            KeyRing.from_settings(self.data_key, self.index_key)
        except ValueError as error:
            raise ValueError(f"DATA_KEY and INDEX_KEY cannot be read: {error}.") from None
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.bounce_box.startswith("imap") and not self.bounce_password:
            raise ValueError("Set BOUNCE_PASSWORD, the password of the mailbox in BOUNCE_BOX.")
        if self.mail_use_tls and self.mail_use_ssl:
            raise ValueError("Set MAIL_USE_TLS or MAIL_USE_SSL, not both.")
        if bool(self.mail_username) != bool(self.mail_password):
            raise ValueError("Set MAIL_USERNAME and MAIL_PASSWORD together, or neither.")
        if self.mail_username and not (self.mail_use_tls or self.mail_use_ssl or _is_loopback(self.mail_server)):
            raise ValueError("Set MAIL_USE_TLS or MAIL_USE_SSL, or the mail password would travel in the clear.")
        if self.mail_server and self.mail_sender.endswith(".invalid") and not _is_loopback(self.mail_server):
            raise ValueError("Set MAIL_SENDER to the address that mails come from.")
        if not self.on_loopback and not self.base_url:
            raise ValueError("Set BASE_URL when HOST is not loopback; links in mails are made from it.")
        return self

    @property
    def on_loopback(self) -> bool:
        """Does the server listen on this machine only?"""
        return _is_loopback(self.host)

    @property
    def is_local_trial(self) -> bool:
        """The default database on loopback: the only place where demo data and its passwords may live."""
        return self.database_url == DEFAULT_DATABASE and self.on_loopback

    @property
    def outside_url(self) -> str:
        """The address links in mails start with."""
        return self.base_url or f"http://{self.bind}"

    @property
    def bind(self) -> str:
        """Where the server listens."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _refuse_bad_box(value: str) -> None:
    """Where mail comes back to must be there, and no password may travel in the clear."""
    kind, _, rest = value.partition(":")
    if kind == "maildir" and not (Path(rest) / "new").is_dir():
        raise ValueError("BOUNCE_BOX names a Maildir that is not there; it needs the folders cur, new and tmp.")
    if kind == "mbox" and not Path(rest).is_file():
        raise ValueError("BOUNCE_BOX names an mbox file that is not there.")
    if kind in ("imap", "imaps"):
        found = re.fullmatch(r"//[^@/\s]+@([^@/:\s]+)(:\d{1,5})?(/\S*)?", rest)
        if found is None:
            raise ValueError("BOUNCE_BOX must look like imaps://name@mail.example.org/INBOX.")
        if not 0 < int((found[2] or ":1")[1:]) <= 65535:
            raise ValueError("BOUNCE_BOX names a port that is none; ports go from 1 to 65535.")
        if kind == "imap" and not _is_loopback(found[1]):
            raise ValueError("BOUNCE_BOX with imap:// is for this machine only; use imaps://.")
    elif kind not in ("maildir", "mbox"):
        raise ValueError("BOUNCE_BOX must start with maildir:, mbox: or imaps://.")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load() -> Settings:
    """Read the environment, and for a local run the keys made here, or stop with one sentence."""
    try:
        _refuse_unknown_mail_settings()
        return Settings(_env_file=LOCAL_KEYS if _may_use_local_keys() else None)  # type: ignore[call-arg]
    except ValidationError as error:
        raise BadConfiguration(f"Pro Bono Desk cannot start. {_sentence(error)}") from None


def make_local_keys() -> bool:
    """Make the keys of a local run once, readable by their owner only; says whether they are new."""
    missing = [name for name in ("SECRET_KEY", "DATA_KEY", "INDEX_KEY") if name not in os.environ]
    if not missing or LOCAL_KEYS.exists() or not _may_use_local_keys():
        return False
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    lines = (f"SECRET_KEY={secrets.token_urlsafe(48)}", f"DATA_KEY=local:{new_key()}", f"INDEX_KEY={new_key()}")
    fresh = LOCAL_KEYS.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Without DATA_KEY and INDEX_KEY the database cannot be read. Keep them apart from its backups.\n")
        file.write("\n".join(lines) + "\n")
    fresh.rename(LOCAL_KEYS)
    return True


def _may_use_local_keys() -> bool:
    """Keys made here serve SQLite on loopback only; a real deployment brings its own."""
    sqlite = os.environ.get("DATABASE_URL", DEFAULT_DATABASE).startswith("sqlite:")
    return sqlite and _is_loopback(os.environ.get("HOST", "127.0.0.1"))


def _refuse_unknown_mail_settings() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith("MAIL_") and name not in known:
            raise BadConfiguration(f"Pro Bono Desk cannot start. {name} is not a setting; look at docs/operations.md.")


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]).upper() if first["loc"] else ""
    if first["type"] == "missing":
        return f"{name} is not set; keys are made by themselves only for SQLite on loopback. See docs/operations.md."
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    if first["type"].startswith("bool"):
        return f"{name} must be true or false."
    return f"{name} must be a whole number{_bounds(name.lower())}."


def _bounds(field: str) -> str:
    marks = Settings.model_fields[field].metadata
    low = next((mark.ge for mark in marks if hasattr(mark, "ge")), None)
    high = next((mark.le for mark in marks if hasattr(mark, "le")), None)
    return f" from {low} to {high}" if high is not None else f", at least {low}"
