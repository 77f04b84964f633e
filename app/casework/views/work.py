"""A volunteer's own cases."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.clients.models import Case
from app.clients.queries import get_case
from app.core import audit
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.lists import csv_download
from app.matching.models import Assignment

from .. import closing, forms, operations, policy, queries
from ..models import Visibility
from . import bp


def my_assignment(public_id: str) -> Assignment:
    """The signed-in volunteer's live work on a case.

    :raises NotFound: there is none
    """
    case = get_case(public_id, viewer=signed_in())
    found = policy.live_assignment(signed_in(), case)
    if found is None:
        raise NotFound
    return found


def back_to(case: Case, anchor: str | None = None) -> ResponseReturnValue:
    """Return to the case after something was saved."""
    return redirect(url_for("casework.my_case", public_id=case.public_id, _anchor=anchor), 303)


@bp.get("/my/cases")
@open_to(Role.VOLUNTEER)
def my_cases() -> ResponseReturnValue:
    """The cases I have, and those I had."""
    who = signed_in()
    return render_template(
        "casework/my_cases.html", live=queries.my_assignments(who), ended=queries.my_assignments(who, ended=True)
    )


@bp.get("/my/cases/<public_id>")
@open_to(Role.VOLUNTEER)
def my_case(public_id: str) -> ResponseReturnValue:
    """The file of a case I am on."""
    audit.record_view("case", my_assignment(public_id).case, viewer=signed_in())
    assignment = my_assignment(public_id)
    case = assignment.case
    return render_template(
        "casework/my_case.html",
        assignment=assignment,
        case=case,
        today=calendars.today(case.programme),
        notes=queries.notes(case, viewer=signed_in()),
        entries=queries.time_entries(case),
        hours_total=queries.hours_of(case),
        contacts=queries.contacts(case),
        report=queries.closing_report(case),
        codes=closing.closing_codes(),
        benefits=closing.main_benefits(case.problem_code or ""),
    )


def _ask(form: Any, template: str, assignment: Assignment, **context: Any) -> ResponseReturnValue:
    page = render_template(
        f"casework/{template}.html", form=form, assignment=assignment, case=assignment.case, **context
    )
    return page, 422 if form.errors else 200


@bp.post("/my/cases/<public_id>/contact")
@open_to(Role.VOLUNTEER)
def first_contact(public_id: str) -> ResponseReturnValue:
    """Say that the client was reached."""
    with transaction():
        assignment = my_assignment(public_id)
        operations.record_first_contact(assignment, actor=signed_in())
    flash(_("Noted. The service has begun; your next check-in is shown below."))
    return back_to(assignment.case)


@bp.route("/my/cases/<public_id>/attempt", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def contact_attempt(public_id: str) -> ResponseReturnValue:
    """Record an attempt to reach the client."""
    assignment, form = my_assignment(public_id), forms.ContactForm()
    if not form.validate_on_submit():
        return _ask(form, "attempt", assignment)
    with transaction():
        assignment = my_assignment(public_id)
        reached = form.reached.data == "yes"
        operations.record_contact(assignment.case, form.channel.data, reached=reached, actor=signed_in())
        if reached:
            operations.record_first_contact(assignment, actor=signed_in())
    flash(_("Noted."))
    return back_to(assignment.case)


@bp.route("/my/cases/<public_id>/note", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def note(public_id: str) -> ResponseReturnValue:
    """Write a note."""
    assignment, form = my_assignment(public_id), forms.NoteForm()
    if not form.validate_on_submit():
        return _ask(form, "note", assignment)
    with transaction():
        assignment = my_assignment(public_id)
        visibility = Visibility(form.visibility.data)
        operations.add_note(assignment.case, form.text.data or "", actor=signed_in(), visibility=visibility)
    flash(_("The note is kept."))
    return back_to(assignment.case, "notes")


@bp.route("/my/cases/<public_id>/hours", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def hours(public_id: str) -> ResponseReturnValue:
    """Log hours."""
    assignment = my_assignment(public_id)
    form = forms.TimeForm(on_day=calendars.today(assignment.case.programme))
    if not form.validate_on_submit():
        return _ask(form, "hours", assignment, entries=queries.time_entries(assignment.case))
    with transaction():
        case = my_assignment(public_id).case
        operations.add_time(
            case, on_day=form.on_day.data, hundredths=form.hours.data, activity=form.activity.data, actor=signed_in()
        )
    flash(_("Your hours are kept. Thank you."))
    return back_to(case, "hours")


@bp.post("/my/cases/<public_id>/hours/<int:entry_id>/remove")
@open_to(Role.VOLUNTEER)
def remove_hours(public_id: str, entry_id: int) -> ResponseReturnValue:
    """Take hours back."""
    with transaction():
        case = my_assignment(public_id).case
        operations.remove_time(queries.get_time_entry(entry_id, case), actor=signed_in())
    flash(_("The entry no longer counts."))
    return back_to(case, "hours")


@bp.route("/my/cases/<public_id>/letter", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def letter(public_id: str) -> ResponseReturnValue:
    """Say when the engagement letter was signed."""
    assignment, form = my_assignment(public_id), forms.LetterForm()
    if not form.validate_on_submit():
        return _ask(form, "letter", assignment)
    with transaction():
        assignment = my_assignment(public_id)
        operations.sign_letter(assignment, on_day=form.on_day.data, actor=signed_in())
    flash(_("The letter is noted."))
    return back_to(assignment.case)


@bp.get("/my/hours.csv")
@open_to(Role.VOLUNTEER)
def my_hours() -> ResponseReturnValue:
    """All my hours as a file."""
    rows = queries.hours_by(signed_in())
    return csv_download("my-hours", ("day", "case", "hours", "activity"), rows)
