"""Staff tell a client of an appointment."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Optional, Regexp

from app.core.access import signed_in
from app.core.db import transaction
from app.core.errors import BadInput
from app.core.forms import DayField, Form, Required

from ..mails import mail_reaches
from ..operations_appointments import tell_appointment
from . import bp
from .screening import STAFF_PAGE, staff_case


class AppointmentForm(Form):
    """The day and hour."""

    on_day = DayField(_l("Day"), [Required(_l("Write the day."))], years=(0, 2))
    at_time = StringField(
        _l("Hour"),
        [Optional(), Regexp(r"^([01]?\d|2[0-3]):[0-5]\d$", message=_l("Write the hour like 9:30 or 14:00."))],
        description=_l("Like 9:30 or 14:00. What it is about is not written: you told them, or they are called."),
    )


@bp.route("/cases/<public_id>/appointment", methods=["GET", "POST"])
@STAFF_PAGE
def appointment(public_id: str) -> ResponseReturnValue:
    """Have the client told of a time, by mail where that is safe, else by a call."""
    form = AppointmentForm()
    if form.validate_on_submit():
        try:
            with transaction():
                case = staff_case(public_id)
                tell_appointment(case, form.on_day.data, form.at_time.data or "", actor=signed_in())
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(_("The client is told the way they said is safe."), "ok")
            return redirect(url_for(".reach", public_id=public_id), 303)
    case = staff_case(public_id)
    by_mail = mail_reaches(case.client) is not None
    text = _("A mail leaves in an hour.") if by_mail else _("No mail is safe: somebody is asked to call.")
    title, back = _("Tell the client of an appointment"), url_for(".reach", public_id=public_id)
    page = {"case": case, "form": form, "text": text, "title": title, "back": back, "submit": _("Have them told")}
    return render_template("clients/step.html", **page), 422 if form.errors else 200
