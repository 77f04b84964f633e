"""Between a firm and the person it names: back to the firm, and what staff must know when its time is over."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.core import audit, clock
from app.core.db import session
from app.tasks.operations import finish_tasks, open_task

from . import mails, terms
from .models import Referral, ReferralStatus, ReferralWay
from .operations_line import ANSWER_REQUEST, postpone_clock

S = ReferralStatus
NAMED_NOBODY = "firm_named_nobody"
TAKEN_BACK = "name_taken_back"


def back_to_firm(referral: Referral, *, actor: User | None, reason: str | None = None) -> Referral:
    """Give the matter back to the firm that named somebody; the firm keeps its hold and names somebody else.

    The person's own no is kept as an attempt of theirs, so that they are not asked for this case again.
    """
    person, by_firm = referral.volunteer_id, reason == TAKEN_BACK
    if referral.status is S.REQUESTED:
        finish_tasks(ANSWER_REQUEST, referral, actor=actor, outcome="back_to_firm")
    if by_firm:
        mails.name_taken_back(referral)
    now = clock.now()
    session.add(Referral(
        opening_id=referral.opening_id, volunteer_id=person, way=ReferralWay.HAND, offered_at=None, answered_at=now,
        status=S.WITHDRAWN if by_firm else S.DECLINED, ended_at=now, reason=reason, against_rules=[],
        made_by_id=actor.id if actor else None,
    ))  # fmt: skip
    before = {"status": referral.status, "volunteer": person}
    referral.status, referral.volunteer = S.HELD, None
    referral.named_at = referral.keeps_private_at = referral.requested_at = None
    referral.attested_at = referral.attested_version = referral.warned_at = None
    referral.ends_at = terms.name_again_end(referral.case, referral.firm_cleared_at or now)
    session.flush()
    postpone_clock(referral)
    if not by_firm:
        mails.person_stepped_back(referral)
    audit.record("referral.back_to_firm", referral, actor=actor, before=before, after={"status": S.HELD})
    return referral


def tell_staff_nobody_was_named(referral: Referral) -> None:
    """A firm had cleared the names and its time ran out: a person decides what is next."""
    case, firm = referral.case, referral.organisation
    if firm is None or referral.firm_cleared_at is None:
        return
    open_task(
        NAMED_NOBODY,
        referral.opening,
        programme=case.programme,
        case=case,
        title=f"{case.number}: {firm.name} put nobody on it in time",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
        actor=None,
    )
