"""What becomes of a proposal: sent as an offer, set aside, or refused by a rule."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import NotAllowed, Refusal, refuse_if

from . import policy, queries
from .models import Proposal, ProposalStatus, Referral
from .operations_offers import send_offer
from .refusals import NeedsMentor

S = ProposalStatus


class ProposalDecided(Refusal):
    """Somebody decided about the proposal before."""

    message = _l("Somebody decided about this proposal before you.")


def accept_proposal(proposal: Proposal, *, actor: User) -> Referral:
    """Send the proposed volunteer an offer, every rule checked anew; twice sends one.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises ProposalDecided: it was dismissed or refused
    :raises NeedsMentor: nobody with time could stand by the volunteer
    :raises Refusal: whatever speaks against an offer at this moment
    """
    proposal = lock(proposal)
    case = proposal.opening.case
    refuse_if(not policy.may_place(actor, case), NotAllowed)
    if proposal.status is S.ACCEPTED and proposal.referral_id is not None:
        return session.get_one(Referral, proposal.referral_id)
    refuse_if(proposal.status is not S.OPEN, ProposalDecided)
    refuse_if(proposal.needs_mentor and not queries.mentors(case, proposal.volunteer), NeedsMentor)
    referral = send_offer(proposal.opening, proposal.volunteer, actor=actor, run=proposal.run, fit=proposal.fit)
    _decide(proposal, S.ACCEPTED, actor)
    proposal.referral_id = referral.id
    audit.record("proposal.accept", proposal, actor=actor, case=case)
    return referral


def refuse_proposal(proposal: Proposal, refusal: Refusal, *, actor: User) -> None:
    """Keep why a proposal could not be sent; one decided meanwhile stays as it is."""
    proposal = lock(proposal)
    if proposal.status is not S.OPEN:
        return
    _decide(proposal, S.REFUSED, actor)
    said = "; ".join([str(refusal.message), *(str(detail) for detail in refusal.details)])
    proposal.refusal = said[:160]
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
