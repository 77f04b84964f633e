"""Answering a check-in by its link: no login, and opening it changes nothing."""

from __future__ import annotations

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import links
from app.core.access import public
from app.core.db import session, transaction
from app.core.errors import LinkGone
from app.core.forms import Form
from app.core.i18n import language

from .. import answers, forms, operations
from ..mails import PURPOSE
from ..models import Audience, Checkin
from ..outside import refuse_after_the_end, refuse_outsiders
from . import bp


def _checkin(token: str) -> Checkin:
    """The check-in behind a link; the page is in the language of the person asked, and for a client names no office."""
    checkin = session.get(Checkin, links.find(PURPOSE, token).record_id)
    if checkin is None or (checkin.closed_at and not checkin.answered_at):
        raise LinkGone
    refuse_outsiders(checkin)
    if checkin.audience is Audience.CLIENT:
        g.contact_line = ""  # names no office: somebody may look over the client's shoulder
        if checkin.case.language in ("en", "es"):
            g.language = checkin.case.language
    return checkin


def _form(checkin: Checkin) -> Form:
    return forms.checkin_form(
        answers.asked(checkin, language()), _("Anything else? Write no names or details of the case.")
    )


@bp.get("/checkin/<token>")
@public
def checkin(token: str) -> ResponseReturnValue:
    """Show the question and nothing else."""
    asked = _checkin(token)
    refuse_after_the_end(asked)
    if operations.is_settled(asked):
        return render_template("engagement/checkin_over.html", checkin=asked), 410
    return _page(asked, _form(asked), token)


def _page(asked: Checkin, form: Form, token: str) -> str:
    until = operations.changeable_until(asked)
    return render_template("engagement/checkin.html", checkin=asked, form=form, token=token, until=until)


@bp.post("/checkin/<token>")
@public
def answer_checkin(token: str) -> ResponseReturnValue:
    """Keep the answer."""
    asked = _checkin(token)
    form = _form(asked)
    if not form.validate_on_submit():
        return _page(asked, form, token), 422
    values = forms.answers_of(form, answers.asked(asked, language()))
    with transaction():
        operations.answer(_checkin(token), values, comment=form["comment"].data or "")
    return redirect(url_for(".checkin_answered", token=token), 303)


@bp.get("/checkin/<token>/thanks")
@public
def checkin_answered(token: str) -> ResponseReturnValue:
    """Say what happens with the answer."""
    asked = _checkin(token)
    if not asked.answers:
        return redirect(url_for(".checkin", token=token))
    until = None if operations.is_settled(asked) else operations.changeable_until(asked)
    return render_template(
        "engagement/thanks.html", checkin=asked, token=token, standing=asked.answers[-1].standing, until=until,
        seen_on=operations.seen_on_later_day(asked),
    )  # fmt: skip
