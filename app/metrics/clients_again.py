"""Different people of any period: a client's household counts once, at its largest, however many cases were closed.

Whoever was in it already when a newer case was closed counts with that one; an older case tells of those who were there
besides. So the people of a period are those of all its closings, less what each has in common with a newer one in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import add, itemgetter
from sys import intern
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus
from app.clients.models import Case, Client
from app.core.db import session

from .facts import CaseFacts, grants_of, headings_of
from .facts_outcomes import ONCE, homes_of, leads_of
from .models import ClientAgain
from .rows import write
from .window import OF, Fact, Window, in_turn

HEADINGS = ("category", "county", "language", "priority", "office", "firm")  # what the older case stands under
TAKEN_OFF = dict(zip(ONCE, (ClientAgain.cases, ClientAgain.people, ClientAgain.children), strict=True))
COLUMNS = tuple(column.key for column in TAKEN_OFF.values())
KEY = ("grant_id", "on_day", "before_on", *HEADINGS)
Key = tuple[Any, ...]  # in the order of `KEY`
People = tuple[int, ...]  # in the order of `ONCE`
Again = dict[Key, People]
Closing = tuple[int, date, int]  # person, day, case
Pairs = dict[int, list[tuple[Key, People]]]  # by the older case: grant and days, and who came again


def count(window: Window) -> Again:
    """What closed cases have in common with newer ones of the same clients, by both days; the same for each grant."""
    closings = sorted(_closings(window))
    homes, paid = dict[int, People](), CaseFacts()
    for ids in in_turn(case_id for _person, _day, case_id in closings):
        here = homes_of(ids)
        homes.update((case_id, here.people(case_id)) for case_id in ids)
        for case_id, grant_id, start, end in grants_of(ids):
            paid.grants.setdefault(case_id, []).append((grant_id, start, end))
    of_grant: dict[int | None, list[Closing]] = {None: closings}
    for closing in closings:
        for each in set(paid.grants_on(closing[2], closing[1])):
            of_grant.setdefault(each, []).append(closing)
    found: Pairs = defaultdict(list)
    for paying, some in of_grant.items():
        for _person, cases in groupby(some, key=itemgetter(0)):
            for (_who, day, _case), (_, before, older_id), people in in_common(list(cases), homes):
                found[older_id].append(((paying, day, before), people))
    return _with_headings(window, found)


def in_common(closings: Sequence[Closing], homes: Mapping[int, People]) -> Iterator[tuple[Closing, Closing, People]]:
    """For each closing of one client, oldest first: the older ones, and who of those had not come again in between."""
    for n, newer in enumerate(closings):
        now = homes[newer[2]]
        since = (0,) * len(now)  # the largest household between the two
        for older in reversed(closings[:n]):
            before = homes[older[2]]
            people = tuple(max(0, min(pair) - m) for *pair, m in zip(now, before, since, strict=True))
            if any(people):
                yield newer, older, people
            since = tuple(map(max, since, before))
            if all(m >= k for m, k in zip(since, now, strict=True)):
                break


def _with_headings(window: Window, pairs: Pairs) -> Again:
    found: Again = {}
    for ids in in_turn(pairs):
        leads = leads_of(ids)
        for case_id, told in headings_of(ids):
            headings = told | {"firm": window.firm(leads.get(case_id))}
            under = tuple(intern(headings[name]) for name in HEADINGS)
            for days, people in pairs[case_id]:
                key = (*days, *under)
                found[key] = tuple(map(add, found[key], people)) if key in found else people
    return found


def once(facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts of a period's closings, the newest first; of a client's older ones those who are in no newer one."""
    largest: dict[int | None, int] = {}
    for fact in sorted(facts, key=lambda f: (f.on_day, f.case_id), reverse=True):
        told = largest.get(fact.person_id, 0)
        if fact.amount > told:
            largest[fact.person_id] = fact.amount
            yield fact._replace(amount=fact.amount - told)


def _closings(window: Window) -> Iterator[Closing]:
    """The closings that count, of people with more than one."""
    often = _counted(window.programme, Client.identity_id).group_by(Client.identity_id).having(func.count() > 1)
    columns = (Client.identity_id, ClosingReport.approved_at, ClosingReport.case_id)
    for ids in in_turn(session.execute(often).scalars().all()):
        found = _counted(window.programme, *columns).where(Client.identity_id.in_(ids))
        for person_id, at, case_id in session.execute(found):
            yield person_id, window.day(at), case_id


def _counted(programme: Programme, *columns: Any) -> Select[Any]:
    found = select(*columns).select_from(ClosingReport).join(Client, Client.case_id == ClosingReport.case_id)
    return found.join(Case, Case.id == ClosingReport.case_id).where(
        programme.id == OF, ClosingReport.status == ClosingStatus.APPROVED,
        ClosingReport.superseded_at.is_(None), ClosingReport.approved_at.is_not(None),
    )  # fmt: skip


def keep(programme_id: int, counted: Again) -> None:
    """Make what is stored equal to what was counted."""
    columns = [getattr(ClientAgain, name) for name in ("id", *KEY, *COLUMNS)]
    stored = session.execute(select(*columns).where(ClientAgain.programme_id == programme_id)).all()
    gone, changed, left, size = [], [], dict(counted), len(KEY)
    for row_id, *told in stored:
        now = left.pop(tuple(told[:size]), None)
        if now is None:
            gone.append(row_id)
        elif now != tuple(told[size:]):
            changed.append({"id": row_id, **dict(zip(COLUMNS, now, strict=True))})
    names = (*KEY, *COLUMNS)
    new = ({"programme_id": programme_id, **dict(zip(names, (*k, *n), strict=True))} for k, n in left.items())
    write(ClientAgain, gone, changed, new)


Cell = tuple[str, str, str]  # measure, dimension, member


def within(
    programme: Programme, first: date, last: date, grant_id: int | None, dimensions: Collection[str]
) -> Iterator[tuple[Cell, int]]:
    """How many of a period's closings, and of the people and children in them, are in a newer one of it again."""
    which = ClientAgain.grant_id.is_(None) if grant_id is None else ClientAgain.grant_id == grant_id
    of = (ClientAgain.programme_id == programme.id, which, ClientAgain.on_day.between(first, last),
          ClientAgain.before_on >= first)  # fmt: skip
    parts = [_by(dimension).where(*of) for dimension in dimensions]
    for dimension, member, *people in session.execute(union_all(*parts)):
        for measure, n in zip(ONCE, people, strict=True):
            yield (measure, dimension, member), int(n or 0)


def _by(dimension: str) -> Select[Any]:
    member = literal("all") if dimension == "all" else getattr(ClientAgain, dimension)
    columns: list[Any] = [literal(dimension), member, *(func.sum(column) for column in TAKEN_OFF.values())]
    found = select(*columns)
    return found if dimension == "all" else found.group_by(member)
