"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask, g, request
from flask import session as cookie
from flask_babel import refresh
from sqlalchemy import update

from app.core import bounces, clock
from app.core import mail as outbox
from app.core.access import login_manager, viewer
from app.core.db import session, transaction
from app.core.i18n import LANGUAGES

from . import commands, mails, queries
from .closed_addresses import account_closed
from .models import SignIn, User
from .views import account, addresses, audit_log, bp, door, offices, outbox_several, people, programmes
from .views import outbox as outbox_pages

PAGES = (account, addresses, audit_log, door, offices, outbox_pages, outbox_several, people, programmes)


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
    app.register_blueprint(bp)
    for command in commands.COMMANDS:
        app.cli.add_command(command)
    login_manager.user_loader(_who_holds)
    app.before_request(_arrive)
    for kind in (mails.INVITATION, mails.PASSWORD):
        outbox.check_before_sending(kind, mails.no_account_any_more)
    outbox.check_every_mail(bounces.stopped)
    outbox.check_every_mail(account_closed)


def _who_holds(token: str) -> User | None:
    """The person behind a browser's token, with what they may do as of now."""
    found = queries.find_sign_in(token)
    if found is None or not found.user.is_active:
        return None
    found.user.session_token = token
    g.sign_in = found
    return found.user


def _arrive() -> None:
    """Note that somebody is here and on which clock; the language chosen by a link stays."""
    if request.endpoint in (None, "static"):
        return
    user = viewer()
    if user is not None:
        _note_visit(g.sign_in)
    g.time_zone = _time_zone(user)
    asked = request.args.get("lang")
    if asked in LANGUAGES and cookie.get("language") != asked:
        cookie["language"] = asked
    refresh()


def _note_visit(seen: SignIn) -> None:
    """Write when a browser was last seen, at most once a minute."""
    now = clock.now()
    if now - seen.last_seen_at < queries.SEEN_EVERY:
        return
    token, number = seen.user.session_token, seen.id
    with transaction():
        due = (SignIn.id == number, SignIn.last_seen_at <= now - queries.SEEN_EVERY)
        session.execute(update(SignIn).where(*due).values(last_seen_at=now))
    queries.find_sign_in(token)


def _time_zone(user: User | None) -> str | None:
    grants = user.grants if user is not None else []
    at_work = [grant.programme.time_zone for grant in grants if grant.programme is not None]
    return at_work[0] if at_work else queries.first_time_zone()
