"""Steps on a case that touch several packages: who answers for it, and the end of a volunteer's part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import Case, CaseStatus
from app.clients.queries import get_case, staff_cases
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotFound
from app.core.forms import Form
from app.matching.models import Assignment
from app.matching.operations import end_assignment as end

from .. import docket, operations
from ..forms import AssignForm, EndForm
from . import bp


def _case(public_id: str) -> Case:
    return get_case(public_id, viewer=signed_in(), among=staff_cases(signed_in()))


def _step(public_id: str, form: Form, do: Callable[[Case], Any], *, said: str, **page: Any) -> ResponseReturnValue:
    """A page with one question before one act, then back to the case."""
    if form.validate_on_submit():
        try:
            with transaction():
                do(_case(public_id))
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(said, "ok")
            return redirect(url_for(".case", public_id=public_id), 303)
    return render_template("desk/step.html", case=_case(public_id), form=form, **page), 422 if form.errors else 200


@bp.route("/cases/<public_id>/custody", methods=["GET", "POST"])
@open_to(*STAFF)
def hand_over(public_id: str) -> ResponseReturnValue:
    """Hand custody of a case to a colleague."""
    _case(public_id)
    form = AssignForm()
    form.offer(docket.staff(signed_in()))

    def do(case: Case) -> Any:
        return operations.hand_over(case, str(form.to.data), reason=form.reason.data, actor=signed_in())

    text = _("From that moment they answer for the case and see its tasks as theirs.")
    return _step(public_id, form, do, title=_("Hand the case over"), text=text, submit=_("Hand it over"), danger=False,
                 said=_("Handed over."))  # fmt: skip


@bp.route("/cases/<public_id>/assignments/<assignment_id>/end", methods=["GET", "POST"])
@open_to(*STAFF)
def end_assignment(public_id: str, assignment_id: str) -> ResponseReturnValue:
    """End a volunteer's part in a case."""
    assignment = _live(_case(public_id), assignment_id)
    if assignment.role == "lead":
        return redirect(url_for("casework.ways_out", public_id=public_id), 303)
    form, who = EndForm(), assignment.volunteer.name

    def do(case: Case) -> Any:
        again = CaseStatus.AVAILABLE if form.then.data == "list" else None
        return end(_live(case, assignment_id), form.reason.data, again, actor=signed_in())

    text = _("Their access to the file ends at once. Tell them, and the client, what comes next.")
    return _step(public_id, form, do, title=_("End the part of %(who)s?", who=who), text=text, submit=_("End it"),
                 danger=True, said=_("Ended."))  # fmt: skip


def _live(case: Case, assignment_id: str) -> Assignment:
    found = next((a for a in case.assignments if a.public_id == assignment_id and a.ended_at is None), None)
    if found is None:
        raise NotFound
    return found
