"""Appealing to several volunteers and firms at once; a second click finds the first appeal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import User
from app.clients.locks import lock_opening
from app.clients.models import Opening
from app.core import audit
from app.core.db import insert_unless_exists, session
from app.core.errors import BadInput, NotAllowed, refuse_if
from app.volunteers.models import Organisation, Volunteer

from . import appeals, appeals_firms, mails_appeals, policy
from .appeals import MOST_MATTERS, MOST_PEOPLE, Outcome
from .models import Appeal, AppealRecipient
from .rules import still_stands_open

KEY_LENGTH = 16


class ChooseSome(BadInput):
    """No matter or nobody was chosen, or too many were."""

    message = _l("Choose at least one matter and one volunteer or firm, and at most 20 matters and 200 of them.")


class OneProgramme(BadInput):
    """An appeal speaks for one programme."""

    message = _l("Choose matters of one programme: the mail is from its office.")


def send_appeal(
    openings: Sequence[Opening],
    volunteers: Iterable[Volunteer],
    *,
    key: str,
    actor: User,
    organisations: Iterable[Organisation] = (),
) -> Appeal:
    """Write once to each chosen volunteer and firm about the matters that fit them; the same form twice is one appeal.

    Each rule is judged anew; who is full, away or was written to lately is passed over, and the result says so.

    :raises NotAllowed: a matter of another programme
    :raises ChooseSome: nothing or too much was chosen
    :raises OneProgramme: the matters are of several programmes
    """
    people = sorted({volunteer.id for volunteer in volunteers})
    firms = sorted({organisation.id for organisation in organisations})
    refuse_if(not openings or not (people or firms) or len(key) != KEY_LENGTH, ChooseSome)
    refuse_if(len(openings) > MOST_MATTERS or len(people) + len(firms) > MOST_PEOPLE, ChooseSome)
    refuse_if(not all(policy.may_place(actor, opening.case) for opening in openings), NotAllowed)
    refuse_if(len({opening.case.programme_id for opening in openings}) > 1, OneProgramme)
    programme = openings[0].case.programme
    made = insert_unless_exists(Appeal, key=key, programme_id=programme.id, made_by_id=actor.id)
    if made is None:
        return _sent_before(key, actor)
    standing = _lock_in_order(openings, people, firms)
    for letter in appeals.letters(standing, people) if people else []:
        _send(made, letter.outcome, letter.opening_ids, volunteer_id=letter.volunteer_id)
    for to_firm in appeals_firms.firm_letters(standing, firms) if firms else []:
        _send(made, to_firm.outcome, to_firm.opening_ids, organisation_id=to_firm.organisation_id)
    told = sum(1 for one in made.recipients if one.outcome == Outcome.SENT)
    for opening in openings:
        audit.record("opening.appeal", opening, actor=actor, case=opening.case, after={"appeal": made.id})
    audit.record("appeal.send", made, actor=actor, after=_counted(people, firms, told))
    return made


def _counted(people: list[int], firms: list[int], told: int) -> dict[str, int]:
    return {"people": len(people), **({"firms": len(firms)} if firms else {}), "written_to": told}


def _sent_before(key: str, actor: User) -> Appeal:
    found = appeals.find_appeal(key)
    if found is None or found.made_by_id != actor.id:
        raise ChooseSome
    return found


def _lock_in_order(openings: Sequence[Opening], people: Sequence[int], firms: Sequence[int]) -> list[Opening]:
    """Lock what an appeal is about; the matters that still stand open come back, in the order chosen."""
    for opening in sorted(openings, key=lambda one: (one.case_id, one.id)):
        lock_opening(opening)
    theirs = select(Volunteer.id).where(Volunteer.id.in_(people)).order_by(Volunteer.id)
    session.execute(theirs.with_for_update(key_share=True))
    if firms:
        mine = select(Organisation.id).where(Organisation.id.in_(firms))
        session.execute(mine.order_by(Organisation.id).with_for_update(key_share=True))
    return [opening for opening in openings if still_stands_open(opening)]


def _send(appeal: Appeal, outcome: Outcome, opening_ids: tuple[int, ...], **to: int) -> None:
    recipient = AppealRecipient(appeal=appeal, outcome=outcome, opening_ids=list(opening_ids), **to)
    session.add(recipient)
    session.flush()
    if outcome is Outcome.SENT:
        mails_appeals.appealed(recipient)
