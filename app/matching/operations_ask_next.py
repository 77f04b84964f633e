"""Asking the next volunteer about a matter: the open proposal's, else the best who was not asked yet."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.clients.models import Opening, OpeningStatus
from app.core.db import session
from app.core.errors import Refusal, refuse_if
from app.volunteers.models import Volunteer

from . import queries_runs
from .models import Proposal, Referral
from .operations_next import find_next
from .operations_offers import send_offer
from .operations_proposals import accept_proposal
from .refusals import CaseGone, NeedsMentor


class NobodyLeft(Refusal):
    """Everybody who may take it was asked, or nobody may."""

    message = _l("Nobody is left to ask: a rule speaks against each, all are full, or they were asked before.")


@dataclass(frozen=True)
class Candidate:
    """Whom to ask next about an opening, found before anything is locked."""

    opening_id: int
    proposal_id: int | None = None
    volunteer_id: int | None = None
    fit: int | None = None
    needs_mentor: bool = False


def next_candidate(opening: Opening) -> Candidate:
    """Whom to ask: the one proposed, else the best of those with a place free whom nobody asked."""
    if opening.status is not OpeningStatus.LISTED:
        return Candidate(opening.id)
    proposal = queries_runs.open_proposal(opening)
    if proposal is not None:
        return Candidate(opening.id, proposal_id=proposal.id)
    found = find_next(opening.id).proposal
    if found is None:
        return Candidate(opening.id)
    return Candidate(opening.id, None, found["volunteer_id"], found["fit"], found["needs_mentor"])


def ask_next(candidate: Candidate, *, actor: User) -> Referral:
    """Send the next volunteer an offer, every rule looked at anew.

    :raises CaseGone: the opening is not listed
    :raises NobodyLeft: there is nobody to ask
    :raises NeedsMentor: the match asks for a mentor, who is named on its shortlist
    :raises Refusal: whatever speaks against the offer at this moment
    """
    opening = session.get_one(Opening, candidate.opening_id)
    refuse_if(opening.status is not OpeningStatus.LISTED, CaseGone)
    if candidate.proposal_id is not None:
        return accept_proposal(session.get_one(Proposal, candidate.proposal_id), actor=actor)
    if candidate.volunteer_id is None:
        raise NobodyLeft
    volunteer = session.get_one(Volunteer, candidate.volunteer_id)
    refuse_if(candidate.needs_mentor, NeedsMentor)
    return send_offer(opening, volunteer, actor=actor, fit=candidate.fit)
