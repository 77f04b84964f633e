"""Coming in and going out: sign in, sign out, invitation, forgotten password, light or dark."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user

from app.core import limits, links
from app.core.access import public, same_site, signed_in, viewer
from app.core.db import session, transaction
from app.core.errors import LinkGone
from app.core.i18n import THEMES, bilingual

from .. import guesses, operations, passwords, queries
from ..forms import ForgottenForm, NewPasswordForm, SignInForm
from ..models import User
from . import bp

YEAR = 365 * 24 * 3600
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")]
SYSTEMS = [
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
]  # fmt: skip


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    onward = same_site(request.args.get("next"))
    if viewer() is not None:
        return redirect(onward or url_for("desk.home"))
    return render_template("accounts/sign_in.html", form=SignInForm())


@bp.post("/sign-in")
@public
def try_to_sign_in() -> ResponseReturnValue:
    """Let in whoever knows the password."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422
    email, password = str(form.email.data), str(form.password.data)
    guess = guesses.guess(email, network=limits.network_address(), proof=request.cookies.get(guesses.COOKIE))
    if not guess.allowed():
        return render_template("accounts/sign_in.html", form=form, too_many=True), 429
    user = _who_fits(email, password)
    if user is None:
        form.form_errors.append(_("The mail address and the password do not fit together. Nothing else is wrong."))
        return render_template("accounts/sign_in.html", form=form), 422
    guess.was_honest()
    return let_in(user, password=password)


def _who_fits(email: str, password: str) -> User | None:
    user = queries.find_user(email)
    if passwords.fits(password, user.password_hash if user else None) and user is not None and user.is_active:
        return user
    with transaction():
        operations.note_failed_sign_in(user)
    return None


def let_in(user: User, *, password: str | None = None) -> Response:
    """Start a sign-in in this browser under a new token and send the person on."""
    checked = user.password_hash
    new_hash = passwords.hashed(password) if password and checked and passwords.is_outdated(checked) else None
    with transaction():
        token = operations.sign_in(user, device=device_name(), checked_hash=checked, new_hash=new_hash)
    start_afresh(user, token)
    response = redirect(same_site(request.args.get("next")) or url_for("desk.home"), 303)
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(
        guesses.COOKIE, guesses.proof_for(user.email), max_age=YEAR, httponly=True, secure=secure, samesite="Lax"
    )
    return response  # type: ignore[return-value]


def start_afresh(user: User, token: str) -> None:
    """Forget whatever the browser's cookie held before, then write the new token into it."""
    cookie.clear()
    cookie["language"] = user.language
    user.session_token = token
    login_user(user)


def device_name() -> str:
    """The browser and system in two words, for the list of sign-ins."""
    agent = request.user_agent.string
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return re.sub(r"^, |, $", "", f"{browser}, {system}") or str(_("Unknown browser"))


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in."""
    language = cookie.get("language")
    if viewer() is not None:
        with transaction():
            operations.sign_out(signed_in().session_token, actor=signed_in())
        logout_user()
    cookie.clear()
    if language:
        cookie["language"] = language
    flash(_("You are signed out."), "ok")
    return redirect(url_for("accounts.sign_in"), 303)


@bp.route("/forgotten-password", methods=["GET", "POST"])
@public
@limits.limiter.limit(limits.MAIL_ASKED_FOR, methods=["POST"])
def forgotten() -> ResponseReturnValue:
    """Mail a link that sets a new password; says the same whether the address is known or not."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form), 422 if form.is_submitted() else 200
    email = str(form.email.data)
    if limits.allow("3 per hour", "forgotten", queries.address_hash(email)):
        with transaction():
            operations.ask_for_password(queries.find_user(email))
    return redirect(url_for("accounts.link_sent"), 303)


@bp.get("/forgotten-password/sent")
@public
def link_sent() -> ResponseReturnValue:
    """Say where to look for the link."""
    return render_template("accounts/link_sent.html", minutes=operations.RESET_MINUTES)


@bp.route("/invitation/<token>", methods=["GET", "POST"])
@public
@limits.limiter.limit(limits.PERSONAL_LINK)
def set_password(token: str) -> ResponseReturnValue:
    """Set the first password by the invitation's link."""
    return _by_link(operations.INVITATION, token)


@bp.route("/new-password/<token>", methods=["GET", "POST"])
@public
@limits.limiter.limit(limits.PERSONAL_LINK)
def reset_password(token: str) -> ResponseReturnValue:
    """Set a new password by the mailed link."""
    return _by_link(operations.RESET, token)


def _by_link(purpose: str, token: str) -> ResponseReturnValue:
    user = _owner(purpose, token)
    form = NewPasswordForm()
    context = {"form": form, "user": user, "first": purpose == operations.INVITATION}
    if not form.validate_on_submit():
        return render_template("accounts/set_password.html", **context), 422 if form.is_submitted() else 200
    password = str(form.password.data)
    against = passwords.weakness(password, name=user.name, email=user.email)
    if against:
        form.password.errors = [*form.password.errors, str(against)]
        return render_template("accounts/set_password.html", **context), 422
    made = passwords.hashed(password)
    with transaction():
        user = _owner(purpose, token)
        operations.set_password(user, password, actor=user, password_hash=made)
    flash(_("Your password is set and you are signed in."), "ok")
    return let_in(user)


def _owner(purpose: str, token: str) -> User:
    ways = {
        operations.INVITATION: _l("If your password is set already, sign in with it. Otherwise ask for a new link."),
        operations.RESET: _l("The link works once and for one hour. Ask for a new one."),
    }
    try:
        user = session.get(User, links.find(purpose, token).record_id)
    except LinkGone:
        user = None
    if user is None or not user.is_active:
        raise LinkGone(details=[ways[purpose]], cure=(_l("Ask for a new link"), url_for("accounts.forgotten")))
    return user


@bp.route("/appearance", methods=["GET", "POST"])
@public
@bilingual
def appearance() -> ResponseReturnValue:
    """Choose light or dark pages for this browser."""
    onward = same_site(request.form.get("next") or request.args.get("next"))
    if request.method == "GET":
        context: dict[str, Any] = {"appearance_url": url_for("accounts.appearance"), "next_url": onward or ""}
        return render_template("shell/appearance.html", **context)
    response = redirect(onward or "/", 303)
    theme = request.form.get("theme", "")
    if theme in THEMES:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie("theme", theme, max_age=YEAR, httponly=True, secure=secure, samesite="Lax")
    else:
        response.delete_cookie("theme")
    return response
