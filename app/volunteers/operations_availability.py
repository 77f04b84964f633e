"""From which day a volunteer may be asked again."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.core import audit
from app.core.db import lock
from app.core.errors import BadInput, NotAllowed, refuse_if

from . import queries
from .models import Volunteer

LONGEST = timedelta(days=366)


class NoSuchDay(BadInput):
    """Nobody is available from a day gone by, or only in years."""

    message = _l("Choose a day after today, within a year.")


def ask_me_again_from(volunteer: Volunteer, day: date, *, actor: User) -> Volunteer:
    """Propose nothing to a volunteer before a day that they chose; the same day twice changes nothing.

    :raises NotAllowed: somebody else's
    :raises NoSuchDay: the day is not to come, or more than a year away
    """
    volunteer = lock(volunteer)
    refuse_if(volunteer.user_id != actor.id, NotAllowed)
    today = queries.today()
    refuse_if(not today < day <= today + LONGEST, NoSuchDay)
    if volunteer.available_from == day:
        return volunteer
    before = volunteer.available_from
    volunteer.available_from = day
    after = {"available_from": day.isoformat()}
    audit.record("volunteer.ask_again_from", volunteer, actor=actor,
                 before={"available_from": before.isoformat() if before else None}, after=after)  # fmt: skip
    return volunteer
