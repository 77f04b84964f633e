"""A volunteer's own cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.clients.intake.choices import MAY_SAY
from app.clients.models import Case
from app.clients.problems import county_name, find_problem, language_name
from app.clients.queries import get_case
from app.clients.supervision import ALONE
from app.clients.vocabulary import CASE_ROLES, FORUMS
from app.core import audit
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotAllowed, NotFound, Refusal, refuse_if
from app.core.lists import csv_download
from app.matching.models import Assignment

from .. import forms, operations, policy, queries, transfer_queries
from ..models import Visibility
from ..queries_packages import parts_beside_lead, resting, rests_on
from . import bp


class PartEnded(Refusal):
    """The reader was on the case, and is not any more."""

    status = 404
    message = _l("Your part in this case has ended, so its file is closed to you and nothing was saved.")


class PartRests(Refusal):
    """The reader may not work alone, and no attorney answers for the case."""

    status = 404
    message = _l(
        "No attorney answers for this case just now, so its file is closed to you for the moment and nothing was saved."
    )


class FileClosed(Refusal):
    """A name that came in may be close to the reader, or they are suspended."""

    status = 404
    message = _l(
        "This file is closed to you until the programme has looked at something, and nothing was saved. "
        "If a date cannot wait, call the programme."
    )


def my_assignment(public_id: str) -> Assignment:
    """The signed-in volunteer's live work on a case.

    :raises PartEnded: it has ended
    :raises PartRests: it may not be played alone, and no attorney answers for the case
    :raises FileClosed: it is closed to them until staff decide
    :raises NotFound: there never was any
    """
    try:
        found = policy.live_assignment(signed_in(), get_case(public_id, viewer=signed_in()))
    except NotFound:
        found = None
    if found is not None:
        return found
    why = rests_on(public_id, viewer=signed_in())
    if why is not None:
        raise (PartRests if why == ALONE else FileClosed)(cure=(_l("My cases"), url_for("casework.my_cases")))
    if queries.had_part(public_id, viewer=signed_in()):
        raise PartEnded(cure=(_l("My cases"), url_for("casework.my_cases")))
    raise NotFound


@bp.get("/my/cases")
@open_to(Role.VOLUNTEER)
def my_cases() -> ResponseReturnValue:
    """The cases I have, and those I had."""
    who = signed_in()
    return render_template(
        "casework/my_cases.html",
        live=queries.my_assignments(who),
        ended=queries.my_assignments(who, ended=True),
        transfers=transfer_queries.own_transfers(who),
        resting=resting(who),
        part_words=CASE_ROLES,
        asks=transfer_queries.own_asks(who),
    )


@bp.get("/my/cases/<public_id>")
@open_to(Role.VOLUNTEER)
def my_case(public_id: str) -> ResponseReturnValue:
    """The file of a case I am on."""
    audit.record_view("case", my_assignment(public_id).case, viewer=signed_in())
    assignment = my_assignment(public_id)
    case = assignment.case
    own = {"own_parts": parts_beside_lead(case, viewer=signed_in()), "part_words": CASE_ROLES,
           "language": language_name(case.language), "may_say": dict(MAY_SAY)}  # fmt: skip
    if not policy.reads_file(assignment):
        return _without_file(assignment, own)
    return render_template(
        "casework/my_case.html",
        **own,
        assignment=assignment,
        case=case,
        matter=_matter(case),
        may_report=policy.may_report_closing(signed_in(), case),
        notes=queries.notes(case, viewer=signed_in()),
        entries=queries.time_entries(case),
        hours_total=queries.hours_of(case),
        report=queries.closing_report(case),
        under_way=transfer_queries.open_transfer(case) if assignment.role == "lead" else None,
    )


def _matter(case: Case) -> list[dict[str, Any]]:
    """What it is, where, and before whom."""
    problem = find_problem(case.problem_code)
    return [
        {"label": _("Kind of matter"), "value": problem.title if problem else _("not said yet")},
        {"label": _("County"), "value": county_name(case.county)},
        {"label": _("Where it is decided"), "value": f"{FORUMS.get(case.forum, case.forum)}, {case.forum_state}"},
    ]


def _without_file(assignment: Assignment, own: dict[str, Any]) -> str:
    """What a part that does not open the file shows: contact, dates, what the programme shares, own hours."""
    case = assignment.case
    mine = [entry for entry in queries.time_entries(case) if entry.user_id == signed_in().id]
    notes = queries.notes(case, viewer=signed_in())
    return render_template("casework/my_part.html", case=case, assignment=assignment, notes=notes, entries=mine, **own)


def ask(form: Any, template: str, assignment: Assignment, **context: Any) -> ResponseReturnValue:
    """A page with one form; 422 where something typed is wrong."""
    page = render_template(
        f"casework/{template}.html", form=form, assignment=assignment, case=assignment.case, **context
    )
    return page, 422 if form.errors else 200


def keep(public_id: str, form: Any, do: Callable[[Assignment], Any]) -> bool:
    """Do it in a transaction; False where a field cannot be kept, which then says why."""
    try:
        with transaction():
            do(my_assignment(public_id))
    except operations.CannotKeep as no:
        form[no.field].errors = [*form[no.field].errors, no.message]
        return False
    return True


def to_case(public_id: str, anchor: str | None = None) -> ResponseReturnValue:
    """Return to the case after something was saved."""
    return redirect(url_for("casework.my_case", public_id=public_id, _anchor=anchor), 303)


@bp.post("/my/cases/<public_id>/contact")
@open_to(Role.VOLUNTEER)
def first_contact(public_id: str) -> ResponseReturnValue:
    """Say that the client was reached."""
    with transaction():
        operations.record_first_contact(my_assignment(public_id), actor=signed_in())
    flash(_("Noted. The service has begun."), "ok")
    return to_case(public_id)


@bp.route("/my/cases/<public_id>/attempt", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def contact_attempt(public_id: str) -> ResponseReturnValue:
    """Record an attempt to reach the client."""
    assignment, form = my_assignment(public_id), forms.ContactForm()
    if not form.validate_on_submit():
        return ask(form, "attempt", assignment)
    with transaction():
        assignment = my_assignment(public_id)
        reached = form.reached.data == "yes"
        operations.record_attempt(assignment, form.channel.data, reached=reached, actor=signed_in())
    flash(_("Noted."), "ok")
    return to_case(public_id)


@bp.route("/my/cases/<public_id>/note", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def note(public_id: str) -> ResponseReturnValue:
    """Write a note."""
    assignment, form = my_assignment(public_id), forms.NoteForm()
    form.offer_what_may_be_read(policy.reads_file(assignment))
    if not form.validate_on_submit():
        return ask(form, "note", assignment)

    def write(on: Assignment) -> Any:
        visibility = Visibility(form.visibility.data)
        return operations.add_note(on.case, form.text.data or "", actor=signed_in(), visibility=visibility)

    if not keep(public_id, form, write):
        return ask(form, "note", my_assignment(public_id))
    flash(_("The note is kept."), "ok")
    return to_case(public_id, "notes")


@bp.route("/my/cases/<public_id>/hours", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def hours(public_id: str) -> ResponseReturnValue:
    """Log hours."""
    assignment = my_assignment(public_id)
    form = forms.TimeForm(on_day=calendars.today(assignment.case.programme))
    if not form.validate_on_submit():
        return ask(form, "hours", assignment)

    def log(on: Assignment) -> Any:
        what = {"on_day": form.on_day.data, "hundredths": form.hours.data, "activity": form.activity.data}
        return operations.add_time(on.case, actor=signed_in(), **what)

    if not keep(public_id, form, log):
        return ask(form, "hours", my_assignment(public_id))
    flash(_("Your hours are kept. Thank you."), "ok")
    return to_case(public_id, "hours")


@bp.post("/my/cases/<public_id>/hours/<int:entry_id>/remove")
@open_to(Role.VOLUNTEER)
def remove_hours(public_id: str, entry_id: int) -> ResponseReturnValue:
    """Take hours back."""
    with transaction():
        case = my_assignment(public_id).case
        operations.remove_time(queries.get_time_entry(entry_id, case), actor=signed_in())
    flash(_("The entry no longer counts."), "ok")
    return to_case(public_id, "hours")


@bp.route("/my/cases/<public_id>/letter", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def letter(public_id: str) -> ResponseReturnValue:
    """Say when the engagement letter was signed."""
    assignment, form = my_assignment(public_id), forms.LetterForm()
    refuse_if(assignment.role != "lead", NotAllowed)
    if not form.validate_on_submit():
        return ask(form, "letter", assignment)

    def sign(on: Assignment) -> Any:
        return operations.sign_letter(on, on_day=form.on_day.data, actor=signed_in())  # type: ignore[arg-type]

    if not keep(public_id, form, sign):
        return ask(form, "letter", my_assignment(public_id))
    flash(_("The letter is noted."), "ok")
    return to_case(public_id)


@bp.get("/my/hours.csv")
@open_to(Role.VOLUNTEER)
def my_hours() -> ResponseReturnValue:
    """All my hours as a file."""
    rows = queries.hours_by(signed_in())
    return csv_download("my-hours", ("day", "case", "hours", "activity"), rows)
