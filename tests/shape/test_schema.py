"""Migrations and models say the same, both ways."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from app import tables
from app.core import db, migrate

SERVER = os.environ.get("TEST_DATABASE_URL", "")


def an_engine(name: str, tmp_path: Path) -> Engine:
    if not SERVER:
        return db.make_engine(f"sqlite:///{tmp_path / name}.sqlite3")
    admin = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS schema_{name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE schema_{name}"))
    admin.dispose()
    return db.make_engine(make_url(SERVER).set(database=f"schema_{name}").render_as_string(hide_password=False))


SQLITE = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
POSTGRES = """
SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
UNION ALL SELECT 'column ' || table_name || '.' || column_name,
  concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default)
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""


def schema(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(SQLITE if engine.dialect.name == "sqlite" else POSTGRES).all()
    return {name: _canonical(sql) for name, sql in rows}


def _canonical(sql: str) -> str:
    """The parts of a statement in one order: a table's columns and constraints carry their names."""
    flat = re.sub(r"\s+", " ", sql.replace('"', ""))
    if not flat.upper().startswith("CREATE TABLE"):
        return flat
    head, _, body = flat.partition("(")
    return head + " | ".join(sorted(part.strip() for part in _split(body.rsplit(")", 1)[0])))


def _split(body: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(body):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append(body[start:i])
            start = i + 1
    return [*parts, body[start:]]


def test_migrated_and_declared_schemas_are_the_same(tmp_path: Path) -> None:
    migrated, declared = an_engine("migrated", tmp_path), an_engine("declared", tmp_path)
    migrate.upgrade(migrated)
    tables.metadata.create_all(declared)
    left, right = schema(migrated), schema(declared)
    assert left == right
    assert len(left) > 100
    migrated.dispose()
    declared.dispose()


def test_migrations_can_be_undone(tmp_path: Path) -> None:
    engine = an_engine("undone", tmp_path)
    migrate.upgrade(engine)
    migrate.downgrade(engine)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(engine)
    engine.dispose()


def test_there_is_one_head_and_no_migration_imports_the_app() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert len(scripts.get_heads()) == 1
    for path in (migrate.ROOT / "migrations" / "versions").glob("*.py"):
        assert not re.search(r"^\s*(from|import) app", path.read_text(), re.MULTILINE), path.name


@pytest.mark.parametrize("table", ["people", "parties", "channels", "notes", "outbox_mails", "volunteers", "users"])
def test_what_names_somebody_is_sealed(table: str) -> None:
    """Columns for names, contacts and free text are bytes, never text."""
    words = {"given_name", "family_name", "name", "value", "text", "to_address", "subject", "email", "phone", "aliases"}
    for column in tables.metadata.tables[table].columns:
        if column.name in words:
            assert "Sealed" in type(column.type).__name__, f"{table}.{column.name}"
