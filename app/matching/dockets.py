"""The docket as it stands now: every programme's open matters and every volunteer, as the engine reads them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, or_, select

from app.clients.models import Opening
from app.core import clock
from app.core.db import session
from app.volunteers.models import Volunteer

from . import at_hand, cases_at_hand
from .engine.docket import CaseRow, Docket, VolunteerRow
from .engine.settings import Settings
from .models import LIVE, Referral
from .roles import widened
from .rules import ONE, SETTINGS, case_rows, listed_openings
from .volunteer_rows import volunteer_rows


@dataclass(frozen=True)
class Laid:
    """A docket, and the rows behind the engine's ids."""

    docket: Docket
    openings: dict[str, int]
    volunteers: dict[str, int]

    @property
    def digest(self) -> str:
        """The fingerprint of everything that went in; the same input gives the same run."""
        return digest_of(self.docket)


def zone() -> str:
    """The time zone of the deployment, in which a run has its day."""
    return str(current_app.extensions["settings"].time_zone)


def today() -> date:
    """The day of a run made now."""
    return clock.today_in(zone())


def open_to_matching() -> Select[Any]:
    """The ids of the openings a run decides: listed and in time, and nobody is asked for, holds or waits for them."""
    live = select(Referral.opening_id).where(Referral.status.in_(LIVE))
    return listed_openings().where(is_in_time(), Opening.id.not_in(live))


def is_in_time() -> ColumnElement[bool]:
    """The day by which a package is to be done is not over; staff choose a new one before anybody is asked."""
    return or_(Opening.ends_on.is_(None), Opening.ends_on >= today())


def build_docket(as_of: date | None = None, settings: Settings = SETTINGS) -> Laid:
    """The whole docket in a fixed number of selects; the caller closes the reading before it computes."""
    return lay_docket(open_to_matching(), as_of or today(), settings)


def lay_docket(openings: Select[Any], as_of: date, settings: Settings = SETTINGS) -> Laid:
    """The docket of chosen openings and every volunteer."""
    cases = case_rows(openings)
    people = volunteer_rows(as_of, zone())
    return Laid(
        Docket.from_rows(list(cases.values()), widened(people.values(), cases.values()), as_of, settings),
        {row.case_id: opening_id for opening_id, row in cases.items()},
        {row.volunteer_id: volunteer_id for volunteer_id, row in people.items()},
    )


def docket_of_opening(opening: Opening, as_of: date) -> Laid:
    """One opening and those who list its field, from what is at hand in memory; nobody else may take it."""
    (case,) = case_rows(ONE, opening_id=opening.id).values()
    people = at_hand.of_field(case, as_of, zone())
    return Laid(
        Docket.from_rows([case], widened(people.values(), [case]), as_of, SETTINGS),
        {case.case_id: opening.id},
        {row.volunteer_id: volunteer_id for volunteer_id, row in people.items()},
    )


def docket_of_volunteer(volunteer: Volunteer, as_of: date) -> Laid:
    """One volunteer and the open matters of their fields, from what is at hand in memory; they may take no other."""
    people = volunteer_rows(as_of, zone(), volunteer_ids=[volunteer.id])
    cases = cases_at_hand.in_fields_of(people[volunteer.id], as_of, open_to_matching())
    return Laid(
        Docket.from_rows(list(cases.values()), widened(people.values(), cases.values()), as_of, SETTINGS),
        {row.case_id: opening_id for opening_id, row in cases.items()},
        {row.volunteer_id: volunteer_id for volunteer_id, row in people.items()},
    )


def digest_of(docket: Docket) -> str:
    """The sha256 of the rows in their order, the day and the settings."""
    said = hashlib.sha256()
    rows: list[CaseRow | VolunteerRow] = [*docket.cases, *docket.volunteers]
    for part in (docket.as_of.isoformat(), docket.settings.as_mapping(), *(asdict(row) for row in rows)):
        said.update(json.dumps(part, sort_keys=True, default=str).encode() + b"\n")
    return said.hexdigest()


def close_reading() -> None:
    """End the reading, so that nothing is kept open while the engine computes."""
    session.rollback()
