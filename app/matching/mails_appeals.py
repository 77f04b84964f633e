"""What an appeal says: numbers and hours of matters that fit its reader; never a name or the kind of problem."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.accounts.models import Programme
from app.clients.models import Opening
from app.core.db import session
from app.core.i18n import hours
from app.core.mail import Mail, check_before_sending, compose, outside_url, queue
from app.volunteers.models import Volunteer

from .models import AppealRecipient
from .rules import stands_open

APPEAL = "matching.appeal"


def appealed(recipient: AppealRecipient) -> None:
    """Ask a volunteer to look at several matters."""
    volunteer, programme = recipient.volunteer, recipient.appeal.programme
    subject, text = written(volunteer, programme, openings_of(recipient))
    queue(
        APPEAL, occasion=f"appeal:{recipient.appeal.public_id}:{volunteer.public_id}", to=volunteer.email,
        subject=subject, text=text, audience="volunteer", programme=programme, about=recipient,
    )  # fmt: skip


def written(volunteer: Volunteer, programme: Programme, openings: Iterable[Opening]) -> tuple[str, str]:
    """The subject and text that a volunteer would get about these matters."""
    matters = [
        {
            "number": opening.case.number,
            "hours": hours(opening.hours),
            "url": outside_url("matching.opportunity", public_id=opening.public_id),
        }
        for opening in openings
    ]
    return compose(
        "matching/mails/appeal", "en", name=volunteer.given_name, programme=programme.name, phone=programme.phone,
        matters=matters, url=outside_url("matching.opportunities"),
    )  # fmt: skip


def openings_of(recipient: AppealRecipient) -> list[Opening]:
    """The matters somebody was written to about, in the order chosen."""
    found = session.execute(select(Opening).where(Opening.id.in_(recipient.opening_ids))).scalars()
    by_id = {opening.id: opening for opening in found}
    return [by_id[each] for each in recipient.opening_ids if each in by_id]


def _nothing_left(mail: Mail) -> str | None:
    """An appeal all of whose matters have gone meanwhile is not sent."""
    recipient = session.get(AppealRecipient, mail.record_id, populate_existing=True)
    if recipient is None or not any(stands_open(opening) for opening in openings_of(recipient)):
        return "gone"
    return None


def init_app() -> None:
    """Look once more before these mails leave."""
    check_before_sending(APPEAL, _nothing_left)
