"""Entering what an hour is worth: never without a source, never two rates for one day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from app.accounts.models import Programme, User
from app.clients.vocabulary import CASE_ROLES
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, NotFound, Refusal, refuse_if
from app.core.forms import is_blank

from .models_reports import HourRate

MOST = 500_000  # cents an hour: beyond it is a slip of the key


class RateOverlaps(Refusal):
    """Another rate holds for some of these days."""

    message = _l("Another rate of this role holds for some of these days. End that one first, or choose other days.")


class DaysReversed(Refusal):
    """The last day lies before the first."""

    status = 422
    message = _l("The last day lies before the first one.")


def may_enter_rates(actor: User, programme_id: int) -> bool:
    """Rates are the programme's own: its coordinators enter them, and administrators."""
    return actor.has(Role.ADMIN) or actor.has(Role.COORDINATOR, programme_id)


def enter_rate(
    programme: Programme, *, role: str, cents: int, first: date, last: date | None, source: str, actor: User
) -> HourRate:
    """Enter a rate; where it has no last day, the one that is open and began earlier ends the day before.

    :raises BadInput: no such role, no amount, no source, or days in the wrong order
    :raises RateOverlaps: another rate of the role holds for some of the days
    """
    programme = lock(programme)
    refuse_if(not may_enter_rates(actor, programme.id), NotAllowed)
    _check(role, cents, first, last, source)
    if last is None:  # else the days after it would be worth nothing
        _end_the_open_one(programme, role, first)
    clash = select(HourRate.id).where(*_live(programme.id, role), *_touches(first, last)).limit(1)
    refuse_if(session.execute(clash).scalar() is not None, RateOverlaps)
    made = insert_unless_exists(
        HourRate, programme_id=programme.id, role=role, cents=cents, valid_from=first, valid_until=last,
        source=" ".join(source.split()), entered_by_id=actor.id,
    )  # fmt: skip
    if made is None:
        raise RateOverlaps
    audit.record("rate.enter", made, actor=actor, after=_facts(made))
    return made


def _check(role: str, cents: int, first: date, last: date | None, source: str) -> None:
    if role not in CASE_ROLES:
        raise BadInput(_l("Choose a role."))
    if not 0 < cents <= MOST:
        raise BadInput(_l("Write what an hour counts for, between $0.01 and $5,000."))
    if is_blank(source):
        raise BadInput(_l("A rate needs its source: who published it, and for which year."))
    refuse_if(last is not None and last < first, DaysReversed)


def _live(programme_id: int, role: str) -> tuple[ColumnElement[bool], ...]:
    return (HourRate.programme_id == programme_id, HourRate.role == role, HourRate.removed_at.is_(None))


def _touches(first: date, last: date | None) -> list[ColumnElement[bool]]:
    begun = [] if last is None else [HourRate.valid_from <= last]
    return [*begun, or_(HourRate.valid_until.is_(None), HourRate.valid_until >= first)]


def _end_the_open_one(programme: Programme, role: str, first: date) -> None:
    earlier = (HourRate.valid_until.is_(None), HourRate.valid_from < first)
    found = session.execute(select(HourRate).where(*_live(programme.id, role), *earlier)).scalar_one_or_none()
    if found is not None:
        found.valid_until = first - timedelta(days=1)
        session.flush()


def get_rate(public_id: str, *, viewer: User) -> HourRate:
    """A rate that the viewer may change.

    :raises NotFound: unknown, taken out, or another programme's
    """
    kept = select(HourRate).where(HourRate.public_id == public_id, HourRate.removed_at.is_(None))
    found = session.execute(kept).scalar_one_or_none()
    if found is None or not may_enter_rates(viewer, found.programme_id):
        raise NotFound
    return found


def take_out_rate(rate: HourRate, *, actor: User) -> None:
    """A rate entered by mistake counts no more; the row stays."""
    lock(session.get_one(Programme, rate.programme_id))
    rate = lock(rate)
    refuse_if(not may_enter_rates(actor, rate.programme_id), NotAllowed)
    if rate.removed_at is None:
        rate.removed_at = clock.now()
        audit.record("rate.take_out", rate, actor=actor, before=_facts(rate))


def _facts(rate: HourRate) -> dict[str, Any]:
    last = rate.valid_until.isoformat() if rate.valid_until else None
    return {"role": rate.role, "cents": rate.cents, "first": rate.valid_from.isoformat(), "last": last}
