"""Letters on paper where post is safe: what ends a request, and everything where nothing else is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.accounts import calendars
from app.core import audit, clock
from app.core.db import insert_unless_exists, session
from app.core.i18n import LANGUAGES
from app.tasks.operations import finish_tasks, open_task

from . import texts
from .models import Channel, ChannelKind, Client, ClientLetter, ClientUpdate
from .updates import APPOINTMENT, ENDS, MERGED, NO_LONGER_TRUE

if TYPE_CHECKING:
    from app.accounts.models import User

POST_LETTER = "post_letter"
ON_PAPER = ENDS  # what a client may have to show somebody
OTHER_WAYS = (ChannelKind.CALL, ChannelKind.VOICEMAIL, ChannelKind.TEXT, ChannelKind.TRUSTED_PERSON)
OPEN_WORDS = "open"


def safe_post(client: Client) -> Channel | None:
    """Where a client said that letters are safe, in a language that we write."""
    if client.case.language not in LANGUAGES:
        return None
    return next((way for way in _safe(client) if way.kind is ChannelKind.POST), None)


def _safe(client: Client) -> list[Channel]:
    found = [each for each in client.channels if each.safe and each.stopped_at is None]
    return sorted(found, key=lambda each: each.id)


def is_only_way(client: Client) -> bool:
    """Is post all that is safe?"""
    return safe_post(client) is not None and not any(
        way.kind in OTHER_WAYS or way.kind is ChannelKind.EMAIL for way in _safe(client)
    )


def is_wanted(client: Client, occasion: str) -> bool:
    """Is a client told of this on paper?"""
    return safe_post(client) is not None and (occasion in ON_PAPER or is_only_way(client))


def write(client: Client, occasion: str, facts: dict[str, Any], update: ClientUpdate, *, actor: User | None) -> None:
    """Write a letter and have somebody post it; an older one that nobody posted is let be unless it ends a request."""
    way, case = safe_post(client), client.case
    if way is None:
        return
    _let_older_be(client, occasion, actor)
    subject, text = texts.on_paper(case, occasion, neutral=way.may_be_said != OPEN_WORDS, facts=facts)
    letter = insert_unless_exists(
        ClientLetter, case_id=case.id, update_id=update.id, occasion=occasion, language=case.language,
        address=way.value, subject=subject, text=text,
    )  # fmt: skip
    if letter is None:
        return
    open_task(
        POST_LETTER, letter, programme=case.programme, case=case, actor=actor,
        title=f"Print and post a letter about {case.number}",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip


def _let_older_be(client: Client, occasion: str, actor: User | None) -> None:
    """Neither what ends a request, nor a time that still holds."""
    kept = ON_PAPER if occasion in (APPOINTMENT, *ENDS) else (APPOINTMENT, *ON_PAPER)
    _let_be(client, ClientLetter.occasion.not_in(kept), MERGED, actor)


def take_back_ends(client: Client, *, actor: User | None) -> None:
    """A request goes on after all: of the letters that say its end those that nobody posted are let be."""
    _let_be(client, ClientLetter.occasion.in_(ON_PAPER), NO_LONGER_TRUE, actor)


def _let_be(client: Client, which: ColumnElement[bool], reason: str, actor: User | None) -> None:
    waiting = select(ClientLetter).where(
        ClientLetter.case_id == client.case_id, ClientLetter.posted_at.is_(None), ClientLetter.dropped_at.is_(None),
        which,
    )  # fmt: skip
    for letter in session.scalars(waiting.with_for_update()).all():
        letter.dropped_at, letter.drop_reason = clock.now(), reason
        finish_tasks(POST_LETTER, letter, actor=actor, outcome=reason)
        audit.record("letter.drop", letter, actor=actor, case=client.case, after={"reason": reason})


def may_still_go(letter: ClientLetter) -> bool:
    """Is post to the letter's address still safe?"""
    way = safe_post(letter.case.client)
    return way is not None and way.value == letter.address


def way_of(letter: ClientLetter) -> Channel | None:
    """The address that a letter went to, as the client has it now, in use or stopped."""
    ways = [each for each in letter.case.client.channels if each.kind is ChannelKind.POST]
    return next((each for each in sorted(ways, key=lambda each: -each.id) if each.value == letter.address), None)


def letters_of(case_id: int) -> list[ClientLetter]:
    """The letters of a case, newest first."""
    found = select(ClientLetter).where(ClientLetter.case_id == case_id)
    return list(session.scalars(found.order_by(ClientLetter.id.desc())))
