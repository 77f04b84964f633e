"""What staff do on a case: one small page for each act, so that all of it works without script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import Case
from app.clients.queries import get_case, staff_cases
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotFound
from app.core.forms import Form
from app.matching.models import Assignment

from .. import closing_words, forms, forms_staff, operations, operations_closing, queries
from ..models import ClosingReport, ClosingStatus, Visibility
from . import bp

Act = Callable[[Case], Any]


def staff_case(public_id: str) -> Case:
    """A case of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    return get_case(public_id, viewer=signed_in(), among=staff_cases(signed_in()))


def lead_of(case: Case) -> Assignment:
    """Who leads a case now.

    :raises NotFound: nobody does
    """
    found = next((a for a in case.assignments if a.ended_at is None and a.role == "lead"), None)
    if found is None:
        raise NotFound
    return found


def _waiting_report(case: Case) -> ClosingReport:
    """The closing report that waits for staff.

    :raises NothingToApprove: a colleague answered it, or another window did
    :raises NotFound: there is none
    """
    report = queries.closing_report(case)
    if report is not None and report.status in (ClosingStatus.APPROVED, ClosingStatus.RETURNED):
        back = (_("Back to the case"), url_for("desk.case", public_id=case.public_id))
        raise operations_closing.NothingToApprove(cure=back)
    return queries.waiting_report(case)


def _step(
    public_id: str, form: Form, do: Act, *, title: str, submit: str, said: str,
    text: str = "", danger: bool = False, anchor: str | None = None, closing: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:  # fmt: skip
    """A page with one question before one act, then back to the case."""
    if form.validate_on_submit():
        try:
            with transaction():
                do(staff_case(public_id))
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(said, "ok")
            return redirect(url_for("desk.case", public_id=public_id, _anchor=anchor), 303)
    page = {"title": title, "submit": submit, "text": text, "danger": danger, "form": form, "closing": closing}
    return render_template("casework/step.html", case=staff_case(public_id), **page), 422 if form.errors else 200


@bp.route("/cases/<public_id>/note", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_note(public_id: str) -> ResponseReturnValue:
    """Write a note."""
    form = forms_staff.StaffNoteForm()
    form.offer(is_attorney=signed_in().has(Role.SUPERVISING_ATTORNEY, staff_case(public_id).programme_id))

    def do(case: Case) -> Any:
        return operations.add_note(
            case, form.text.data or "", actor=signed_in(), visibility=Visibility(form.visibility.data)
        )

    text = _("It cannot be changed later; a correction is a new note.")
    return _step(public_id, form, do, title=_("Add a note"), text=text, submit=_("Keep the note"), said=_("Kept."),
                 anchor="happened")  # fmt: skip


@bp.route("/cases/<public_id>/contact", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_contact(public_id: str) -> ResponseReturnValue:
    """Record that the client was called, reached or not."""
    form = forms_staff.StaffContactForm()

    def do(case: Case) -> Any:
        operations.record_contact(case, form.channel.data, reached=form.reached.data == "yes", actor=signed_in())
        if (form.said.data or "").strip():
            operations.add_note(case, form.said.data or "", actor=signed_in(), visibility=Visibility.STAFF)

    return _step(
        public_id, form, do, title=_("Record a contact"), submit=_("Keep it"), said=_("Kept."), anchor="happened"
    )


@bp.route("/cases/<public_id>/time", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_time(public_id: str) -> ResponseReturnValue:
    """Log one's own hours."""
    form = forms.TimeForm()

    def do(case: Case) -> Any:
        on_day, hundredths = form.on_day.data, form.hours.data
        return operations.add_time(
            case, on_day=on_day, hundredths=hundredths, actor=signed_in(), activity=form.activity.data  # type: ignore[arg-type]
        )  # fmt: skip

    return _step(
        public_id, form, do, title=_("Log your hours"), submit=_("Keep the hours"), said=_("Kept."), anchor="hours"
    )


@bp.route("/cases/<public_id>/time/<int:entry_id>/remove", methods=["GET", "POST"])
@open_to(*STAFF)
def remove_staff_time(public_id: str, entry_id: int) -> ResponseReturnValue:
    """Take hours back."""
    queries.get_time_entry(entry_id, staff_case(public_id))

    def do(case: Case) -> Any:
        return operations.remove_time(queries.get_time_entry(entry_id, case), actor=signed_in())

    return _step(
        public_id,
        forms_staff.ConfirmForm(),
        do,
        title=_("Take these hours back?"),
        danger=True,
        text=_("They stay in the record and count no more."),
        submit=_("Take them back"),
        said=_("Taken back."),
        anchor="hours",
    )


@bp.route("/cases/<public_id>/first-contact", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_first_contact(public_id: str) -> ResponseReturnValue:
    """Record that the volunteer has reached the client."""
    lead_of(staff_case(public_id))

    def do(case: Case) -> Any:
        return operations.record_first_contact(lead_of(case), actor=signed_in())

    return _step(
        public_id,
        forms_staff.ConfirmForm(),
        do,
        title=_("Has the volunteer spoken with the client?"),
        text=_("The case is in service from then on."),
        submit=_("Yes, they have spoken"),
        said=_("Recorded."),
    )


@bp.route("/cases/<public_id>/letter", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_letter(public_id: str) -> ResponseReturnValue:
    """Record the signed engagement letter."""
    lead_of(staff_case(public_id))
    form = forms.LetterForm()

    def do(case: Case) -> Any:
        return operations.sign_letter(lead_of(case), on_day=form.on_day.data, actor=signed_in())  # type: ignore[arg-type]

    return _step(
        public_id, form, do, title=_("The engagement letter is signed"), submit=_("Keep the day"), said=_("Kept.")
    )


@bp.route("/cases/<public_id>/no-letter", methods=["GET", "POST"])
@open_to(*STAFF)
def waive_letter(public_id: str) -> ResponseReturnValue:
    """Do without an engagement letter."""
    lead_of(staff_case(public_id))
    form = forms_staff.WaiveForm()

    def do(case: Case) -> Any:
        return operations.waive_letter(lead_of(case), reason=form.reason.data, actor=signed_in())

    return _step(
        public_id, form, do, title=_("Do without an engagement letter?"), submit=_("Do without"), said=_("Recorded.")
    )


@bp.route("/cases/<public_id>/closing/approve", methods=["GET", "POST"])
@open_to(*STAFF)
def approve_closing(public_id: str) -> ResponseReturnValue:
    """Agree to the closing report."""
    reported = _waiting_report(staff_case(public_id))
    closing = closing_words.in_words(reported, queries.hours_of(reported.case))
    closing["ahead"] = closing_words.dates_ahead(reported.case)
    form = forms_staff.ApproveForm(data={"seen": reported.public_id})
    seen, form.seen.data = form.seen.data, reported.public_id

    def do(case: Case) -> Any:
        return operations_closing.approve_closing(_waiting_report(case), seen=seen, actor=signed_in())

    text = _("The case is closed, its tasks and openings end, the volunteer is thanked and the client is told.")
    return _step(
        public_id,
        form,
        do,
        title=_("Close this case?"),
        text=text,
        submit=_("Approve and close"),
        closing=closing,
        said=_("Closed. The volunteer is thanked and the client is told."),
    )


@bp.route("/cases/<public_id>/closing/return", methods=["GET", "POST"])
@open_to(*STAFF)
def return_closing(public_id: str) -> ResponseReturnValue:
    """Send the closing report back."""
    _waiting_report(staff_case(public_id))
    form = forms_staff.ReturnForm()

    def do(case: Case) -> Any:
        report = _waiting_report(case)
        return operations_closing.return_closing(report, reason=form.reason.data or "", actor=signed_in())

    return _step(
        public_id,
        form,
        do,
        title=_("Return the closing report"),
        submit=_("Return it"),
        text=_("The case goes on, and the volunteer hears what is missing."),
        said=_("Returned to the volunteer."),
    )


@bp.route("/cases/<public_id>/withdraw", methods=["GET", "POST"])
@open_to(*STAFF)
def withdraw(public_id: str) -> ResponseReturnValue:
    """End a case before its work is done."""
    form = forms_staff.WithdrawForm()

    def do(case: Case) -> Any:
        return operations_closing.withdraw_case(case, reason=form.reason.data, actor=signed_in())

    text = _(
        "The case ends for good: offers, holds and the volunteer's part end, and the client is told by a safe way."
    )
    return _step(public_id, form, do, title=_("Withdraw this case?"), text=text, danger=True, submit=_("Withdraw it"),
                 said=_("Withdrawn. The client is told by a safe way."))  # fmt: skip


@bp.route("/cases/<public_id>/dormant", methods=["GET", "POST"])
@open_to(*STAFF)
def dormant(public_id: str) -> ResponseReturnValue:
    """Close a case of which nothing was heard."""

    def do(case: Case) -> Any:
        return operations_closing.close_dormant(case, actor=signed_in())

    text = _("Do this only after looking into it: nothing was heard from either side, and calls brought nothing.")
    return _step(
        public_id,
        forms_staff.ConfirmForm(),
        do,
        title=_("Close this case as dormant?"),
        text=text,
        danger=True,
        submit=_("Close it"),
        said=_("Closed as dormant."),
    )
