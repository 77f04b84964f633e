"""Answering a survey by its link, and the answers that staff enter after a call."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock, limits, links
from app.core.access import STAFF, open_to, public, signed_in
from app.core.db import session, transaction
from app.core.errors import LinkGone, refuse_if
from app.core.forms import Form
from app.core.i18n import LANGUAGES, language
from app.core.limits import limiter

from .. import operations_surveys as operations
from .. import queries_surveys as queries
from ..forms_surveys import survey_form
from ..mails_surveys import PURPOSE
from ..models import Audience
from ..models_surveys import Survey
from ..surveys import items
from . import bp


def _survey(token: str) -> Survey:
    """The survey behind a link; a client's page is in the client's language."""
    survey = session.get(Survey, links.find(PURPOSE, token).record_id)
    if survey is None or survey.ends_at <= clock.now():
        raise LinkGone
    if survey.audience is Audience.CLIENT and survey.case.language in LANGUAGES:
        g.language = survey.case.language
    return survey


def _form(survey: Survey, spoken: str) -> Form:
    """The form, with what was answered before."""
    known: dict[str, Any] = {"comment": survey.comment, "may_quote": survey.may_quote, "complains": survey.complains}
    if survey.answered_at is not None:
        asked = items(survey.audience, spoken)
        known |= {item.key: str((survey.scores or {}).get(item.key, "na")) for item in asked}
    return survey_form(items(survey.audience, spoken), known)


def _keep(survey: Survey, form: Form, **by: Any) -> None:
    typed = {item.key: str(form[item.key].data or "") for item in items(survey.audience)}
    operations.answer_survey(
        survey, typed, comment=form["comment"].data or "", may_quote=form["may_quote"].data,
        complains=form["complains"].data, **by,
    )  # fmt: skip


@bp.route("/survey/<token>", methods=["GET", "POST"])
@public
@limiter.limit(limits.PERSONAL_LINK)
def survey(token: str) -> ResponseReturnValue:
    """Show the questions and nothing of the matter; keep the answer."""
    asked = _survey(token)
    refuse_if(operations.is_settled(asked), operations.AnsweredAlready)
    form = _form(asked, language())
    if not form.validate_on_submit():
        page = render_template("engagement/survey.html", survey=asked, form=form, token=token)
        return page, 422 if form.errors else 200
    with transaction():
        _keep(_survey(token), form)
    return redirect(url_for(".survey_answered", token=token), 303)


@bp.get("/survey/<token>/thanks")
@public
def survey_answered(token: str) -> ResponseReturnValue:
    """Say thank you, and what happens with the answer."""
    asked = _survey(token)
    if asked.answered_at is None:
        return redirect(url_for(".survey", token=token))
    settled = operations.is_settled(asked)
    return render_template("engagement/survey_thanks.html", survey=asked, token=token, settled=settled)


@bp.route("/surveys/<public_id>/answer", methods=["GET", "POST"])
@open_to(*STAFF)
def record_survey(public_id: str) -> ResponseReturnValue:
    """Enter what a client said on the phone."""
    asked = queries.get_survey(public_id, viewer=signed_in())
    refuse_if(operations.is_their_own(asked), operations.AnsweredThemselves)
    form = _form(asked, "en")
    if not form.validate_on_submit():
        page = render_template("engagement/survey_record.html", survey=asked, form=form, script=operations.SCRIPT)
        return page, 422 if form.errors else 200
    with transaction():
        _keep(queries.get_survey(public_id, viewer=signed_in()), form, actor=signed_in(), how="phone")
    flash(_("The answer is kept."), "ok")
    return redirect(url_for("metrics.survey_page"), 303)
