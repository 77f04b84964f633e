"""Who is told about a way out; case numbers, days and whom to call, never a client's fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.accounts.models import User
from app.core import clock, mail
from app.core.db import session
from app.core.i18n import when_at, when_day
from app.core.mail import Mail, check_before_sending
from app.matching.models import Assignment

from .transfer_models import AskStatus, Transfer, TransferAsk

FOLDER = "casework/transfer_mails"


def _tell(
    template: str, transfer: Transfer, to: str, occasion: object, audience: str = "volunteer", *, about: Any = None,
    **facts: Any,
) -> None:  # fmt: skip
    case = transfer.case
    contact = case.custody.user.name if case.custody else ""
    subject, text = mail.compose(
        f"{FOLDER}/{template}", "en", case=case, programme=case.programme, contact=contact, transfer=transfer, **facts
    )
    mail.queue(
        f"casework.{template}",
        occasion=f"{template}:{transfer.public_id}:{occasion}",
        to=to,
        subject=subject,
        text=text,
        audience=audience,
        programme=case.programme,
        case=case,
        about=about if about is not None else transfer,
    )


def _to_sender(template: str, transfer: Transfer, occasion: object = "", **facts: Any) -> None:
    volunteer = transfer.assignment.volunteer
    url = mail.outside_url("casework.own_transfer", public_id=transfer.public_id)
    _tell(template, transfer, volunteer.email, occasion, name=volunteer.given_name, url=url, **facts)


def hand_back_waits(transfer: Transfer) -> None:
    """The hand-back is noted; the lead stays responsible until it is complete."""
    near = not transfer.custody_taken_at
    _to_sender("hand_back_waits", transfer, for_court=transfer.court == "needed", near=near)


def handed_back(transfer: Transfer) -> None:
    """The hand-back is complete; the volunteer is thanked."""
    _to_sender("handed_back", transfer)


def left_at_once(transfer: Transfer) -> None:
    """What the withdrawal means for the lawyer who left."""
    _to_sender("left_at_once", transfer, for_court=transfer.court == "needed")


def custody_is_yours(transfer: Transfer, to: User) -> None:
    """Somebody of staff answers for the case now."""
    url = mail.outside_url("casework.transfer_page", public_id=transfer.public_id)
    _tell("custody_is_yours", transfer, to.email, to.id, "staff", name=to.name, url=url)


def checklist_asked(transfer: Transfer) -> None:
    """The programme looks for another lawyer; the lead is asked for the checklist."""
    _to_sender("checklist_asked", transfer)


def receiver_asked(ask: TransferAsk) -> None:
    """Could the receiver take the case over?"""
    url = mail.outside_url("casework.receive", public_id=ask.public_id)
    until = when_at(ask.ends_at, ask.case.programme.time_zone)
    who = ask.volunteer
    _tell("receiver_asked", ask.transfer, who.email, ask.id, about=ask, name=who.given_name, url=url, until=until)


def ask_stands_still(ask: TransferAsk) -> None:
    """The programme paused the case: the receiver loses no time."""
    _about_time("ask_stands_still", ask, ask.case.paused_at)


def ask_runs_on(ask: TransferAsk) -> None:
    """The case goes on: until when the receiver's time now lasts."""
    _about_time("ask_runs_on", ask, clock.now())


def _about_time(template: str, ask: TransferAsk, at: datetime | None) -> None:
    url = mail.outside_url("casework.receive", public_id=ask.public_id)
    until = when_at(ask.ends_at, ask.case.programme.time_zone)
    occasion = f"{ask.id}:{at:%Y%m%d%H%M%S}" if at else ask.id
    who = ask.volunteer
    _tell(template, ask.transfer, who.email, occasion, about=ask, name=who.given_name, url=url, until=until)


def _to_receiver(template: str, ask: TransferAsk) -> None:
    url = mail.outside_url("matching.opportunities")
    _tell(template, ask.transfer, ask.volunteer.email, ask.id, about=ask, name=ask.volunteer.given_name, url=url)


def no_longer_asked(ask: TransferAsk) -> None:
    """The receiver need not answer any more."""
    _to_receiver("no_longer_asked", ask)


def ask_expired(ask: TransferAsk) -> None:
    """The receiver's time is over, and nothing counts against them."""
    _to_receiver("ask_expired", ask)


def receiver_said_no(transfer: Transfer) -> None:
    """The lead stays responsible while somebody else is looked for."""
    _to_sender("still_yours", transfer, len(transfer.asks))


def revoked(transfer: Transfer) -> None:
    """The programme took the hand-over back; the case stays with its lead."""
    _to_sender("transfer_revoked", transfer)


def handed_over(transfer: Transfer) -> None:
    """The case has its new lead; the former one is thanked."""
    _to_sender("handed_over", transfer)


def taken_over(ask: TransferAsk, made: Assignment) -> None:
    """Welcome the new lead and say what comes first."""
    url = mail.outside_url("casework.my_case", public_id=ask.case.public_id)
    who, first = ask.volunteer, when_day(made.first_contact_due_on)
    letter = when_day(made.letter_due_on)
    _tell("taken_over", ask.transfer, who.email, ask.id, about=ask, name=who.given_name, url=url, first=first,
          letter=letter)  # fmt: skip


def transfer_complete(transfer: Transfer, to: User) -> None:
    """Whoever answers for the case hears that it has its new lead."""
    url = mail.outside_url("casework.transfer_page", public_id=transfer.public_id)
    _tell("transfer_complete", transfer, to.email, to.id, "staff", name=to.name, url=url)


def _asked_still(mail: Mail) -> str | None:
    """Nobody is asked for what was answered or taken back meanwhile."""
    ask = session.get(TransferAsk, mail.record_id, populate_existing=True)
    return None if ask is not None and ask.status is AskStatus.ASKED else "answered"


def init_app() -> None:
    """Look once more before a receiver is asked."""
    check_before_sending("casework.receiver_asked", _asked_still)
