"""Noting what a client told about themselves, which changes neither their help nor its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import audit
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, refuse_if

from . import policy
from .about_you import AGES, DECLINED, GENDERS, QUESTIONS, SIXTY, TICKED, Answers, padded, races
from .models import Client, Demographics

if TYPE_CHECKING:
    from app.accounts.models import User


class NotAChoice(BadInput):
    """It is none of the answers that can be chosen."""

    message = _l("Choose from the answers on the page.")


class BothSaid(BadInput):
    """Groups were ticked, and that they are not told."""

    message = _l("Choose groups, or “I prefer not to say”, but not both.")


class OlderThanThat(BadInput):
    """The request says 60 or older."""

    message = _l("The request says “60 or older”. Correct the request if that is wrong.")


def told_about_client(client: Client, *, viewer: User, to_change: bool = False) -> dict[str, Any]:
    """What a client told about themselves, for the staff who correct it; `to_change` lets nobody else meanwhile.

    :raises NotAllowed: the viewer is not staff of the case's programme
    """
    refuse_if(not policy.may_screen(viewer, client.case), NotAllowed)
    row = _find(lock(client) if to_change else client)
    return {name: (row.answers if row else {}).get(name) for name in QUESTIONS}


def note_about_client(client: Client, answers: Answers, *, actor: User | None) -> None:
    """Keep what a client told about themselves in place of what they told before; what is left out is not said.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises NotAChoice: an answer that nobody could choose
    :raises BothSaid: groups, and that they prefer not to say
    :raises OlderThanThat: a younger age than the request says
    """
    refuse_if(actor is not None and not policy.may_screen(actor, client.case), NotAllowed)
    _check(answers, client)
    client = lock(client)
    told = sorted(name for name in QUESTIONS if answers.get(name))
    before = _find(client)
    if before is None and not told:
        return
    kept = padded(answers)
    if before is None:
        before = insert_unless_exists(Demographics, person_id=client.person_id, answers=kept) or _find(client)
    if before is not None:
        lock(before).answers = kept
    audit.record("client.about_you", client, actor=actor, public=actor is None, case=client.case,
                 after={"answered": told})  # fmt: skip


def _find(client: Client) -> Demographics | None:
    found = select(Demographics).where(Demographics.person_id == client.person_id)
    return session.execute(found).scalar_one_or_none()


def _check(answers: Answers, client: Client) -> None:
    ticked, age = answers.get("race") or [], answers.get("age")
    for told, choices in (([age] if age else [], AGES), (ticked, races()), ([answers.get("gender")], GENDERS)):
        known = {DECLINED, None, "", *(key for key, _label in choices)}
        refuse_if(any(each not in known for each in told), NotAChoice)
    refuse_if(DECLINED in ticked and len(ticked) > 1, BothSaid)
    younger = bool(age) and age not in (SIXTY, DECLINED)
    refuse_if(younger and TICKED in (client.case.circumstances or ()), OlderThanThat)
