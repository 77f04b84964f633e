"""How often a volunteer hears of open matters, chosen from a mail without signing in."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import RadioField

from app.core import limits
from app.core.access import public
from app.core.db import transaction
from app.core.forms import Form, Required
from app.core.limits import limiter
from app.core.web import csrf
from app.volunteers.words import DIGESTS

from .. import digests, operations_digest
from . import bp


class RhythmForm(Form):
    """How often."""

    digest = RadioField("", [Required("")], choices=list(DIGESTS.items()))


@bp.get("/digest/<token>")
@public
def digest_choice(token: str) -> ResponseReturnValue:
    """Show the choice; opening it changes nothing."""
    form = RhythmForm(formdata=None, digest=operations_digest.reader_of(token).digest)
    form.digest.label.text = _("How often may we write about open matters that fit you?")
    return render_template("matching/digest.html", form=form)


@bp.post("/digest/<token>")
@public
@limiter.limit(limits.PERSONAL_LINK)
def choose_digest(token: str) -> ResponseReturnValue:
    """Keep the choice."""
    with transaction():
        reader = operations_digest.reader_of(token)
        operations_digest.choose_rhythm(reader, RhythmForm().digest.data or "", actor=None)
    flash(_("Kept. Offers made to you in person still come."), "ok")
    return redirect(url_for(".digest_choice", token=token), 303)


@bp.post("/digest/<token>/stop")
@csrf.exempt
@public
@limiter.limit(limits.PERSONAL_LINK)
def stop_digest(token: str) -> ResponseReturnValue:
    """Stop it for a mail program that was asked to unsubscribe (RFC 8058): it has no form and no cookie."""
    with transaction():
        operations_digest.choose_rhythm(operations_digest.reader_of(token), digests.NEVER, actor=None)
    return Response(status=204)
