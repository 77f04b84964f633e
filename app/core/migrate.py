"""Bringing a database up to the newest tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Enum, LargeBinary

from . import statistics
from .db import UTCDateTime
from .sealed import Sealed, SealedJSON

ROOT = Path(__file__).parents[2]


def config(connection: Any = None, metadata: Any = None) -> Config:
    """Alembic's configuration, on a connection where one is given."""
    made = Config(toml_file=str(ROOT / "pyproject.toml"))
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.attributes.update(connection=connection, metadata=metadata, render_item=plain_types)
    return made


def upgrade(engine: Engine, to: str = "head") -> None:
    """Apply every migration that is missing."""
    with engine.connect() as connection:
        made = config(connection)
        there = MigrationContext.configure(connection).get_current_heads()
        connection.rollback()
        missing = list(ScriptDirectory.from_config(made).iterate_revisions(to, there))
        for script in reversed(missing):
            with tables_may_be_rebuilt(connection):
                command.upgrade(made, script.revision)
    if missing and there:  # a table that was rebuilt is an unknown one
        statistics.read_indexes(engine)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Undo migrations down to a revision."""
    with engine.connect() as connection, tables_may_be_rebuilt(connection):
        command.downgrade(config(connection), to)


@contextmanager
def tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """SQLite rebuilds a table by dropping it, which must not touch the rows that point at it; they are checked after.

    The switch works between transactions only; `migrations/env.py` checks each migration before it is committed.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def write_revision(engine: Engine, metadata: Any, message: str, rev_id: str) -> None:
    """Write the migration from what the database has to what the models say."""
    with engine.connect() as connection:
        command.revision(config(connection, metadata), message, autogenerate=True, rev_id=rev_id)


def plain_types(kind: str, item: Any, context: Any) -> Any:
    """Migrations never import the app: its types are written as what the database stores."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, (Sealed, SealedJSON)):
        return f"sa.{LargeBinary.__name__}()"
    return False
