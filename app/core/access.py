"""Who may enter: every page says it, and nothing is open by omission."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, current_app, redirect, request, url_for
from flask_login import LoginManager, current_user

from .errors import NotAllowed

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


STAFF = (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY)

View = TypeVar("View", bound=Callable[..., Any])


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
    return open_to(*Role)(view)


def signed_in() -> User:
    """The person signed in; only on pages that are not public."""
    if not current_user.is_authenticated:
        raise NotAllowed
    return cast("User", current_user._get_current_object())


def viewer() -> User | None:
    """The person signed in, or None for the public."""
    return signed_in() if current_user.is_authenticated else None


def init_app(app: Flask) -> None:
    """Let nobody into a page that does not name them."""
    login_manager.session_protection = None
    login_manager.init_app(app)
    app.before_request(_enforce)


def _enforce() -> Any:
    if request.endpoint is None:
        return None
    allowed = declared(current_app.view_functions[request.endpoint])
    if allowed is None:
        raise NotAllowed
    if not allowed:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    if not allowed & signed_in().role_names:
        raise NotAllowed
    return None


def declared(view: Callable[..., Any]) -> frozenset[Role] | None:
    """The roles a view declares: empty for public, None for undeclared."""
    return getattr(view, "open_to", None)
