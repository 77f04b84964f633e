"""Writing to volunteers about matters that fit them: a digest is no ask, and comes once in its period."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit, signed
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, LinkGone
from app.volunteers.models import Volunteer, VolunteerStatus

from . import digests, mails_digest
from .models_digest import Digest

if TYPE_CHECKING:
    from app.accounts.models import User

CHOICES = (digests.WEEKLY, digests.DAILY, digests.NEVER)


class NoSuchRhythm(BadInput):
    """Only what can be chosen is kept."""

    message = _l("Choose how often we may write.")


def write_digest(volunteer: Volunteer, found: digests.Found, *, day: date) -> bool:
    """Keep that the period's digest is made, and send it where something fits; False where it was made before."""
    volunteer = lock(volunteer)
    if volunteer.digest == digests.NEVER or volunteer.status is not VolunteerStatus.APPROVED:
        return False
    period = digests.period_of(volunteer.digest, day)
    shown = [each.opening_id for each in found.best]
    made = insert_unless_exists(Digest, volunteer_id=volunteer.id, period_on=period, opening_ids=shown)
    if made is None:
        return False
    if shown:
        mails_digest.matters_that_fit(volunteer, made, found)
        audit.record("digest.send", made, actor=None, after={"openings": shown})
    return True


def choose_rhythm(volunteer: Volunteer, how_often: str, *, actor: User | None) -> None:
    """Keep how often a volunteer wants to hear of open matters.

    :raises NoSuchRhythm: there is no such choice
    """
    if how_often not in CHOICES:
        raise NoSuchRhythm
    volunteer = lock(volunteer)
    before, volunteer.digest = volunteer.digest, how_often
    if before != how_often:
        audit.record("volunteer.digest", volunteer, actor=actor, public=actor is None, before={"digest": before},
                     after={"digest": how_often})  # fmt: skip


def reader_of(token: str) -> Volunteer:
    """Whose choice a signed address from a digest changes.

    :raises LinkGone: it was altered, or there is no such volunteer any more
    """
    public_id = signed.read(mails_digest.PURPOSE, token)
    found = session.scalars(select(Volunteer).where(Volunteer.public_id == public_id)).one_or_none()
    if found is None:
        raise LinkGone
    return found
