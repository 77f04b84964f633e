"""The offices of a programme."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotFound, Refusal
from app.core.facts import county_name

from .. import operations_offices, queries
from ..forms import OfficeForm
from ..models import Office, Programme
from . import bp

KEEPERS = open_to(Role.ADMIN, Role.COORDINATOR)


def _programme(public_id: str) -> Programme:
    return queries.get_programme_to_arrange(public_id, viewer=signed_in())


def _office(programme: Programme, office_id: str) -> Office:
    found = next((o for o in operations_offices.offices_of(programme.id) if o.public_id == office_id), None)
    if found is None:
        raise NotFound
    return found


def _saved(public_id: str, form: OfficeForm, office_id: str | None) -> bool:
    """Open an office, or change the one named; where it is refused the form says why."""
    try:
        with transaction():
            programme = _programme(public_id)
            if office_id is None:
                operations_offices.add_office(programme, *form.typed, actor=signed_in())
            else:
                office = _office(programme, office_id)
                operations_offices.change_office(programme, office, *form.typed, actor=signed_in())
    except (BadInput, Refusal) as no:
        form.form_errors.append(str(no.message))
        return False
    return True


@bp.route("/programmes/<public_id>/offices", methods=["GET", "POST"])
@KEEPERS
def offices(public_id: str) -> ResponseReturnValue:
    """The offices, and a form for another one."""
    programme = _programme(public_id)
    form = OfficeForm().of(programme)
    if form.validate_on_submit() and _saved(public_id, form, None):
        flash(_("The office is open. New requests of its county are its own."), "ok")
        return redirect(url_for("accounts.offices", public_id=public_id), 303)
    programme = _programme(public_id)
    return render_template(
        "accounts/offices.html", programme=programme, form=form, found=operations_offices.offices_of(programme.id),
        county_name=county_name, viewer_is_admin=signed_in().has(Role.ADMIN),
        viewer_is_staff=signed_in().has(Role.COORDINATOR, programme.id),
    ), 422 if form.errors else 200  # fmt: skip


@bp.route("/programmes/<public_id>/offices/<office_id>", methods=["GET", "POST"])
@KEEPERS
def edit_office(public_id: str, office_id: str) -> ResponseReturnValue:
    """Name an office anew, or say where it lies."""
    programme = _programme(public_id)
    form = OfficeForm(obj=_office(programme, office_id)).of(programme)
    if form.validate_on_submit() and _saved(public_id, form, office_id):
        flash(_("Saved."), "ok")
        return redirect(url_for("accounts.offices", public_id=public_id), 303)
    programme = _programme(public_id)
    return render_template(
        "accounts/office.html", programme=programme, form=form, office=_office(programme, office_id)
    ), 422 if form.errors else 200  # fmt: skip


@bp.post("/programmes/<public_id>/offices/<office_id>/<any(close, reopen):answer>")
@KEEPERS
def close_office(public_id: str, office_id: str, answer: str) -> ResponseReturnValue:
    """Close an office, or open it again."""
    with transaction():
        programme = _programme(public_id)
        office = _office(programme, office_id)
        operations_offices.close_office(programme, office, closed=answer == "close", actor=signed_in())
    flash(_("Closed. It keeps its cases.") if answer == "close" else _("Open again."), "ok")
    return redirect(url_for("accounts.offices", public_id=public_id), 303)
