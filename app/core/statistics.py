"""What SQLite knows of how its tables are filled, by which it chooses between indexes."""

from __future__ import annotations

from sqlalchemy import Engine

from . import db


def refresh() -> bool:
    """Let SQLite read its indexes anew, every night."""
    read_indexes(db.engine())
    return False


def read_indexes(engine: Engine) -> None:
    """A second for a hundred thousand cases; PostgreSQL does so by itself."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            connection.exec_driver_sql("ANALYZE")
