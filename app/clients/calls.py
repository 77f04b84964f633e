"""Calling a client who cannot be written to: one pending call for each client, with the words to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.core import clock, i18n
from app.core.db import session
from app.core.i18n import LANGUAGES
from app.tasks.models import Task
from app.tasks.operations import open_task

from .models import Client, PriorityLevel
from .vocabulary import MISSING_ITEMS

if TYPE_CHECKING:
    from app.accounts.models import User

CALL = "call_client"
NAMED_IN_WORDS = ("appointment", "own_date")  # the day is in the words themselves

WORDS: dict[str, Any] = {
    "received": _l(
        "We have your request and are reading it. This does not make us your lawyers yet, and your dates keep running."
    ),
    "missing": _l("To go on with your request we still need: %(items)s."),
    "accepted": _l("We read your request and take it on. Next we look for a lawyer for you."),
    "looking": _l("We are looking for a lawyer for you now."),
    "still_looking": _l("We are still looking for a lawyer for you. We have not forgotten you."),
    "found": _l("We found a lawyer for you. They will call you themselves."),
    "hand_over": _l(
        "Your lawyer cannot go on. Your case stays with us, and we look for another lawyer. Dates on your papers keep "
        "running: tell us of every one."
    ),
    "new_lawyer": _l("Another lawyer has your case now, as you agreed. They will call you themselves."),
    "closing": _l("The work on your case is nearly done."),
    "closed": _l("Your case is closed. If something is not right, tell us."),
    "rejected": _l("We cannot take on your request. Dates on your papers keep running. Other help: %(other_help)s"),
    "kept": _l("Somebody from our own office will help you themselves. We do not look for anybody else."),
    "not_placed": _l("We did not find a lawyer for you. Dates on your papers keep running. Other help: %(other_help)s"),
    "withdrawn": _l(
        "We stopped working on your request, as you asked or because we lost touch. You can come back to us."
    ),
    "stopped_mails": _l("You asked us to stop writing by email. How may we reach you instead, and when is that safe?"),
    "message": _l("There is a message for you. Is this a good time, and are you alone? Then we see how you get it."),
    "appointment": _l("We arranged a time for you: %(when)s. If it does not suit you, we find another."),
    "own_date": _l(
        "You have to be somewhere on %(when)s. The place is on your papers. Please go, also if nobody has called you. "
        "Has the day changed, or is it hard for you to get there?"
    ),
    "came_back": _l("Our mails do not reach you any more. How may we reach you instead, and when is that safe?"),
    "letter_came_back": _l(
        "A letter to you came back to us. Which address is right, or how may we reach you instead, and when is that "
        "safe?"
    ),
    "asked": _l("You asked us to call. What has changed, and how may we reach you safely?"),
}


def ask_for_call(client: Client, occasion: str, facts: dict[str, Any], *, actor: User | None) -> Task:
    """Have somebody call a client; a call that is pending already carries this one's words too."""
    return ask_to_say(client, script(occasion, client.case.language, facts), actor=actor)


def ask_to_say(client: Client, words: str, *, actor: User | None) -> Task:
    """Have somebody call a client and say these words."""
    case = client.case
    hurry = case.priority_level is PriorityLevel.CRITICAL
    due = calendars.add_business_time(clock.now(), case.programme, **({"hours": 4} if hurry else {"days": 1}))
    task = open_task(
        CALL,
        client,
        programme=case.programme,
        case=case,
        due_at=due,
        actor=actor,
        owner=case.custody.user if case.custody else None,
        title=f"Call the client of {case.number}",
    )
    if task is None:
        task = pending_call(client)
        task.due_at = min(task.due_at, due)
    if words not in (task.script or "").split("\n\n"):
        task.script = f"{task.script}\n\n{words}" if task.script else words
    session.flush()
    return task


def pending_call(client: Client) -> Task:
    """The call that is open for a client."""
    found = select(Task).where(
        Task.record_kind == client.__tablename__,
        Task.record_id == client.id,
        Task.cause == CALL,
        Task.done_at.is_(None),
    )
    return session.execute(found).scalar_one()


def script(occasion: str, language: str, facts: dict[str, Any]) -> str:
    """What to say, in English and in the client's language where we write it."""
    spoken = ["en", *([language] if language in LANGUAGES and language != "en" else [])]
    return "\n".join(_said(occasion, each, facts) for each in spoken)


def _said(occasion: str, language: str, facts: dict[str, Any]) -> str:
    with force_locale(language):
        items = ", ".join(str(MISSING_ITEMS.get(item, item)) for item in facts.get("items") or [])
        by = facts.get("by")
        words = str(WORDS[occasion]) % {
            "items": items or _("some papers"),
            "when": " ".join(part for part in (i18n.when_day(by), facts.get("at")) if part),
            "other_help": facts.get("other_help") or _("call 211, or look at lawhelp.org."),
        }
        return f"{words} {_('By: %(day)s.', day=i18n.when_day(by))}" if by and occasion not in NAMED_IN_WORDS else words
