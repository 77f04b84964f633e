"""Appealing to several volunteers at once; a second click finds the first appeal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import User
from app.clients.models import Opening
from app.core import audit
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.volunteers.models import Volunteer

from . import appeals, mails_appeals, policy
from .appeals import MOST_MATTERS, MOST_PEOPLE, Outcome
from .models import Appeal, AppealRecipient

KEY_LENGTH = 16


class ChooseSome(BadInput):
    """No matter or nobody was chosen, or too many were."""

    message = _l("Choose at least one matter and one volunteer, and at most 20 matters and 200 people.")


class OneProgramme(BadInput):
    """An appeal speaks for one programme."""

    message = _l("Choose matters of one programme: the mail is from its office.")


def send_appeal(openings: Sequence[Opening], volunteers: Iterable[Volunteer], *, key: str, actor: User) -> Appeal:
    """Write once to each chosen volunteer about the chosen matters that fit them; the same form twice is one appeal.

    Each rule is judged anew; who is full, away or was written to lately is passed over, and the result says so.

    :raises NotAllowed: a matter of another programme
    :raises ChooseSome: nothing or too much was chosen
    :raises OneProgramme: the matters are of several programmes
    """
    people = sorted({volunteer.id for volunteer in volunteers})
    refuse_if(not openings or not people or len(key) != KEY_LENGTH, ChooseSome)
    refuse_if(len(openings) > MOST_MATTERS or len(people) > MOST_PEOPLE, ChooseSome)
    refuse_if(not all(policy.may_place(actor, opening.case) for opening in openings), NotAllowed)
    refuse_if(len({opening.case.programme_id for opening in openings}) > 1, OneProgramme)
    programme = openings[0].case.programme
    made = insert_unless_exists(Appeal, key=key, programme_id=programme.id, made_by_id=actor.id)
    if made is None:
        return _sent_before(key, actor)
    _lock_in_order(openings, people)
    for letter in appeals.letters(openings, people):
        _send(made, letter)
    told = sum(1 for one in made.recipients if one.outcome == Outcome.SENT)
    for opening in openings:
        audit.record("opening.appeal", opening, actor=actor, case=opening.case, after={"appeal": made.id})
    audit.record("appeal.send", made, actor=actor, after={"people": len(people), "written_to": told})
    return made


def _sent_before(key: str, actor: User) -> Appeal:
    found = appeals.find_appeal(key)
    if found is None or found.made_by_id != actor.id:
        raise ChooseSome
    return found


def _lock_in_order(openings: Sequence[Opening], people: Sequence[int]) -> None:
    for opening in sorted(openings, key=lambda one: one.id):
        lock(opening)
    session.execute(select(Volunteer.id).where(Volunteer.id.in_(people)).order_by(Volunteer.id).with_for_update())


def _send(appeal: Appeal, letter: appeals.Letter) -> None:
    recipient = AppealRecipient(
        appeal=appeal, volunteer_id=letter.volunteer_id, outcome=letter.outcome, opening_ids=list(letter.opening_ids)
    )
    session.add(recipient)
    session.flush()
    if letter.outcome is Outcome.SENT:
        mails_appeals.appealed(recipient)
