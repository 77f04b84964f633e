"""Refusals: what the desk will not do, in a sentence for the reader."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, g, json, render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException

from .db import is_away, is_in_doubt, is_overload

log = structlog.get_logger()
BUSY_FOR, AWAY_FOR = 10, 60  # seconds after which to try again
JSON = {"Content-Type": "application/json"}


class Refusal(Exception):
    """The desk refuses; the message is shown to the reader, `cure` says where to go next."""

    status = 409
    message: Any = _l("That cannot be done just now.")

    def __init__(self, message: Any = None, *, cure: tuple[Any, str] | None = None, details: Any = ()) -> None:
        self.message = message or self.message
        self.cure = cure
        self.details = list(details)
        super().__init__(str(type(self).__name__))


class NotFound(Refusal):
    """No such record, or none that the viewer may see."""

    status = 404
    message = _l("We could not find that page.")


class NotAllowed(Refusal):
    """The actor may not do this."""

    status = 403
    message = _l("Your account may not do that.")


class Stale(Refusal):
    """Somebody else saved first; both texts are shown."""

    message = _l("Somebody else changed this while you had it open. Nothing of yours was saved yet.")


class BadInput(Refusal):
    """What was typed cannot be used."""

    status = 422


class LinkGone(Refusal):
    """A link from a mail that is used up, too old or altered."""

    status = 410
    message = _l("This link no longer works.")


def refuse_if(condition: object, refusal: type[Refusal] | Refusal) -> None:
    """Raise the refusal when the condition holds."""
    if condition:
        raise refusal if isinstance(refusal, Refusal) else refusal()


def init_app(app: Flask) -> None:
    """Turn refusals and HTTP errors into pages."""
    app.register_error_handler(Refusal, _refused)
    for changed in (StaleDataError, ObjectDeletedError):
        app.register_error_handler(changed, lambda exc: _refused(Stale()))
    app.register_error_handler(CSRFError, lambda exc: _page("400.html", 400))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(500, _broken)


def _broken(error: Exception) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Something failed, perhaps the database: the page asks it nothing, not even who is signed in."""
    cause = getattr(error, "original_exception", None) or error
    if is_away(cause):
        return _without_database("away.html", "request.away", AWAY_FOR, in_doubt=is_in_doubt(cause))
    g.broken, g._login_user = True, AnonymousUserMixin()
    return _page("500.html", 500)


def _database(error: SQLAlchemyError) -> tuple[str, int, dict[str, str]]:
    """The database was too busy or cannot be reached: trying again helps; any other trouble is ours."""
    if is_away(error):
        return _without_database("away.html", "request.away", AWAY_FOR, in_doubt=is_in_doubt(error))
    if not is_overload(error):
        raise error
    return _without_database("503.html", "request.busy", BUSY_FOR)


def _without_database(template: str, said: str, seconds: int, **facts: Any) -> tuple[str, int, dict[str, str]]:
    log.warning(said, page=request.url_rule.rule if request.url_rule else "unknown")
    g.broken, g._login_user = True, AnonymousUserMixin()
    if request.endpoint == "healthz":  # for a machine
        return json.dumps({"well": False, "standing_still": ["database"]}), 503, {**JSON, "Retry-After": str(seconds)}
    return *_page(template, 503, **facts), {"Retry-After": str(seconds)}


def _page(template: str, status: int, **context: Any) -> tuple[str, int]:
    return render_template(f"errors/{template}", **context), status


def _refused(refusal: Refusal) -> tuple[str, int]:
    if isinstance(refusal, NotFound):
        return _page("404.html", 404)
    if isinstance(refusal, LinkGone):
        return _page("link_gone.html", 410, refusal=refusal)
    return _page("refusal.html", refusal.status, refusal=refusal, back=request.referrer)


def _http(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    known = {403, 404, 413, 429, 500, 503}
    if code == 405:
        return _page("404.html", 405)
    return _page(f"{code}.html" if code in known else "unreadable.html", code)
