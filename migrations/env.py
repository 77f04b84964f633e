"""Runs migrations against DATABASE_URL or the connection it is handed."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine

target_metadata = context.config.attributes.get("metadata")


def run(connection) -> None:
    """Apply the migrations on one connection, each in its own transaction."""
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        render_item=context.config.attributes.get("render_item"),
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
        on_version_apply=check_references if connection.dialect.name == "sqlite" else None,
    )
    with context.begin_transaction():
        context.run_migrations()


def check_references(ctx, **_applied) -> None:
    """Nothing points nowhere after a migration; else it is taken back."""
    wrong = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if wrong:
        raise RuntimeError(f"{len(wrong)} rows would point nowhere.")


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(os.environ["DATABASE_URL"]).connect() as fresh:
        run(fresh)
