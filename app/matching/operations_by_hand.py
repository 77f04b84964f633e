"""A yes on the phone where the names are still to be checked: staff hold the matter for the volunteer."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.clients.four_eyes import decide_for_themselves
from app.clients.locks import lock_opening
from app.clients.models import Opening
from app.core.db import insert_unless_exists, lock
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.volunteers.models import Volunteer

from . import parts, policy, queries, words
from .barring import Purpose
from .models import HOLDING, Referral, ReferralStatus, ReferralWay
from .operations_holds import start_hold
from .refusals import AlreadyAsked, CaseTaken, RulesAgainst, VolunteerFull, gone
from .rules import judge_pair, still_stands_open

S = ReferralStatus


def hold_by_hand(opening: Opening, volunteer: Volunteer, reason: str, *, actor: User) -> Referral:
    """Hold a matter for a volunteer who said yes, until they have checked the names. Twice changes nothing.

    Its names show once they promise to keep them private, which nobody can promise for them.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises BadInput: no known reason
    :raises CaseGone: the opening is not listed
    :raises CaseTaken: another volunteer holds it
    :raises RulesAgainst: a rule that no reason overrides speaks against it
    :raises OtherPart, NeverAlone: it does not go with another part, or not without an attorney
    :raises VolunteerFull: the volunteer's slots are used
    """
    opening, volunteer = lock_opening(opening), lock(volunteer)
    refuse_if(not policy.may_place(actor, opening.case), NotAllowed)
    refuse_if(reason not in words.HAND_REASONS, BadInput)
    decide_for_themselves(opening.case, volunteer.user, actor=actor, what="hold_by_hand")
    mine = queries.live_with(opening, volunteer)
    if mine is not None and mine.status in HOLDING:
        return mine
    refuse_if(not still_stands_open(opening), gone(opening))
    pair = judge_pair(opening, volunteer, calendars.today(opening.case.programme), Purpose.PLACE)
    against = policy.against_a_hand(pair.rules)
    if against:
        raise RulesAgainst(against)
    refuse_if(queries.holding(opening) is not None, CaseTaken)
    parts.refuse_early(opening, volunteer, pair.acts_as)
    refuse_if(queries.count_used_slots(volunteer) >= volunteer.capacity, VolunteerFull)
    held = mine or _enter(opening, volunteer, actor)
    held.way, held.against_rules, held.fit = ReferralWay.HAND, pair.rules, pair.fit
    held.keeps_private_at, held.reason = None, reason
    return start_hold(held, actor=actor)


def _enter(opening: Opening, volunteer: Volunteer, actor: User) -> Referral:
    made = insert_unless_exists(
        Referral, opening_id=opening.id, volunteer_id=volunteer.id, way=ReferralWay.HAND, status=S.WAITLISTED,
        made_by_id=actor.id, against_rules=[],
    )  # fmt: skip
    if made is None:
        raise AlreadyAsked
    return made
