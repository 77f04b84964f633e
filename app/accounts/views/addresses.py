"""Addresses to which nothing is written any more because mail came back, and letting one be used again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length

from app.core import bounces
from app.core.access import open_to, signed_in
from app.core.db import transaction
from app.core.forms import Form, Required
from app.core.lists import page_of
from app.core.outbox import masked

from . import bp
from .outbox import READERS

WHY = {"bounced": _l("Mail came back: there is no such mailbox"), "complained": _l("Its reader called our mail spam")}


class WorksAgainForm(Form):
    """Why somebody thinks that an address works."""

    reason = TextAreaField(
        _l("How do you know that it works again?"),
        [Required(_l("Write how you know.")), Length(max=400, message=_l("Please shorten this."))],
        description=_l("For example: called them, the mailbox was full and is empty now. Kept with your name."),
    )


@bp.get("/outbox/addresses")
@open_to(*READERS)
def stopped_addresses() -> ResponseReturnValue:
    """The addresses that are not used any more, the latest first."""
    page = page_of(bounces.visible(signed_in()), scalars=True)
    return render_template("accounts/addresses.html", page=page, why=WHY, masked=masked)


@bp.route("/outbox/addresses/<public_id>", methods=["GET", "POST"])
@open_to(*READERS)
def use_address_again(public_id: str) -> ResponseReturnValue:
    """Let an address be used again, with a reason."""
    row, form = bounces.get(public_id, viewer=signed_in()), WorksAgainForm()
    if not form.validate_on_submit():
        page = render_template("accounts/address.html", row=row, form=form, why=WHY, masked=masked)
        return page, 422 if form.errors else 200
    with transaction():
        bounces.lift(bounces.get(public_id, viewer=signed_in()), form.reason.data or "", actor=signed_in())
    flash(_("We write to this address again from now on."), "success")
    return redirect(url_for(".stopped_addresses"), 303)
