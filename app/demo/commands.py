"""`flask demo`: load the demo programme and say what it holds."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from app.clients.models import Case
from app.core.db import session
from app.volunteers.models import Volunteer

from .load import is_empty, load


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where there are accounts already.")
@with_appcontext
def demo_command(if_empty: bool) -> None:
    """Load the demo programme into the default database on loopback."""
    if not current_app.extensions["settings"].is_local_trial:
        sys.exit("The demo programme and its known passwords load only into the default database on loopback.")
    if not is_empty():
        if not if_empty:
            sys.exit("There are accounts in this database already. Remove instance/desk.sqlite3 to begin anew.")
        return
    load()
    cases = session.execute(select(func.count()).select_from(Case)).scalar_one()
    volunteers = session.execute(select(func.count()).select_from(Volunteer)).scalar_one()
    click.echo(f"Demo programme loaded: {cases} cases, {volunteers} volunteers, two programmes in one state.")
