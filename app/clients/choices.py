"""How often and of what a client wants to be written; what they must know reaches them all the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.core import audit
from app.core.db import insert_unless_exists, lock, session
from app.core.mail import Mail, outside_url
from app.core.signed import sign

from .models import Case, Client, ClientChoices

if TYPE_CHECKING:
    from app.accounts.models import User

PURPOSE = "client-choices"
EVERY = (14, 28, 0)  # days between two "still looking"; 0: only when there is news
PROGRESS = ("accepted", "looking", "still_looking", "closing")
FOOT = {
    "en": "How often we write to you, or not at all:\n  {url}",
    "es": "Con qué frecuencia le escribimos, o si ya no:\n  {url}",
}


@dataclass(frozen=True)
class Choices:
    """What a client chose, or what holds until they do."""

    still_every: int = 14
    progress: bool = True
    questions_by_mail: bool = True
    survey: bool = True


def choices_of(client: Client) -> Choices:
    """How a client wants to be written."""
    row = session.scalars(select(ClientChoices).where(ClientChoices.client_id == client.id)).one_or_none()
    return Choices(row.still_every, row.progress, row.questions_by_mail, row.survey) if row else Choices()


def wants(client: Client, occasion: str) -> bool:
    """Does the client want to be told of this? A no, an end, a change of lawyer is told to everybody."""
    return occasion not in PROGRESS or choices_of(client).progress


def choose(client: Client, chosen: Choices, *, actor: User | None) -> None:
    """Keep what a client chose."""
    values = {name: getattr(chosen, name) for name in ("still_every", "progress", "questions_by_mail", "survey")}
    row = insert_unless_exists(ClientChoices, client_id=client.id, **values)
    if row is None:
        row = lock(session.scalars(select(ClientChoices).where(ClientChoices.client_id == client.id)).one())
        for name, value in values.items():
            setattr(row, name, value)
    audit.record("client.choose_mails", client, actor=actor, public=actor is None, case=client.case, after=values)


def address_of(case: Case) -> str:
    """The page of a client's choices: signed, without a sign-in; it asks before it acts and shows nothing else."""
    return outside_url("clients.mail_choices", token=sign(PURPOSE, case.public_id))


def no_survey_address(mail: Mail, topic: str) -> str:
    """Where a mail program switches the survey off for a client, by the same signed word as their page."""
    case_id = mail.case.public_id if mail.case is not None else ""
    return outside_url("clients.no_survey", token=sign(PURPOSE, case_id))


def foot(mail: Mail) -> str | None:
    """The last lines of every mail to a client who has a case."""
    if mail.case is None:
        return None
    return FOOT.get(mail.language, FOOT["en"]).format(url=address_of(mail.case))
