"""What becomes of a proposal: sent as an offer, set aside, or refused by a rule."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients.locks import lock_opening
from app.clients.models import Opening
from app.core import audit, clock
from app.core.db import lock, lock_in_order, session
from app.core.errors import NotAllowed, Refusal, refuse_if
from app.volunteers.models import Volunteer

from . import policy, queries, queries_runs
from .models import Proposal, ProposalStatus, Referral, ReferralStatus
from .operations_offers import send_offer
from .refusals import AskedSince, NeedsMentor
from .rules import judge_pair

S = ProposalStatus


class ProposalDecided(Refusal):
    """Somebody decided about the proposal before."""

    message = _l("Somebody decided about this proposal before you.")


def accept_proposal(proposal: Proposal, *, actor: User, mentor: Volunteer | None = None) -> Referral:
    """Send the proposed volunteer an offer, every rule checked anew; twice sends one.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises ProposalDecided: it was dismissed or refused
    :raises AskedSince: somebody else was asked after it was made: from another run, or by hand
    :raises NeedsMentor: the match asks for a mentor, and none with time is named
    :raises Refusal: whatever speaks against an offer at this moment
    """
    proposal = _lock_with_people(proposal, mentor)
    refuse_if(not policy.may_place(actor, proposal.opening.case), NotAllowed)
    refuse_if(proposal.status is S.OPEN and _is_asked_since(proposal), AskedSince)
    return send_proposed(proposal, actor=actor, mentor=mentor)


def send_proposed(proposal: Proposal, *, actor: User, mentor: Volunteer | None = None) -> Referral:
    """Accept a proposal though others were asked since: whoever chose the volunteer by name means one more.

    :raises NotAllowed, ProposalDecided, NeedsMentor, Refusal: as for every proposal
    """
    proposal = _lock_with_people(proposal, mentor)
    case = proposal.opening.case
    refuse_if(not policy.may_place(actor, case), NotAllowed)
    if proposal.status is S.ACCEPTED and proposal.referral_id is not None:
        return session.get_one(Referral, proposal.referral_id)
    refuse_if(proposal.status is not S.OPEN, ProposalDecided)
    referral = send_offer(proposal.opening, proposal.volunteer, actor=actor, run=proposal.run, fit=proposal.fit)
    _name_mentor(referral, mentor)
    _decide(proposal, S.ACCEPTED, actor)
    proposal.referral_id = referral.id
    audit.record("proposal.accept", proposal, actor=actor, case=case)
    return referral


def _lock_with_people(proposal: Proposal, mentor: Volunteer | None) -> Proposal:
    """Lock case, opening and proposal, and then both people, of whom each may be the other's mentor elsewhere."""
    lock_opening(proposal.opening)
    proposal = lock(proposal)
    lock_in_order(proposal.volunteer, mentor)
    return proposal


def _is_asked_since(proposal: Proposal) -> bool:
    """Is an offer to somebody else out that was sent after the volunteer was proposed?"""
    made_at = max(moment for moment in (proposal.run.finished_at, proposal.changed_at) if moment)
    out = queries.live_referrals(proposal.opening, ReferralStatus.OFFERED)
    others = (offer for offer in out if offer.volunteer_id != proposal.volunteer_id)
    return any(offer.offered_at > made_at for offer in others if offer.offered_at)


def offer_from_shortlist(
    opening: Opening, volunteer: Volunteer, *, actor: User, mentor: Volunteer | None = None
) -> Referral:
    """Send a volunteer of the shortlist an offer; where the last run proposes them, that proposal is accepted.

    :raises NeedsMentor: the match asks for a mentor, and none with time is named
    :raises Refusal: whatever speaks against an offer at this moment
    """
    proposal = queries_runs.open_proposal(opening)
    if proposal is not None and proposal.volunteer_id == volunteer.id:
        return send_proposed(proposal, actor=actor, mentor=mentor)
    opening = lock_opening(opening)
    lock_in_order(volunteer, mentor)
    fit = judge_pair(opening, volunteer, calendars.today(opening.case.programme)).fit
    referral = send_offer(opening, volunteer, actor=actor, fit=fit)
    _name_mentor(referral, mentor)
    return referral


def _name_mentor(referral: Referral, mentor: Volunteer | None) -> None:
    """Keep who stands by the volunteer where the match asks for it; of two who name the same, the second sees that."""
    opening, volunteer = referral.opening, referral.volunteer
    assert volunteer is not None  # noqa: S101
    pair = judge_pair(opening, volunteer, calendars.today(opening.case.programme))
    if not pair.needs_mentor:
        return
    refuse_if(mentor is None, NeedsMentor)
    with_time = queries.mentors(opening.case, volunteer, of=referral)
    refuse_if(mentor not in with_time, NeedsMentor)
    referral.mentor = mentor


def refuse_proposal(proposal: Proposal, refusal: Refusal, *, actor: User) -> None:
    """Keep why a proposal could not be sent; one decided meanwhile, or that only wants a mentor named, stays."""
    proposal = lock(proposal)
    if proposal.status is not S.OPEN or isinstance(refusal, NeedsMentor):
        return
    _decide(proposal, S.REFUSED, actor)
    said, why = str(refusal.message), "; ".join(str(detail) for detail in refusal.details)
    proposal.refusal = (f"{said.removesuffix('.')}: {why}" if why else said)[:160]
    audit.record("proposal.refuse", proposal, actor=actor, case=proposal.opening.case)


def dismiss_proposal(proposal: Proposal, *, actor: User) -> None:
    """Set a proposal aside; twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises ProposalDecided: it was sent or refused
    """
    proposal = lock(proposal)
    refuse_if(not policy.may_place(actor, proposal.opening.case), NotAllowed)
    if proposal.status is S.DISMISSED:
        return
    refuse_if(proposal.status is not S.OPEN, ProposalDecided)
    _decide(proposal, S.DISMISSED, actor)
    audit.record("proposal.dismiss", proposal, actor=actor, case=proposal.opening.case)


def _decide(proposal: Proposal, status: ProposalStatus, actor: User) -> None:
    proposal.status, proposal.decided_by_id, proposal.decided_at = status, actor.id, clock.now()
