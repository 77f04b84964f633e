"""What waits for the reader, counted in one query for the tabs and the docket's views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import g
from sqlalchemy import CompoundSelect, String, bindparam, func, literal, literal_column, select, union_all

from app.accounts.models import User
from app.clients.models import OPEN, Case, CaseStatus, Custody
from app.core import clock
from app.core.access import STAFF, Role
from app.core.db import session
from app.tasks.models import Task
from app.tasks.queries import is_attorneys_and_nobody_is

MOST = 999  # what is counted of each kind; beyond it the page says "999+"
MOST_IN_QUEUE = 99  # no index knows which requests are paused
SOON = timedelta(days=3)


class AtLeast(int):
    """A count that stopped counting."""

    def __format__(self, spec: str) -> str:
        return f"{int(self):{spec}}+"

    def __str__(self) -> str:
        return f"{int(self)}+"


def capped(found: int, most: int) -> int:
    """The count, or that there are more than were counted."""
    return AtLeast(most) if found > most else found


def counts(viewer: User) -> Mapping[str, int]:
    """What waits for a member of staff, by name; asked once for each page."""
    known = g.get("desk_counts")
    if known is None or known[0] != viewer.id:
        known = g.desk_counts = (viewer.id, _count(viewer))
    return known[1]


def _count(viewer: User) -> Mapping[str, int]:
    found: dict[str, int] = {}
    now = clock.now()
    for key, name, count in session.execute(_statement(), {**staff_of(viewer), "soon": now + SOON, "now": now}):
        found[f"{key}:{name}"] = count
    made = {status.value: capped(found[f"case:{status.value}"], MOST) for status in OPEN}
    made["open"] = _sum([made[status.value] for status in OPEN])
    made["with_volunteer"] = _sum([made[CaseStatus.PLACED.value], made[CaseStatus.IN_SERVICE.value]])
    made["intake"] = capped(found["intake:"], MOST_IN_QUEUE)
    made["clock"], made["mine"] = capped(found["clock:"], MOST), capped(found["mine:"], MOST)
    tasks = sum(count for name, count in found.items() if name.startswith("task:"))
    ends = AtLeast if tasks > MOST else int
    made["rows"], made["late"] = ends(found["rows:"]), ends(found["late:"])
    made["requests"] = found.get("task:answer_request", 0) + found.get("task:release_names", 0)
    made["silent"] = sum(found.get(f"task:checkin_{kind}", 0) for kind in ("silent", "call", "late"))
    return made


def _sum(parts: list[int]) -> int:
    """The sum, which is only a least where a part is."""
    total = sum(int(part) for part in parts)
    return AtLeast(total) if any(isinstance(part, AtLeast) for part in parts) else total


def staff_of(viewer: User) -> dict[str, Any]:
    """What the statements need to know of a member of staff."""
    return {
        "me": viewer.id,
        "programmes": viewer.programme_ids(*STAFF),
        "coordinates": viewer.programme_ids(Role.COORDINATOR),
        "supervises": viewer.programme_ids(Role.SUPERVISING_ATTORNEY),
    }


def my_programmes() -> Any:
    """The viewer's programmes, as a parameter of a statement."""
    return bindparam("programmes", expanding=True)


def open_tasks() -> tuple[Any, ...]:
    """The condition of an open task that is the viewer's, or their role's in one of their programmes."""
    coordinator = Task.programme_id.in_(bindparam("coordinates", expanding=True))
    attorney = Task.programme_id.in_(bindparam("supervises", expanding=True))
    mine = (
        (Task.owner_id == bindparam("me"))
        | (coordinator & (Task.owner_role == Role.COORDINATOR))
        | (attorney & (Task.owner_role == Role.SUPERVISING_ATTORNEY))
        | (coordinator & is_attorneys_and_nobody_is())
    )
    return (Task.programme_id.in_(my_programmes()), Task.done_at.is_(None), mine)


def row_of(task: Any = Task) -> Any:
    """What is one row of somebody's day: all that is to be done about a case, or one thing about no case."""
    return func.coalesce(task.case_id, -task.id)


@lru_cache
def _statement() -> CompoundSelect[Any]:
    tasks = select(Task.cause, row_of().label("row"), Task.due_at).where(*open_tasks()).limit(MOST + 1).cte()
    arms: list[Any] = [
        select(literal("task", String), tasks.c.cause, func.count()).group_by(tasks.c.cause),
        _rows("rows", tasks),
        _rows("late", tasks).where(tasks.c.due_at < _moment("now")),
        *(_number("case", status.value, _in_status(status)) for status in OPEN),
        _number("clock", "", _in_status(CaseStatus.AVAILABLE).where(Case.clock_ends_at <= _moment("soon"))),
        _number("mine", "", _in_my_custody()),
        _number("intake", "", _in_queue(), MOST_IN_QUEUE),
    ]
    return union_all(*arms)


def _moment(name: str) -> Any:
    return bindparam(name, type_=Case.clock_ends_at.type)


def _rows(key: str, tasks: Any) -> Any:
    return select(literal(key, String), literal("", String), func.count(tasks.c.row.distinct()))


def _number(key: str, name: str, rows: Any, most: int = MOST) -> Any:
    inner = rows.limit(most + 1).subquery()
    return select(literal(key, String), literal(name, String), func.count()).select_from(inner)


def _in_status(status: CaseStatus) -> Any:
    return select(literal_column("1").label("one")).where(Case.programme_id.in_(my_programmes()), Case.status == status)


def _in_queue() -> Any:
    """What the intake queue shows: unpaused requests that are read, or written for the list."""
    status = Case.status.in_((CaseStatus.PRESCREEN, CaseStatus.ACCEPTED))
    return select(literal_column("1").label("one")).where(
        Case.programme_id.in_(my_programmes()), status, Case.paused_at.is_(None)
    )


def _in_my_custody() -> Any:
    return select(literal_column("1").label("one")).where(
        Custody.user_id == bindparam("me"), Custody.until_at.is_(None)
    )
