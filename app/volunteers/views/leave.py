"""Saying when one is away; staff may say it for somebody who called."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotFound, refuse_if

from .. import operations_leave, policy, queries
from ..forms_leave import LeaveForm
from ..models import Volunteer
from . import bp


@bp.route("/my/leave", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def own_leave() -> ResponseReturnValue:
    """One's own leave, announced and to come."""
    return _page(queries.get_own(signed_in()), "own_leave")


@bp.route("/volunteers/<public_id>/leave", methods=["GET", "POST"])
@open_to(*STAFF)
def leave(public_id: str) -> ResponseReturnValue:
    """Somebody else's leave, as they told it."""
    row = queries.get_volunteer(public_id, viewer=signed_in())
    refuse_if(not policy.may_screen(signed_in()), NotFound)
    return _page(row, "leave", public_id=public_id)


def _page(row: Volunteer, endpoint: str, **values: Any) -> ResponseReturnValue:
    form = LeaveForm()
    if form.validate_on_submit():
        try:
            with transaction():
                operations_leave.announce_leave(row, form.from_on.data, form.until_on.data, actor=signed_in())
        except BadInput as no:
            form.until_on.errors = [str(no.message)]
        else:
            flash(_("Noted. Nothing is asked in that time."), "ok")
            return redirect(url_for(f".{endpoint}", **values), 303)
    page = render_template(
        "volunteers/leave.html", volunteer=row, form=form, leaves=operations_leave.leaves_to_come(row),
        own=endpoint == "own_leave",
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.post("/leave/<public_id>/end")
@open_to(Role.VOLUNTEER, *STAFF)
def end_leave(public_id: str) -> ResponseReturnValue:
    """Be back, or call it off."""
    with transaction():
        found = operations_leave.get_leave(public_id, viewer=signed_in())
        operations_leave.end_leave(found, actor=signed_in())
        of, mine = found.volunteer.public_id, found.volunteer.user_id == signed_in().id
    flash(_("Ended. Check-ins come as usual."), "ok")
    return redirect(url_for(".own_leave") if mine else url_for(".leave", public_id=of), 303)
