"""Check-ins as staff see them, and answers given by phone."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.core.i18n import language
from app.core.lists import csv_download, page_of

from .. import answers, forms, operations, operations_ladder, queries
from ..call_scripts import script_of
from ..models import Audience, Checkin
from . import bp

STATES = ("silent", "waiting", "answered")


@bp.get("/checkins")
@open_to(*STAFF)
def checkins() -> ResponseReturnValue:
    """What was asked and what came back."""
    state = request.args.get("state", "waiting")
    state = state if state in STATES else "waiting"
    found = queries.staff_checkins(signed_in(), state)
    if request.args.get("format") == "csv":
        return _export(page_of(found, size=10_000, scalars=True).rows)
    page = page_of(found, scalars=True)
    return render_template("engagement/checkins.html", page=page, state=state, words_for=answers.words_for)


def _export(rows: Any) -> ResponseReturnValue:
    header = ("case", "audience", "series", "due_on", "sent_at", "channel", "answered_at", "standing")
    return csv_download("checkins", header, (_line(row) for row in rows))


def _line(row: Checkin) -> tuple[Any, ...]:
    standing = row.answers[-1].standing if row.answers else ""
    times = (row.sent_at, row.channel, row.answered_at)
    return (row.case.number, row.audience, row.series_key, row.due_on, *times, standing)


@bp.post("/checkins/<public_id>/spoke")
@open_to(*STAFF)
def record_conversation(public_id: str) -> ResponseReturnValue:
    """Note a live conversation with the volunteer asked: no reminder follows."""
    with transaction():
        checkin = queries.get_checkin(public_id, viewer=signed_in())
        operations_ladder.record_conversation(checkin, actor=signed_in())
        case_id = checkin.case.public_id
    flash(_("Noted. No reminder follows."))
    return redirect(url_for("desk.case", public_id=case_id, _anchor="checkins"), 303)


@bp.route("/checkins/<public_id>/answer", methods=["GET", "POST"])
@open_to(*STAFF)
def record_answer(public_id: str) -> ResponseReturnValue:
    """Enter what somebody answered by phone."""
    checkin = queries.get_checkin(public_id, viewer=signed_in())
    asked = answers.asked(checkin, language())
    form = forms.checkin_form(asked, _("What else was said"))
    if not form.validate_on_submit():
        script = script_of(checkin) if checkin.audience is Audience.CLIENT else {}
        page = render_template("engagement/record.html", checkin=checkin, form=form, script=script)
        return page, 422 if form.errors else 200
    with transaction():
        checkin = queries.get_checkin(public_id, viewer=signed_in())
        values = forms.answers_of(form, asked)
        operations.answer(checkin, values, comment=form["comment"].data or "", actor=signed_in(), how="phone")
        case_id = checkin.case.public_id
    flash(_("The answer is kept, and compared with the other side's."))
    return redirect(url_for("desk.case", public_id=case_id, _anchor="checkins"), 303)
