"""Claiming: hold a listed opening, check the names, wait in line, give back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import User
from app.clients.four_eyes import decide_for_themselves
from app.clients.locks import lock_opening
from app.clients.models import Case, Opening
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import NotAllowed, refuse_if
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.models import Volunteer

from . import mails, parts, policy, queries, terms
from .barring import GIVEN_BACK, Purpose, attempts_of_barred
from .looks import refuse_if_looked_enough
from .models import HOLDING, Referral, ReferralStatus, ReferralWay
from .operations_firm_line import back_to_firm, tell_staff_nobody_was_named
from .operations_line import RELEASE_NAMES, close_referral, offer_next_in_line, postpone_clock
from .refusals import (
    AlreadyAsked,
    AlreadyYours,
    AtCapacity,
    CaseTaken,
    DayOver,
    HoldOver,
    NamesNotReleased,
    NotExtendable,
    NotForYou,
    gone,
)
from .rules import is_overdue, judge_pair, still_stands_open

S = ReferralStatus
NO_LONGER_HERE, BARRED = "no_longer_here", "barred"


def hold(opening: Opening, *, actor: User) -> Referral:
    """Hold a listed opening for the volunteer while they check for conflicts; asking twice changes nothing.

    :raises CaseGone: it was placed or taken off the docket meanwhile
    :raises NotForYou: a hard rule speaks against it; the refusal names the rules
    :raises AtCapacity: the volunteer's slots are used
    :raises CaseTaken: another hold is live, or others wait in line
    :raises HeldTwice, LookedEnough: names were shown often enough and nothing was taken
    """
    opening, volunteer = lock_pair(opening, actor)
    before = queries.live_referrals(opening)
    mine = next((r for r in before if r.volunteer_id == volunteer.id), None)
    if mine is not None and mine.status in HOLDING:
        return mine
    refuse_unless_claimable(opening, volunteer)
    refuse_if(any(r.status in HOLDING for r in before) or queries.is_overtaking(mine, opening), CaseTaken)
    if mine is None:
        refuse_if_looked_enough(opening, volunteer)
        mine = insert_unless_exists(
            Referral, opening_id=opening.id, volunteer_id=volunteer.id, way=ReferralWay.CLAIM, made_by_id=actor.id,
            against_rules=[], **_hold_from_now(opening.case),
        )  # fmt: skip
        if mine is None:
            raise CaseTaken
        return _follow_hold(mine, None, actor)
    return start_hold(mine, actor=actor)


def look_before_hold(opening: Opening, *, actor: User) -> None:
    """Refuse a claim that plainly cannot succeed before it queues for the database's lock; the hold looks again.

    :raises CaseTaken: another hold is live
    :raises AtCapacity: the volunteer's slots are used
    """
    volunteer = actor.volunteer
    refuse_if(volunteer is None, NotAllowed)
    holder = queries.holding(opening)
    if holder is not None and holder.volunteer_id == volunteer.id:  # type: ignore[union-attr]
        return
    refuse_if(holder is not None, CaseTaken)
    refuse_if(queries.count_used_slots(volunteer) >= volunteer.capacity, AtCapacity)  # type: ignore[arg-type,union-attr]


def lock_pair(opening: Opening, actor: User) -> tuple[Opening, Volunteer]:
    """Lock a case, its opening and the actor's own volunteer row, always in this order.

    :raises NotAllowed: the actor is no volunteer
    """
    opening = lock_opening(opening)
    found = select(Volunteer).where(Volunteer.user_id == actor.id).with_for_update(key_share=True)
    volunteer = session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none()
    if volunteer is None:
        raise NotAllowed
    return opening, volunteer


def refuse_unless_claimable(opening: Opening, volunteer: Volunteer) -> None:
    """Look at what stops a volunteer who claims or accepts: the docket, the hard rules, the slots.

    :raises CaseGone: the opening is not listed
    :raises DayOver: the day by which it was to be done is over
    :raises NotForYou: a hard rule speaks against it
    :raises OtherPart, NeverAlone: it does not go with another part, or not without an attorney
    :raises AtCapacity: the volunteer's slots are used
    """
    refuse_if(not still_stands_open(opening), gone(opening))
    refuse_if(is_overdue(opening), DayOver)
    pair = judge_pair(opening, volunteer, calendars.today(opening.case.programme), Purpose.CLAIM)
    against = policy.against_a_claim(pair.rules)
    if against:
        raise NotForYou(against)
    parts.refuse_early(opening, volunteer, pair.acts_as)
    refuse_if(queries.count_used_slots(volunteer) >= volunteer.capacity, AtCapacity)


def start_hold(referral: Referral, *, actor: User) -> Referral:
    """Start the hold of an attempt whose opening and volunteer are locked and looked at."""
    was = referral.status
    for name, value in _hold_from_now(referral.case).items():
        setattr(referral, name, value)
    return _follow_hold(referral, was, actor)


def _hold_from_now(case: Case) -> dict[str, Any]:
    now = clock.now()
    seen = {} if case.sensitive else {"parties_seen_at": now}
    return {"status": S.HELD, "held_at": now, "ends_at": terms.hold_end(case), "warned_at": None,
            "extended_at": None, **seen}  # fmt: skip


def _follow_hold(referral: Referral, was: ReferralStatus | None, actor: User) -> Referral:
    case = referral.case
    if case.sensitive:
        ask_for_names(referral, actor)
    postpone_clock(referral)
    mails.case_held(referral)
    audit.record("referral.hold", referral, actor=actor, before={"status": was}, after={"status": S.HELD})
    return referral


def ask_for_names(referral: Referral, actor: User | None) -> None:
    """Have a coordinator release the names of a sensitive matter that is held."""
    case = referral.case
    open_task(
        RELEASE_NAMES,
        referral,
        programme=case.programme,
        case=case,
        title=f"{case.number}: release names for a conflict check",
        due_at=referral.ends_at or clock.now(),
        owner=case.custody.user if case.custody else None,
        actor=actor,
    )


def release_names(referral: Referral, which: str, *, actor: User) -> Referral:
    """Let the holder of a sensitive matter see the other side's names, then all.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises HoldOver: the hold has ended
    """
    lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(not policy.may_place(actor, referral.case), NotAllowed)
    refuse_if(referral.status is not S.HELD, HoldOver)
    if referral.names_released == which or referral.names_released == "all":
        return referral
    theirs = referral.volunteer.user if referral.volunteer is not None else None
    decide_for_themselves(referral.case, theirs, actor=actor, what="release_names")
    if referral.names_released is None:
        referral.ends_at = terms.hold_end(referral.case)
        postpone_clock(referral)
    referral.names_released = which
    referral.parties_seen_at = referral.parties_seen_at or clock.now()
    if which == "all":
        finish_tasks(RELEASE_NAMES, referral, actor=actor)
    mails.names_released(referral, which)
    audit.record("referral.release_names", referral, actor=actor, after={"names": which})
    return referral


def see_parties(referral: Referral, *, actor: User) -> Referral:
    """Let the holder, and nobody else, read the names.

    :raises NotAllowed: somebody else's hold
    :raises HoldOver: nothing is held
    :raises NamesNotReleased: a coordinator has not released them
    """
    refuse_if(actor.volunteer is None or referral.volunteer_id != actor.volunteer.id, NotAllowed)
    refuse_if(referral.status not in HOLDING, HoldOver)
    refuse_if(referral.parties_seen_at is None, NamesNotReleased)
    return referral


def join_waiting_list(opening: Opening, *, actor: User) -> Referral:
    """Wait for an opening that somebody else holds; asking twice changes nothing.

    :raises CaseGone: it was placed or taken off the docket meanwhile
    :raises NotForYou: a hard rule speaks against it
    :raises AtCapacity: the volunteer's slots are used
    """
    opening, volunteer = lock_pair(opening, actor)
    mine = queries.live_with(opening, volunteer)
    if mine is not None:
        return mine
    refuse_unless_claimable(opening, volunteer)
    refuse_if_looked_enough(opening, volunteer)
    return put_in_line(opening, actor=actor, volunteer_id=volunteer.id)


def put_in_line(opening: Opening, *, actor: User, **whose: int) -> Referral:
    """Add a volunteer or a firm, looked at by the caller, to the waiting list of a locked opening.

    :raises AlreadyAsked: an attempt with them is live
    """
    made = insert_unless_exists(
        Referral, opening_id=opening.id, way=ReferralWay.CLAIM, status=S.WAITLISTED, made_by_id=actor.id,
        against_rules=[], **whose,
    )  # fmt: skip
    if made is None:
        raise AlreadyAsked
    audit.record("referral.wait", made, actor=actor, after={"status": S.WAITLISTED})
    return made


def extend_hold(referral: Referral, *, actor: User) -> Referral:
    """Give the holder, a firm by its coordinator, two more business days, once.

    :raises HoldOver: nothing is held
    :raises NotExtendable: it was extended, the clock is stopped or the matter cannot wait
    """
    lock_opening(referral.opening)
    referral = lock(referral)
    may = policy.is_own(actor, referral) or policy.may_answer_for(actor, referral.organisation_id)
    refuse_if(not may, NotAllowed)
    refuse_if(referral.status is not S.HELD or referral.ends_at is None or referral.is_too_late, HoldOver)
    case = referral.case
    refuse_if(referral.extended_at is not None or terms.is_pressing(case) or referral.attested_at, NotExtendable)
    referral.ends_at = terms.extended_end(referral.ends_at, case)  # type: ignore[arg-type]
    referral.extended_at, referral.warned_at = clock.now(), None
    postpone_clock(referral)
    audit.record("referral.extend", referral, actor=actor)
    return referral


def withdraw_hold(referral: Referral, *, actor: User) -> Referral:
    """Give back a hold, a request or a place in the line; the next in line is offered it. Twice changes nothing.

    :raises NotAllowed: somebody else's
    :raises AlreadyYours: it was placed with them meanwhile
    :raises HoldOver: it was, and they have it no more
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(actor.volunteer is None or referral.volunteer_id != actor.volunteer.id, NotAllowed)
    if referral.status is S.CONFIRMED:
        raise AlreadyYours(referral.case) if queries.leads(referral) else HoldOver
    if referral.ended_at is not None:
        return referral
    if referral.named_at is not None:
        return back_to_firm(referral, actor=actor, reason=GIVEN_BACK)
    close_referral(referral, S.WITHDRAWN, actor=actor, reason=GIVEN_BACK)
    offer_next_in_line(opening)
    return referral


def expire_hold(referral: Referral) -> None:
    """End a hold or an offer whose time is over; the holder is told and the next in line is offered it."""
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    if not referral.is_too_late:
        return
    was_held = referral.status is S.HELD
    close_referral(referral, S.EXPIRED, actor=None)
    if was_held:
        mails.hold_expired(referral)
        tell_staff_nobody_was_named(referral)
    offer_next_in_line(opening)


def let_go(referral: Referral) -> None:
    """End the attempt of somebody who was suspended, has left or cannot sign in; a firm names somebody else."""
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    volunteer = referral.volunteer
    if referral.ended_at is not None or volunteer is None or policy.may_hold_on(volunteer):
        return
    if referral.named_at is not None:
        back_to_firm(referral, actor=None, reason=NO_LONGER_HERE)
        return
    _end_for_good(referral, opening, NO_LONGER_HERE)


def let_barred_go(referral: Referral) -> None:
    """End the attempt of somebody whom another's conflict, in their firm or on their part, keeps from the case."""
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    still = attempts_of_barred().where(Referral.id == referral.id)
    if session.execute(still).first() is not None:
        _end_for_good(referral, opening, BARRED)


def end_holds(case: Case, volunteer: Volunteer) -> None:
    """End what somebody holds or asks for of a locked case, now that they turn out to be close to a party.

    A firm that had named them names somebody else. An offer shows no names, and no yes to it is taken any more.
    """
    for opening in sorted(case.openings, key=lambda one: one.id):
        referral = queries.live_with(lock(opening), volunteer)
        if referral is None or referral.status not in HOLDING:
            continue
        if referral.named_at is not None:
            back_to_firm(referral, actor=None, reason=BARRED)
        else:
            _end_for_good(referral, opening, BARRED)


def _end_for_good(referral: Referral, opening: Opening, reason: str) -> None:
    close_referral(referral, S.WITHDRAWN, actor=None, reason=reason)
    mails.matter_gone(referral)
    offer_next_in_line(opening)


def warn_holder(referral: Referral) -> None:
    """Remind a holder once that the time is nearly over."""
    lock_opening(referral.opening)
    referral = lock(referral)
    if referral.status is not S.HELD or referral.warned_at is not None or referral.stands_still:
        return
    referral.warned_at = clock.now()
    mails.hold_ending(referral)
    audit.record("referral.warn", referral, actor=None)
