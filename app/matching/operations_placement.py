"""A case finds its volunteer: assignment, access, messages and duties in one step; and how that ends."""

from __future__ import annotations

from collections.abc import Callable

from app.accounts import calendars
from app.accounts.models import User
from app.clients.conflicts import must_be_searched_again
from app.clients.four_eyes import decide_for_themselves
from app.clients.hearing import hear_of
from app.clients.lifecycle import move_case
from app.clients.locks import lock_opening
from app.clients.mails import tell_client
from app.clients.models import Case, CaseRole, CaseStatus, Opening, OpeningStatus
from app.clients.priority import clock_end, refresh_priority
from app.clients.roles import ANSWER_FOR_OTHERS
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, lock_in_order, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.models import Organisation, Volunteer

from . import mails, parts, policy, queries, terms, words
from .barring import Purpose
from .colleagues import ask_about_colleagues, settle_colleagues
from .models import HOLDING, Assignment, Bar, Referral, ReferralStatus, ReferralWay
from .operations_line import ANSWER_REQUEST, PROPOSE_NEXT, RELEASE_NAMES, thank_others
from .operations_supervision import look_after_juniors
from .refusals import (
    AtCapacity,
    CaseTaken,
    CheckAgain,
    HoldOver,
    NeedsMentor,
    RulesAgainst,
    SearchAgain,
    VolunteerFull,
    gone,
)
from .rules import Pair, judge_pair, still_stands_open

S = ReferralStatus
FIRST_CONTACT, CHECK_AGAIN, CUT_OFF = "first_contact", "check_conflict_again", "cut_off"
ASKED_OF_PACKAGE = ("package_cannot_go_on", "package_needs_help")  # what a check-in about a package opened
FIND_AGAIN, FIND_FOR_PART = "find_new_volunteer", "find_for_part"


def place(referral: Referral, *, actor: User | None, mentor: Volunteer | None = None) -> Assignment:
    """Place the case with the holder: assignment, filled opening, client and volunteer told, others thanked.

    :raises HoldOver: nothing is held
    :raises CaseGone: the opening is no longer listed
    :raises CheckAgain: the parties changed since the attestation
    :raises SearchAgain: the programme has not searched the names as they are now
    :raises RulesAgainst: a rule that never only warns speaks against it by now
    :raises NeedsMentor: the match needs a mentor with time and none is named
    :raises AtCapacity: the volunteer's slots are used
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    volunteer = referral.volunteer
    lock_in_order(volunteer, mentor or referral.mentor)
    refuse_if(referral.status not in HOLDING, HoldOver)
    pair = _look_again(opening, volunteer)  # type: ignore[arg-type]
    against = policy.against_a_holder(referral, pair.rules)
    if against:
        raise RulesAgainst(against)
    refuse_if(referral.attested_version != opening.case.parties_version, CheckAgain)
    refuse_if(queries.count_used_slots(volunteer) > volunteer.capacity, AtCapacity)  # type: ignore[arg-type,union-attr]
    referral.fit = referral.fit or pair.fit
    return _fill(referral, pair, actor=actor, mentor=mentor or (referral.mentor if pair.needs_mentor else None))


def _look_again(opening: Opening, volunteer: Volunteer) -> Pair:
    refuse_if(not still_stands_open(opening), gone(opening))
    if must_be_searched_again(opening.case):
        raise SearchAgain(opening.case)
    return judge_pair(opening, volunteer, calendars.today(opening.case.programme), Purpose.PLACE)


def place_by_hand(
    opening: Opening,
    volunteer: Volunteer,
    reason: str,
    *,
    actor: User,
    checked: bool,
    mentor: Volunteer | None = None,
) -> Assignment:
    """Place a case with a volunteer who said yes, in one step, with the reason for going past the shortlist.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises BadInput: no known reason, or the volunteer has not checked for conflicts
    :raises CaseGone: the opening is not listed
    :raises CaseTaken: another volunteer holds it
    :raises SearchAgain: the programme has not searched the names as they are now
    :raises RulesAgainst: a rule that no reason overrides speaks against it
    :raises VolunteerFull: the volunteer's slots are used
    :raises NeedsMentor: the match needs a mentor with time and none is named
    """
    opening = lock_opening(opening)
    lock_in_order(volunteer, mentor)
    refuse_if(not policy.may_place(actor, opening.case), NotAllowed)
    refuse_if(reason not in words.HAND_REASONS or not checked, BadInput)
    decide_for_themselves(opening.case, volunteer.user, actor=actor, what="place_by_hand")
    pair = _look_again(opening, volunteer)
    against = policy.against_a_hand(pair.rules)
    if against:
        raise RulesAgainst(against)
    holder = queries.holding(opening)
    refuse_if(holder is not None and holder.volunteer_id != volunteer.id, CaseTaken)
    used = queries.count_used_slots(volunteer) - (1 if holder is not None else 0)
    refuse_if(used >= volunteer.capacity, VolunteerFull)
    referral = queries.live_with(opening, volunteer) or _by_hand(opening, volunteer, actor)
    referral.reason, referral.against_rules, referral.fit = reason, pair.rules, pair.fit
    referral.attested_at, referral.attested_version = clock.now(), opening.case.parties_version
    return _fill(referral, pair, actor=actor, mentor=mentor)


def _by_hand(opening: Opening, volunteer: Volunteer, actor: User) -> Referral:
    made = Referral(opening=opening, volunteer=volunteer, way=ReferralWay.HAND, status=S.HELD, made_by_id=actor.id,
                    held_at=clock.now(), against_rules=[])  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _fill(referral: Referral, pair: Pair, *, actor: User | None, mentor: Volunteer | None) -> Assignment:
    """Write everything a placement is, and tell everyone it concerns."""
    opening, case, now = referral.opening, referral.case, clock.now()
    refuse_if(pair.needs_mentor and mentor is None, NeedsMentor)
    parts.refuse_unless_fits(opening, referral.volunteer, pair.acts_as)  # type: ignore[arg-type]
    referral.status, referral.answered_at, referral.ended_at, referral.ends_at = S.CONFIRMED, now, now, None
    opening.status = OpeningStatus.FILLED
    assignment = _assign(referral, pair)
    if mentor is not None:
        _assign_mentor(assignment, mentor)
    is_lead = opening.role is CaseRole.LEAD
    if is_lead:
        case.placed_at, case.clock_ends_at = now, None
        move_case(case, CaseStatus.PLACED, operation="matching.place", actor=actor)
        _open_first_contact(assignment, actor)
    _finish_what_waited(referral, actor)
    thank_others(opening, but=referral, actor=actor)
    mails.case_placed(assignment, referral)
    if is_lead:
        tell_client(case, "found", actor=actor)
    if assignment.role in ANSWER_FOR_OTHERS:
        look_after_juniors(case, actor=actor)
    audit.record("case.place", assignment, actor=actor, case=case, after={"referral": referral.id, "way": referral.way,
                 "against": referral.against_rules, "mentor": mentor.id if mentor else None})  # fmt: skip
    return assignment


def _assign(referral: Referral, pair: Pair) -> Assignment:
    case, opening = referral.case, referral.opening
    made = Assignment(
        case=case, opening=opening, volunteer=referral.volunteer, referral_id=referral.id, acts_as=pair.acts_as,
        role=parts.part_in(opening, pair.acts_as), started_at=clock.now(),
        first_contact_due_on=terms.first_contact_on(case),
        letter_due_on=terms.letter_on(case) if opening.role is CaseRole.LEAD else None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    if made.role is CaseRole.LEAD:
        hear_of(case, made.started_at)
    return made


def _assign_mentor(of: Assignment, mentor: Volunteer) -> None:
    refuse_if(mentor.id not in {m.id for m in queries.mentors(of.case, of.volunteer)}, NeedsMentor)
    session.add(
        Assignment(
            case=of.case, volunteer=mentor, role=CaseRole.MENTOR, started_at=of.started_at, uses_slot=False,
            first_contact_due_on=of.first_contact_due_on,
        )
    )  # fmt: skip
    session.flush()


def _open_first_contact(assignment: Assignment, actor: User | None) -> None:
    case = assignment.case
    open_task(
        FIRST_CONTACT,
        assignment,
        programme=case.programme,
        case=case,
        title=f"{case.number}: first contact with the client",
        due_at=calendars.closing_at(assignment.first_contact_due_on, case.programme),
        owner=assignment.volunteer.user,
        owner_role=Role.VOLUNTEER,
        actor=actor,
    )


def _finish_what_waited(referral: Referral, actor: User | None) -> None:
    for cause in (ANSWER_REQUEST, RELEASE_NAMES):
        finish_tasks(cause, referral, actor=actor, outcome="placed")
    finish_tasks(PROPOSE_NEXT, referral.opening, actor=actor, outcome="placed")


def end_assignment(assignment: Assignment, reason: str, to: CaseStatus | None, *, actor: User | None) -> Assignment:
    """End a volunteer's part in a case; a lead's end sends the case back to the docket, or to be prepared again.

    `to` is available, accepted, or none where the caller moves the case. Ending twice changes nothing.

    :raises CannotMove: the case does not stand where a lead can end
    """
    case = lock(assignment.case)  # first of all: of two attorneys who end at once, one sees that they are the last
    opening = lock(assignment.opening) if assignment.opening is not None else None
    assignment = lock(assignment)
    if assignment.ended_at is not None:
        return assignment
    assignment.ended_at, assignment.end_reason = clock.now(), reason
    for cause in (FIRST_CONTACT, CUT_OFF):
        finish_tasks(cause, assignment, actor=actor, outcome="ended")
    is_lead = assignment.role is CaseRole.LEAD
    if is_lead:
        _end_mentoring(case, actor)
    if opening is not None:
        for cause in ASKED_OF_PACKAGE:
            finish_tasks(cause, opening, actor=actor, outcome="ended")
        again = OpeningStatus.LISTED if to is CaseStatus.AVAILABLE or not is_lead else OpeningStatus.NOT_LISTED
        opening.status = OpeningStatus.CLOSED if to is None else again
    if is_lead and to is not None:
        case.placed_at = None
        case.clock_ends_at = clock_end(case, clock.now()) if to is CaseStatus.AVAILABLE else None
        move_case(case, to, operation="matching.end_assignment", actor=actor, reason=reason)
        refresh_priority(case, actor=actor)
    look_after_juniors(case, actor=actor)
    settle_colleagues(case, actor=actor)
    audit.record("assignment.end", assignment, actor=actor, case=case, after={"reason": reason, "to": to})
    return assignment


def _end_mentoring(case: Case, actor: User | None) -> None:
    for other in case.assignments:
        if other.role is CaseRole.MENTOR and other.ended_at is None:
            other.ended_at, other.end_reason = clock.now(), "lead_ended"
            finish_tasks(CUT_OFF, other, actor=actor, outcome="ended")
            if other.opening is not None:
                other.opening.status = OpeningStatus.CLOSED


def bar(case: Case, who: Volunteer | Organisation, *, reason: str, actor: User | None) -> Bar | None:
    """Keep a volunteer or a whole firm from one case; None where they are kept already."""
    is_person = isinstance(who, Volunteer)
    kept = session.query(Bar).filter_by(
        case_id=case.id,
        volunteer_id=who.id if is_person else None,
        organisation_id=None if is_person else who.id,
    )
    if kept.first() is not None:
        return None
    made = insert_unless_exists(
        Bar,
        case_id=case.id,
        volunteer_id=who.id if is_person else None,
        organisation_id=None if is_person else who.id,
        reason=reason,
    )
    audit.record("case.bar", who, actor=actor, case=case, after={"reason": reason})
    ask_about_colleagues(case, actor=actor)
    return made


def clear_again(referral: Referral, *, actor: User) -> Referral:
    """The lead checked the changed parties and found nothing."""
    referral.attested_at, referral.attested_version = clock.now(), referral.case.parties_version
    finish_tasks(CHECK_AGAIN, referral, actor=actor, outcome="clear")
    audit.record("referral.attest", referral, actor=actor, after={"parties_version": referral.attested_version})
    return referral


_before_conflict: list[Callable[..., None]] = []
_told_of_conflict: list[Callable[..., None]] = []


def tell_of_conflict(told: Callable[..., None], *, first: Callable[..., None]) -> None:
    """Register who keeps the record of a lead that ended in a conflict, and what gives way before it ends."""
    _before_conflict[:], _told_of_conflict[:] = [first], [told]


def end_in_conflict(referral: Referral, *, actor: User) -> None:
    """Whoever is on the case found a conflict with a new party: access ends in this instant, somebody else is found.

    Only a lead's going is a change of lawyer, with its record, its custody and its word to the client.
    """
    case = lock(referral.case)
    assignment = session.query(Assignment).filter_by(referral_id=referral.id, ended_at=None).one_or_none()
    finish_tasks(CHECK_AGAIN, referral, actor=actor, outcome="conflict")
    if assignment is None:
        return
    if assignment.role is not CaseRole.LEAD:
        end_assignment(assignment, "conflict", CaseStatus.ACCEPTED, actor=actor)
        _find_again(FIND_FOR_PART, assignment.opening or case, case, actor)
        return
    for give_way in _before_conflict:
        give_way(case, actor)
    end_assignment(assignment, "conflict", CaseStatus.ACCEPTED, actor=actor)
    _find_again(FIND_AGAIN, case, case, actor)
    for told in _told_of_conflict:
        told(assignment, actor=actor)


def _find_again(cause: str, about: Case | Opening, case: Case, actor: User) -> None:
    open_task(
        cause,
        about,
        programme=case.programme,
        case=case,
        title=f"{case.number}: the volunteer withdrew over a conflict; find somebody else",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
        actor=actor,
    )
