"""What the application takes from this package: pages over all the others, and the frame around every page."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, has_request_context, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.local import LocalProxy

from app.accounts.models import Programme, User
from app.core.db import session
from app.core.lists import here

from . import places
from .views import bp, bulk, calendar, case, docket, landing, my_home, my_several, own_decisions, search, steps, today

PAGES = (calendar, landing, my_home, my_several, own_decisions, today, docket, bulk, case, steps, search)


def init_app(app: Flask) -> None:
    """Register pages and the frame."""
    app.register_blueprint(bp)
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    """What the shells read; whatever costs a query is made only when a page asks for it."""
    if not has_request_context():
        return {}
    user = None if _is_broken() else _reader()
    return {
        "places": places.Lazily(lambda: _safely(lambda: places.places_of(user), [])),
        "home_url": places.home_of(user),
        "search_url": url_for("desk.search") if places.is_staff(user) else "",
        "sign_in_url": places.address("accounts.sign_in"),
        "sign_out_url": places.address("accounts.sign_out"),
        "account_url": places.address("accounts.account"),
        "appearance_url": places.address("accounts.appearance", next=_here()),
        "programme_name": places.programme_name(user),
        "contact_line": "" if places.is_staff(user) else LocalProxy(lambda: _safely(_contact_line, "")),
        "neutral_name": LocalProxy(lambda: _("Help Line")),
    }


def _reader() -> User | None:
    return current_user._get_current_object() if current_user.is_authenticated else None


def _is_broken() -> bool:
    """Is this the page that says that something went wrong, perhaps with the database?"""
    return bool(g.get("broken"))


def _here() -> str | None:
    """This page's address, to come back to; never one that carries a secret."""
    if request.method != "GET" or request.endpoint is None or "token" in (request.view_args or {}):
        return None
    return here(lang=None)


def _safely(make: Any, otherwise: Any) -> Any:
    if _is_broken():
        return otherwise
    try:
        return make()
    except SQLAlchemyError:
        return otherwise


def _contact_line() -> str:
    """Whom to call: the programmes' numbers, where they fit in a line."""
    if "contact_line" not in g:
        rows = session.execute(select(Programme.name, Programme.phone).order_by(Programme.id).limit(4)).all()
        g.contact_line = " · ".join(f"{row.name}: {row.phone}" for row in rows) if len(rows) < 4 else ""
    return g.contact_line
