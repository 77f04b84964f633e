"""Asking volunteers: an offer without names, answered from its mail."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.clients.locks import lock_opening
from app.clients.models import Opening
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock
from app.core.errors import NotAllowed, refuse_if
from app.tasks.operations import finish_tasks
from app.volunteers.models import Volunteer

from . import mails, parts, policy, queries, terms
from .models import HOLDING, DocketRun, Referral, ReferralStatus, ReferralWay
from .operations_attest import CONFLICT, bar_person_and_firm
from .operations_holds import lock_pair, refuse_unless_claimable, start_hold
from .operations_line import PROPOSE_NEXT, close_referral, offer_next_in_line
from .refusals import AlreadyAsked, DayOver, EnoughOffers, OfferOver, RulesAgainst, VolunteerFull, gone
from .rules import is_overdue, judge_pair, still_stands_open

S = ReferralStatus


def send_offer(
    opening: Opening,
    volunteer: Volunteer,
    *,
    actor: User | None,
    run: DocketRun | None = None,
    fit: int | None = None,
) -> Referral:
    """Ask a volunteer by mail whether they could take a listed opening.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises CaseGone: the opening is not listed
    :raises DayOver: the day by which it was to be done is over
    :raises AlreadyAsked: an attempt with this volunteer is live
    :raises EnoughOffers: as many are out as the priority allows
    :raises RulesAgainst: a hard rule speaks against the pair
    :raises OtherPart, NeverAlone: it does not go with another part, or not without an attorney
    :raises VolunteerFull: the volunteer's slots are used
    """
    opening, volunteer = lock_opening(opening), lock(volunteer)
    case = opening.case
    refuse_if(actor is not None and not policy.may_place(actor, case), NotAllowed)
    refuse_if(not still_stands_open(opening), gone(opening))
    refuse_if(is_overdue(opening), DayOver)
    refuse_if(queries.live_with(opening, volunteer) is not None, AlreadyAsked)
    out = [r for r in queries.live_referrals(opening, S.OFFERED) if not r.is_in_line]
    refuse_if(len(out) >= terms.OFFERS_AT_ONCE[case.priority_level], EnoughOffers)
    pair = judge_pair(opening, volunteer, calendars.today(case.programme))
    if pair.rules:
        raise RulesAgainst(pair.rules)
    parts.refuse_early(opening, volunteer, pair.acts_as)
    refuse_if(queries.count_used_slots(volunteer) >= volunteer.capacity, VolunteerFull)
    return _offer(opening, volunteer, actor, run, fit)


def _offer(
    opening: Opening, volunteer: Volunteer, actor: User | None, run: DocketRun | None, fit: int | None
) -> Referral:
    made = insert_unless_exists(
        Referral, opening_id=opening.id, volunteer_id=volunteer.id, way=ReferralWay.OFFER, status=S.OFFERED,
        offered_at=clock.now(), ends_at=terms.offer_end(opening.case), fit=fit, against_rules=[],
        run_id=run.id if run else None, made_by_id=actor.id if actor else None,
    )  # fmt: skip
    if made is None:
        raise AlreadyAsked
    finish_tasks(PROPOSE_NEXT, opening, actor=actor)
    mails.offer_sent(made)
    audit.record("referral.offer", made, actor=actor, after={"status": S.OFFERED, "fit": fit})
    return made


def decline_offer(referral: Referral, reason: str | None, *, actor: User | None) -> Referral:
    """Say no to an offer, from the mail's page or signed in; saying it twice changes nothing.

    A conflict keeps person and firm from this one case.

    :raises OfferOver: it was accepted or its time is over, or the volunteer is on the case by now
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    if referral.status is S.CONFLICT:
        return referral
    if referral.status is S.DECLINED:
        if reason == CONFLICT:
            refuse_if(_has_a_part(referral), OfferOver)
            bar_person_and_firm(referral, actor)
        if reason and not referral.reason:
            referral.reason = reason
            audit.record("referral.decline_reason", referral, actor=actor, public=actor is None)
        return referral
    refuse_if(referral.status is not S.OFFERED or _is_over(referral), OfferOver)
    referral.answered_at = clock.now()
    if reason == CONFLICT:
        bar_person_and_firm(referral, actor)
    close_referral(referral, S.CONFLICT if reason == CONFLICT else S.DECLINED, actor=actor, reason=reason)
    offer_next_in_line(opening)
    return referral


def accept_offer(referral: Referral, *, actor: User) -> Referral:
    """Say yes to an offer: the first yes starts the hold, a later one joins the waiting list. Twice changes nothing.

    :raises NotAllowed: somebody else's offer
    :raises OfferOver: it was answered or its time is over
    :raises CaseGone: it was placed or taken off the docket meanwhile
    :raises NotForYou: a hard rule speaks against it by now
    :raises AtCapacity: the volunteer's slots are used
    """
    refuse_if(actor.volunteer is None or referral.volunteer_id != actor.volunteer.id, NotAllowed)
    opening, volunteer = lock_pair(referral.opening, actor)
    referral = lock(referral)
    if referral.status in (*HOLDING, S.WAITLISTED):
        return referral
    refuse_if(referral.status is not S.OFFERED or _is_over(referral), OfferOver)
    refuse_unless_claimable(opening, volunteer)
    is_next = queries.holding(opening) is None and not queries.is_overtaking(referral, opening)
    referral.answered_at = clock.now()
    if is_next:
        return start_hold(referral, actor=actor)
    referral.status, referral.ends_at = S.WAITLISTED, None
    audit.record("referral.wait", referral, actor=actor, after={"status": S.WAITLISTED})
    return referral


def _has_a_part(referral: Referral) -> bool:
    """Is the volunteer on the case by now? Then the case's own page takes a conflict, and ends the part with it."""
    return any(
        part.volunteer_id == referral.volunteer_id and part.ended_at is None for part in referral.case.assignments
    )


def _is_over(referral: Referral) -> bool:
    return referral.ends_at is None or referral.is_too_late
