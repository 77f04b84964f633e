"""Administration: what was done by whom, in codes; it names no client."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.core.access import Role, open_to, signed_in
from app.core.lists import page_of

from .. import queries
from . import bp

BY = ("public", "clock")


@bp.get("/audit")
@open_to(Role.ADMIN)
def audit_log() -> ResponseReturnValue:
    """Show the audit log, newest first."""
    action, by = request.args.get("action", ""), request.args.get("by", "")
    actor = queries.get_user(by, viewer=signed_in()) if by and by not in BY else None
    page = page_of(queries.audit_entries(action=action, actor=actor, kind=by))
    context = {"page": page, "actions": queries.audited_actions(), "action": action, "by": by, "actor": actor}
    return render_template("accounts/audit_log.html", **context)
