"""From when somebody who has no time may be asked again."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import NotFound
from app.volunteers.operations_availability import ask_me_again_from

from .. import queries
from ..forms_asking import AgainForm
from . import bp


@bp.post("/my/matters/<public_id>/ask-again")
@open_to(Role.VOLUNTEER)
def ask_again(public_id: str) -> ResponseReturnValue:
    """Say from which day other matters may be offered."""
    queries.get_my_referral(public_id, viewer=signed_in())
    form, volunteer = AgainForm(), signed_in().volunteer
    if volunteer is None:
        raise NotFound
    if not form.validate():
        flash(form.all_errors[0][1], "stop")
        return redirect(url_for(".parties", public_id=public_id), 303)
    with transaction():
        ask_me_again_from(volunteer, form.day.data, actor=signed_in())
    flash(_("Saved. We ask you about nothing before that day; what you take up yourself is up to you."), "ok")
    return redirect(url_for(".parties", public_id=public_id), 303)
