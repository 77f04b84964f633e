"""How staff open a closed case again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import Case, CaseStatus
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound

from .. import forms_reopening, operations_reopening
from . import bp
from .staff import staff_case


def _closed_case(public_id: str) -> Case:
    case = staff_case(public_id)
    if case.status is not CaseStatus.CLOSED:
        raise NotFound
    return case


@bp.route("/cases/<public_id>/reopen", methods=["GET", "POST"])
@open_to(*STAFF)
def reopen(public_id: str) -> ResponseReturnValue:
    """Open a closed case again."""
    form = forms_reopening.ReopenForm()
    if form.validate_on_submit():
        with transaction():
            operations_reopening.reopen_case(
                staff_case(public_id), reason=form.reason.data, with_lead=form.who.data == "lead", actor=signed_in()
            )
        flash(_("The case is open again, and a task asks you to tell the client."), "ok")
        return redirect(url_for("desk.case", public_id=public_id), 303)
    text = _(
        "Its closing report no longer counts, so published figures may have to be restated. You answer for it now."
    )
    page = {"title": _("Open this case again?"), "submit": _("Open it again"), "text": text, "danger": False}
    return render_template("casework/step.html", case=_closed_case(public_id), form=form, **page), (
        422 if form.errors else 200
    )
