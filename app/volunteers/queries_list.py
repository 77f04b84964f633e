"""The list of volunteers as staff filter and sort it; names are found by whole words, never by their sealed text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, func, or_, select
from sqlalchemy.orm import selectinload

from app.accounts.models import User
from app.core.db import session
from app.core.sealed import word_hashes

from . import facts, policy
from .models import Area, Credential, Volunteer, VolunteerStatus, VolunteerWord
from .queries import address_hash, live_credential, volunteers_list


@dataclass(frozen=True)
class Filters:
    """What a reader of the list asked for; empty means any."""

    view: str = ""
    status: str = ""
    role: str = ""
    area: str = ""
    county: str = ""
    language: str = ""
    text: str = ""


VIEWS: Mapping[str, tuple[VolunteerStatus, ...]] = {
    "screen": (VolunteerStatus.APPLIED, VolunteerStatus.VERIFYING),
    "approved": (VolunteerStatus.APPROVED,),
    "lapsed": (VolunteerStatus.LAPSED,),
    "expiring": (VolunteerStatus.APPROVED, VolunteerStatus.PAUSED, VolunteerStatus.LAPSED),
    "away": (VolunteerStatus.PAUSED, VolunteerStatus.SUSPENDED),
}


def conditions(filters: Filters, on_day: date) -> list[ColumnElement[bool]]:
    """What a volunteer must fulfil to be in the filtered list."""
    return [*_of_status(filters, on_day), *_of_offer(filters)]


def _of_status(filters: Filters, on_day: date) -> Iterator[ColumnElement[bool]]:
    if filters.view in VIEWS:
        yield Volunteer.status.in_(VIEWS[filters.view])
    if filters.view == "expiring":
        yield Volunteer.id.in_(_expiring(on_day))
    if filters.status in list(VolunteerStatus):
        yield Volunteer.status == VolunteerStatus(filters.status)
    if filters.text.strip():
        yield _named(filters.text)


def _of_offer(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.role:
        yield _lists(Volunteer.roles, [filters.role])
    if filters.language:
        yield _lists(Volunteer.languages, [filters.language])
    if filters.county:
        yield _lists(Volunteer.counties, _county_and_state(filters.county))
    if filters.area:
        areas = [filters.area, facts.category_of().get(filters.area, filters.area)]
        yield Volunteer.areas.any(Area.area.in_(areas))


def _lists(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(cast(column, String).contains(f'"{value}"', autoescape=True) for value in values))


def _county_and_state(place: str) -> list[str]:
    if place in facts.STATE_NAMES:
        return [place]
    return [place, facts.county_names().get(place, "").rpartition(", ")[2] or place]


def _named(text: str) -> ColumnElement[bool]:
    if "@" in text:
        return Volunteer.email_hash == address_hash(text)
    words = word_hashes(text)
    if not words:
        return false()
    return and_(*(Volunteer.id.in_(select(VolunteerWord.volunteer_id).where(VolunteerWord.word == w)) for w in words))


def _expiring(on_day: date) -> Select[Any]:
    soon = on_day + timedelta(days=max(policy.WARN_DAYS))
    return select(Credential.volunteer_id).where(*live_credential(), Credential.valid_until <= soon)


def next_expiry() -> Any:
    """The last day of the credential of a volunteer that ends first, as a column."""
    ends = select(func.min(Credential.valid_until)).where(Credential.volunteer_id == Volunteer.id, *live_credential())
    return ends.correlate(Volunteer).scalar_subquery()


SORTS: Mapping[str, Sequence[Any]] = {
    "applied": (Volunteer.applied_at, Volunteer.id),
    "status": (Volunteer.status, Volunteer.applied_at, Volunteer.id),
    "capacity": (Volunteer.capacity, Volunteer.id),
    "expires": (next_expiry(), Volunteer.id),
}


def with_parts(stmt: Select[Any]) -> Select[Any]:
    """Load what a row of the list shows in a constant number of queries."""
    return stmt.options(
        selectinload(Volunteer.areas), selectinload(Volunteer.credentials), selectinload(Volunteer.standings)
    )


def count_by_view(viewer: User, on_day: date) -> dict[str, int]:
    """How many volunteers each saved view holds."""
    base = volunteers_list(viewer).subquery()
    counts = [
        select(func.count()).where(Volunteer.id.in_(select(base.c.id)), *conditions(Filters(view=name), on_day))
        for name in VIEWS
    ]
    row = session.execute(select(*(count.scalar_subquery() for count in counts))).one()
    return dict(zip(VIEWS, row, strict=True))
