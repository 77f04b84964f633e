"""Administration: who has an account and which roles."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import health
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.lists import here, page_of

from .. import operations, queries
from ..forms import ROLES, PersonForm, RoleForm, options
from ..models import User
from . import bp


def _places(form: PersonForm | RoleForm) -> None:
    """Fill in what a role can be for: the whole desk, a programme, a funding source, a firm."""
    form.place.choices = options(
        [
            ("", _("The whole desk")),
            *((f"programme:{p.public_id}", p.name) for p in queries.programmes()),
            *((f"grant:{g.public_id}", f"{g.programme.name}: {g.name}") for g in queries.grants()),
            *((f"firm:{o.public_id}", o.name) for o in queries.organisations()),
        ]
    )


def _place(chosen: str | None) -> dict[str, Any]:
    kind, _colon, public_id = (chosen or "").partition(":")
    programme = next((p for p in queries.programmes() if kind == "programme" and p.public_id == public_id), None)
    grant = next((g for g in queries.grants() if kind == "grant" and g.public_id == public_id), None)
    firm = next((o for o in queries.organisations() if kind == "firm" and o.public_id == public_id), None)
    return {"programme": programme, "grant": grant, "organisation": firm}


@bp.get("/people")
@open_to(Role.ADMIN)
def people() -> ResponseReturnValue:
    """List everybody with an account."""
    asked = {name: request.args.get(name, "") for name in ("role", "programme", "state")}
    page = page_of(queries.people(**asked), scalars=True)
    context = {
        "page": page,
        "troubles": health.troubles(),
        "asked": asked,
        "programmes": queries.programmes(),
        "roles": ROLES,
        "filtered": any(asked.values()),
        "states": [("", _("All")), ("active", _("Active")), ("invited", _("Invited")), ("out", _("Closed"))],
        "here": here,
    }
    return render_template("accounts/people.html", **context)


@bp.route("/people/new", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def new_person() -> ResponseReturnValue:
    """Open an account, give it a role and mail the invitation."""
    form = PersonForm()
    _places(form)
    if not form.validate_on_submit():
        return render_template("accounts/new_person.html", form=form), 422 if form.is_submitted() else 200
    with transaction():
        me = signed_in()
        made = operations.create_user(str(form.name.data), str(form.email.data), language=form.language.data, actor=me)
        operations.grant_role(made, Role(form.role.data), **_place(form.place.data), actor=me)
        operations.invite(made, actor=me)
        onward = made.public_id
    flash(_("The account is open. The invitation is on its way."), "ok")
    return redirect(url_for("accounts.person", public_id=onward), 303)


@bp.get("/people/<public_id>")
@open_to(Role.ADMIN)
def person(public_id: str) -> ResponseReturnValue:
    """Show one account with its roles."""
    form = RoleForm(formdata=None)
    _places(form)
    them = queries.get_user(public_id, viewer=signed_in())
    context = {"them": them, "form": form, "roles": ROLES, "sign_ins": queries.sign_ins(them)}
    return render_template("accounts/person.html", **context)


def _them(public_id: str) -> User:
    return queries.get_user(public_id, viewer=signed_in())


def _back(public_id: str, said: str) -> ResponseReturnValue:
    flash(said, "ok")
    return redirect(url_for("accounts.person", public_id=public_id), 303)


def _asked_role() -> tuple[Role, dict[str, Any]]:
    form = RoleForm()
    _places(form)
    operations.refuse_if(not form.validate(), operations.RoleNeedsPlace)
    return Role(form.role.data), _place(form.place.data)


@bp.post("/people/<public_id>/roles")
@open_to(Role.ADMIN)
def grant_role(public_id: str) -> ResponseReturnValue:
    """Give a role."""
    with transaction():
        them = _them(public_id)
        role, place = _asked_role()
        operations.grant_role(them, role, **place, actor=signed_in())
    return _back(public_id, _("The role is given. It counts from the next click."))


@bp.post("/people/<public_id>/roles/revoke")
@open_to(Role.ADMIN)
def revoke_role(public_id: str) -> ResponseReturnValue:
    """Take a role away."""
    with transaction():
        them = _them(public_id)
        role, place = _asked_role()
        operations.revoke_role(them, role, **place, actor=signed_in())
    return _back(public_id, _("The role is taken away. It no longer counts from the next click."))


@bp.post("/people/<public_id>/invite")
@open_to(Role.ADMIN)
def invite_again(public_id: str) -> ResponseReturnValue:
    """Mail a new invitation."""
    with transaction():
        operations.invite(_them(public_id), actor=signed_in())
    return _back(public_id, _("A new invitation is on its way. Earlier ones no longer work."))


@bp.get("/people/<public_id>/close")
@open_to(Role.ADMIN)
def close_question(public_id: str) -> ResponseReturnValue:
    """Ask before closing an account."""
    return render_template("accounts/close_person.html", them=_them(public_id))


@bp.post("/people/<public_id>/close")
@open_to(Role.ADMIN)
def deactivate(public_id: str) -> ResponseReturnValue:
    """Close an account."""
    with transaction():
        operations.deactivate_user(_them(public_id), actor=signed_in())
    return _back(public_id, _("The account is closed. It counts from the next click."))


@bp.post("/people/<public_id>/open")
@open_to(Role.ADMIN)
def reactivate(public_id: str) -> ResponseReturnValue:
    """Open a closed account again."""
    with transaction():
        operations.reactivate_user(_them(public_id), actor=signed_in())
    return _back(public_id, _("The account is open again."))


@bp.post("/people/<public_id>/sign-out-everywhere")
@open_to(Role.ADMIN)
def sign_person_out(public_id: str) -> ResponseReturnValue:
    """Sign a person out everywhere."""
    with transaction():
        operations.end_sign_ins(_them(public_id), actor=signed_in())
    return _back(public_id, _("Every browser of this person is signed out."))


@bp.post("/people/find")
@open_to(Role.ADMIN)
def find_person() -> ResponseReturnValue:
    """Go to the account with a mail address."""
    found = queries.find_user(request.form.get("email", "")[:254])
    if found is not None:
        return redirect(url_for("accounts.person", public_id=found.public_id), 303)
    flash(_("No account has that mail address."), "wait")
    return redirect(url_for("accounts.people"), 303)
