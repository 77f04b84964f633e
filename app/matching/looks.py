"""How much may be held without being taken: names are shown to take a matter, not to be collected."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, func, or_, select

from app.clients.models import Opening
from app.core import clock
from app.core.db import lock, session
from app.core.errors import refuse_if
from app.volunteers.models import Organisation, Volunteer

from . import firms
from .barring import GIVEN_BACK
from .models import HOLDING, Referral, ReferralStatus
from .refusals import FirmFull, HeldTwice, LookedEnough
from .volunteer_rows import used_slots

HOLDS_OF_ONE = 2
LOOKS, IN_DAYS = 5, 7


def refuse_if_looked_enough(opening: Opening, volunteer: Volunteer) -> None:
    """Stop who held this matter twice, or let the names of five go unanswered within seven days.

    What was declined or found in conflict is an answer and never counts. The volunteer's row is locked.

    :raises HeldTwice: both holds of this matter ended
    :raises LookedEnough: too many names were read and given back
    """
    mine = (Referral.volunteer_id == volunteer.id, Referral.parties_seen_at.is_not(None))
    held = select(func.count()).where(*mine, Referral.opening_id == opening.id, Referral.ended_at.is_not(None))
    refuse_if(session.execute(held).scalar_one() >= HOLDS_OF_ONE, HeldTwice)
    unanswered = or_(
        Referral.status == ReferralStatus.EXPIRED,
        and_(Referral.status == ReferralStatus.WITHDRAWN, Referral.reason == GIVEN_BACK),
    )
    since = clock.now() - timedelta(days=IN_DAYS)
    looked = select(func.count()).where(*mine, unanswered, Referral.ended_at >= since)
    refuse_if(session.execute(looked).scalar_one() >= LOOKS, LookedEnough)


def refuse_if_firm_is_full(organisation: Organisation) -> None:
    """Stop a firm that holds as many matters without a person as its people have places; locks the firm's row.

    :raises FirmFull: nobody would have a place for one more
    """
    organisation = lock(organisation)
    people = firms.members([organisation.id])[organisation.id]
    places = session.execute(select(func.sum(Volunteer.capacity)).where(Volunteer.id.in_(people))).scalar() or 0
    unnamed = select(func.count()).where(
        Referral.organisation_id == organisation.id, Referral.status.in_(HOLDING), Referral.volunteer_id.is_(None)
    )
    taken = sum(used_slots(people).values()) + session.execute(unnamed).scalar_one()
    refuse_if(taken >= places, FirmFull)
