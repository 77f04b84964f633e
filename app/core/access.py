"""Who may enter: every page says it, and nothing is open by omission."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import LoginManager, current_user

from .errors import NotAllowed, Refusal

if TYPE_CHECKING:
    from app.accounts.models import User

login_manager = LoginManager()


class Role(enum.StrEnum):
    """What a person may do; additive, some per programme."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    SUPERVISING_ATTORNEY = "supervising_attorney"
    VOLUNTEER = "volunteer"
    FUNDER = "funder"
    FIRM_COORDINATOR = "firm_coordinator"


STAFF = (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY)
ANY = frozenset(Role)
READING = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])


class SignedOut(Refusal):
    """The sign-in ended before the form was sent."""

    status = 401
    message = _l("You are signed out. Sign in, then send it again.")


def open_to(*roles: Role) -> Callable[[View], View]:
    """Declare the roles that may enter a page; one of them is enough."""
    if not roles:
        raise ValueError("Name the roles, or say public.")

    def declare(view: View) -> View:
        view.open_to = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declare a page open to everyone."""
    view.open_to = frozenset()  # type: ignore[attr-defined]
    return view


def any_account(view: View) -> View:
    """Declare a page open to everyone who is signed in."""
    return open_to(*ANY)(view)


def signed_in() -> User:
    """The person signed in; only on pages that are not public."""
    if not current_user.is_authenticated:
        raise NotAllowed
    return cast("User", current_user._get_current_object())


def viewer() -> User | None:
    """The person signed in, or None for the public."""
    return signed_in() if current_user.is_authenticated else None


def same_site(address: str | None) -> str | None:
    """The address if it is a path on this site, else None: nobody is sent elsewhere after signing in."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return None
    if "\\" in address or any(c <= " " or c == "\x7f" for c in address):
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc else address


def init_app(app: Flask) -> None:
    """Let nobody into a page that does not name them."""
    login_manager.session_protection = None
    login_manager.init_app(app)
    app.before_request(_enforce)


def _enforce() -> Any:
    g.pop("_login_user", None)  # asked anew at every click
    if request.endpoint is None:
        return None
    allowed = declared(current_app.view_functions[request.endpoint])
    if allowed is None:
        raise NotAllowed
    if not allowed:
        return None
    if not current_user.is_authenticated:
        return _to_the_door()
    if allowed != ANY and not allowed & signed_in().role_names:
        raise NotAllowed
    return None


def _to_the_door() -> Any:
    if request.method in READING:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    raise SignedOut(cure=(_l("Sign in"), url_for("accounts.sign_in", next=_came_from())))


def _came_from() -> str | None:
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host:
        return None
    return same_site(f"{came.path}?{came.query}" if came.query else came.path)


def declared(view: Callable[..., Any]) -> frozenset[Role] | None:
    """The roles a view declares: empty for public, None for undeclared."""
    return getattr(view, "open_to", None)


def routes_table(app: Flask) -> str:
    """Every route with its methods, its name and who may enter, one a line."""
    return "".join(f"{line}\n" for line in sorted(_routes(app)))


def _routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield f"{rule.rule}  {methods}  {rule.endpoint}  {_who(app.view_functions[rule.endpoint])}"


def _who(view: Callable[..., Any]) -> str:
    allowed = declared(view)
    if allowed is None:
        return "UNDECLARED"
    if not allowed:
        return "everyone"
    return "signed in" if allowed == ANY else ", ".join(sorted(allowed))
