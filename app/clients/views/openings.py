"""Pages on which staff make, change, list and close the parts and packages of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import signed_in
from app.core.db import transaction
from app.core.errors import BadInput

from .. import operations_openings as operations
from ..forms_openings import PackageForm, RoleForm, shown
from ..models import Case, Opening
from ..queries import get_opening
from . import bp
from .screening import STAFF_PAGE, staff_case

Kept = RoleForm | PackageForm


def _page(case: Case, form: Kept, opening: Opening | None = None) -> ResponseReturnValue:
    is_package = isinstance(form, PackageForm)
    page = render_template("clients/opening.html", case=case, form=form, opening=opening, is_package=is_package)
    return page, 422 if form.errors else 200


def _keep(form: Kept, do: Callable[[], Any]) -> bool:
    """Keep what was typed; False where it says what it may not."""
    try:
        with transaction():
            do()
    except BadInput as no:
        form.form_errors = [no.message, *no.details]
        return False
    return True


def _to_case(case: str) -> ResponseReturnValue:
    return redirect(url_for("desk.case", public_id=case, _anchor="openings"), 303)


@bp.route("/cases/<public_id>/openings/part", methods=["GET", "POST"])
@STAFF_PAGE
def new_part(public_id: str) -> ResponseReturnValue:
    """Write down another part on a case."""
    return _new(public_id, RoleForm())


@bp.route("/cases/<public_id>/openings/package", methods=["GET", "POST"])
@STAFF_PAGE
def new_package(public_id: str) -> ResponseReturnValue:
    """Write down a package of work."""
    return _new(public_id, PackageForm())


def _new(public_id: str, form: Kept) -> ResponseReturnValue:
    case = staff_case(public_id)
    if not form.validate_on_submit():
        return _page(case, form)
    if not _keep(form, lambda: operations.add_opening(staff_case(public_id), form.facts(), actor=signed_in())):
        return _page(staff_case(public_id), form)
    flash(_("Kept. Volunteers see it once you list it."), "ok")
    return _to_case(public_id)


@bp.route("/openings/<public_id>/edit", methods=["GET", "POST"])
@STAFF_PAGE
def edit_opening(public_id: str) -> ResponseReturnValue:
    """Write an opening anew."""
    opening = get_opening(public_id, viewer=signed_in())
    form: Kept = (PackageForm if opening.is_package else RoleForm)(data=shown(opening))
    if isinstance(form, RoleForm):
        form.role.choices = [choice for choice in form.role.choices if choice[0] == opening.role]
    if not form.validate_on_submit():
        return _page(opening.case, form, opening)
    case = opening.case.public_id

    def do() -> Any:
        return operations.change_opening(get_opening(public_id, viewer=signed_in()), form.facts(), actor=signed_in())

    if not _keep(form, do):
        opening = get_opening(public_id, viewer=signed_in())
        return _page(opening.case, form, opening)
    flash(_("Saved."), "ok")
    return _to_case(case)


def _step(public_id: str, act: Callable[..., Opening], said: str) -> ResponseReturnValue:
    with transaction():
        case = act(get_opening(public_id, viewer=signed_in()), actor=signed_in()).case.public_id
    flash(said, "ok")
    return _to_case(case)


@bp.post("/openings/<public_id>/list")
@STAFF_PAGE
def list_opening(public_id: str) -> ResponseReturnValue:
    """Show an opening to volunteers."""
    return _step(public_id, operations.list_opening, _("Listed. Volunteers who may take it see it now."))


@bp.post("/openings/<public_id>/take-off")
@STAFF_PAGE
def take_off_opening(public_id: str) -> ResponseReturnValue:
    """Take an opening off the list."""
    return _step(public_id, operations.take_off_opening, _("Taken off the list. Whoever was asked is told."))


@bp.post("/openings/<public_id>/close")
@STAFF_PAGE
def close_opening(public_id: str) -> ResponseReturnValue:
    """Say that a part is not needed any more."""
    return _step(public_id, operations.close_opening, _("Closed. Whoever was asked is told."))
