"""Counting figures again by hand."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app.accounts.models import Programme
from app.core.db import session

from .rollup import refresh


@click.command("roll-up")
@click.option("--whole", is_flag=True, help="Count every month again, not only those touched.")
@with_appcontext
def roll_up_command(whole: bool) -> None:
    """Bring the figures of every programme up to date, year by year; may be stopped and begun again."""
    for programme_id, name in session.execute(select(Programme.id, Programme.name).order_by(Programme.id)).all():

        def tell(done: int, of: int, name: str = name) -> None:
            """Say how far it is."""
            click.echo(f"{name}: {done} of {of} months")

        click.echo(f"{name}: {refresh(programme_id, whole=whole, tell=tell)} months counted")
