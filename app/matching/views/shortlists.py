"""Ranked volunteers for a case and ranked cases for a volunteer, with what can be done about them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.conflicts import must_be_searched_again
from app.clients.models import Opening, OpeningStatus
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.volunteers.models import Volunteer

from .. import operations_proposals, queries, queries_runs, run_words, shortlists, terms, words
from ..models import LIVE, ReferralStatus, ReferralWay
from ..steering import reasons_given
from . import bp

CASES_SHOWN = 30


@bp.get("/matching/case/<public_id>")
@open_to(*STAFF)
def shortlist(public_id: str) -> ResponseReturnValue:
    """The volunteers for one case, the best first, and what is out already."""
    opening = queries_runs.opening_of_case(public_id, viewer=signed_in(), opening=request.args.get("opening", ""))
    is_listed = opening.status is OpeningStatus.LISTED and opening.case.problem_code is not None
    proposal = queries_runs.open_proposal(opening)
    proposed = proposal.volunteer.public_id if proposal else ""
    found = shortlists.shortlist_for(opening, proposed) if is_listed else None
    live = queries.live_referrals(opening, *LIVE)
    offers = [r for r in live if r.status is ReferralStatus.OFFERED and r.way is ReferralWay.OFFER]
    return render_template(
        "matching/shortlist.html",
        case=opening.case,
        opening=opening,
        found=found,
        people=_people(found),
        mentors=_mentors(opening, found),
        answers=queries_runs.answers_of(choice.volunteer_id for choice in found.choices) if found else {},
        live=live,
        proposal=proposal,
        proposed=proposed,
        search_first=must_be_searched_again(opening.case),
        given=reasons_given(opening).most_common(),
        room=max(0, terms.OFFERS_AT_ONCE[opening.case.priority_level] - len(offers)),
        words=words,
        run_words=run_words,
    )


def _people(found: shortlists.Shortlist | None) -> dict[int, Any]:
    if found is None:
        return {}
    ids = [choice.volunteer_id for choice in found.choices] + [kept.volunteer_id for kept in found.nearly]
    return queries_runs.names_of(ids)


def _mentors(opening: Opening, found: shortlists.Shortlist | None) -> list[Volunteer]:
    if found is None or not any(choice.listed.needs_mentor for choice in found.choices):
        return []
    return queries.in_field(opening.case.problem_code, queries.mentors_with_time())


@bp.post("/matching/case/<public_id>/offer")
@open_to(*STAFF)
def offer_from_shortlist(public_id: str) -> ResponseReturnValue:
    """Send one volunteer of the shortlist an offer."""
    with transaction():
        named = request.form.get("opening", "")
        opening = queries_runs.opening_of_case(public_id, viewer=signed_in(), opening=named)
        volunteer = queries.get_approved(request.form.get("volunteer", ""))
        mentor = queries.find_approved(request.form.get("mentor"))
        operations_proposals.offer_from_shortlist(opening, volunteer, actor=signed_in(), mentor=mentor)
        name = volunteer.name
    flash(_("The offer to %(name)s is on its way.", name=name))
    return redirect(url_for(".shortlist", public_id=public_id, opening=named or None), 303)


@bp.get("/matching/volunteer/<public_id>")
@open_to(*STAFF)
def shortlist_for_volunteer(public_id: str) -> ResponseReturnValue:
    """The open cases for one volunteer, the best first; another programme's are only counted."""
    volunteer = queries.get_approved(public_id)
    found = shortlists.shortlist_for_volunteer(volunteer, queries_runs.programmes_of(signed_in()), CASES_SHOWN)
    titles = queries_runs.titles_of((matter.opening_id for matter in found.matters), viewer=signed_in())
    return render_template(
        "matching/shortlist_for_volunteer.html",
        volunteer=volunteer,
        row=found.row,
        matters=[(one.listed, titles[one.opening_id]) for one in found.matters if one.opening_id in titles],
        total=found.total,
        elsewhere=found.elsewhere,
        words=run_words,
    )
