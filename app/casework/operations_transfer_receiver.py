"""A transfer to a chosen receiver: chosen and checked, agreed to by the client, asked, accepted in one instant."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.clients.conflicts import must_be_searched_again
from app.clients.four_eyes import decide_for_themselves
from app.clients.hearing import hear_of
from app.clients.lifecycle import move_case
from app.clients.mails import tell_client
from app.clients.models import Case, CaseRole, CaseStatus, Consent, ConsentKind
from app.clients.operations_consent import record_consent
from app.clients.standing import find_consent, has_consent
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, lock_in_order, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.matching import parts, terms
from app.matching import policy as placing
from app.matching import queries as matching
from app.matching.barring import Purpose
from app.matching.models import Assignment, Referral, ReferralStatus, ReferralWay
from app.matching.operations import bar
from app.matching.operations_supervision import look_after_juniors
from app.matching.refusals import AtCapacity, CheckAgain, NeedsMentor, NotForYou, SearchAgain
from app.matching.rules import Pair, judge_pair
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.models import Volunteer

from . import operations_transfer_steps as steps
from . import transfer_mails, transfer_policy, transfer_queries
from .operations import WorkIsOver
from .operations_cut_off import CUT_OFF
from .operations_transfer import ask_for_cause, finish_duties
from .operations_transfer_steps import Checklist
from .transfer_models import AskStatus, Transfer, TransferAsk, TransferKind, TransferStatus
from .transfer_refusals import (
    AlreadyOpen,
    AskOver,
    ChooseReason,
    ConsentGone,
    NamesNotSeen,
    NotYet,
    ReceiverUnfit,
    ReportIsChecked,
    SameLawyer,
    TransferOver,
)
from .transfer_words import TRANSFER_REASONS

S, A = TransferStatus, AskStatus
IN_HAND = (CaseStatus.PLACED, CaseStatus.IN_SERVICE)
FIRST_CONTACT = "first_contact"


def open_transfer(assignment: Assignment, reason: str, *, actor: User, given: Checklist | None = None) -> Transfer:
    """Begin a transfer: staff, or the lead who asks for one with the checklist.

    :raises AlreadyOpen: another way out is under way
    :raises ReportIsChecked: the closing report waits for staff
    :raises CannotKeep: the checklist is not complete
    """
    case, assignment = steps.lock_case(assignment)
    refuse_if(not transfer_policy.may_hand_back(actor, assignment), NotAllowed)
    refuse_if(assignment.ended_at is not None or assignment.role is not CaseRole.LEAD, WorkIsOver)
    refuse_if(case.status not in IN_HAND, ReportIsChecked)
    refuse_if(reason not in TRANSFER_REASONS, ChooseReason)
    before = transfer_queries.open_transfer(case)
    if before is not None and before.kind is TransferKind.TRANSFER and before.assignment_id == assignment.id:
        return before
    refuse_if(before is not None and before.status is not S.DRAFT, AlreadyOpen)
    made = steps.begin(assignment, TransferKind.TRANSFER, reason, S.DRAFT, actor=actor)
    if given is None:
        due = steps.soon(case, days=2)
        steps.ask_staff(steps.CHECKLIST, made, case, "complete the checklist of the transfer", due, actor=actor)
        transfer_mails.checklist_asked(made)
    return made


def pair_with(case: Case, volunteer: Volunteer) -> Pair:
    """What the rules say of a case and a possible receiver."""
    return judge_pair(case.lead_opening, volunteer, calendars.today(case.programme), Purpose.PLACE)


def checks_of(case: Case, volunteer: Volunteer) -> tuple[dict[str, list[str]], Pair]:
    """Every check of a receiver with what speaks against it."""
    pair = pair_with(case, volunteer)
    has_place = matching.count_used_slots(volunteer) < volunteer.capacity
    names_clear = not must_be_searched_again(case)
    return transfer_policy.checks_of(pair.rules, has_place=has_place, names_clear=names_clear), pair


def choose_receiver(
    transfer: Transfer, volunteer: Volunteer, *, actor: User, mentor: Volunteer | None = None
) -> TransferAsk:
    """Choose who takes the case over; each check is made and kept. With the client's consent they are asked at once.

    :raises NotYet: the checklist is missing, or somebody else is chosen
    :raises SameLawyer: it is the lead
    :raises ReceiverUnfit: a check that nothing overrides speaks against them
    :raises NeedsMentor: the match needs a mentor with time and none is named
    :raises OtherPart: they play a part on the case that does not go with its lead
    :raises NeverAlone: they may not work alone, and no attorney answers for the case
    """
    case, transfer = steps.lock_open(transfer)
    lock_in_order(volunteer, mentor)
    refuse_if(not transfer_policy.may_run(actor, transfer), NotAllowed)
    refuse_if(not steps.is_open(transfer), TransferOver)
    live = transfer_queries.live_ask(transfer)
    if live is not None and live.volunteer_id == volunteer.id:
        return live
    decide_for_themselves(case, volunteer.user, actor=actor, what="choose_receiver")
    refuse_if(transfer.status is not S.PREPARED or live is not None, NotYet)
    refuse_if(volunteer.id == transfer.assignment.volunteer_id, SameLawyer)
    checks, pair = checks_of(case, volunteer)
    against = [*placing.against_a_hand(pair.rules), *checks["capacity"]]
    against += [rule for rule in checks["conflicts"] if rule not in against]
    if against:
        raise ReceiverUnfit(against)
    refuse_if(pair.needs_mentor and not _may_mentor(mentor, case, volunteer), NeedsMentor)
    made = insert_unless_exists(
        TransferAsk, transfer_id=transfer.id, case_id=case.id, volunteer_id=volunteer.id, status=A.CHOSEN,
        mentor_id=mentor.id if mentor else None, checks=checks, chosen_at=clock.now(), chosen_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise NotYet
    parts.refuse_early(case.lead_opening, volunteer, pair.acts_as)
    finish_tasks(steps.RECEIVER, transfer, actor=actor, outcome="chosen")
    steps.note_step(transfer, "chosen", actor=actor, volunteer_id=volunteer.id)
    audit.record("transfer.choose", made, actor=actor, after={"volunteer": volunteer.id, "checks": checks})
    _ask_or_wait(transfer, made, actor)
    return made


def _may_mentor(mentor: Volunteer | None, case: Case, volunteer: Volunteer) -> bool:
    return mentor is not None and mentor.id in {each.id for each in matching.mentors(case, volunteer)}


def _ask_or_wait(transfer: Transfer, ask: TransferAsk, actor: User) -> None:
    if consent_holds(transfer):
        _ask(transfer, ask, actor)
        return
    title = "ask the client to agree to the transfer"
    steps.ask_staff(steps.CONSENT, transfer, transfer.case, title, steps.soon(transfer.case), actor=actor)


def consent_holds(transfer: Transfer) -> bool:
    """Did the client agree to this transfer, and does that hold today?"""
    if transfer.consent_id is None or not has_consent(transfer.case, ConsentKind.TRANSFER):
        return False
    live = find_consent(transfer.case, ConsentKind.TRANSFER)
    return live is not None and live.id == transfer.consent_id


def agree(transfer: Transfer, how: str, *, actor: User, language: str | None = None) -> Consent:
    """Record that the client agrees to this transfer; a chosen receiver is asked at once.

    :raises NotGiven: how it was given is unknown
    :raises TransferOver: it was completed or taken back
    """
    case, transfer = steps.lock_open(transfer)
    refuse_if(not transfer_policy.may_run(actor, transfer), NotAllowed)
    refuse_if(not steps.is_open(transfer) or transfer.kind is not TransferKind.TRANSFER, TransferOver)
    before = find_consent(case, ConsentKind.TRANSFER)
    if before is not None and before.id == transfer.consent_id:
        return before
    if before is not None:  # an older yes spoke of another transfer
        before.withdrawn_at = clock.now()
        session.flush()
    made = record_consent(case, ConsentKind.TRANSFER, how, actor=actor, language=language)
    session.flush()
    transfer.consent_id = made.id
    finish_tasks(steps.CONSENT, transfer, actor=actor, outcome="given")
    steps.note_step(transfer, "consent", actor=actor)
    audit.record("transfer.consent", transfer, actor=actor, after={"how": how, "consent": made.id})
    ask = transfer_queries.live_ask(transfer)
    if ask is not None and ask.status is A.CHOSEN:
        _ask(transfer, ask, actor)
    return made


def _ask(transfer: Transfer, ask: TransferAsk, actor: User) -> None:
    """Ask the receiver, for as long as a hold lasts."""
    transfer.status, ask.status = S.OFFERED, A.ASKED
    ask.asked_at, ask.ends_at = clock.now(), terms.hold_end(transfer.case)
    steps.note_step(transfer, "asked", actor=actor, volunteer_id=ask.volunteer_id)
    transfer_mails.receiver_asked(ask)
    audit.record("transfer.ask", ask, actor=actor, after={"volunteer": ask.volunteer_id})


def lock_ask(ask: TransferAsk) -> tuple[Case, Transfer, TransferAsk]:
    """Lock a case, the receiver and who stands by them, its way out and the asking, always in this order."""
    case, _old = steps.lock_case(ask.transfer.assignment)
    lock_in_order(ask.volunteer, ask.mentor)
    return case, lock(ask.transfer), lock(ask)


def refuse_unless_asked(ask: TransferAsk, actor: User) -> None:
    """Refuse whoever is not asked, or not any more."""
    refuse_if(not transfer_policy.may_answer(actor, ask), NotAllowed)
    refuse_if(ask.status is not A.ASKED or ask.is_too_late or not steps.is_open(ask.transfer), AskOver)


def see_names(ask: TransferAsk, *, actor: User) -> TransferAsk:
    """Let the receiver, and nobody else, read the names for a conflict check: of a sensitive case the other side's.

    :raises AskOver: the time is over, or it was taken back
    :raises NotForYou: a rule speaks against the receiver by now
    """
    case, transfer, ask = lock_ask(ask)
    refuse_unless_asked(ask, actor)
    judge_again(case, ask.volunteer)
    if ask.names_seen_at is None:
        ask.names_seen_at = clock.now()
        steps.note_step(transfer, "names_seen", actor=actor, volunteer_id=ask.volunteer_id)
        shown = {"parties_version": case.parties_version, "names": "all" if ask.shows_everybody else "other_side"}
        audit.record("transfer.see_names", ask, actor=actor, after=shown)
    return ask


def may_read_names(ask: TransferAsk) -> bool:
    """Is the receiver asked, with time left, and does nothing speak against them by now?"""
    if ask.status is not A.ASKED or ask.names_seen_at is None or ask.is_too_late:
        return False
    return not placing.against_a_hand(pair_with(ask.case, ask.volunteer).rules)


def accept_transfer(ask: TransferAsk, *, actor: User, names_read: str | None = None) -> Assignment:
    """Take the case over: in this instant the old lead ends and the new one begins. Saying it twice changes nothing.

    :raises AskOver: the time is over, or it was taken back
    :raises NamesNotSeen: the names were not looked at
    :raises CheckAgain: the parties changed since they were shown
    :raises ConsentGone: the client's consent no longer holds
    :raises NotForYou: a rule speaks against it by now
    :raises SearchAgain: the programme has not searched the names as they are now
    :raises AtCapacity: the receiver's places are taken
    """
    case, transfer, ask = lock_ask(ask)
    refuse_if(not transfer_policy.may_answer(actor, ask), NotAllowed)
    if ask.status is A.ACCEPTED and transfer.next_assignment_id is not None:
        return session.get_one(Assignment, transfer.next_assignment_id)
    refuse_unless_asked(ask, actor)
    refuse_if(names_read is not None and names_read != ask.names_now, CheckAgain)
    refuse_if(ask.names_seen_at is None or not ask.shows_everybody, NamesNotSeen)
    refuse_if(not consent_holds(transfer), ConsentGone)
    refuse_if(case.status not in IN_HAND, AskOver)
    pair = _look_again(case, ask.volunteer)
    mentor = ask.mentor if pair.needs_mentor else None
    refuse_if(pair.needs_mentor and not _may_mentor(mentor, case, ask.volunteer), NeedsMentor)
    old = transfer.assignment
    _end_lead(case, old, actor)
    parts.refuse_unless_fits(case.lead_opening, ask.volunteer, pair.acts_as)  # with nobody to lean on but who stays
    made = _new_lead(ask, pair, mentor, actor)
    _move(case, made, actor)
    _complete(transfer, ask, made, actor)
    tell_client(case, "new_lawyer", by=made.first_contact_due_on, actor=actor)
    audit.record("case.transfer", made, actor=actor, case=case, before={"assignment": old.id}, after={"ask": ask.id})
    return made


def judge_again(case: Case, volunteer: Volunteer) -> Pair:
    """Refuse a receiver against whom a rule speaks by now."""
    pair = pair_with(case, volunteer)
    against = placing.against_a_hand(pair.rules)
    if against:
        raise NotForYou(against)
    return pair


def _look_again(case: Case, volunteer: Volunteer) -> Pair:
    pair = judge_again(case, volunteer)
    refuse_if(must_be_searched_again(case), SearchAgain)
    refuse_if(matching.count_used_slots(volunteer) >= volunteer.capacity, AtCapacity)
    return pair


def _end_lead(case: Case, old: Assignment, actor: User) -> None:
    """End the old lead and whoever mentored them; written before the new lead, of whom there is only one."""
    now = clock.now()
    old.ended_at, old.end_reason = now, "transferred"
    for other in case.assignments:
        if other.role is CaseRole.MENTOR and other.ended_at is None:
            other.ended_at, other.end_reason = now, "lead_ended"
            finish_tasks(CUT_OFF, other, actor=actor, outcome="ended")
    finish_tasks(FIRST_CONTACT, old, actor=actor, outcome="ended")
    finish_duties(old, actor)
    session.flush()


def _new_lead(ask: TransferAsk, pair: Pair, mentor: Volunteer | None, actor: User) -> Assignment:
    case, now = ask.case, clock.now()
    cleared = Referral(
        opening=case.lead_opening, volunteer=ask.volunteer, way=ReferralWay.HAND, status=ReferralStatus.CONFIRMED,
        made_by_id=ask.chosen_by_id, held_at=ask.asked_at, parties_seen_at=ask.names_seen_at, attested_at=now,
        attested_version=case.parties_version, answered_at=now, ended_at=now, reason="transfer", fit=pair.fit,
        against_rules=pair.rules,
    )  # fmt: skip
    session.add(cleared)
    session.flush()
    made = Assignment(
        case=case, opening=case.lead_opening, volunteer=ask.volunteer, referral_id=cleared.id, role=CaseRole.LEAD,
        started_at=now, first_contact_due_on=terms.first_contact_on(case), letter_due_on=terms.letter_on(case),
        acts_as=pair.acts_as,
    )  # fmt: skip
    session.add(made)
    session.flush()
    if mentor is not None:
        session.add(Assignment(case=case, volunteer=mentor, role=CaseRole.MENTOR, started_at=now, uses_slot=False,
                               first_contact_due_on=made.first_contact_due_on))  # fmt: skip
    session.flush()
    session.expire(case, ["assignments"])
    look_after_juniors(case, actor=actor)
    return made


def _move(case: Case, made: Assignment, actor: User) -> None:
    """The case is placed until the new lead has reached the client."""
    case.placed_at = made.started_at
    hear_of(case, made.started_at)
    if case.status is CaseStatus.IN_SERVICE:
        move_case(case, CaseStatus.PLACED, operation="casework.accept_transfer", actor=actor)
    open_task(
        FIRST_CONTACT, made, programme=case.programme, case=case, actor=actor, owner=made.volunteer.user,
        title=f"{case.number}: first contact with the client", owner_role=Role.VOLUNTEER,
        due_at=calendars.closing_at(made.first_contact_due_on, case.programme),
    )  # fmt: skip


def _complete(transfer: Transfer, ask: TransferAsk, made: Assignment, actor: User) -> None:
    now = clock.now()
    ask.status, ask.answered_at, ask.attested_version = A.ACCEPTED, now, transfer.case.parties_version
    transfer.status, transfer.left_at, transfer.outcome = S.LEFT, now, "transferred"
    transfer.receiver_id, transfer.next_assignment_id = ask.volunteer_id, made.id
    steps.note_step(transfer, "accepted", actor=actor, volunteer_id=ask.volunteer_id)
    owner = steps.keep_custody(
        transfer.case, but=transfer.assignment.volunteer.user_id, actor=actor, reason=transfer.kind
    )
    ask_for_cause(transfer, actor)
    transfer_mails.handed_over(transfer)
    transfer_mails.taken_over(ask, made)
    transfer_mails.transfer_complete(transfer, owner)


def refuse_transfer(ask: TransferAsk, answer: str, *, actor: User, reason: str | None = None) -> TransferAsk:
    """Say no, or that there is a conflict; nobody has to say why. The lead stays responsible and staff choose anew.

    :raises BadInput: neither of the two answers
    :raises AskOver: the time is over, or it was taken back
    """
    case, transfer, ask = lock_ask(ask)
    refuse_if(answer not in (A.DECLINED, A.CONFLICT), BadInput)
    if ask.status is A(answer) and transfer_policy.may_answer(actor, ask):
        return ask
    refuse_unless_asked(ask, actor)
    if answer == A.CONFLICT:
        bar(case, ask.volunteer, reason="conflict", actor=actor)
        for membership in ask.volunteer.memberships if case.short_term_by is None else []:
            bar(case, membership.organisation, reason="conflict", actor=actor)
    ask.reason = reason
    _back_to_choosing(transfer, ask, A(answer), actor)
    transfer_mails.receiver_said_no(transfer)
    return ask


def _back_to_choosing(transfer: Transfer, ask: TransferAsk, status: AskStatus, actor: User | None) -> None:
    ask.status, ask.answered_at, transfer.status = status, clock.now(), S.PREPARED
    steps.note_step(transfer, status, actor=actor, volunteer_id=ask.volunteer_id)
    title = "choose somebody else to take the case over"
    steps.ask_staff(steps.RECEIVER, transfer, transfer.case, title, steps.soon(transfer.case), actor=actor)
    audit.record("transfer.answer", ask, actor=actor, after={"status": status, "reason": ask.reason})


def expire_ask(ask: TransferAsk) -> None:
    """End the asking of a receiver whose time is over: they, the lead and staff are told; the lead stays."""
    _case, transfer, ask = lock_ask(ask)
    if ask.status is not A.ASKED or ask.ends_at is None or not ask.is_too_late or not steps.is_open(transfer):
        return
    _back_to_choosing(transfer, ask, A.EXPIRED, None)
    transfer_mails.ask_expired(ask)
    transfer_mails.receiver_said_no(transfer)


def drop_overtaken(transfer: Transfer) -> None:
    """End a way out whose lead's part was ended by something else."""
    _case, transfer = steps.lock_open(transfer)
    if transfer.assignment.ended_at is not None and transfer.left_at is None and transfer.ended_at is None:
        steps.end(transfer, S.SUPERSEDED, "superseded", actor=None)
