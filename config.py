"""What the environment must say before the desk starts; a bad or missing value is one plain sentence."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.sealed import KeyRing

ROOT = Path(__file__).parent
INSTANCE = ROOT / "instance"
DEFAULT_DATABASE = f"sqlite:///{INSTANCE / 'desk.sqlite3'}"
FLOOR_SECRET = 32


class BadConfiguration(SystemExit):
    """The desk does not start; says why in one sentence."""


class Settings(BaseSettings):
    """The deployment's settings, read from the environment."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    database_url: str = DEFAULT_DATABASE
    secret_key: str
    data_key: str
    index_key: str
    base_url: str = ""
    proxies: int = Field(0, ge=0, le=5)
    mail_server: str = ""
    mail_port: int = Field(25, ge=1, le=65535)
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_username: str = ""
    mail_password: str = ""
    mail_sender: str = "desk@probonodesk.invalid"
    mail_timeout: int = Field(20, ge=1, le=300)
    mails_per_minute: int = Field(600, ge=1)
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(4, ge=1, le=64)

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
        return value

    @field_validator("mail_sender")
    @classmethod
    def _address(cls, value: str) -> str:
        if value.count("@") != 1 or any(c in value for c in "\r\n <>"):
            raise ValueError("MAIL_SENDER must be a plain mail address.")
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("BASE_URL must start with http:// or https://.")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        try:
            KeyRing.from_settings(self.data_key, self.index_key)
        except ValueError as error:
            raise ValueError(f"DATA_KEY and INDEX_KEY cannot be read: {error}") from None
        if self.mail_use_tls and self.mail_use_ssl:
            raise ValueError("Set MAIL_USE_TLS or MAIL_USE_SSL, not both.")
        if not self.on_loopback and not self.base_url:
            raise ValueError("Set BASE_URL when HOST is not loopback; links in mails are made from it.")
        return self

    @property
    def on_loopback(self) -> bool:
        """Does the server listen on this machine only?"""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_local_trial(self) -> bool:
        """The default database on loopback: the only place where demo data and its passwords may live."""
        return self.database_url == DEFAULT_DATABASE and self.on_loopback

    @property
    def outside_url(self) -> str:
        """The address links in mails start with."""
        return self.base_url or f"http://{self.host}:{self.port}"


def load() -> Settings:
    """Read the environment or stop with one sentence."""
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        raise BadConfiguration(f"Pro Bono Desk cannot start. {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]).upper() if first["loc"] else ""
    if first["type"] == "missing":
        return f"{name} is not set."
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    return f"{name} cannot be used: {first['msg'].lower()}."
