"""A volunteer's own check-ins, answered signed in instead of by the link in the mail."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.db import transaction

from .. import answers, forms, operations, queries
from ..models import Checkin
from . import bp


@bp.route("/my/checkins/<public_id>", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def own_checkin(public_id: str) -> ResponseReturnValue:
    """Say how a case stands."""
    asked = queries.get_own_checkin(public_id, viewer=signed_in())
    questions = answers.asked(asked, "en")
    form = forms.checkin_form(questions, _("Anything else? Write no names or details of the case."))
    if not form.validate_on_submit():
        return _page(asked, form), 422 if form.errors else 200
    values, remark = forms.answers_of(form, questions), form["comment"].data or ""
    with transaction():
        asked = queries.get_own_checkin(public_id, viewer=signed_in())
        operations.answer(asked, values, comment=remark, actor=signed_in(), how="signed_in")
        number = asked.case.number
    flash(_("Thank you, we have your answer about %(number)s.", number=number), "ok")
    return redirect(url_for("desk.my_home"), 303)


def _page(asked: Checkin, form: forms.Form) -> str:
    return render_template("engagement/own_checkin.html", checkin=asked, case=asked.case, form=form)
