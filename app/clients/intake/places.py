"""Which programme works in which county."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.accounts.models import Programme
from app.core.db import session

from ..problems import counties


def county_name(fips: str) -> str:
    """`Dane County, WI`."""
    name, state = counties().get(fips, (fips, ""))
    return f"{name}, {state}" if state else name


def state_of(fips: str) -> str:
    """The two letters of a county's state."""
    return counties().get(fips, ("", ""))[1]


def served(programme_ids: Sequence[int] | None = None) -> list[tuple[str, str]]:
    """Every county where a programme (of some) works: value and name; the programme is named where several do."""
    serving: dict[str, list[Programme]] = {}
    found = select(Programme).order_by(Programme.name)
    if programme_ids is not None:
        found = found.where(Programme.id.in_(programme_ids))
    for programme in session.execute(found).scalars():
        for fips in programme.counties:
            serving.setdefault(fips, []).append(programme)
    choices = [
        (f"{fips}:{programme.public_id}", _named(fips, programme, several=len(programmes) > 1))
        for fips, programmes in serving.items()
        for programme in programmes
    ]
    return sorted(choices, key=lambda choice: (choice[1].rpartition(", ")[2], choice[1]))


def _named(fips: str, programme: Programme, *, several: bool) -> str:
    return f"{county_name(fips)} ({programme.name})" if several else county_name(fips)


def programme_at(place: str) -> tuple[str, Programme] | None:
    """The county and the programme behind a choice, or None where nobody works there (any more)."""
    fips, _, public_id = place.partition(":")
    programme = session.execute(select(Programme).where(Programme.public_id == public_id)).scalar_one_or_none()
    if programme is None or fips not in programme.counties:
        return None
    return fips, programme
