"""For which kinds of matter a claim is taken at once, and for which the programme is asked."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import Stale

from .. import claim_rules as rules
from ..models import ClaimAnswer
from . import bp


@bp.get("/claim-rules")
@open_to(*STAFF, Role.ADMIN)
def claim_rules() -> ResponseReturnValue:
    """The programmes whose rules the reader may set; the only one opens at once."""
    found = session.execute(select(Programme).order_by(Programme.name)).scalars()
    mine = [programme for programme in found if rules.may_set(signed_in(), programme)]
    if len(mine) == 1:
        return redirect(url_for(".claim_rules_of", slug=mine[0].slug))
    return render_template("matching/claim_rules_list.html", programmes=mine)


@bp.get("/claim-rules/<slug>")
@open_to(*STAFF, Role.ADMIN)
def claim_rules_of(slug: str) -> ResponseReturnValue:
    """What the programme says of each kind of matter."""
    return _page(slug)


def _page(slug: str, typed: dict[str, ClaimAnswer] | None = None) -> str:
    programme = rules.get_programme(slug, viewer=signed_in())
    said, is_staff = rules.rules_of(programme), bool(signed_in().programme_ids(*STAFF))
    return render_template(
        "matching/claim_rules.html",
        programme=programme,
        kinds=rules.kinds(),
        said=said if typed is None else typed,
        now=said if typed is not None else None,
        seen=rules.mark_of(said),
        back=url_for(".requests") if is_staff else url_for("accounts.programme_settings"),
    )


@bp.post("/claim-rules/<slug>")
@open_to(*STAFF, Role.ADMIN)
def set_claim_rules(slug: str) -> ResponseReturnValue:
    """Save what the programme says; where somebody else saved first, both are shown."""
    known = set(ClaimAnswer)
    typed = {kind: ClaimAnswer(said) for kind in rules.kinds() if (said := request.form.get(kind, "")) in known}
    try:
        with transaction():
            programme = rules.get_programme(slug, viewer=signed_in())
            rules.set_rules(programme, typed, seen=request.form.get("seen", ""), actor=signed_in())
    except Stale:
        return _page(slug, typed), 409
    flash(_("Saved. It counts for every claim from now on."), "ok")
    return redirect(url_for(".claim_rules_of", slug=slug), 303)
