"""Operator commands that no package owns."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.core import migrate, resealing
from app.core.db import engine, transaction
from app.demo.commands import demo_command
from app.schedule import run_scheduler
from app.tables import metadata
from app.volunteers.operations_requirements import bring_requirements
from app.worker import run_worker, stop_on_signals


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (migrate_command, reseal_command, demo_command, worker_command, scheduler_command):
        app.cli.add_command(command)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database up to the newest tables."""
    migrate.upgrade(engine())
    with transaction():
        bring_requirements()
    click.echo("The database has the newest tables.")


@click.command("reseal")
@with_appcontext
def reseal_command() -> None:
    """Seal every value anew under the first key of DATA_KEY."""
    for table, columns in resealing.sealed_columns(metadata).items():
        total, done = resealing.count_old(table, columns), 0
        try:
            for rows in resealing.reseal(table, columns):
                done += rows
                click.echo(f"{table.name}: {done} of {max(total, done)}")
        except resealing.NoKey as missing:
            raise click.ClickException(str(missing)) from missing
    click.echo("The newest key opens everything now; the older ones are needed for old backups only.")


@click.command("worker")
@with_appcontext
def worker_command() -> None:
    """Send mails and do the work that waits, until stopped."""
    run_worker(current_app._get_current_object(), stop_on_signals())  # type: ignore[attr-defined]


@click.command("scheduler")
@with_appcontext
def scheduler_command() -> None:
    """Keep the timetable, until stopped; any number may run."""
    run_scheduler(current_app._get_current_object(), stop_on_signals())  # type: ignore[attr-defined]
