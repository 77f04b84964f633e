"""A volunteer's acts on several like things at once, without script, with a line for what became of each."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.errors import NotFound

from .. import my_several as several
from . import bp


@bp.route("/my/several/<kind>", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def my_several(kind: str) -> ResponseReturnValue:
    """Choose among check-ins, holds or offers, and do the same to each of those chosen."""
    what = several.KINDS.get(kind)
    if what is None:
        raise NotFound
    chosen = list(dict.fromkeys(request.form.getlist("id")))[: several.MOST]
    if request.method == "POST" and chosen:
        reason = request.form.get("reason", "")
        done = several.do_each(what, chosen, reason if reason in several.REASONS else None, actor=signed_in())
        went = sum(each.ok for each in done)
        return render_template("desk/my_several_done.html", what=what, done=done, went=went)
    error = _("Choose one at least.") if request.method == "POST" else ""
    waiting, reasons = what.items(signed_in()), several.REASONS if kind == "offers" else {}
    items, more = waiting[: several.MOST], max(0, len(waiting) - several.MOST)
    facts = {"what": what, "kind": kind, "items": items, "more": more, "reasons": reasons, "error": error}
    page = render_template("desk/my_several.html", **facts)
    return page, 422 if error else 200
