"""Volunteers by the firm they belong to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, select

from app.core.db import session
from app.volunteers.models import Membership

from .members import RECORD
from .window import NO_FIRM


def firm_of(volunteer_id: Any) -> Any:
    """The first firm that confirmed somebody as its own; none where no firm did."""
    confirmed = (Membership.volunteer_id == volunteer_id, Membership.confirmed_at.is_not(None))
    found = select(Membership.organisation_id).where(*confirmed).order_by(Membership.id).limit(1)
    return found.correlate_except(Membership).scalar_subquery()


def belongs(volunteer_id: Any, member: str) -> ColumnElement[bool]:
    """Does somebody count under a member of the firms?"""
    if member == NO_FIRM:
        return firm_of(volunteer_id).is_(None)  # type: ignore[no-any-return]
    return firm_of(volunteer_id) == int(member) if RECORD.fullmatch(member) else false()


def grouped(by_firm: Select[Any], amounts: int) -> list[dict[str, int]]:
    """Each amount of a statement by firm; a firm without any is left out."""
    found: list[dict[str, int]] = [{} for _n in range(amounts)]
    for firm, *told in session.execute(by_firm):
        for into, amount in zip(found, told, strict=True):
            if amount:
                into[str(firm) if firm else NO_FIRM] = int(amount)
    return found
