"""What bin/run does once Python is ready: keys, tables, demo, a summary, and every process together."""

from __future__ import annotations

import errno
import socket
import sys

import click
from alembic.util import CommandError
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.accounts.models import User
from app.catalogues import compile_catalogues
from app.clients.models import Case
from app.clients.models.statuses import CaseStatus
from app.core import bounce_box, migrate
from app.core.db import engine, session, transaction
from app.core.logs import set_up_logs
from app.core.sealed import keyed_hash
from app.demo.people import ACCOUNTS, PASSWORD
from app.processes import parts_of, run_together
from app.volunteers.models import Volunteer
from app.volunteers.operations_requirements import bring_requirements
from config import LOCAL_KEYS, ROOT, BadConfiguration, Settings, load, make_local_keys


def main() -> int:
    """Prepare, say what there is, and serve until stopped."""
    keys_are_new = make_local_keys()
    settings = load()
    refuse_taken_port(settings)
    set_up_logs()
    compile_catalogues()
    app = create_app(settings)
    with app.app_context():
        bring_up_to_date()
        if keys_are_new:
            click.echo(f"Made the keys of this machine: {LOCAL_KEYS.relative_to(ROOT)}")
        fill(app, settings)
        click.echo(summary(settings))
        session.remove()
        engine().dispose()
    sys.stdout.flush()
    return run_together(parts_of(app))


def refuse_taken_port(settings: Settings) -> None:
    """Stop with a sentence where the address cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except socket.gaierror:
        raise BadConfiguration(f"Pro Bono Desk cannot start. HOST {settings.host} is not known here.") from None
    except OSError as error:
        why = {
            errno.EADDRINUSE: f"PORT {settings.port} is in use; set another.",
            errno.EACCES: f"PORT {settings.port} may not be opened by this user; set one above 1023.",
            errno.EADDRNOTAVAIL: f"HOST {settings.host} is not an address of this machine.",
        }.get(error.errno or 0, f"HOST {settings.host} with PORT {settings.port} cannot be opened.")
        raise BadConfiguration(f"Pro Bono Desk cannot start. {why}") from None


def bring_up_to_date() -> None:
    """Apply migrations, or stop with a sentence."""
    try:
        migrate.upgrade(engine())
        with transaction():
            bring_requirements()
    except DBAPIError as error:
        told = (str(error.orig).strip().splitlines() or ["no answer"])[0]
        raise BadConfiguration(f"Pro Bono Desk cannot start. DATABASE_URL cannot be used: {told}.") from None
    except CommandError:
        raise BadConfiguration("Pro Bono Desk cannot start. The database was made by a newer version.") from None


def fill(app: Flask, settings: Settings) -> None:
    """Load the demo programme into an empty trial and place its docket once; elsewhere nothing is ever loaded."""
    if not settings.is_local_trial:
        return
    for name, args in (("demo", ["--if-empty"]), ("place-docket", ["--if-new"])):
        command = app.cli.commands.get(name)
        if command is not None:
            command.main(args=args, standalone_mode=False)


def summary(settings: Settings) -> str:
    """What is in the database and how to get in, in a few lines."""
    lines = [_counts(), f"Open {settings.outside_url}"]
    if settings.is_local_trial and _has_account(ACCOUNTS[0]):
        lines.append(f"Sign in as {', '.join(ACCOUNTS)}; the password is {PASSWORD}")
    elif session.execute(select(User.id).limit(1)).first() is None:
        lines.append("Nobody can sign in yet. Make the first administrator: .venv/bin/flask first-admin EMAIL NAME")
    if not settings.mail_server:
        lines.append("No mail server is set: mails stay readable in the outbox, /outbox")
    if told := bounce_box.trouble():
        lines.append(told)
    lines.append("Ctrl-C stops everything.")
    return "\n".join(lines)


def _counts() -> str:
    by_status = session.execute(select(Case.status, func.count()).group_by(Case.status))
    cases = dict(by_status.all())
    volunteers = session.execute(select(func.count(Volunteer.id))).scalar_one()
    waiting = cases.get(CaseStatus.AVAILABLE, 0)
    return f"{sum(cases.values())} cases, {waiting} of them listed for a volunteer; {volunteers} volunteers."


def _has_account(email: str) -> bool:
    found = select(User.id).where(User.email_hash == keyed_hash(email, "address"))
    return session.execute(found).first() is not None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
