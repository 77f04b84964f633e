"""What surveys said, for staff: figures above the small count, words with their consent, calls still to make."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, open_to, signed_in
from app.core.db import session, transaction
from app.core.lists import page_of
from app.engagement import operations_surveys as operations
from app.engagement import queries_surveys as queries
from app.engagement.forms_surveys import QuoteForm
from app.engagement.models import Audience
from app.engagement.models_surveys import Survey

from .. import survey_results
from . import bp
from .staff import the_programme, the_programmes


@bp.get("/surveys")
@open_to(*STAFF)
def survey_page() -> ResponseReturnValue:
    """What both sides said of one programme."""
    programme = the_programme()
    found = [survey_results.results(programme, side) for side in Audience]
    calls = session.scalars(queries.waiting_calls(signed_in()).limit(20)).all()
    return render_template(
        "metrics/surveys.html", programme=programme, programmes=the_programmes(), results=found, calls=calls,
        small=programme.floors[0], quotes=_quotes(programme.id),
    )  # fmt: skip


def _quotes(programme_id: int) -> Any:
    released = Survey.released_at.is_not(None)
    mine = queries.staff_surveys(signed_in()).where(Survey.case.has(programme_id=programme_id), released)
    return session.scalars(mine.order_by(Survey.released_at.desc()).limit(20)).all()


@bp.get("/surveys/words")
@open_to(*STAFF)
def survey_words() -> ResponseReturnValue:
    """What people wrote, the latest first."""
    written = queries.staff_surveys(signed_in()).where(Survey.answered_at.is_not(None), Survey.comment.is_not(None))
    page = page_of(written.order_by(Survey.answered_at.desc(), Survey.id.desc()), scalars=True)
    return render_template("metrics/survey_words.html", page=page)


@bp.route("/surveys/<public_id>/quote", methods=["GET", "POST"])
@open_to(*STAFF)
def release_quote(public_id: str) -> ResponseReturnValue:
    """Choose the words that may be shown, and release them."""
    survey = queries.get_survey(public_id, viewer=signed_in())
    form = QuoteForm(data={"quote": survey.quote or survey.comment})
    if not form.validate_on_submit():
        return _quote_page(survey, form, 422 if form.errors else 200)
    try:
        with transaction():
            row = queries.get_survey(public_id, viewer=signed_in())
            operations.release_quote(row, form.quote.data or "", actor=signed_in())
    except operations.NotTheirWords as no:
        form.quote.errors = [no.message]
        return _quote_page(queries.get_survey(public_id, viewer=signed_in()), form, 422)
    flash(_("Released. It may be shown without a name."), "ok")
    return redirect(url_for(".survey_words"), 303)


def _quote_page(survey: Survey, form: QuoteForm, status: int) -> ResponseReturnValue:
    return render_template("metrics/survey_quote.html", survey=survey, form=form), status


@bp.post("/surveys/<public_id>/quote/take-back")
@open_to(*STAFF)
def take_back_quote(public_id: str) -> ResponseReturnValue:
    """Show a quote no more."""
    with transaction():
        operations.take_back_quote(queries.get_survey(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("Taken back. It is shown no more."), "ok")
    return redirect(url_for(".survey_words"), 303)
