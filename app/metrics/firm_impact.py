"""What a firm's people gave to matters placed through the firm; counts that could point at a household wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import SMALL, Programme, User
from app.casework.models import TimeEntry
from app.clients.models import Case
from app.core.db import session
from app.matching.models import Assignment, Referral
from app.volunteers.models import Volunteer

from .own_impact import Impact, clients_of, households, impact_of


@dataclass(frozen=True)
class Person:
    """One of the firm's people, with what they gave through it."""

    name: str
    cases: int
    hundredths: int


@dataclass(frozen=True)
class FirmImpact:
    """A firm's year by year, its people, and how many people were helped, told in groups of clients."""

    impact: Impact
    persons: list[Person]
    group: int  # different clients after whose matters the number of people helped moves
    counted: int  # of the closed matters: those whose households are counted
    people: int


def firm_impact(viewer: User) -> FirmImpact:
    """What went through the firms the viewer answers for."""
    pairs = _pairs(viewer)
    entries = _entries(pairs)
    impact = impact_of(list(session.execute(_parts(viewer))), [entry[1:] for entry in entries])
    group = group_of(session.execute(select(func.max(Programme.small_count))).scalar() or 0)
    counted = _whole_groups(_closed_in_order(viewer), group)
    return FirmImpact(impact, _persons(pairs, entries), group, len(counted), sum(households(counted).values()))


def group_of(small: int) -> int:
    """How many clients a group has: the least, doubled until it is no small count.

    Groups of one size are so made of whole groups of any smaller size. Were groups of seven followed by groups of five,
    what is told of 14 clients and then of 15 would differ by one household.
    """
    group = SMALL[0]
    while group < small:
        group *= 2
    return group


def _whole_groups(cases: Sequence[int], group: int) -> Sequence[int]:
    """The first of some cases, up to the one that makes a group of different clients whole."""
    clients, seen, whole = clients_of(cases), set[int](), 0
    for n, case_id in enumerate(cases, start=1):
        new = clients[case_id] not in seen
        seen.add(clients[case_id])
        if new and len(seen) % group == 0:
            whole = n
    return cases[:whole]


def _placed(viewer: User, *shown: Any) -> Any:
    found = select(*shown).select_from(Assignment).join(Referral, Referral.id == Assignment.referral_id)
    return found.where(Referral.organisation_id.in_(viewer.organisation_ids()))


def _parts(viewer: User) -> Any:
    columns = (Assignment.case_id, Assignment.started_at, Assignment.ended_at, Assignment.end_reason,
               Programme.time_zone)  # fmt: skip
    found = _placed(viewer, *columns).join(Case, Case.id == Assignment.case_id)
    return found.join(Programme, Programme.id == Case.programme_id).order_by(Assignment.id)


def _pairs(viewer: User) -> list[tuple[int, int]]:
    """Case and person of every part that was placed through the firm."""
    return list(session.execute(_placed(viewer, Assignment.case_id, Assignment.volunteer_id).distinct()))


Entry = tuple[int, int, str, date, int]  # person, programme, role, day, hundredths


def _entries(pairs: Sequence[tuple[int, int]]) -> list[Entry]:
    """Hours of those people on those cases alone."""
    wanted = {tuple(pair) for pair in pairs}
    columns: Any = (TimeEntry.case_id, TimeEntry.volunteer_id, Case.programme_id, TimeEntry.role, TimeEntry.on_day)
    mine = (TimeEntry.case_id.in_({case for case, _person in pairs}), TimeEntry.removed_at.is_(None))
    found = select(*columns, func.sum(TimeEntry.hundredths)).join(Case, Case.id == TimeEntry.case_id).where(*mine)
    rows: Any = session.execute(found.group_by(*columns))
    return [(row[1], *row[2:5], int(row[5])) for row in rows if (row[0], row[1]) in wanted]


def _persons(pairs: Sequence[tuple[int, int]], entries: Sequence[Entry]) -> list[Person]:
    cases = Counter(person for _case, person in pairs)
    spent: Counter[int] = Counter()
    for person, _programme, _role, _day, n in entries:
        spent[person] += n
    named = session.execute(select(Volunteer).where(Volunteer.id.in_(cases))).scalars()
    found = [Person(each.name, cases[each.id], spent[each.id]) for each in named]
    return sorted(found, key=lambda each: (-each.hundredths, each.name))


def _closed_in_order(viewer: User) -> list[int]:
    """The cases closed through the firm, each at its last closing, the earliest first."""
    found = _placed(viewer, Assignment.case_id).where(Assignment.end_reason == "closed").group_by(Assignment.case_id)
    return list(session.scalars(found.order_by(func.max(Assignment.ended_at), Assignment.case_id)))
