"""Openings that more than one kind of volunteer may take, as the engine reads them: one role that several meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from app.clients.roles import ATTORNEY

from .engine.docket import CaseRow, VolunteerRow

OR, LICENSED = "|", "@"


def either_role(takers: Sequence[str], licence: str) -> str:
    """`paralegal`, or `attorney|paralegal@WI`: any of these, an attorney with that licence."""
    if len(takers) == 1:
        return takers[0]
    return OR.join(takers) + (LICENSED + licence if ATTORNEY in takers else "")


def widened(volunteers: Iterable[VolunteerRow], cases: Iterable[CaseRow]) -> list[VolunteerRow]:
    """The volunteers, each also with the roles asked for as one of several that they meet."""
    asked = sorted({case.role for case in cases if OR in case.role})
    if not asked:
        return list(volunteers)
    return [replace(row, roles=(*row.roles, *(role for role in asked if _meets(row, role)))) for row in volunteers]


def acting_role(case: CaseRow, volunteer: VolunteerRow) -> str | None:
    """The role in which a volunteer would take an opening, an attorney's before others; None where they may not."""
    named, _, licence = case.role.partition(LICENSED)
    able = _able(volunteer, named.split(OR), licence)
    return ATTORNEY if ATTORNEY in able else next(iter(able), None)


def _meets(volunteer: VolunteerRow, asked: str) -> bool:
    named, _, licence = asked.partition(LICENSED)
    return bool(_able(volunteer, named.split(OR), licence))


def _able(volunteer: VolunteerRow, named: Collection[str], licence: str) -> list[str]:
    licensed = not licence or licence in volunteer.licences or (licence == "any" and bool(volunteer.licences))
    return [role for role in named if role in volunteer.roles and (role != ATTORNEY or licensed)]
