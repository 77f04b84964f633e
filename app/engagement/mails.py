"""Who is asked and who is told."""

from __future__ import annotations

from datetime import timedelta

from app.clients.mails import safe_email
from app.core import links, mail

from .models import Audience, Checkin

FOLDER = "engagement/mails"
LANGUAGES = ("en", "es")
LINK_DAYS = 400  # a closed check-in ends its link sooner
PURPOSE = "checkin"


def address_of(checkin: Checkin) -> str | None:
    """Where a check-in may be sent; None means that a person must call."""
    if checkin.audience is Audience.VOLUNTEER:
        return checkin.assignment.volunteer.email
    client = checkin.case.client
    return safe_email(client) if checkin.case.language in LANGUAGES else None


def checkin_asked(checkin: Checkin, address: str, step: str) -> None:
    """A check-in, its reminder or its second reminder: one mail, one link."""
    case = checkin.case
    token = links.make(PURPOSE, checkin, expires_at=checkin.due_at + timedelta(days=LINK_DAYS))
    language = case.language if checkin.audience is Audience.CLIENT else "en"
    subject, text = mail.compose(
        f"{FOLDER}/{checkin.audience}_{'asked' if step == 'asked' else 'reminded'}",
        language,
        case=case,
        volunteer=checkin.assignment.volunteer,
        programme=case.programme,
        url=mail.outside_url("engagement.checkin", token=token),
    )
    mail.queue(
        "engagement.checkin",
        occasion=f"checkin:{checkin.id}:{step}",
        to=address,
        subject=subject,
        text=text,
        audience=checkin.audience,
        programme=case.programme,
        case=case,
        about=checkin,
        language=language,
    )
