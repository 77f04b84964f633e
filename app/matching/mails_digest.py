"""The mail about open matters that fit: what the list of open matters shows, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock, mail
from app.core.db import session
from app.core.mail import Mail
from app.volunteers.models import Volunteer, VolunteerStatus

from . import digests
from .models_digest import Digest
from .volunteer_rows import used_slots

KIND = "matching.digest"
TOO_OLD = timedelta(days=2)


def matters_that_fit(volunteer: Volunteer, made: Digest, found: digests.Found) -> None:
    """The best three with the reason, and where the others are."""
    programme = digests.programme_of(volunteer)
    subject, text = mail.compose(
        "matching/mails/digest", "en", volunteer=volunteer, programme=programme, found=found,
        url=mail.outside_url("matching.opportunities"),
    )  # fmt: skip
    mail.queue(KIND, occasion=f"digest:{volunteer.id}:{made.period_on}", to=volunteer.email, subject=subject,
               text=text, audience="volunteer", programme=programme, about=made)  # fmt: skip


def _no_longer_wanted(sent: Mail) -> str | None:
    """The last look: they still want it, have room for a matter, and at least one of those named can be taken."""
    made = session.get(Digest, sent.record_id) if sent.record_id else None
    if made is None or made.volunteer.digest == digests.NEVER:
        return "not wanted"
    volunteer = made.volunteer
    today = clock.today_in(digests.board.first_zone())
    away = volunteer.status is not VolunteerStatus.APPROVED or digests.leave_on(volunteer.id, today) is not None
    if away or used_slots([volunteer.id])[volunteer.id] >= volunteer.capacity:
        return "paused or full"
    if clock.now() - sent.created_at > TOO_OLD:
        return "late"
    return None if digests.is_listed(made.opening_ids) else "gone"


def init_app() -> None:
    """Look again before a digest leaves."""
    mail.check_before_sending(KIND, _no_longer_wanted)
