"""What a firm's coordinators and the people they name are told; never a name, a court or the kind of problem."""

from __future__ import annotations

from typing import Any

from app.accounts.models import User
from app.core.i18n import hours, when_at
from app.core.mail import compose, outside_url, queue

from .firms import coordinators
from .models import Referral

TO_FIRMS = frozenset(
    ["offer", "your_turn", "held", "names_released", "hold_ending", "hold_expired", "parties_changed", "thanked",
     "gone", "request_lost", "placed", "stepped_back", "conflict", "stands_still", "runs_on"]
)  # fmt: skip
TO_THE_LIST = frozenset(["hold_expired", "thanked", "gone", "request_lost", "conflict"])
PLACED = ("placed", "part_placed")


def tell_firm(referral: Referral, template: str, *, url: str = "", occasion: str = "") -> None:
    """Write to everybody who answers for the firm of an attempt; nothing where no firm is asked."""
    template = "placed" if template in PLACED else template
    if referral.organisation_id is None or template not in TO_FIRMS:
        return
    for reader in coordinators(referral.organisation_id):
        _write(referral, template, reader, url or _url(referral, template), occasion)


def _url(referral: Referral, template: str) -> str:
    if template in TO_THE_LIST:
        return outside_url("matching.firm_opportunities")
    if template == "placed":
        return outside_url("matching.firm_home")
    return outside_url("matching.firm_matter", public_id=referral.public_id)


def _write(referral: Referral, template: str, reader: User, url: str, occasion: str) -> None:
    case, firm = referral.case, referral.organisation
    subject, text = compose(
        f"matching/mails/firm_{template}",
        "en",
        name=reader.name,
        firm=firm.name if firm else "",
        number=case.number,
        programme=case.programme.name,
        phone=case.programme.phone,
        hours=hours(referral.opening.hours),
        until=when_at(referral.ends_at, case.programme.time_zone),
        naming=referral.is_cleared_by_firm,
        person=referral.volunteer.name if referral.volunteer else "",
        url=url,
    )
    queue_about(referral, f"firm_{template}", reader.email, subject, text, occasion)


def queue_about(referral: Referral, kind: str, to: str, subject: str, text: str, occasion: str) -> None:
    """Put a mail about an attempt into the outbox."""
    case: Any = referral.case
    queue(
        f"matching.{kind}",
        occasion=f"{kind}:{referral.public_id}{occasion}",
        to=to,
        subject=subject,
        text=text,
        audience="volunteer",
        programme=case.programme,
        case=case,
        about=referral,
    )
