"""What each role asks of a volunteer: the rows where there are any, else the file they are first made from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.core.db import session

from . import facts
from .models import Requirement, VolunteerRole


def first_requirements() -> list[Requirement]:
    """The requirements the desk is delivered with, not yet stored."""
    return [
        Requirement(
            role=VolunteerRole(row["role"]),
            name=row["name"],
            met_by=row["met_by"].split(";"),
            months_valid=int(row["months_valid"]) if row["months_valid"] else None,
            words=row["words"],
        )
        for row in facts.rows_of("requirements")
    ]


def live_requirements() -> Sequence[Requirement]:
    """The requirements in force, in the order roles and rows were made."""
    rows = session.execute(select(Requirement).order_by(Requirement.id)).scalars().all()
    return [row for row in rows if row.ended_at is None] if rows else first_requirements()
