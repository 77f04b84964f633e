"""Announcing when one is away, and coming back."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.accounts.models import User
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, NotFound, Refusal, refuse_if

from . import policy, queries
from .models import Volunteer
from .models_leave import Leave

LONGEST = timedelta(days=366)


class NoSuchLeave(BadInput):
    """It ends before it begins, is over, or lasts for years."""

    message = _l("The last day must not come before the first, nor be over, nor be more than a year away.")


class AwayAlready(Refusal):
    """Two leaves would overlap."""

    message = _l("A leave that overlaps with these days is announced already. End that one first.")


def leave_on(volunteer_id: int, day: date) -> Leave | None:
    """The leave that a volunteer is on that day."""
    found = _live(volunteer_id).where(Leave.from_on <= day, Leave.until_on >= day)
    return session.execute(found.limit(1)).scalar_one_or_none()


def leaves_to_come(volunteer: Volunteer) -> list[Leave]:
    """What a volunteer has announced and is not over, the first one first."""
    found = _live(volunteer.id).where(Leave.until_on >= queries.today())
    return list(session.execute(found.order_by(Leave.from_on)).scalars())


def leaves_from(volunteer_id: int, since: date) -> list[tuple[date, date]]:
    """First and last day of each time away that is not over before a day; one that was ended sooner by what it was."""
    found = select(Leave.from_on, Leave.until_on, Leave.ended_at).where(
        Leave.volunteer_id == volunteer_id, Leave.until_on >= since
    )
    return [
        (first, min(last, ended.date() - timedelta(days=1)) if ended else last)
        for first, last, ended in session.execute(found.order_by(Leave.from_on))
    ]


def _live(volunteer_id: int) -> Select[Leave]:
    return select(Leave).where(Leave.volunteer_id == volunteer_id, Leave.ended_at.is_(None))


def may_announce(actor: User, volunteer: Volunteer) -> bool:
    """Volunteers themselves, and whoever screens them."""
    return volunteer.user_id == actor.id or policy.may_screen(actor)


def announce_leave(volunteer: Volunteer, from_on: date, until_on: date, *, actor: User) -> Leave:
    """Say when a volunteer is away: nothing is asked of them then; the same days said twice are one leave.

    :raises NotAllowed: somebody else's
    :raises NoSuchLeave: the days make no leave
    :raises AwayAlready: it overlaps with another
    """
    volunteer = lock(volunteer)
    refuse_if(not may_announce(actor, volunteer), NotAllowed)
    today = queries.today()
    refuse_if(until_on < from_on or until_on < today or until_on > today + LONGEST, NoSuchLeave)
    overlaps = _live(volunteer.id).where(Leave.from_on <= until_on, Leave.until_on >= from_on)
    before = session.execute(overlaps.limit(1)).scalar_one_or_none()
    if before is not None and (before.from_on, before.until_on) == (from_on, until_on):
        return before
    refuse_if(before is not None, AwayAlready)
    leave = Leave(volunteer=volunteer, from_on=from_on, until_on=until_on, announced_by_id=actor.id)
    session.add(leave)
    after = {"from": from_on.isoformat(), "until": until_on.isoformat()}
    audit.record("volunteer.announce_leave", leave, actor=actor, after=after)
    return leave


def end_leave(leave: Leave, *, actor: User) -> None:
    """Be back, or call a leave off; twice changes nothing.

    :raises NotAllowed: somebody else's
    """
    leave = lock(leave)
    refuse_if(not may_announce(actor, leave.volunteer), NotAllowed)
    if leave.ended_at is None:
        leave.ended_at = clock.now()
        audit.record("volunteer.end_leave", leave, actor=actor)


def get_leave(public_id: str, *, viewer: User) -> Leave:
    """A leave that the viewer may end.

    :raises NotFound: none such, or somebody else's
    """
    leave = session.execute(select(Leave).where(Leave.public_id == public_id)).scalar_one_or_none()
    if leave is None or not may_announce(viewer, leave.volunteer):
        raise NotFound
    return leave
