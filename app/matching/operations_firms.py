"""Firms: asked, holding, checking for conflicts, and naming the person who takes the case."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.clients.locks import lock_opening
from app.clients.models import Opening
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.tasks.operations import finish_tasks
from app.volunteers.models import Organisation, Volunteer, VolunteerStatus

from . import firms, mails, policy, queries, terms
from .barring import GIVEN_BACK, Purpose
from .looks import refuse_if_firm_is_full
from .models import HOLDING, Referral, ReferralStatus, ReferralWay
from .operations_attest import CLEAR, CONFLICT, DECLINED
from .operations_firm_line import NAMED_NOBODY, TAKEN_BACK, back_to_firm
from .operations_holds import put_in_line, start_hold
from .operations_line import PROPOSE_NEXT, close_referral, offer_next_in_line, postpone_clock
from .operations_placement import bar
from .refusals import (
    AlreadyAsked,
    AlreadyNamed,
    CannotBeNamed,
    CaseTaken,
    CheckAgain,
    DayOver,
    EnoughOffers,
    FirmCannot,
    FirmChecksFirst,
    FirmHasNoCoordinator,
    HoldOver,
    KeptYourself,
    NamesNotReleased,
    NotForFirm,
    OfferOver,
    PersonFull,
    gone,
)
from .rules import is_overdue, judge_pair, still_stands_open

S = ReferralStatus


def ask_firm(opening: Opening, organisation: Organisation, *, actor: User) -> Referral:
    """Ask a firm by mail to its coordinators whether one of its people could take a listed opening.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises CaseGone: the opening is not listed
    :raises DayOver: the day by which it was to be done is over
    :raises AlreadyAsked: an attempt with this firm is live
    :raises EnoughOffers: as many offers are out as the priority allows
    :raises FirmHasNoCoordinator: nobody could answer
    :raises FirmCannot: the firm is kept from the case, has said no, or has nobody for it
    """
    opening = lock_opening(opening)
    case = opening.case
    refuse_if(not policy.may_place(actor, case), NotAllowed)
    refuse_if(not still_stands_open(opening), gone(opening))
    refuse_if(is_overdue(opening), DayOver)
    refuse_if(firms.live_with_firm(opening, organisation.id) is not None, AlreadyAsked)
    out = [r for r in queries.live_referrals(opening, S.OFFERED) if not r.is_in_line]
    refuse_if(len(out) >= terms.OFFERS_AT_ONCE[case.priority_level], EnoughOffers)
    refuse_if(not firms.coordinators(organisation.id), FirmHasNoCoordinator)
    refuse_if(firms.is_kept(opening, organisation, Purpose.MATCH), FirmCannot)
    refuse_if(not firms.able_people(opening, organisation), FirmCannot)
    made = insert_unless_exists(
        Referral, opening_id=opening.id, organisation_id=organisation.id, way=ReferralWay.OFFER, status=S.OFFERED,
        offered_at=clock.now(), ends_at=terms.offer_end(case), against_rules=[], made_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise AlreadyAsked
    finish_tasks(PROPOSE_NEXT, opening, actor=actor)
    finish_tasks(NAMED_NOBODY, opening, actor=actor)
    mails.offer_sent(made)
    audit.record("referral.offer", made, actor=actor, after={"status": S.OFFERED, "organisation": organisation.id})
    return made


def accept_for_firm(referral: Referral, *, actor: User) -> Referral:
    """Say yes for the firm: the first yes starts the hold, a later one joins the waiting list. Twice changes nothing.

    :raises NotAllowed: another firm's offer
    :raises OfferOver: it was answered or its time is over
    :raises CaseGone: it was placed or taken off the docket meanwhile
    :raises DayOver: the day by which it was to be done is over
    :raises NotForFirm: the firm is kept from it or has nobody for it by now
    :raises KeptYourself: the actor is kept from it, in person or with another firm
    :raises FirmFull: it holds as many as its people have places
    """
    refuse_if(not policy.may_answer_for(actor, referral.organisation_id), NotAllowed)
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    if referral.status in (*HOLDING, S.WAITLISTED):
        return referral
    over = referral.ends_at is None or referral.is_too_late
    refuse_if(referral.status is not S.OFFERED or over, OfferOver)
    _refuse_unless_firm_may(opening, _firm(referral), actor)
    is_next = queries.holding(opening) is None and not queries.is_overtaking(referral, opening)
    if is_next:
        refuse_if_firm_is_full(_firm(referral))
    referral.answered_at = clock.now()
    if is_next:
        return start_hold(referral, actor=actor)
    referral.status, referral.ends_at = S.WAITLISTED, None
    audit.record("referral.wait", referral, actor=actor, after={"status": S.WAITLISTED})
    return referral


def hold_for_firm(opening: Opening, organisation: Organisation, *, actor: User) -> Referral:
    """Hold a listed opening for the firm; nobody's place is used until a person is named. Twice changes nothing.

    :raises NotAllowed: another firm
    :raises CaseGone: it was placed or taken off the docket meanwhile
    :raises DayOver: the day by which it was to be done is over
    :raises NotForFirm: the firm is kept from it or has nobody for it
    :raises KeptYourself: the actor is kept from it, in person or with another firm
    :raises CaseTaken: another hold is live, or others wait in line
    :raises FirmFull: it holds as many as its people have places
    """
    refuse_if(not policy.may_answer_for(actor, organisation.id), NotAllowed)
    opening = lock_opening(opening)
    before = queries.live_referrals(opening)
    mine = next((r for r in before if r.organisation_id == organisation.id), None)
    if mine is not None and mine.status in HOLDING:
        return mine
    _refuse_unless_firm_may(opening, organisation, actor)
    refuse_if(any(r.status in HOLDING for r in before) or queries.is_overtaking(mine, opening), CaseTaken)
    refuse_if_firm_is_full(organisation)
    if mine is None:
        mine = insert_unless_exists(
            Referral, opening_id=opening.id, organisation_id=organisation.id, way=ReferralWay.CLAIM,
            status=S.WAITLISTED, made_by_id=actor.id, against_rules=[],
        )  # fmt: skip
    if mine is None:
        raise CaseTaken
    return start_hold(mine, actor=actor)


def wait_for_firm(opening: Opening, organisation: Organisation, *, actor: User) -> Referral:
    """Put the firm on the waiting list of an opening that somebody else holds. Twice changes nothing.

    :raises NotAllowed: another firm
    :raises CaseGone: it was placed or taken off the docket meanwhile
    :raises DayOver: the day by which it was to be done is over
    :raises NotForFirm: the firm is kept from it or has nobody for it
    :raises KeptYourself: the actor is kept from it, in person or with another firm
    """
    refuse_if(not policy.may_answer_for(actor, organisation.id), NotAllowed)
    opening = lock_opening(opening)
    mine = firms.live_with_firm(opening, organisation.id)
    if mine is not None:
        return mine
    _refuse_unless_firm_may(opening, organisation, actor)
    return put_in_line(opening, actor=actor, organisation_id=organisation.id)


def _firm(referral: Referral) -> Organisation:
    if referral.organisation is None:
        raise NotAllowed
    return referral.organisation


def _refuse_unless_firm_may(opening: Opening, organisation: Organisation, actor: User) -> None:
    refuse_if(not still_stands_open(opening), gone(opening))
    refuse_if(is_overdue(opening), DayOver)
    refuse_if(firms.is_kept(opening, organisation), NotForFirm)
    refuse_if(firms.is_kept_from(actor, opening), KeptYourself)
    refuse_if(not firms.able_people(opening, organisation), NotForFirm)


def attest_for_firm(referral: Referral, answer: str, *, actor: User, names_read: str | None = None) -> Referral:
    """Record what the firm's check found: clear asks it to name a person, a conflict keeps all its people off.

    :raises NotAllowed: another firm's hold
    :raises BadInput: none of the three answers
    :raises KeptYourself: the answer is clear, and the actor is kept from it, in person or with another firm
    :raises CheckAgain: the answer is clear, and speaks of other names than stand there now
    :raises HoldOver: nothing is held
    :raises NamesNotReleased: not every name has been shown
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(not policy.may_answer_for(actor, referral.organisation_id), NotAllowed)
    refuse_if(answer not in (CLEAR, CONFLICT, DECLINED), BadInput)
    refuse_if(referral.status not in HOLDING, HoldOver)
    if answer == CLEAR:
        refuse_if(firms.is_kept_from(actor, opening), KeptYourself)
        refuse_if(names_read not in (None, referral.names_now), CheckAgain)
        refuse_if(referral.is_too_late, HoldOver)
        return _cleared(referral, actor)
    if answer == CONFLICT:
        bar(referral.case, _firm(referral), reason="conflict", actor=actor)
    close_referral(referral, S.CONFLICT if answer == CONFLICT else S.DECLINED, actor=actor)
    if referral.volunteer_id is not None:
        mails.name_taken_back(referral)
    offer_next_in_line(opening)
    return referral


def _cleared(referral: Referral, actor: User) -> Referral:
    case = referral.case
    if referral.is_cleared_by_firm:
        return referral
    hidden = case.sensitive and referral.names_released != "all"
    refuse_if(referral.parties_seen_at is None or hidden, NamesNotReleased)
    referral.firm_cleared_at, referral.firm_cleared_version = clock.now(), case.parties_version
    referral.ends_at, referral.warned_at = terms.name_end(case), None
    postpone_clock(referral)
    if referral.volunteer_id is not None:
        mails.person_named(referral)
    audit.record("referral.firm_clear", referral, actor=actor, after={"parties_version": case.parties_version})
    return referral


def name_person(referral: Referral, volunteer: Volunteer, *, actor: User) -> Referral:
    """Name the person of the firm who takes the case; they check for themselves, then it is asked for or taken.

    :raises NotAllowed: another firm's hold
    :raises HoldOver: nothing is held, or the time is over
    :raises FirmChecksFirst: the firm has not found the names clear as they are now
    :raises AlreadyNamed: somebody else is named
    :raises CaseGone: it was taken off the docket meanwhile
    :raises NotForFirm: the firm is kept from it by now
    :raises CannotBeNamed: not one of the firm's approved people, or a hard rule speaks against them
    :raises PersonFull: their places are taken
    """
    opening = lock_opening(referral.opening)
    volunteer = lock(volunteer)
    referral = lock(referral)
    refuse_if(not policy.may_answer_for(actor, referral.organisation_id), NotAllowed)
    over = referral.ends_at is None or referral.is_too_late
    if referral.status in HOLDING and referral.volunteer_id == volunteer.id:
        return referral
    refuse_if(referral.status is not S.HELD or over, HoldOver)
    refuse_if(referral.volunteer_id is not None, AlreadyNamed)
    refuse_if(not referral.is_cleared_by_firm, FirmChecksFirst)
    _refuse_unless_nameable(opening, _firm(referral), volunteer)
    _end_own_attempt(opening, volunteer, actor)
    referral.volunteer, referral.named_at, referral.keeps_private_at = volunteer, clock.now(), None
    referral.ends_at, referral.warned_at = terms.name_end(opening.case), None
    session.flush()
    postpone_clock(referral)
    mails.person_named(referral)
    audit.record("referral.name", referral, actor=actor, after={"volunteer": volunteer.id})
    return referral


def _refuse_unless_nameable(opening: Opening, firm: Organisation, volunteer: Volunteer) -> None:
    refuse_if(not still_stands_open(opening), gone(opening))
    refuse_if(firms.is_kept(opening, firm, Purpose.PLACE), NotForFirm)
    belongs = firm.id in {one.organisation_id for one in volunteer.memberships if one.confirmed_at is not None}
    refuse_if(not belongs or volunteer.status is not VolunteerStatus.APPROVED or volunteer.user is None, CannotBeNamed)
    pair = judge_pair(opening, volunteer, calendars.today(opening.case.programme), Purpose.CLAIM)
    refuse_if(policy.against_a_claim(pair.rules), CannotBeNamed)
    refuse_if(queries.count_used_slots(volunteer) >= volunteer.capacity, PersonFull)


def _end_own_attempt(opening: Opening, volunteer: Volunteer, actor: User) -> None:
    """The person named gives way to the firm: their own offer or place in the line ends."""
    own = queries.live_with(opening, volunteer)
    if own is not None:
        close_referral(own, S.WITHDRAWN, actor=actor, reason="named_by_firm")
        session.flush()


def take_name_back(referral: Referral, *, actor: User) -> Referral:
    """Take back the name given, so that the firm can name somebody else; where nobody is named, nothing changes.

    :raises NotAllowed: another firm's hold
    :raises HoldOver: nothing is held
    """
    lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(not policy.may_answer_for(actor, referral.organisation_id), NotAllowed)
    refuse_if(referral.status not in HOLDING, HoldOver)
    if referral.volunteer_id is None:
        return referral
    return back_to_firm(referral, actor=actor, reason=TAKEN_BACK)


def withdraw_for_firm(referral: Referral, *, actor: User) -> Referral:
    """Give back the firm's hold, request or place in the line; the next in line is offered it. Twice changes nothing.

    :raises NotAllowed: another firm's
    :raises HoldOver: the case is placed
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(not policy.may_answer_for(actor, referral.organisation_id), NotAllowed)
    refuse_if(referral.status is S.CONFIRMED, HoldOver)
    if referral.ended_at is not None:
        return referral
    close_referral(referral, S.WITHDRAWN, actor=actor, reason=GIVEN_BACK)
    if referral.volunteer_id is not None:
        mails.name_taken_back(referral)
    offer_next_in_line(opening)
    return referral


def promise_privacy(referral: Referral, *, actor: User) -> Referral:
    """The person named, or entered by staff, keeps to themselves what the names will tell; twice changes nothing.

    :raises NotAllowed: it is for somebody else, or was promised as the hold began
    :raises HoldOver: it is no longer held
    """
    lock_opening(referral.opening)
    referral = lock(referral)
    by_others = referral.named_at is not None or referral.way is ReferralWay.HAND
    refuse_if(not policy.is_own(actor, referral) or not by_others, NotAllowed)
    refuse_if(referral.status not in HOLDING, HoldOver)
    if referral.keeps_private_at is None:
        referral.keeps_private_at = clock.now()
        audit.record("referral.promise_privacy", referral, actor=actor)
    return referral
