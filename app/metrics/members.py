"""What the members of a dimension are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Office, Programme
from app.casework.closing import closing_codes, main_benefits, outcomes
from app.clients.models import PriorityLevel
from app.clients.problems import category, county_name, find_problem, language_name, problems
from app.core.db import session
from app.engagement.escalation_rules import CAUSES
from app.engagement.surveys import items
from app.volunteers.models import Organisation

from .models import StoredFigure

RECORD = re.compile("[0-9]{1,9}")
NONE = "none"  # of the offices, the firms


def member_name(dimension: str, member: str) -> str:
    """How a member of a dimension reads."""
    if member == "unknown":
        return _("not known yet")
    named = NAMES.get(dimension)
    return str(named(member)) if named else category(member) or member


def exists(programme: Programme, dimension: str, member: str) -> bool:
    """Is a member that is a record one, and where it is an office, the programme's own? All others are words."""
    if dimension not in RECORDS or member == NONE:
        return True
    kind, mine = RECORDS[dimension](programme)
    number = int(member) if RECORD.fullmatch(member) else 0
    return session.execute(select(kind.id).where(kind.id == number, *mine)).scalar() is not None


def is_known(programme: Programme, dimension: str, member: str) -> bool:
    """Can figures of a programme stand under a member of a dimension?"""
    if dimension in RECORDS:
        return exists(programme, dimension, member)
    known = LISTED.get(dimension)
    named = member in known() if known else member_name(dimension, member) != member
    return named or member == "unknown" or _is_counted(programme, dimension, member)


def _is_counted(programme: Programme, dimension: str, member: str) -> bool:
    of = (StoredFigure.programme_id == programme.id, StoredFigure.dimension == dimension)
    found = select(StoredFigure.id).where(*of, StoredFigure.member == member).limit(1)
    return session.execute(found).scalar() is not None


def _in_words(member: str) -> str:
    return member.replace("_", " ").capitalize()


def _closing_code(member: str) -> str:
    code = closing_codes().get(member)
    return f"{member} {code.label}" if code else member


def _problem(member: str) -> str:
    found = find_problem(member)
    return found.title if found else member


def _problem_closing(member: str) -> str:
    problem, _colon, code = member.partition(":")
    return f"{_problem(problem)}, {_closing_code(code)}"


def _office(member: str) -> str:
    found = session.get(Office, int(member)) if RECORD.fullmatch(member) else None
    return found.name if found else _("No office") if member == NONE else member


def _firm(member: str) -> str:
    found = session.get(Organisation, int(member)) if RECORD.fullmatch(member) else None
    return found.name if found else _("No firm") if member == NONE else member


def _item(member: str) -> str:
    audience, _dot, key = member.partition(".")
    words = {item.key: item.words for item in items(audience)} if audience in AUDIENCES else {}
    return f"{AUDIENCES.get(audience, audience)}: {words.get(key, key)}"


@lru_cache
def _benefits() -> dict[str, str]:
    return {code: label for digit in "0123456789" for code, label in main_benefits(f"{digit}0").items()}


RECORDS: dict[str, Callable[[Programme], tuple[Any, list[Any]]]] = {
    "office": lambda programme: (Office, [Office.programme_id == programme.id]),
    "firm": lambda programme: (Organisation, []),
}
LISTED: dict[str, Callable[[], Collection[str]]] = {
    "category": lambda: {problem.category for problem in problems().values()},
    "priority": lambda: {str(level) for level in PriorityLevel},
}
AUDIENCES = {"client": "Clients", "volunteer": "Volunteers"}
NAMES: dict[str, Callable[[str], Any]] = {
    "county": county_name,
    "language": language_name,
    "closing_code": _closing_code,
    "problem": _problem,
    "problem_closing": _problem_closing,
    "main_benefit": lambda member: _benefits().get(member, member),
    "outcome": lambda member: outcomes().get(member, member),
    "office": _office,
    "firm": _firm,
    "priority": _in_words,
    "role": _in_words,
    "audience": lambda member: AUDIENCES.get(member, member),
    "item": _item,
    "cause": lambda member: CAUSES[member].label if member in CAUSES else member,
}
