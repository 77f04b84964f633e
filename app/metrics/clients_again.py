"""Different clients of any period: closed cases less those of people whose case before was closed in it too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus
from app.clients.models import Case, Client
from app.core.db import session

from .facts import CaseFacts, grants_of
from .models import ClientAgain
from .rows import write
from .window import OF, Window, in_turn

Again = Counter[tuple[int | None, date, date]]  # grant, day, day before
Closing = tuple[int, date, int]  # person, day, case


def count(window: Window) -> Again:
    """How often a person's case was closed after another of theirs, by both days; the same for each grant."""
    closings = sorted(_closings(window))
    found: Again = Counter((None, *days) for days in _again(closings))
    paid = CaseFacts()
    for ids in in_turn(case_id for _person, _day, case_id in closings):
        for case_id, grant_id, start, end in grants_of(ids):
            paid.grants.setdefault(case_id, []).append((grant_id, start, end))
    of_grant: dict[int, list[Closing]] = {}
    for closing in closings:
        for grant_id in set(paid.grants_on(closing[2], closing[1])):
            of_grant.setdefault(grant_id, []).append(closing)
    for grant_id, some in of_grant.items():
        found.update((grant_id, *days) for days in _again(some))
    return found


def _again(closings: Iterable[Closing]) -> Iterator[tuple[date, date]]:
    """Day and day before of each closing but a person's first; they come by person and day."""
    who, before = 0, date.min
    for person_id, day, _case_id in closings:
        if person_id == who:
            yield day, before
        who, before = person_id, day


def _closings(window: Window) -> Iterator[Closing]:
    """The closings that count, of people with more than one."""
    often = _counted(window.programme, Client.person_id).group_by(Client.person_id).having(func.count() > 1)
    columns = (Client.person_id, ClosingReport.approved_at, ClosingReport.case_id)
    for ids in in_turn(session.execute(often).scalars().all()):
        found = _counted(window.programme, *columns).where(Client.person_id.in_(ids))
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
    columns = (ClientAgain.id, ClientAgain.grant_id, ClientAgain.on_day, ClientAgain.before_on, ClientAgain.cases)
    stored = session.execute(select(*columns).where(ClientAgain.programme_id == programme_id)).all()
    gone, changed, left = [], [], dict(counted)
    for row_id, grant_id, on_day, before_on, cases in stored:
        now = left.pop((grant_id, on_day, before_on), None)
        if now is None:
            gone.append(row_id)
        elif now != cases:
            changed.append({"id": row_id, "cases": now})
    new = (
        {"programme_id": programme_id, "grant_id": grant_id, "on_day": day, "before_on": before, "cases": cases}
        for (grant_id, day, before), cases in left.items()
    )
    write(ClientAgain, gone, changed, new)


def within(programme: Programme, first: date, last: date, grant_id: int | None) -> int:
    """How many closings of a period were of people who had one in it before."""
    which = ClientAgain.grant_id.is_(None) if grant_id is None else ClientAgain.grant_id == grant_id
    found = select(func.coalesce(func.sum(ClientAgain.cases), 0)).where(
        ClientAgain.programme_id == programme.id, which, ClientAgain.on_day.between(first, last),
        ClientAgain.before_on >= first,
    )  # fmt: skip
    return int(session.execute(found).scalar_one())
