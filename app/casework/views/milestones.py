"""Steps that are done: shared by whoever works on the case, wished for by the client on their page."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from app.accounts import calendars
from app.clients.models import Case
from app.clients.views import status
from app.core import limits
from app.core.access import STAFF, Role, open_to, public, signed_in
from app.core.db import transaction
from app.core.forms import DayField, Form, Required
from app.core.limits import limiter

from .. import milestones
from ..operations import CannotKeep
from . import bp
from .staff import staff_case
from .work import my_assignment


class StepForm(Form):
    """A step and its day."""

    code = RadioField(_l("Which step?"), [Required(_l("Choose a step."))])
    on_day = DayField(_l("On which day?"), [Required(_l("Say on which day."))])


def _share(public_id: str, *, as_staff: bool) -> ResponseReturnValue:
    def case() -> Case:
        return staff_case(public_id) if as_staff else my_assignment(public_id).case

    form = StepForm(on_day=calendars.today(case().programme))
    form.code.choices = milestones.not_yet(case())
    back = url_for("desk.case" if as_staff else ".my_case", public_id=public_id)
    if form.validate_on_submit():
        try:
            with transaction():
                milestones.share_milestone(case(), form.code.data, on_day=form.on_day.data, actor=signed_in())  # type: ignore[arg-type]
        except CannotKeep as no:
            form[no.field].errors = [no.message]
        else:
            flash(_("The step is noted."), "ok")
            return redirect(back, 303)
    found, page = case(), {"back": back, "shell": "shell/desk.html" if as_staff else "shell/volunteer.html"}
    said = render_template("casework/milestone.html", form=form, case=found, wanted=milestones.wants(found.client),
                           done=milestones.milestones_of(found), **page)  # fmt: skip
    return said, 422 if form.errors else 200


@bp.route("/my/cases/<public_id>/step", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def my_milestone(public_id: str) -> ResponseReturnValue:
    """Say that a step of a case I am on is done."""
    return _share(public_id, as_staff=False)


@bp.route("/cases/<public_id>/step", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_milestone(public_id: str) -> ResponseReturnValue:
    """Say that a step of a case is done."""
    return _share(public_id, as_staff=True)


@bp.post("/my-request/steps")
@public
@limiter.limit(limits.FORM_STEP)
def wish_milestones() -> ResponseReturnValue:
    """The client wants to hear of steps, or not any more."""
    with transaction():
        milestones.wish(status.get_client(), request.form.get("wanted") == "yes", actor=None)
    flash(_("Kept. You can change it here at any time."), "ok")
    return redirect(url_for("clients.status"), 303)
