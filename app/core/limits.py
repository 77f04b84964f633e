"""How often something may be tried, counted in our database for all processes together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask, request
from flask_limiter import Limiter
from limits import parse, strategies
from limits.storage import Storage
from sqlalchemy import Table, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from . import clock
from .db import Base, engine, session
from .sealed import keyed_hash

# What a public page may be asked for from one network address; give them to `limiter.limit`.
PUBLIC_FORM = "30 per hour; 100 per day"
FORM_STEP = "300 per hour"
PERSONAL_LINK = "120 per hour"
MAIL_ASKED_FOR = "20 per hour"


class DatabaseStorage(Storage):
    """Fixed windows in `limit_counts`; keys are stored as keyed hashes, so no network address is."""

    STORAGE_SCHEME = ["desk"]

    @property
    def base_exceptions(self) -> type[Exception]:
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count and return the new count, in one statement of a transaction of its own."""
        if session.info.get("writing"):
            raise RuntimeError("Count before the transaction: on SQLite it would wait for itself.")
        with engine().connect().execution_options(writing=True) as connection, connection.begin():
            return _count(connection, _hashed(key), clock.now(), expiry, amount)

    def get(self, key: str) -> int:
        """The count of the running window."""
        row = _read(key)
        return row.count if row else 0

    def get_expiry(self, key: str) -> float:
        """When the running window ends, in seconds since 1970."""
        row = _read(key)
        return (row.expires_at if row else clock.now()).timestamp()

    def check(self) -> bool:
        """The counts live where everything lives."""
        return True

    def reset(self) -> int | None:
        """Forget every count."""
        return _delete()

    def clear(self, key: str) -> None:
        """Forget one count."""
        _delete(_table().c.key == _hashed(key))


def _table() -> Table:
    return Base.metadata.tables["limit_counts"]


def _hashed(key: str) -> str:
    return keyed_hash(key, "limit")


def _count(connection: Connection, key: str, now: datetime, expiry: int, amount: int) -> int:
    table = _table()
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    ends = now + timedelta(seconds=expiry)
    over = table.c.expires_at <= now
    made = insert(table).values(key=key, count=max(amount, 0), expires_at=ends, created_at=now)
    counted = made.on_conflict_do_update(
        index_elements=[table.c.key],
        set_={
            "count": case((over, max(amount, 0)), else_=table.c.count + amount),
            "expires_at": case((over, ends), else_=table.c.expires_at),
        },
    )
    return connection.execute(counted.returning(table.c.count)).scalar_one()


def _read(key: str) -> Any:
    table = _table()
    found = select(table.c.count, table.c.expires_at)
    with engine().connect() as connection:
        return connection.execute(
            found.where(table.c.key == _hashed(key), table.c.expires_at > clock.now())
        ).one_or_none()


def _delete(*where: Any) -> int:
    with engine().connect().execution_options(writing=True) as connection, connection.begin():
        return connection.execute(delete(_table()).where(*where)).rowcount


def forget_expired() -> int:
    """Delete the counts of windows that are over; a job does it nightly."""
    return _delete(_table().c.expires_at <= clock.now())


def network_address() -> str:
    """Where a request comes from; an IPv6 household shares its /64."""
    address = request.remote_addr or "unknown"
    return ":".join(address.split(":")[:4]) if ":" in address else address


storage = DatabaseStorage()
windows = strategies.FixedWindowRateLimiter(storage)
limiter = Limiter(key_func=network_address, storage_uri="desk://", strategy="fixed-window", swallow_errors=False)


def allow(limit: str, *keys: str) -> bool:
    """Count one try of a limit such as `10 per 15 minute`; False once there were too many."""
    return windows.hit(parse(limit), *keys)


def forgive(limit: str, *keys: str) -> None:
    """Take one try back, because it turned out to be honest."""
    item = parse(limit)
    storage.incr(item.key_for(*keys), item.get_expiry(), amount=-1)


def init_app(app: Flask) -> None:
    """Count for this app."""
    limiter.init_app(app)
