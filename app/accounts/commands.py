"""What an operator types about accounts."""

from __future__ import annotations

from pathlib import Path

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask.cli import with_appcontext

from app.core import mail
from app.core.access import Role, routes_table
from app.core.db import session, transaction

from . import operations, queries
from .models import User

TABLE = Path(__file__).parents[2] / "docs" / "routes.txt"


@click.command("first-admin")
@click.argument("email")
@click.argument("name")
@with_appcontext
def first_admin(email: str, name: str) -> None:
    """Open the first administrator's account and print its invitation link."""
    try:
        address = validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise click.ClickException(f"{email} is not a mail address.") from None
    if not name.strip():
        raise click.ClickException("Write the administrator's name after the address.")
    with transaction():
        if session.execute(queries.active_admins().where(User.password_hash.is_not(None)).limit(1)).first():
            raise click.ClickException("There is an administrator already; they can invite others on the People page.")
        user = queries.find_user(address) or operations.create_user(name, address, actor=None)
        operations.grant_role(user, Role.ADMIN, actor=None)
        token = operations.invite(user, actor=None)
    click.echo("Open this link within 14 days to set the password:")
    click.echo(mail.outside_url("accounts.set_password", token=token))


@click.command("routes-table")
@click.option("--write", is_flag=True, help="Write docs/routes.txt instead of printing.")
@with_appcontext
def print_routes(write: bool) -> None:
    """Print every route with its methods and who may enter."""
    table = routes_table(current_app)
    if write:
        TABLE.write_text(table)
    else:
        click.echo(table, nl=False)


COMMANDS = (first_admin, print_routes)
