"""What clients do themselves on their own page, and how they get to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.core import audit, clock
from app.core.db import lock, session
from app.tasks.operations import open_task

from . import calls, mails
from .intake import pins
from .models import Case, ChannelKind, Client, Consent, ConsentKind

if TYPE_CHECKING:
    from app.accounts.models import User


def find_by_reference(reference: str) -> Case | None:
    """The case behind a number such as `LLA-26-00012`."""
    prefix, _, number = reference.strip().upper().replace(" ", "").partition("-")
    found = select(Case).join(Programme).where(Programme.prefix == prefix, Case.number == number)
    return session.execute(found).scalar_one_or_none()


def send_link(case: Case | None, pin: str) -> None:
    """Send a fresh link to the client's own page, if number and PIN fit and an address is safe; tells nobody."""
    client = case.client if case is not None else None
    if not pins.fits(pin, client.pin_hash if client else None) or client is None:
        return
    mails.portal_link_asked(client)
    audit.record("client.link", client, actor=None, public=True, case=case)


def open_page(client: Client, pin: str) -> bool:
    """Does the PIN open the client's page?"""
    fits = pins.fits(pin, client.pin_hash)
    if fits:
        audit.record("client.open", client, actor=None, public=True, case=client.case)
    return fits


def stop_mails(client: Client, *, actor: User | None) -> None:
    """Write no more mails to a client; somebody asks by voice what is safe instead."""
    live = [each for each in client.channels if each.kind is ChannelKind.EMAIL and each.stopped_at is None]
    if not live:
        return
    for channel in live:
        channel.stopped_at = clock.now()
        channel.stop_reason = "client_asked"
    calls.ask_for_call(client, "stopped_mails", {}, actor=actor)
    audit.record("client.stop_mails", client, actor=actor, public=actor is None, case=client.case)


def ask_for_call(client: Client, *, actor: User | None) -> None:
    """The client wants a call, for example to change what is safe; safety is asked by voice."""
    calls.ask_for_call(client, "asked", {}, actor=actor)
    audit.record("client.ask_call", client, actor=actor, public=actor is None, case=client.case)


def withdraw_names(client: Client, *, actor: User | None) -> None:
    """Take back the yes to sharing names with possible lawyers; staff decide what that means for the case."""
    case = client.case
    live = live_consent(case)
    if live is None:
        return
    live.withdrawn_at = clock.now()
    open_task(
        "consent_withdrawn", case, programme=case.programme, case=case, actor=actor,
        owner=case.custody.user if case.custody else None, title=f"The client of {case.number} took back a consent",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
    )  # fmt: skip
    audit.record("consent.withdraw", live, actor=actor, public=actor is None, case=case)


def live_consent(case: Case) -> Consent | None:
    """The consent to share names, as long as it holds."""
    found = select(Consent).where(
        Consent.case_id == case.id, Consent.kind == ConsentKind.SHARE_NAMES, Consent.withdrawn_at.is_(None)
    )
    return session.execute(found).scalar_one_or_none()


def give_new_pin(client: Client, *, actor: User) -> str:
    """A new PIN for a client who lost it, told by voice by whoever gave it; the old one no longer fits."""
    client = lock(client)
    pin = pins.new_pin()
    client.pin_hash = pins.hashed(pin)
    audit.record("client.new_pin", client, actor=actor, case=client.case)
    return pin
