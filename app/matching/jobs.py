"""What runs by itself: holds and offers end, holders are reminded, clearances lapse, closed matters are let go.

Each looks for one thing, locks, looks again and acts once, whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from app.accounts.models import User
from app.clients.models import Case, Opening, OpeningStatus, Party
from app.clients.supervision import is_open_to
from app.core import clock
from app.core.db import lock, session, transaction
from app.volunteers.models import Volunteer

from . import operations, policy
from .barring import attempts_of_barred
from .models import HOLDING, LIVE, Assignment, Referral, ReferralStatus
from .operations_supervision import due_for_company, look_after_juniors

S = ReferralStatus
LONG_HOLD, SHORT_HOLD = timedelta(hours=24), timedelta(hours=2)
LONG_NOTICE, SHORT_NOTICE = timedelta(hours=24), timedelta(hours=4)


def expire_one() -> bool:
    """End one hold or offer whose time is over."""
    over = Referral.status.in_((S.HELD, S.OFFERED)) & (Referral.ends_at <= clock.now())
    return _handle(select(Referral).where(over, _runs()).order_by(Referral.ends_at), operations.expire_hold)


def _runs() -> ColumnElement[bool]:
    """The case is not paused: time runs."""
    return ~exists().where(Opening.id == Referral.opening_id, Case.id == Opening.case_id, Case.paused_at.is_not(None))


def warn_one() -> bool:
    """Remind one holder whose time is nearly over: a day before, or four hours for a short hold."""
    now = clock.now()
    long = and_(Referral.ends_at <= now + LONG_NOTICE, Referral.held_at <= now - LONG_HOLD)
    short = and_(Referral.ends_at <= now + SHORT_NOTICE, Referral.held_at <= now - SHORT_HOLD)
    due = select(Referral).where(
        Referral.status == S.HELD, Referral.warned_at.is_(None), Referral.ends_at > now, or_(long, short), _runs()
    )
    return _handle(due.order_by(Referral.ends_at), operations.warn_holder)


def void_one() -> bool:
    """Ask one holder or lead to check the names again after the parties changed."""
    leads = select(Assignment.referral_id).where(Assignment.ended_at.is_(None), Assignment.referral_id.is_not(None))
    leads = leads.where(is_open_to(Assignment))
    changed = (
        select(Referral)
        .join(Referral.opening)
        .join(Opening.case)
        .where(
            or_(
                Referral.attested_version != Case.parties_version,
                and_(Referral.firm_cleared_version != Case.parties_version, Referral.status.in_(HOLDING)),
                and_(Referral.status == S.HELD, Referral.parties_seen_at.is_not(None), _reads_what_changed()),
            ),
            or_(Referral.status.in_(HOLDING), and_(Referral.status == S.CONFIRMED, Referral.id.in_(leads))),
        )
    )
    return _handle(changed.order_by(Referral.id), operations.void_attestation)


def _reads_what_changed() -> ColumnElement[bool]:
    """Names changed since the holder read them, or of a sensitive matter were never released."""
    changed = exists().where(Party.case_id == Case.id, Party.changed_at > Referral.parties_seen_at)
    return or_(changed, and_(Case.sensitive, Referral.names_released.is_(None)))


def drop_one() -> bool:
    """Let go one attempt at an opening that is no longer listed."""
    gone = (
        select(Referral).join(Referral.opening).where(Referral.status.in_(LIVE), Opening.status != OpeningStatus.LISTED)
    )
    return _handle(gone.order_by(Referral.id), operations.drop_referral)


def let_go_one() -> bool:
    """Let go one attempt of somebody who was suspended, has left or whose account is closed."""
    gone = or_(Volunteer.status.not_in(policy.STILL_HERE), User.deactivated_at.is_not(None))
    stmt = select(Referral).join(Referral.volunteer).join(Volunteer.user)
    return _handle(stmt.where(Referral.status.in_(LIVE), gone).order_by(Referral.id), operations.let_go)


def let_barred_go_one() -> bool:
    """Let go one attempt of somebody barred from the case since they were asked or asked for it."""
    return _handle(attempts_of_barred().order_by(Referral.id), operations.let_barred_go)


def look_after_one() -> bool:
    """Notice one case on which a student or paralegal stands alone, or no longer does, whatever the reason."""
    if session.execute(due_for_company().limit(1)).first() is None:
        session.rollback()
        return False
    with transaction():
        case = session.execute(due_for_company().limit(1)).scalar_one_or_none()
        if case is not None:
            look_after_juniors(lock(case), actor=None)
    return True


def _handle(due: Select[Any], act: Callable[[Referral], None]) -> bool:
    if session.execute(due.limit(1)).first() is None:
        session.rollback()
        return False
    with transaction():
        referral = session.execute(due.limit(1)).scalar_one_or_none()
        if referral is not None:
            act(referral)
    return True
