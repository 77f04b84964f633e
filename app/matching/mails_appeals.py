"""What an appeal says: numbers and hours of matters that fit its reader; never a name or the kind of problem."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.accounts.models import Programme, User
from app.clients.models import Opening
from app.core.db import session
from app.core.i18n import hours
from app.core.mail import Mail, check_before_sending, compose, outside_url, queue
from app.volunteers.models import Organisation, Volunteer

from .barring import Purpose, barred_firms, barred_volunteers
from .firms import coordinators
from .models import AppealRecipient
from .rules import stands_open

APPEAL = "matching.appeal"


def appealed(recipient: AppealRecipient) -> None:
    """Ask a volunteer, or everybody who answers for a firm, to look at several matters."""
    programme, openings = recipient.appeal.programme, openings_of(recipient)
    if recipient.volunteer is not None:
        _queue(recipient, recipient.volunteer, written(recipient.volunteer, programme, openings))
    elif recipient.organisation is not None:
        for reader in coordinators(recipient.organisation.id):
            _queue(recipient, reader, written_to_firm(recipient.organisation, reader.name, programme, openings))


def _queue(recipient: AppealRecipient, reader: Volunteer | User, said: tuple[str, str]) -> None:
    queue(
        APPEAL, occasion=f"appeal:{recipient.appeal.public_id}:{reader.public_id}", to=reader.email, subject=said[0],
        text=said[1], audience="volunteer", programme=recipient.appeal.programme, about=recipient,
    )  # fmt: skip


def written(volunteer: Volunteer, programme: Programme, openings: Iterable[Opening]) -> tuple[str, str]:
    """The subject and text that a volunteer would get about these matters."""
    matters = [
        {**_counted(opening), "url": outside_url("matching.opportunity", public_id=opening.public_id)}
        for opening in openings
    ]
    return compose(
        "matching/mails/appeal", "en", name=volunteer.given_name, programme=programme.name, phone=programme.phone,
        matters=matters, url=outside_url("matching.opportunities"),
    )  # fmt: skip


def written_to_firm(
    firm: Organisation, reader: str, programme: Programme, openings: Iterable[Opening]
) -> tuple[str, str]:
    """The subject and text that somebody who answers for a firm would get."""
    return compose(
        "matching/mails/appeal_firm", "en", name=reader, firm=firm.name, programme=programme.name,
        phone=programme.phone, matters=[_counted(opening) for opening in openings],
        url=outside_url("matching.firm_opportunities"),
    )  # fmt: skip


def _counted(opening: Opening) -> dict[str, str]:
    return {"number": opening.case.number, "hours": hours(opening.hours)}


def openings_of(recipient: AppealRecipient) -> list[Opening]:
    """The matters somebody was written to about, in the order chosen."""
    found = session.execute(select(Opening).where(Opening.id.in_(recipient.opening_ids))).scalars()
    by_id = {opening.id: opening for opening in found}
    return [by_id[each] for each in recipient.opening_ids if each in by_id]


def _nothing_left(mail: Mail) -> str | None:
    """An appeal all of whose matters have gone meanwhile is not sent, nor one to a firm that is kept off by now."""
    recipient = session.get(AppealRecipient, mail.record_id, populate_existing=True)
    if recipient is None or not any(stands_open(opening) for opening in openings_of(recipient)):
        return "gone"
    return "kept_off" if _is_kept(recipient) else None


def _is_kept(recipient: AppealRecipient) -> bool:
    """Was the person or the firm barred from one of its matters meanwhile?"""
    openings = select(Opening.id).where(Opening.id.in_(recipient.opening_ids))
    if recipient.organisation_id is not None:
        return any(recipient.organisation_id in kept for kept in barred_firms(openings, Purpose.MATCH).values())
    person = session.get_one(Volunteer, recipient.volunteer_id).public_id
    return any(person in kept for kept in barred_volunteers(openings, Purpose.PLACE).values())


def init_app() -> None:
    """Look once more before these mails leave."""
    check_before_sending(APPEAL, _nothing_left)
