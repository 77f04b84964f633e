"""Telling clients where things stand: only through a way they said is safe, else somebody calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.accounts import calendars
from app.core import audit, bounces, clock, links, outbox
from app.core.db import session
from app.core.delivery import tell_a_person
from app.core.i18n import LANGUAGES
from app.core.mail import Mail, check_before_sending, compose, outside_url, queue, wait_before_sending
from app.core.mail_foot import sign_off

from . import calls, came_back, choices, letters, texts, updates
from .models import Case, ChannelKind, Client, IntakeDraft

if TYPE_CHECKING:
    from app.accounts.models import User

OCCASIONS = (
    "received",
    "missing",
    "accepted",
    "looking",
    "still_looking",
    "found",
    "appointment",
    "hand_over",
    "new_lawyer",
    "closing",
    "closed",
    "rejected",
    "kept",
    "not_placed",
    "withdrawn",
)
LINK_LASTS = timedelta(hours=72)
DRAFT_LASTS = timedelta(days=30)
NOT_WRITTEN = ("unsafe", "bounced", "complained")
LATE = "late"  # an appointment whose day has come is told by voice
UNSAFE = "unsafe"  # why a mail is let drop: the address is not marked safe any more
PORTAL = came_back.PORTAL
RESUME = "resume"


def safe_email(client: Client) -> str | None:
    """The address a client said is safe, as long as nobody stopped it."""
    for channel in sorted(client.channels, key=lambda each: each.id):
        if channel.kind is ChannelKind.EMAIL and channel.safe and channel.stopped_at is None:
            return channel.value
    return None


def mail_reaches(client: Client) -> str | None:
    """The address we write to in the client's own language; None where somebody calls instead."""
    return safe_email(client) if client.case.language in LANGUAGES else None


def tell_client(case: Case, occasion: str, *, actor: User | None = None, once: str | None = None, **facts: Any) -> None:
    """Tell a client what happened: a mail to a safe address, a letter where that is safe, else a call; the newest only.

    Facts the texts know: `by` (a day), `at` (an hour), `other_help` (a text), `items` (codes of missing things).
    """
    if occasion not in OCCASIONS:
        raise ValueError(f"Clients are not told of {occasion}.")
    session.flush()
    client = case.client
    is_late = updates.leaves_too_late(case, occasion, facts.get("by"))
    address = mail_reaches(client) if not is_late else None
    update = updates.begin(case, occasion, by_call=address is None, once=once)
    if update is None:
        return
    ways = _ways(client, occasion, address, for_the_ear=texts.is_for_the_ear(case, occasion, facts))
    ways = ["call"] if is_late else ways
    if address and "mail" in ways:
        mail = _mail(case, client, address, occasion, facts, update.id)
        update.mail_id = mail.id if mail else None
    if "letter" in ways:
        letters.write(client, occasion, facts, update, actor=actor)
    if "call" in ways:
        calls.ask_for_call(client, occasion, facts, actor=actor)
    audit.record("client.tell", client, actor=actor, case=case, after={"occasion": occasion, "ways": ways})


def end_is_over(case: Case, *, actor: User | None) -> None:
    """A closed case is open again: that it had ended is told neither by mail nor on paper any more."""
    updates.take_back(case)
    letters.take_back_ends(case.client, actor=actor)


def _ways(client: Client, occasion: str, address: str | None, *, for_the_ear: bool) -> list[str]:
    if not choices.wants(client, occasion):
        return []
    by_voice = not address or for_the_ear
    on_paper = letters.is_wanted(client, occasion)
    if on_paper and letters.is_only_way(client):
        by_voice = False
    said = {"mail": bool(address), "letter": on_paper, "call": by_voice}
    return [way for way, is_used in said.items() if is_used]


def _mail(case: Case, client: Client, address: str, occasion: str, facts: dict[str, Any], number: int) -> Mail | None:
    token = links.make(PORTAL, client, expires_at=updates.due_at(case, occasion) + LINK_LASTS)
    url = outside_url("clients.status_door", token=token)
    subject, text = texts.written(case, occasion, url=url, facts=facts)
    return queue(
        f"client.{occasion}",
        occasion=f"client.{occasion}/{case.public_id}/{number}",
        to=address,
        subject=subject,
        text=text,
        audience="client",
        programme=case.programme,
        case=case,
        about=client,
        language=case.language,
        due_at=updates.due_at(case, occasion),
    )


def portal_link_asked(client: Client) -> None:
    """A fresh link to the client's own page, to the safe address if there is one."""
    case, address = client.case, safe_email(client)
    if address is None:
        return
    token = links.make(PORTAL, client, expires_at=clock.now() + LINK_LASTS)
    lang = case.language if case.language in LANGUAGES else "en"
    subject, text = compose(
        "clients/mails/new_link",
        lang,
        programme=case.programme,
        watched=client.watched_device,
        url=outside_url("clients.status_door", token=token),
    )
    minute = clock.now().strftime("%Y-%m-%dT%H:%M")
    queue(
        "client.new_link",
        occasion=f"client.new_link/{case.public_id}/{minute}",
        to=address,
        subject=subject,
        text=text,
        audience="client",
        programme=case.programme,
        case=case,
        about=client,
        language=lang,
    )


def draft_stopped(draft: IntakeDraft, address: str) -> None:
    """The way back into an unfinished request, to an address marked safe."""
    token = links.make(RESUME, draft, expires_at=clock.now() + DRAFT_LASTS)
    subject, text = compose(
        "clients/mails/draft_stopped",
        draft.language,
        watched=draft.watched_device,
        url=outside_url("clients.resume_link", token=token),
    )
    queue(
        "client.draft",
        occasion=f"client.draft/{draft.public_id}/{clock.now():%Y-%m-%dT%H:%M}",
        to=address,
        subject=subject,
        text=text,
        audience="client",
        about=draft,
        language=draft.language,
    )


def _no_longer_safe(mail: Mail) -> str | None:
    """A last look before sending: the address must still be the client's safe one."""
    case = session.get(Case, mail.case_id) if mail.case_id else None
    if case is None or case.client is None:
        return "gone"
    if safe_email(case.client) != mail.to_address:
        return UNSAFE
    day = updates.appointment_in(mail)
    return LATE if day is not None and day <= calendars.today(case.programme) else None


def _call_instead(mail: Mail, why: str) -> None:
    """What may not be written any more is said by voice."""
    occasion = mail.kind.removeprefix("client.")
    case = session.get(Case, mail.case_id) if mail.case_id else None
    if why not in (*NOT_WRITTEN, LATE) or case is None or case.client is None or occasion not in OCCASIONS:
        return
    if occasion not in calls.NAMED_IN_WORDS:
        calls.ask_for_call(case.client, occasion, {"items": case.missing_items}, actor=None)
    if occasion in (*texts.WITH_DAY, *texts.WITH_HELP):
        calls.ask_to_say(case.client, texts.spoken(mail.text, mail.language), actor=None)
    audit.record("client.tell", case.client, actor=None, case=case, after={"occasion": occasion, "ways": ["call"]})


def _draft_gone(mail: Mail) -> str | None:
    """The way back is not sent where the request was sent or the address is not marked safe any more."""
    draft = session.get(IntakeDraft, mail.record_id) if mail.record_id else None
    if draft is None or draft.sent_at is not None:
        return "gone"
    return None if safe_address(draft) == mail.to_address else UNSAFE


def safe_address(draft: IntakeDraft) -> str | None:
    """The mail address of an unfinished request, where it was marked safe."""
    if draft.answers.get("safe", {}).get("email_safe") != "yes":
        return None
    return draft.answers.get("reach", {}).get("email") or None


def init_app(app: Flask) -> None:
    """Have every mail to a client looked at again before it leaves, and said by voice where it may not."""
    for occasion in (*OCCASIONS, "new_link"):
        check_before_sending(f"client.{occasion}", _no_longer_safe)
    check_before_sending("client.draft", _draft_gone)
    for occasion in OCCASIONS:
        wait_before_sending(f"client.{occasion}", updates.wait_for_person)
    sign_off("client", choices.foot)
    tell_a_person(_call_instead)
    outbox.when_decided(came_back.address_is_wrong)
    bounces.when_stopped(came_back.address_stopped)
    bounces.when_lifted(came_back.address_works_again)
