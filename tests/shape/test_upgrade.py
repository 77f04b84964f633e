"""A database that holds something keeps every row of it through the migrations that came later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Connection, Engine, MetaData, Table

from app.core import migrate

from .test_schema import an_engine

GONE = {"series_rules", "surveys", "alembic_version", "day_figures", "roll_ups"}  # never written to, or counted anew
EACH = 3
OF_A_KIND: dict[type, Any] = {
    sa.Boolean: lambda n: n == 1,
    sa.Date: lambda n: date(2026, 3, n),
    sa.DateTime: lambda n: datetime(2026, 3, n, tzinfo=UTC),
    sa.Time: time,
    sa.LargeBinary: lambda n: b"%d" % n,
    sa.JSON: lambda n: {},
    sa.Integer: int,
    sa.Numeric: int,
    sa.String: str,
}


def a_value(column: Column[Any], n: int, allowed: dict[str, str]) -> Any:
    """Something the column takes, another one in each row where it may."""
    if column.foreign_keys or column.primary_key:
        return n
    if column.name in allowed:
        return allowed[column.name]
    return next(made(n) for kind, made in OF_A_KIND.items() if isinstance(column.type, kind))


@contextmanager
def pointing_anywhere(engine: Engine) -> Iterator[Connection]:
    """A connection that may write rows before those they point at."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            with migrate.tables_may_be_rebuilt(connection):
                yield connection
            return
        connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.exec_driver_sql("SET session_replication_role = DEFAULT")
        connection.commit()


def fill(engine: Engine) -> dict[str, int]:
    """Three rows in each table that takes them, pointing at one another; how many each has."""
    found = MetaData()
    found.reflect(engine)
    rules = sa.inspect(engine)
    with pointing_anywhere(engine) as connection:
        for table in found.tables.values():
            texts = " ".join(rule["sqltext"] for rule in rules.get_check_constraints(table.name))
            allowed = dict(re.findall(r"(\w+)\)?(?:::\w+)? (?:IN \(|= ANY \(\(?ARRAY\[)'([^']*)'", texts))
            for n in range(1, EACH + 1) if table.name not in GONE else ():
                put(connection, table, n, allowed)
        connection.commit()
        counts = counted(connection, found)
        connection.rollback()
    return {name: count for name, count in counts.items() if count and name not in GONE}


def put(connection: Connection, table: Table, n: int, allowed: dict[str, str]) -> None:
    """One row with everything in it, else with what it must have; none where a rule asks for more than that."""
    for columns in (table.columns, [c for c in table.columns if not c.nullable]):
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(table).values({c.name: a_value(c, n, allowed) for c in columns}))
        except sa.exc.IntegrityError:
            continue
        return


def counted(connection: Connection, found: MetaData) -> dict[str, int]:
    """How many rows each table has."""
    return {t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in found.tables.values()}


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Engine]:
    """A database of its own, closed whatever happens."""
    engine = an_engine("older", tmp_path)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("since", ["0001", "0011"])
def test_every_row_stays(older: Engine, since: str) -> None:
    migrate.upgrade(older, since)
    before = fill(older)
    assert len(before) > 50
    assert {"checkins", "checkin_answers", "cases", "outbox_mails", "volunteers"} <= set(before)
    migrate.upgrade(older)
    found = MetaData()
    found.reflect(older, only=[*before])
    with older.connect() as connection:
        assert counted(connection, found) == before
        if older.dialect.name == "sqlite":  # which chooses badly between indexes of which it knows only some
            looked_at = sa.text("SELECT count(*) FROM sqlite_stat1 WHERE idx = 'ix_cases_received'")
            assert connection.scalar(looked_at) == 1
