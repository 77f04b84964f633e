"""Who is asked and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.clients.choices import choices_of
from app.clients.mails import mail_reaches
from app.core import links, mail

from .models import Audience, Checkin

FOLDER = "engagement/mails"
LINK_DAYS = 400  # a closed check-in ends its link sooner
PURPOSE = "checkin"
KINDS = ("engagement.checkin", "engagement.checkins")


def address_of(checkin: Checkin) -> str | None:
    """Where a check-in may be sent; None means that a person must call."""
    if checkin.audience is Audience.VOLUNTEER:
        return checkin.assignment.volunteer.email
    client = checkin.case.client
    return mail_reaches(client) if choices_of(client).questions_by_mail else None


def where_and_how(checkin: Checkin) -> tuple[str | None, str]:
    """Address and language of a question."""
    return address_of(checkin), _language(checkin)


def checkins_asked(letters: Sequence[tuple[Checkin, str]]) -> mail.Mail | None:
    """What is due together for one person: one mail with a link for each."""
    first, step = letters[0]
    address = address_of(first)
    if address is None:
        return None
    return checkin_asked(first, address, step) if len(letters) == 1 else _several_asked(letters, address)


def checkin_asked(checkin: Checkin, address: str, step: str) -> mail.Mail | None:
    """A check-in, its reminder or its second reminder: one mail, one link."""
    case = checkin.case
    subject, text = mail.compose(
        f"{FOLDER}/{checkin.audience}_{'asked' if step == 'asked' else 'reminded'}",
        _language(checkin),
        case=case,
        volunteer=checkin.assignment.volunteer,
        programme=case.programme,
        url=_url(checkin),
    )
    return mail.queue(
        "engagement.checkin",
        occasion=f"checkin:{checkin.id}:{step}",
        to=address,
        subject=subject,
        text=text,
        audience=checkin.audience,
        programme=case.programme,
        case=case,
        about=checkin,
        language=_language(checkin),
    )


def _several_asked(letters: Sequence[tuple[Checkin, str]], address: str) -> mail.Mail | None:
    first, step = letters[0]
    programme, language = first.case.programme, _language(first)
    asked = [{"case": each.case, "url": _url(each), "again": step != "asked"} for each, step in letters]
    subject, text = mail.compose(
        f"{FOLDER}/{first.audience}_asked_several", language,
        asked=asked, volunteer=first.assignment.volunteer, programme=programme,
    )  # fmt: skip
    cases = {each.case_id for each, _step in letters}
    return mail.queue(
        "engagement.checkins", occasion=f"checkins:{first.id}:{step}", to=address, subject=subject, text=text,
        audience=first.audience, programme=programme, case=first.case if len(cases) == 1 else None, about=first,
        language=language,
    )  # fmt: skip


def _language(checkin: Checkin) -> str:
    return checkin.case.language if checkin.audience is Audience.CLIENT else "en"


def _url(checkin: Checkin) -> str:
    token = links.make(PURPOSE, checkin, expires_at=checkin.due_at + timedelta(days=LINK_DAYS))
    return mail.outside_url("engagement.checkin", token=token)
