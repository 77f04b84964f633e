"""The line of people at one opening: who is next, who is thanked, who is told that it is over."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.clients.locks import lock_opening
from app.clients.models import CaseRole, CaseStatus, Opening, OpeningStatus
from app.clients.priority import clock_end
from app.core import audit, clock
from app.core.db import lock
from app.tasks.operations import finish_tasks, open_task

from . import firms, mails, policy, queries, terms
from .barring import Purpose
from .models import HOLDING, Referral, ReferralStatus
from .open_matters import fitting_openings
from .rules import judge_pair

S = ReferralStatus
ANSWER_REQUEST, RELEASE_NAMES, PROPOSE_NEXT = "answer_request", "release_names", "propose_next"
CANNOT_TAKE = "cannot_take"


def close_referral(
    referral: Referral, status: ReferralStatus, *, actor: User | None, reason: str | None = None
) -> None:
    """End an attempt and whatever waited for an answer about it."""
    was = referral.status
    if was in HOLDING:
        _give_clock_back(referral)
    referral.status, referral.ended_at, referral.reason = status, clock.now(), reason
    for cause in (ANSWER_REQUEST, RELEASE_NAMES):
        finish_tasks(cause, referral, actor=actor, outcome=status.value)
    audit.record(
        f"referral.{status.value}",
        referral,
        actor=actor,
        public=actor is None and status in (S.DECLINED, S.CONFLICT),
        before={"status": was},
        after={"status": status, "reason": reason},
    )


def postpone_clock(referral: Referral) -> None:
    """Let the referral clock, which is the search for a lead, wait for the end of a hold on that part."""
    case = referral.case
    if referral.opening.role is not CaseRole.LEAD:
        return
    if case.clock_ends_at is not None and referral.ends_at is not None and case.clock_ends_at < referral.ends_at:
        case.clock_ends_at = referral.ends_at


def _give_clock_back(referral: Referral) -> None:
    """A hold that set the clock's end is over before its time: the clock ends as if nobody had held the case."""
    case, now = referral.case, clock.now()
    if referral.opening.role is not CaseRole.LEAD:
        return
    if case.clock_ends_at is None or case.clock_ends_at != referral.ends_at or case.clock_ends_at <= now:
        return
    case.clock_ends_at = max(now, min(case.clock_ends_at, clock_end(case, case.listed_at or case.received_at)))


def offer_next_in_line(opening: Opening) -> Referral | None:
    """Offer a free opening to the first in its line, or have staff propose the next volunteer; a pause waits."""
    if opening.status is not OpeningStatus.LISTED or opening.case.paused_at is not None:
        return None
    if queries.holding(opening) is not None:
        return None
    for first in queries.line(opening):
        if first.status is S.OFFERED:
            return None
        if _may_still(first):
            return _offer_turn(first)
        close_referral(first, S.WITHDRAWN, actor=None, reason=CANNOT_TAKE)
        mails.matter_gone(first)
    if not queries.live_referrals(opening, S.OFFERED):
        _have_next_proposed(opening)
    return None


def _may_still(referral: Referral) -> bool:
    """Could whoever waits take the matter by now? Whose places are all taken may give one back in time."""
    opening, firm, volunteer = referral.opening, referral.organisation, referral.volunteer
    if volunteer is None:
        return firm is not None and bool(firms.coordinators(firm.id)) and not firms.is_kept(opening, firm)
    pair = judge_pair(opening, volunteer, calendars.today(opening.case.programme), Purpose.CLAIM)
    return not policy.against_a_claim(pair.rules)


def _offer_turn(referral: Referral) -> Referral:
    referral.status, referral.offered_at = S.OFFERED, clock.now()
    referral.ends_at = terms.offer_end(referral.case)
    mails.offer_sent(referral, in_line=True)
    audit.record("referral.turn", referral, actor=None, after={"status": S.OFFERED})
    return referral


def _have_next_proposed(opening: Opening) -> None:
    case = opening.case
    open_task(
        PROPOSE_NEXT,
        opening,
        programme=case.programme,
        case=case,
        title=f"{case.number}: propose the next volunteer",
        due_at=terms.answer_end(case),
        owner=case.custody.user if case.custody else None,
        actor=None,
    )


def thank_others(opening: Opening, *, but: Referral, actor: User | None) -> None:
    """End every other live attempt at an opening that is placed; each gets one message."""
    for referral in queries.live_referrals(opening):
        if referral.id != but.id:
            wanted = wants_it(referral)
            close_referral(referral, S.WITHDRAWN, actor=actor, reason="placed")
            tell_placed_elsewhere(referral, wanted)


def wants_it(referral: Referral) -> bool:
    """Did the volunteer say yes or ask for the matter, rather than only being asked?"""
    return referral.status is not S.OFFERED or referral.is_in_line


def tell_placed_elsewhere(referral: Referral, wanted: bool) -> None:
    """Thank whoever was only asked; whoever wanted the matter reads of up to three open ones that fit."""
    if wanted:
        mails.request_lost(referral, fitting_openings(referral, limit=3))
    else:
        mails.offer_thanked(referral)


def drop_referral(referral: Referral) -> None:
    """End a live attempt at an opening that is no longer listed."""
    opening = lock_opening(referral.opening)
    referral = lock(referral)
    gone = opening.status is not OpeningStatus.LISTED or opening.case.status is CaseStatus.WITHDRAWN
    if referral.ended_at is not None or not gone:
        return
    wanted = wants_it(referral)
    close_referral(referral, S.WITHDRAWN, actor=None, reason="off_docket")
    if opening.status is OpeningStatus.FILLED:
        tell_placed_elsewhere(referral, wanted)
    else:
        mails.matter_gone(referral)
