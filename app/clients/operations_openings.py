"""Openings beside the lead's: another part on a case, or a package of work somebody can take by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from app.accounts.calendars import today
from app.core import audit
from app.core.db import insert_unless_exists, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.tasks.operations import finish_tasks

from . import policy, roles, standing
from .listing import faults
from .locks import lock_opening
from .models import Case, CaseRole, CaseStatus, Opening, OpeningStatus, SkillLevel
from .operations_docket import MOST_HOURS, names_of
from .operations_screening import NotReady
from .supervision import has_attorney

if TYPE_CHECKING:
    from app.accounts.models import User

S = OpeningStatus
TAKES_OPENINGS = (CaseStatus.ACCEPTED, CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.IN_SERVICE)
MOST_NAME, MOST_TEXT = 120, 2000


class NotNow(Refusal):
    """The case does not stand where somebody else could take a part."""

    message = _l("Only a case that is accepted, listed, placed or in service can have other parts.")


class SameOpening(BadInput):
    """The case has this opening already."""

    message = _l("The case has this already, and it is not closed. Change that one instead.")


class BadOpening(BadInput):
    """The opening says what it may not, or too little."""

    message = _l("Write what is to be done, in how many hours, and who may take it.")


class LeadIsListed(BadInput):
    """The lead's opening is the case's own listing."""

    message = _l("The lead's part is listed with the case itself.")


class InHands(Refusal):
    """Somebody has the part, or it is closed."""

    message = _l("Somebody has this part now, or it is closed. Look at the case again.")


class NobodyAnswers(Refusal):
    """Nobody who may take it could start, for want of an attorney."""

    message = _l("Students, graduates and paralegals never work alone. Name a supervising attorney on the case first.")


@dataclass(frozen=True)
class OpeningFacts:
    """What an opening says of itself; `package` names the task, none makes it a part for the whole case."""

    role: str | None = None  # of a part for the whole case
    package: str | None = None
    text: str = ""
    hours: int = 0  # hundredths of an hour
    takers: tuple[str, ...] = ()
    level: str | None = None
    in_person: bool = False
    ends_on: date | None = None


def add_opening(case: Case, facts: OpeningFacts, *, actor: User) -> Opening:
    """Write down another part or a package of a case; volunteers see it once it is listed.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises NotNow: the case does not stand where somebody could take it
    :raises BadOpening: too little is said, somebody is named, or the story is repeated
    :raises SameOpening: the case has it already
    """
    case = _ready(case, actor)
    part = _part(facts)
    _check(case, facts)
    made = insert_unless_exists(
        Opening, case_id=case.id, role=part, package=_name(facts), status=S.NOT_LISTED, **_values(facts)
    )
    if made is None:
        raise SameOpening
    audit.record("opening.add", made, actor=actor, case=case, after=_kept(made))
    return made


def change_opening(opening: Opening, facts: OpeningFacts, *, actor: User) -> Opening:
    """Write an opening anew while nobody has the part; a part stays the part it is.

    :raises InHands: somebody has it, or it is closed
    :raises BadOpening, SameOpening: as for a new one
    """
    opening = lock_opening(opening)
    case = _ready(opening.case, actor)
    refuse_if(opening.role is CaseRole.LEAD, LeadIsListed)
    refuse_if(opening.status not in (S.NOT_LISTED, S.LISTED), InHands)
    _check(case, facts)
    before = _kept(opening)
    for field, value in _values(facts).items():
        setattr(opening, field, value)
    if opening.is_package:
        opening.role = _part(facts)
        _rename(opening, _name(facts))
    audit.record("opening.change", opening, actor=actor, case=case, before=before, after=_kept(opening))
    return opening


def _rename(opening: Opening, name: str | None) -> None:
    try:
        with session.begin_nested():
            opening.package = name
            session.flush()
    except IntegrityError:  # the index says that another package of the case is called so
        raise SameOpening from None


def list_opening(opening: Opening, *, actor: User) -> Opening:
    """Show an opening to the volunteers who may take it; twice changes nothing.

    :raises NotReady: consent, conflict clearance, merits or eligibility is missing; every one is named
    :raises NobodyAnswers: only people who never work alone may take it, and no attorney answers for the case
    :raises InHands: somebody has it, or it is closed
    """
    opening = lock_opening(opening)
    case = _ready(opening.case, actor)
    refuse_if(opening.role is CaseRole.LEAD, LeadIsListed)
    if opening.status is S.LISTED:
        return opening
    refuse_if(opening.status is not S.NOT_LISTED, InHands)
    lacks = standing.against_listing(standing.standing_of(case))
    if lacks:
        raise NotReady(lacks)
    refuse_if(not opening.text and not case.listing_text, BadOpening(_l("Write what volunteers read first.")))
    who = roles.takers(opening.role, opening.takers, case.role)
    refuse_if(set(who) <= roles.NEVER_ALONE and not has_attorney(case), NobodyAnswers)
    return _move(opening, S.LISTED, "opening.list", actor)


def take_off_opening(opening: Opening, *, actor: User) -> Opening:
    """Take an opening off the list; whoever holds it or was asked is told. Twice changes nothing.

    :raises InHands: somebody has it, or it is closed
    """
    opening = lock_opening(opening)
    _ready(opening.case, actor, anywhere=True)
    refuse_if(opening.role is CaseRole.LEAD, LeadIsListed)
    if opening.status is S.NOT_LISTED:
        return opening
    refuse_if(opening.status is not S.LISTED, InHands)
    return _move(opening, S.NOT_LISTED, "opening.take_off", actor)


def close_opening(opening: Opening, *, actor: User) -> Opening:
    """Say that a part is not needed any more; whoever has it must end first. Twice changes nothing.

    :raises InHands: somebody has it
    """
    opening = lock_opening(opening)
    _ready(opening.case, actor, anywhere=True)
    refuse_if(opening.role is CaseRole.LEAD, LeadIsListed)
    if opening.status is S.CLOSED:
        return opening
    refuse_if(opening.status is S.FILLED, InHands)
    return _move(opening, S.CLOSED, "opening.close", actor)


def _move(opening: Opening, to: OpeningStatus, action: str, actor: User) -> Opening:
    before, opening.status = opening.status, to
    if to is not S.LISTED:
        for cause in ("propose_next", "package_overdue"):
            finish_tasks(cause, opening, actor=actor, outcome=to.value)
    audit.record(action, opening, actor=actor, case=opening.case, before={"status": before}, after={"status": to})
    return opening


def _ready(case: Case, actor: User, *, anywhere: bool = False) -> Case:
    """The case, where the actor may change what of it is open; whoever places looks at the case again."""
    refuse_if(not policy.may_screen(actor, case), NotAllowed)
    refuse_if(not anywhere and case.status not in TAKES_OPENINGS, NotNow)
    return case


def _part(facts: OpeningFacts) -> CaseRole:
    if facts.package is not None:
        known = [who for who in roles.PART_OF if who in facts.takers]
        refuse_if(not known, BadOpening(_l("Choose who may take it.")))
        return roles.part_of_package(known)
    refuse_if(facts.role not in {part.value for part in roles.TAKERS}, BadOpening(_l("Choose the part.")))
    return CaseRole(facts.role or "")


def _name(facts: OpeningFacts) -> str | None:
    return None if facts.package is None else " ".join(facts.package.split())


def _values(facts: OpeningFacts) -> dict[str, Any]:
    return {
        "text": facts.text.strip() or None, "hours": facts.hours, "level": facts.level or None,
        "takers": [who for who in roles.PART_OF if who in facts.takers] or None, "in_person": facts.in_person,
        "ends_on": facts.ends_on,
    }  # fmt: skip


def _check(case: Case, facts: OpeningFacts) -> None:
    name, text = _name(facts), facts.text.strip()
    refuse_if(name is not None and not (0 < len(name) <= MOST_NAME and text), BadOpening)
    refuse_if(len(text) > MOST_TEXT or not 0 < facts.hours <= MOST_HOURS, BadOpening)
    refuse_if(facts.level is not None and facts.level not in list(SkillLevel), BadOpening)
    if facts.package is not None and facts.ends_on is None:
        raise BadOpening(_l("Say by which day it must be done."))
    late = facts.ends_on is not None and facts.ends_on < today(case.programme)
    refuse_if(late, BadOpening(_l("Choose a last day that is not over.")))
    interprets = facts.role == CaseRole.INTERPRETER or facts.takers == ("interpreter",)
    refuse_if(interprets and case.language == "en", BadOpening(_l("The client of this case speaks English.")))
    found = faults(f"{name or ''}. {text}", names_of(case), case.narrative)
    if found:
        raise BadOpening(found[0], details=found[1:])


def _kept(opening: Opening) -> dict[str, Any]:
    return {
        "role": opening.role, "package": opening.is_package, "hours": opening.hours, "takers": opening.takers,
        "ends_on": opening.ends_on.isoformat() if opening.ends_on else None,
    }  # fmt: skip
