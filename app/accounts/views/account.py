"""One's own account: name, language, password and where one is signed in."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, Role, any_account, signed_in
from app.core.db import transaction

from .. import guesses, operations, passwords, queries
from ..forms import ChangePasswordForm, ProfileForm
from ..models import User
from . import bp
from .door import device_name, start_afresh


def shell_of(user: User) -> str:
    """The frame of pages that every kind of person has."""
    roles = user.role_names
    if roles & {Role.ADMIN, *STAFF}:
        return "shell/desk.html"
    if roles & {Role.VOLUNTEER, Role.FIRM_COORDINATOR}:
        return "shell/volunteer.html"
    return "shell/funder.html" if Role.FUNDER in roles else "shell/public.html"


def _page(profile: ProfileForm, password: ChangePasswordForm, status: int = 200) -> ResponseReturnValue:
    me = signed_in()
    context: dict[str, Any] = {
        "shell": shell_of(me),
        "me": me,
        "profile": profile,
        "password": password,
        "form": profile if profile.errors else password,
        "sign_ins": queries.sign_ins(me),
        "this_one": queries.token_hash(me.session_token),
    }
    return render_template("accounts/account.html", **context), status


def _profile() -> ProfileForm:
    me = signed_in()
    return ProfileForm(name=me.name, language=me.language, seen_version=me.version)


@bp.get("/account")
@any_account
def account() -> ResponseReturnValue:
    """Show the account."""
    return _page(_profile(), ChangePasswordForm(formdata=None))


@bp.post("/account")
@any_account
def change_account() -> ResponseReturnValue:
    """Change name and language."""
    form = _profile()
    if not form.validate_on_submit():
        return _page(form, ChangePasswordForm(formdata=None), 422)
    with transaction():
        form.check_version(signed_in())
        operations.change_profile(signed_in(), name=str(form.name.data), language=form.language.data, actor=signed_in())
        cookie["language"] = form.language.data
    flash(_("Saved."), "ok")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/password")
@any_account
def change_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out."""
    form, me = ChangePasswordForm(), signed_in()
    if not form.validate_on_submit() or not _may_change(form, me):
        return _page(ProfileForm(formdata=None, obj=me), form, 422)
    new, before = str(form.password.data), me.password_hash
    made = passwords.hashed(new)
    with transaction():
        operations.refuse_if(me.password_hash != before, operations.PasswordChanged)
        operations.set_password(me, new, actor=me, password_hash=made)
        token = operations.sign_in(me, device=device_name(), checked_hash=made)
    start_afresh(me, token)
    flash(_("Your password is changed. Every other browser is signed out."), "ok")
    return redirect(url_for("accounts.account"), 303)


def _may_change(form: ChangePasswordForm, me: User) -> bool:
    guess = guesses.guess_again(me.id)
    against = passwords.weakness(str(form.password.data), name=me.name, email=me.email)
    if against:
        form.password.errors = [str(against)]
    elif not guess.allowed():
        form.present.errors = [_("Too many tries in a short time. Wait a quarter of an hour.")]
    elif not passwords.fits(str(form.present.data), me.password_hash):
        form.present.errors = [_("That is not your present password.")]
    else:
        guess.was_honest()
        return True
    return False


@bp.post("/account/sign-ins/<int:number>/end")
@any_account
def end_sign_in(number: int) -> ResponseReturnValue:
    """Sign one browser out."""
    with transaction():
        operations.end_sign_in(signed_in(), number, actor=signed_in())
    flash(_("That browser is signed out."), "ok")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/sign-out-everywhere")
@any_account
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    with transaction():
        operations.end_sign_ins(signed_in(), actor=signed_in())
    cookie.clear()
    flash(_("You are signed out everywhere."), "ok")
    return redirect(url_for("accounts.sign_in"), 303)
