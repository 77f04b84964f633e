"""Writing to volunteers about matters that fit them: a digest is no ask, and comes once in its period."""

from __future__ import annotations

from datetime import date

from app.core import audit
from app.core.db import insert_unless_exists, lock
from app.volunteers.models import Volunteer, VolunteerStatus

from . import digests, mails_digest
from .models_digest import Digest


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
