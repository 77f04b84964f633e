"""How a client wants to be written: behind a signed link, without a sign-in; it asks before it acts."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import BooleanField, RadioField

from app.core import limits, signed
from app.core.access import public
from app.core.db import session, transaction
from app.core.errors import LinkGone
from app.core.forms import Form, Required
from app.core.i18n import LANGUAGES
from app.core.limits import limiter
from app.core.web import csrf

from .. import choices, mails, updates
from .. import operations_status as operations
from ..models import Case, Client
from . import bp


class ChoicesForm(Form):
    """How often, of what, and how we ask."""

    still_every = RadioField(
        _l("While we are looking for somebody, how often shall we write?"),
        [Required(_l("Please choose one answer."))],
        choices=[("14", _l("Every two weeks")), ("28", _l("Every four weeks")), ("0", _l("Only when there is news"))],
    )
    questions = RadioField(
        _l("When we have a short question, how shall we ask?"),
        [Required(_l("Please choose one answer."))],
        choices=[("mail", _l("Write to me")), ("call", _l("Call me where it is safe"))],
    )
    progress = BooleanField(_l("Write to me about each step"))
    survey = BooleanField(_l("Ask me at the end how it went"))

    @property
    def chosen(self) -> choices.Choices:
        """What was chosen."""
        by_mail = self.questions.data == "mail"
        return choices.Choices(int(self.still_every.data), self.progress.data, by_mail, self.survey.data)


def _client(token: str) -> Client:
    """The client of a signed link; the page is in their language.

    :raises LinkGone: it was altered, or the case is no more
    """
    case_id = signed.read(choices.PURPOSE, token)
    case = session.scalars(select(Case).where(Case.public_id == case_id)).one_or_none()
    if case is None or case.client is None:
        raise LinkGone
    if case.language in LANGUAGES:
        g.language = case.language
    return case.client


@bp.route("/my-mails/<token>", methods=["GET", "POST"])
@public
@limiter.limit(limits.PERSONAL_LINK)
def mail_choices(token: str) -> ResponseReturnValue:
    """Show what was chosen, and keep what is chosen now."""
    client = _client(token)
    form = ChoicesForm(data=_as_typed(choices.choices_of(client)))
    if not form.validate_on_submit():
        return _page(client, form, token), 422 if form.errors else 200
    with transaction():
        updates.keep_choices(_client(token), form.chosen, actor=None)
    flash(_("Saved. We write to you like this from now on."), "ok")
    return redirect(url_for(".mail_choices", token=token), 303)


def _as_typed(now: choices.Choices) -> dict[str, object]:
    asked = "mail" if now.questions_by_mail else "call"
    return {"still_every": str(now.still_every), "questions": asked, "progress": now.progress, "survey": now.survey}


def _page(client: Client, form: ChoicesForm, token: str) -> str:
    programme = client.case.programme
    return render_template(
        "clients/mail_choices.html", form=form, token=token, office=programme, contact_line="",
        watched=client.watched_device, neutral_name=programme.sender_name, exit_url=url_for(".leave"),
        writes=mails.safe_email(client) is not None,
    )  # fmt: skip


@bp.post("/my-mails/<token>/none")
@public
@limiter.limit(limits.PERSONAL_LINK)
def no_more_mails(token: str) -> ResponseReturnValue:
    """No more mails at all; somebody calls and asks what is safe."""
    with transaction():
        operations.stop_mails(_client(token), actor=None)
    flash(_("We write no more mails to you. Somebody calls you and asks what is safe."), "ok")
    return redirect(url_for(".mail_choices", token=token), 303)


@bp.route("/my-mails/<token>/no-survey", methods=["GET", "POST"])
@csrf.exempt
@public
@limiter.limit(limits.PERSONAL_LINK)
def no_survey(token: str) -> ResponseReturnValue:
    """No survey: a mail program says so in one click (RFC 8058), a browser is shown what can be chosen."""
    _client(token)
    if request.method == "GET" or request.form.get("List-Unsubscribe") != "One-Click":
        return redirect(url_for(".mail_choices", token=token), 303)
    with transaction():
        client = _client(token)
        choices.choose(client, replace(choices.choices_of(client), survey=False), actor=None)
    return "", 200
