"""Which firms could be asked about an opening, for staff."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import OpeningStatus
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.volunteers.queries import get_organisation

from .. import firms, operations, queries, terms
from ..models import ReferralStatus, ReferralWay
from . import bp


@bp.get("/openings/<public_id>/firms")
@open_to(*STAFF)
def firms_to_ask(public_id: str) -> ResponseReturnValue:
    """The firms with people who may take it, and what is out already."""
    opening = queries.get_staff_opening(public_id, viewer=signed_in())
    is_listed = opening.status is OpeningStatus.LISTED and opening.case.problem_code is not None
    offers = queries.live_referrals(opening, ReferralStatus.OFFERED)
    out = [one for one in offers if one.way is ReferralWay.OFFER]
    return render_template(
        "matching/firms_to_ask.html",
        opening=opening,
        case=opening.case,
        is_listed=is_listed,
        rows=firms.askable(opening) if is_listed else [],
        room=max(0, terms.OFFERS_AT_ONCE[opening.case.priority_level] - len(out)),
    )


@bp.post("/openings/<public_id>/firms")
@open_to(*STAFF)
def ask_firm(public_id: str) -> ResponseReturnValue:
    """Ask one firm by mail."""
    with transaction():
        opening = queries.get_staff_opening(public_id, viewer=signed_in())
        firm = get_organisation(request.form.get("firm", ""))
        operations.ask_firm(opening, firm, actor=signed_in())
        name = firm.name
    flash(_("The question to %(name)s is on its way.", name=name))
    return redirect(url_for(".firms_to_ask", public_id=public_id), 303)
