"""Writing to several volunteers about several matters: to each only what fits, and why nothing goes to the others."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select

from app.accounts.models import User
from app.clients.models import Case, Opening
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.errors import NotFound
from app.volunteers.models import Volunteer, VolunteerStatus
from app.volunteers.queries_list import Filters, conditions

from .dockets import Laid, is_in_time, lay_docket, today
from .engine.rules import RULES, fails
from .engine.tables import CASE_WIDTH, PERSON_WIDTH
from .models import LIVE, Appeal, AppealRecipient, Referral
from .rules import is_listed

QUIET = timedelta(days=14)
MOST_MATTERS, MOST_PEOPLE, CHOICES = 20, 200, 200


class Outcome(enum.StrEnum):
    """What became of somebody who was chosen."""

    SENT = "sent"
    NOTHING_FITS = "nothing_fits"
    NOT_NOW = "not_now"
    ASKED_LATELY = "asked_lately"
    FULL = "full"
    NOBODY_ANSWERS = "nobody_answers"  # a firm without a coordinator


OF_THE_PERSON = {
    "not_approved": Outcome.NOT_NOW,
    "not_available": Outcome.NOT_NOW,
    "asked_too_often": Outcome.ASKED_LATELY,
}


@dataclass(frozen=True)
class Letter:
    """To whom, about which matters, or why not."""

    volunteer_id: int
    opening_ids: tuple[int, ...]
    outcome: Outcome


def matters(viewer: User) -> Select[Any]:
    """The openings of the viewer's programmes, listed and in time, that nobody holds, the most urgent first."""
    live = select(Referral.opening_id).where(Referral.status.in_(LIVE), Referral.held_at.is_not(None))
    return (
        select(Opening)
        .join(Case)
        .where(*is_listed(), is_in_time(), Case.programme_id.in_(viewer.programme_ids(*STAFF)), Opening.id.not_in(live))
        .order_by(Case.priority_rank, Case.points.desc(), Opening.id)
        .limit(CHOICES)
    )


def chosen_matters(public_ids: Iterable[str], viewer: User) -> list[Opening]:
    """Those of the chosen that the viewer may still appeal for."""
    wanted = list(public_ids)[:MOST_MATTERS]
    stmt = matters(viewer).where(Opening.public_id.in_(wanted))
    return list(session.execute(stmt).scalars()) if wanted else []


def people(filters: Filters) -> list[Volunteer]:
    """Approved volunteers of a field, county and language, by name."""
    stmt = select(Volunteer).where(Volunteer.status == VolunteerStatus.APPROVED, *conditions(filters, today()))
    found = session.execute(stmt.order_by(Volunteer.id).limit(MOST_PEOPLE)).scalars()
    return sorted(found, key=lambda volunteer: (volunteer.family_name.casefold(), volunteer.given_name.casefold()))


def letters(openings: Sequence[Opening], volunteer_ids: Iterable[int]) -> list[Letter]:
    """What each of the volunteers would read of, or why they would not be written to, as things stand now."""
    wanted = list(volunteer_ids)
    laid = lay_docket(select(Opening.id).where(Opening.id.in_([o.id for o in openings])), today())
    lately = written_lately(wanted)
    rows = {laid.volunteers[row.volunteer_id]: n for n, row in enumerate(laid.docket.volunteers)}
    return [_letter(laid, rows[v], v, v in lately) for v in wanted if v in rows]


def _letter(laid: Laid, index: int, volunteer_id: int, lately: bool) -> Letter:
    tables, row = laid.docket.lists, laid.docket.volunteers[index]
    against = [
        [name for rule, name in enumerate(RULES) if fails(*tables, c * CASE_WIDTH, index * PERSON_WIDTH, rule)]
        for c in range(len(laid.docket.cases))
    ]
    fit = tuple(
        laid.openings[case.case_id] for case, rules in zip(laid.docket.cases, against, strict=True) if not rules
    )
    named = [OF_THE_PERSON[rule] for rules in against for rule in rules if rule in OF_THE_PERSON]
    if named:
        return Letter(volunteer_id, (), min(named, key=lambda one: one is not Outcome.NOT_NOW))
    if lately:
        return Letter(volunteer_id, (), Outcome.ASKED_LATELY)
    if row.slots <= 0:
        return Letter(volunteer_id, (), Outcome.FULL)
    return Letter(volunteer_id, fit, Outcome.SENT if fit else Outcome.NOTHING_FITS)


def written_lately(volunteer_ids: Iterable[int]) -> set[int]:
    """Those whom another appeal reached within two weeks."""
    stmt = select(AppealRecipient.volunteer_id).where(
        AppealRecipient.volunteer_id.in_(list(volunteer_ids)),
        AppealRecipient.outcome == Outcome.SENT,
        AppealRecipient.created_at > clock.now() - QUIET,
    )
    return {person for person in session.execute(stmt).scalars() if person is not None}


def find_appeal(key: str) -> Appeal | None:
    """The appeal that a form was already sent for."""
    return session.execute(select(Appeal).where(Appeal.key == key)).scalar_one_or_none()


def get_appeal(public_id: str, *, viewer: User) -> Appeal:
    """An appeal of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    found = session.execute(recent(viewer).where(Appeal.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def recent(viewer: User) -> Select[Any]:
    """The appeals of the viewer's programmes, the newest first."""
    mine = Appeal.programme_id.in_(viewer.programme_ids(*STAFF))
    return select(Appeal).where(mine).order_by(Appeal.id.desc())
