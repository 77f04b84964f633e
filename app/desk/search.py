"""Finding a case by its number, a whole name in it, or a client's phone or mail address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from phonenumbers import NumberParseException
from sqlalchemy import select

from app.accounts.models import Programme, User
from app.clients.intake.rows import value_hash
from app.clients.models import Case, Channel, ChannelKind, Client, Person
from app.clients.names import search_names
from app.core.access import STAFF
from app.core.db import session

MOST = 50
NUMBER = re.compile(r"(?:\w{1,4}-)?\d{2}-\d{3,7}")  # as staff write it, or with the prefix that clients are given


def cases_like(text: str, viewer: User) -> list[Any]:
    """Cases of the viewer's programmes that the text names, newest first, with the client's name."""
    text, programmes = text.strip(), viewer.programme_ids(*STAFF)
    if not text or not programmes:
        return []
    ids = [*_by_number(text, programmes), *_by_channel(text, programmes)]
    if not ids:
        ids = search_names(text, programmes)
    stmt = (
        select(
            Case.public_id, Case.number, Case.status, Case.listing_title, Case.priority_level, Case.problem_code,
            Case.received_at, Person.given_name, Person.family_name,
        )
        .join(Client, Client.case_id == Case.id)
        .join(Person, Person.id == Client.person_id)
        .where(Case.id.in_(ids), Case.programme_id.in_(programmes))
        .order_by(Case.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return list(session.execute(stmt))


def _by_number(text: str, programmes: Sequence[int]) -> list[int]:
    if not NUMBER.fullmatch(text):
        return []
    *before, year, serial = text.upper().split("-")
    prefix, number = "-".join(before), f"{year}-{serial}"
    stmt = select(Case.id).join(Programme, Programme.id == Case.programme_id).where(Case.number == number)
    stmt = stmt.where(Case.programme_id.in_(programmes))
    return list(session.scalars(stmt.where(Programme.prefix == prefix) if prefix else stmt))


def _by_channel(text: str, programmes: Sequence[int]) -> list[int]:
    """Cases whose client is reached at this number or address, however it is written."""
    if "@" not in text and sum(c.isdigit() for c in text) < 7:
        return []
    try:
        wanted = value_hash(ChannelKind.EMAIL if "@" in text else ChannelKind.CALL, text)
    except NumberParseException:
        return []
    stmt = (
        select(Client.case_id)
        .join(Channel, Channel.client_id == Client.id)
        .join(Case, Case.id == Client.case_id)
        .where(Channel.value_hash == wanted, Case.programme_id.in_(programmes))
    )
    return list(session.scalars(stmt))
