"""Where administrators look at what somebody decided about themselves, as their programme had nobody else."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.db import transaction

from .. import operations, queries_own_decisions
from . import bp


@bp.get("/own-decisions")
@open_to(Role.ADMIN)
def own_decisions() -> ResponseReturnValue:
    """What waits to be looked at, the oldest first; numbers of cases and nothing else of them."""
    mails = queries_own_decisions.mails_of_nobody()
    return render_template("desk/own_decisions.html", rows=queries_own_decisions.rows(), mails=mails)


@bp.post("/own-decisions/<public_id>/looked-at")
@open_to(Role.ADMIN)
def look_at_own_decision(public_id: str) -> ResponseReturnValue:
    """Say that it was looked at."""
    with transaction():
        operations.look_at_own_decision(queries_own_decisions.get(public_id), actor=signed_in())
    flash(_("Noted as looked at."), "ok")
    return redirect(url_for(".own_decisions"), 303)
