"""What the holder found: clear, a conflict, or rather not; and the programme's word on a request."""

from __future__ import annotations

from collections.abc import Callable

from app.accounts import calendars
from app.accounts.models import User
from app.clients.conflicts import must_be_searched_again
from app.clients.four_eyes import decide_for_themselves
from app.clients.locks import lock_opening
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.models import Volunteer

from . import mails, policy, queries, terms
from .barring import Purpose
from .claim_rules import rule_for
from .models import Assignment, Referral, ReferralStatus
from .open_matters import fitting_openings
from .operations_firm_line import back_to_firm
from .operations_holds import ask_for_names
from .operations_line import ANSWER_REQUEST, close_referral, offer_next_in_line, postpone_clock
from .operations_placement import CHECK_AGAIN, bar, clear_again, end_in_conflict, place
from .refusals import CasePaused, CheckAgain, FirmChecksFirst, HoldOver, NamesNotReleased, NotForYou, NotRequested, gone
from .rules import judge_pair, still_stands_open

S = ReferralStatus
CLEAR, CONFLICT, DECLINED = "clear", "conflict", "declined"


def attest(referral: Referral, answer: str, *, actor: User, names_read: str | None = None) -> Referral:
    """Record what the holder found for self and firm; a clear answer takes the case or asks for it.

    A page says by `names_read` which names it showed; without it the names of this moment are meant.

    :raises NotAllowed: somebody else's hold
    :raises CheckAgain: the answer is clear, and speaks of other names than stand there now
    :raises HoldOver: nothing is held
    :raises NamesNotReleased: not every name has been shown
    :raises CasePaused: the programme paused the case
    :raises CaseGone: it was taken off the docket meanwhile, or its case is being closed
    :raises NotForYou: a rule that never only warns speaks against it by now
    :raises FirmChecksFirst: a firm named the actor and has not found the names clear as they are now
    :raises BadInput: none of the three answers
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(actor.volunteer is None or referral.volunteer_id != actor.volunteer.id, NotAllowed)
    refuse_if(answer not in (CLEAR, CONFLICT, DECLINED), BadInput)
    if referral.status is S.REQUESTED and answer == CLEAR:
        return referral
    refuse_if(answer == CLEAR and names_read not in (None, referral.names_now), CheckAgain)
    if referral.status is S.CONFIRMED:
        return _attest_again(referral, answer, actor)
    refuse_if(referral.status not in (S.HELD, S.REQUESTED), HoldOver)
    if answer == CLEAR:
        refuse_if(not referral.is_cleared_by_firm, FirmChecksFirst)
        return _found_clear(referral, actor)
    if answer == DECLINED and referral.named_at is not None:
        return back_to_firm(referral, actor=actor)
    if answer == CONFLICT:
        bar_person_and_firm(referral, actor)
        mails.firm_in_conflict(referral)
    close_referral(referral, S.CONFLICT if answer == CONFLICT else S.DECLINED, actor=actor)
    offer_next_in_line(opening)
    return referral


def _attest_again(referral: Referral, answer: str, actor: User) -> Referral:
    """The parties of a case in hand changed; whoever has it no more has only a conflict left to tell."""
    refuse_if(answer != CONFLICT and not queries.leads(referral), HoldOver)
    if answer == CLEAR:
        return clear_again(referral, actor=actor)
    if answer == CONFLICT:
        bar_person_and_firm(referral, actor)
        end_in_conflict(referral, actor=actor)
    return referral


def bar_person_and_firm(referral: Referral, actor: User | None) -> None:
    """Keep whoever reported a conflict, and their firms, from this one case.

    Of a clinic's short service only the person is; a firm that is asked itself is kept off either way.
    """
    volunteer = referral.volunteer
    firms = {membership.organisation for membership in volunteer.memberships} if volunteer else set()
    if referral.case.short_term_by is not None:
        firms = set()
    if volunteer is not None:
        bar(referral.case, volunteer, reason="conflict", actor=actor)
    for firm in sorted(firms | ({referral.organisation} - {None}), key=lambda one: one.id):  # type: ignore[union-attr]
        bar(referral.case, firm, reason="conflict", actor=actor)  # type: ignore[arg-type]


def _found_clear(referral: Referral, actor: User) -> Referral:
    case, now = referral.case, clock.now()
    refuse_if(
        referral.parties_seen_at is None or (case.sensitive and referral.names_released != "all"), NamesNotReleased
    )
    refuse_if(not referral.is_promised, NamesNotReleased)
    refuse_if(referral.is_too_late, HoldOver)
    refuse_if(referral.stands_still, CasePaused)
    refuse_if(not still_stands_open(referral.opening), gone(referral.opening))
    referral.attested_at, referral.attested_version = now, case.parties_version
    audit.record("referral.attest", referral, actor=actor, after={"parties_version": case.parties_version})
    volunteer = referral.volunteer
    if volunteer is None:
        raise HoldOver
    pair = judge_pair(referral.opening, volunteer, calendars.today(case.programme), Purpose.PLACE)
    against = policy.against_a_holder(referral, pair.rules)
    if against:
        raise NotForYou(against)
    standing = policy.standing_with(volunteer, case)
    at_once = policy.is_taken_at_once(case, standing, rule_for(case), needs_mentor=pair.needs_mentor)
    if at_once and not must_be_searched_again(case):
        place(referral, actor=actor)
        return referral
    return _ask_for_case(referral, actor)


def _ask_for_case(referral: Referral, actor: User) -> Referral:
    case = referral.case
    referral.status, referral.requested_at = S.REQUESTED, clock.now()
    referral.ends_at = terms.answer_end(case)
    postpone_clock(referral)
    open_task(
        ANSWER_REQUEST,
        referral,
        programme=case.programme,
        case=case,
        title=f"{case.number}: answer a volunteer's request",
        due_at=referral.ends_at,
        owner=case.custody.user if case.custody else None,
        actor=actor,
    )
    audit.record("referral.request", referral, actor=actor, before={"status": S.HELD}, after={"status": S.REQUESTED})
    return referral


def whose(referral: Referral) -> User | None:
    """The account of whoever an attempt is about; none where a firm has named nobody."""
    return referral.volunteer.user if referral.volunteer is not None else None


def confirm_request(referral: Referral, *, actor: User, mentor: Volunteer | None = None) -> Assignment:
    """Say yes to a request: the case is placed. Saying it twice gives the same placement.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises NotRequested: it was answered otherwise or taken back
    :raises AskColleague: the request is the actor's own, and a colleague could answer it
    """
    lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(not policy.may_place(actor, referral.case), NotAllowed)
    if referral.status is S.CONFIRMED:
        return session.query(Assignment).filter_by(referral_id=referral.id).one()
    refuse_if(referral.status is not S.REQUESTED, NotRequested)
    decide_for_themselves(referral.case, whose(referral), actor=actor, what="confirm_request")
    return place(referral, actor=actor, mentor=mentor)


def refuse_request(referral: Referral, reason: str, *, actor: User) -> Referral:
    """Say no to a request; the volunteer gets one message with up to three matters that fit. Twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises NotRequested: it was answered otherwise or taken back
    """
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    refuse_if(not policy.may_place(actor, referral.case), NotAllowed)
    if referral.status is S.DECLINED and referral.requested_at is not None:
        return referral
    refuse_if(referral.status is not S.REQUESTED, NotRequested)
    decide_for_themselves(referral.case, whose(referral), actor=actor, what="refuse_request")
    referral.answered_at = clock.now()
    close_referral(referral, S.DECLINED, actor=actor, reason=reason)
    mails.request_lost(referral, fitting_openings(referral, limit=3))
    offer_next_in_line(opening)
    return referral


def _have_checked_again(referral: Referral) -> None:
    """The case is in hand: somebody watches that its lead answers about the changed names."""
    case = referral.case
    open_task(
        CHECK_AGAIN,
        referral,
        programme=case.programme,
        case=case,
        title=f"{case.number}: the lead checks the changed names for conflicts",
        due_at=terms.hold_end(case),
        owner=case.custody.user if case.custody else None,
        actor=None,
    )


def _is_out_of_date(referral: Referral) -> bool:
    """Did a holder read names that have changed since, or that nobody released?"""
    if referral.status is not S.HELD or referral.parties_seen_at is None:
        return False
    unreleased = referral.case.sensitive and referral.names_released is None
    return unreleased or queries.names_changed_at(referral.case) > referral.parties_seen_at


def _show_anew(referral: Referral) -> None:
    """The time of the hold starts anew; names of a sensitive matter wait for a coordinator once more."""
    case = referral.case
    referral.ends_at, referral.warned_at = terms.hold_end(case), None
    referral.parties_seen_at = max(clock.now(), queries.names_changed_at(case))
    if case.sensitive:
        referral.parties_seen_at = referral.names_released = None
        ask_for_names(referral, None)
    postpone_clock(referral)


_close_files: list[Callable[[Referral], bool]] = []


def close_file_before_asking(closes: Callable[[Referral], bool]) -> None:
    """Register who closes the file to a worker on the case whom a changed name may concern, and says whether it did."""
    _close_files[:] = [closes]


def void_attestation(referral: Referral) -> None:
    """The names changed, or must be released anew: what was said no longer counts and the holder checks again.

    Nobody is asked who was placed as a name close to them came in: their file is closed, and staff decide first.
    """
    lock_opening(referral.opening)
    referral = lock(referral)
    case = referral.case
    versions = {referral.attested_version, referral.firm_cleared_version} - {None, case.parties_version}
    if not versions and not _is_out_of_date(referral):
        return
    if referral.status is S.CONFIRMED and any(closes(referral) for closes in _close_files):
        return
    referral.attested_at = referral.attested_version = None
    referral.firm_cleared_at = referral.firm_cleared_version = None
    if referral.status is S.REQUESTED:
        referral.status, referral.requested_at = S.HELD, None
        finish_tasks(ANSWER_REQUEST, referral, actor=None, outcome="parties_changed")
    if referral.status is S.HELD:
        _show_anew(referral)
    if referral.status is S.CONFIRMED:
        _have_checked_again(referral)
    mails.parties_changed(referral)
    audit.record("referral.void_attestation", referral, actor=None, after={"parties_version": case.parties_version})
