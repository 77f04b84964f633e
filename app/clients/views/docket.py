"""Pages that put a case on the docket, keep its clock, pause it or take it off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.access import signed_in
from app.core.db import transaction
from app.core.errors import BadInput
from app.core.forms import Form

from .. import operations
from ..forms import OtherHelpForm, lines, typed_day
from ..forms_docket import ListingForm, ReasonForm, ReasonUntilForm, hundredths
from ..listing import Listing
from ..models import Case, CaseStatus
from ..standing import against_listing, standing_of
from ..vocabulary import CLOCK_REASONS, KEEP_REASONS, OFF_DOCKET_REASONS, PAUSE_REASONS
from . import bp
from .parts import last_change, listing_facts
from .screening import STAFF_PAGE, save, staff_case


def case_url(case: Case) -> str:
    """Where staff read a case: the screening page until it is listed, then the case page."""
    screened = case.status in (CaseStatus.PRESCREEN, CaseStatus.ACCEPTED)
    if screened or "desk.case" not in current_app.view_functions:
        return url_for("clients.screen", public_id=case.public_id)
    return url_for("desk.case", public_id=case.public_id)


@bp.route("/intake/<public_id>/listing", methods=["GET", "POST"])
@STAFF_PAGE
def listing(public_id: str) -> ResponseReturnValue:
    """Write what volunteers read; listing it is a second button."""
    case = staff_case(public_id)
    form, both, status = ListingForm(data=listing_facts(case)), None, 200
    if not form.is_submitted():
        form.show()
    elif form.validate():
        rows, status = _save_listing(public_id, form)
        if status == 303:
            return redirect(case_url(staff_case(public_id)), 303)
        both = {"rows": rows, **last_change(staff_case(public_id))} if rows else None
    else:
        status = 422
    case = staff_case(public_id)
    lacks = against_listing(standing_of(case)) if case.status is CaseStatus.ACCEPTED else []
    return render_template("clients/listing.html", case=case, form=form, both=both, lacks=lacks), status


def _save_listing(public_id: str, form: ListingForm) -> tuple[list[dict[str, Any]], int]:
    wants_list = request.form.get("do") == "list"

    def do(case: Case) -> Any:
        typed = _listing(form)
        if wants_list and case.status is CaseStatus.ACCEPTED:
            return operations.list_case(case, actor=signed_in(), **vars(typed))
        return operations.write_listing(case, typed, actor=signed_in())

    try:
        rows = save(public_id, form, do, listing_facts)
    except BadInput as no:
        form.form_errors = [no.message, *no.details]
        return [], 422
    if rows:
        return rows, 409
    flash(_("Listed. The client is told that we are looking.") if wants_list else _("The listing is saved."))
    return [], 303


def _listing(form: ListingForm) -> Listing:
    typed = form.typed
    return Listing(**{
        **typed, "hours": hundredths(form.hours.data) or 0, "trainings": tuple(lines(form.trainings.data)),
        "licence": typed["licence"] or None, "credentials": tuple(typed["credentials"]),
        "short_term_by": typed["short_term_by"] or None,
    })  # fmt: skip


def _step(
    public_id: str, form: Form, title: str, text: Any, submit: Any, do: Callable[[Case], Any], said: Any
) -> ResponseReturnValue:
    """A page with one question before one act."""
    if form.validate_on_submit():
        try:
            with transaction():
                do(staff_case(public_id))
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(str(said))
            return redirect(case_url(staff_case(public_id)), 303)
    case = staff_case(public_id)
    page = {"case": case, "form": form, "title": title, "text": text, "submit": submit, "back": case_url(case)}
    return render_template("clients/step.html", **page), 422 if form.errors else 200


def _reasons(known: Mapping[str, Any]) -> ReasonForm:
    return ReasonForm(reasons=known)


@bp.route("/cases/<public_id>/off-docket", methods=["GET", "POST"])
@STAFF_PAGE
def take_off_docket(public_id: str) -> ResponseReturnValue:
    """Take a case off the docket."""
    form = _reasons(OFF_DOCKET_REASONS)
    text = _l("Volunteers no longer see the case. It goes back to being prepared, and its referral clock stops.")

    def do(case: Case) -> Any:
        return operations.take_off_docket(case, form.reason.data, actor=signed_in())

    return _step(
        public_id, form, _("Take this case off the docket?"), text, _l("Take it off"), do, _l("Off the docket.")
    )


@bp.route("/cases/<public_id>/keep", methods=["GET", "POST"])
@STAFF_PAGE
def keep_with_staff(public_id: str) -> ResponseReturnValue:
    """Let staff do the case."""
    form = _reasons(KEEP_REASONS)
    text = _l("Our own staff take the case; volunteers no longer see it. The client is told by a safe way.")

    def do(case: Case) -> Any:
        return operations.keep_with_staff(case, form.reason.data, actor=signed_in())

    return _step(public_id, form, _("Keep this case with staff?"), text, _l("Keep it"), do, _l("Kept with staff."))


@bp.route("/cases/<public_id>/not-placed", methods=["GET", "POST"])
@STAFF_PAGE
def not_placed(public_id: str) -> ResponseReturnValue:
    """Tell the client that nobody was found."""
    form = OtherHelpForm()
    text = _l("The client hears by a safe way that we found nobody, with the next date and the other help you name.")

    def do(case: Case) -> Any:
        return operations.tell_not_placed(case, form.other_help.data or "", actor=signed_in())

    said = _l("The client is told by a safe way.")
    return _step(public_id, form, _("Tell the client that nobody was found?"), text, _l("Tell the client"), do, said)


@bp.route("/cases/<public_id>/clock", methods=["GET", "POST"])
@STAFF_PAGE
def extend_clock(public_id: str) -> ResponseReturnValue:
    """Look longer for a volunteer."""
    form = ReasonUntilForm(reasons=CLOCK_REASONS)
    text = _l("The client hears that we are still looking, and until when.")

    def do(case: Case) -> Any:
        return operations.extend_clock(case, typed_day(form.until), form.reason.data, actor=signed_in())

    return _step(public_id, form, _("Look longer for a volunteer?"), text, _l("Extend the clock"), do, _l("Extended."))


@bp.route("/cases/<public_id>/pause", methods=["GET", "POST"])
@STAFF_PAGE
def pause_case(public_id: str) -> ResponseReturnValue:
    """Pause a case."""
    form = ReasonUntilForm(reasons=PAUSE_REASONS)
    text = _l(
        "Its clocks stop and check-ins wait; whoever holds it or is asked is told once and loses no time. "
        "On the day you choose a task asks you to look again."
    )

    def do(case: Case) -> Any:
        return operations.pause_case(case, form.reason.data, typed_day(form.until), actor=signed_in())

    return _step(public_id, form, _("Pause this case?"), text, _l("Pause it"), do, _l("Paused."))


@bp.post("/cases/<public_id>/resume")
@STAFF_PAGE
def resume_case(public_id: str) -> ResponseReturnValue:
    """Let a paused case go on."""
    with transaction():
        operations.resume_case(staff_case(public_id), actor=signed_in())
    flash(_("The case goes on; each clock ends later by the business time it stood still."))
    return redirect(case_url(staff_case(public_id)), 303)
