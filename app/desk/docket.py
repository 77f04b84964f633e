"""The docket's page: which cases in which order, and everything the table says about them, in five queries.

The list is found by ids first: each programme reads one index in the order asked for, filters from that index alone and
stops when the page is full, and the programmes are merged as they are read. Nothing is sorted and no row is fetched for
a filter, so a filter that finds almost nothing costs one pass over an index. The count beyond a page is bounded too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    String,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
    union_all,
)

from app.accounts.models import RoleGrant, User
from app.clients.models import OPEN, Case, CriticalDate, Custody, Opening, Priority
from app.clients.models.docket import ENDED, HALVES
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.lists import whole
from app.matching.models import (
    LIVE,
    Assignment,
    DocketRun,
    Proposal,
    ProposalStatus,
    Referral,
    ReferralStatus,
    RunStatus,
    Unplaced,
)
from app.volunteers.models import Volunteer

from .counts import SOON, my_programmes, staff_of
from .docket_views import QUIET, Wish

SIZE = 50
AHEAD = 150  # how far past the page the list is counted

# Order: the columns and the way round of each (+1 up); what has no first value comes last either way round.
ORDERS: dict[str, tuple[tuple[Any, ...], tuple[int, ...]]] = {
    "priority": ((Case.priority_rank, Case.points, Case.id), (1, -1, -1)),
    "number": ((Case.number, Case.id), (-1, -1)),
    "next": ((Case.next_critical_on, Case.id), (1, 1)),
    "clock": ((Case.clock_ends_at, Case.id), (1, 1)),
    "heard": ((Case.heard_at, Case.id), (1, 1)),
}
MAY_BE_MISSING = frozenset({"next", "clock", "heard"})


class Found(NamedTuple):
    """The cases of one page in order, where the page stands, and how many there are at least."""

    ids: list[int]
    number: int
    total: int
    is_more: bool


def find(wish: Wish, viewer: User, *, size: int = SIZE, ahead: int = AHEAD) -> Found:
    """The ids of one page of the docket."""
    number = whole("page", 1, high=20_000)
    programmes = staff_of(viewer)["programmes"]
    if not programmes:
        return Found([], 1, 0, False)
    values = wish.values
    codes = values.pop("category", ("", ""))
    given = {f"p{at}": programme for at, programme in enumerate(programmes)}
    given |= {**values, "from_code": codes[0], "to_code": codes[-1], "statuses": wish.statuses, "me": viewer.id}
    given |= {"soon": clock.now() + SOON, "quiet_since": clock.now() - QUIET}
    statement = _ids(len(programmes), wish.half, wish.is_whole, wish.sort, wish.narrows)
    before = (number - 1) * size
    ids = list(session.scalars(statement, {**given, "most": size + ahead, "skip": before}))
    return Found(ids[:size], number, before + len(ids) if ids else 0, len(ids) == size + ahead)


@lru_cache(maxsize=256)
def _ids(programmes: int, half: str, is_whole: bool, sort: str, narrows: tuple[str, ...]) -> Any:
    """The statement for one shape of the docket's address; only its values differ from reader to reader."""
    columns, ways = ORDERS[sort.removeprefix("-")]
    turn = -1 if sort.startswith("-") else 1
    names = [f"k{at}" for at in range(len(columns))]
    keys = [column.label(name) for name, column in zip(names, columns, strict=True)]
    wanted = select(Case.id, *keys).where(*(CONDITIONS[name]() for name in narrows))
    wanted = wanted if is_whole else wanted.where(Case.status.in_(STATUSES_ASKED))
    mine: list[Any] = [bindparam(f"p{at}") for at in range(programmes)]
    if OWNED & set(narrows):
        found: Any = _owned(wanted, mine, half)
    else:
        wanted = wanted.with_hint(Case, f"INDEXED BY {_index(half, sort, narrows)}", "sqlite")
        arms = [wanted.where(Case.programme_id == programme, text(HALVES[half])) for programme in mine]
        found = arms[0] if programmes == 1 else union_all(*arms)
    order = [_turned(literal_column(name), way * turn) for name, way in zip(names, ways, strict=True)]
    if sort.removeprefix("-") in MAY_BE_MISSING:
        order[0] = order[0].nulls_last()
    return found.order_by(*order).limit(bindparam("most")).offset(bindparam("skip"))


def _index(half: str, sort: str, narrows: Sequence[str]) -> str:
    """The index to read: told, since SQLite's own choice turns with what it knows of its tables."""
    return f"ix_cases_{half}_{'county' if 'county' in narrows else sort.removeprefix('-')}"


def _turned(column: Any, way: int) -> Any:
    return column.asc() if way > 0 else column.desc()


STATUSES_ASKED: Any = bindparam("statuses", expanding=True, type_=Case.status.type)


OWNED = frozenset({"mine", "owner"})


def _owned(wanted: Any, programmes: Sequence[Any], half: str) -> Any:
    """One person's cases are few: they are read from what the person answers for, and put in order then."""
    held = wanted.join(Custody, (Custody.case_id == Case.id) & Custody.until_at.is_(None))
    return held.where(Case.programme_id.in_(programmes), Case.status.in_(OPEN if half == "open" else ENDED))


def _owner() -> ColumnElement[bool]:
    return Custody.user_id == select(User.id).where(User.public_id == bindparam("owner")).scalar_subquery()


CONDITIONS: Mapping[str, Any] = {
    "soon": lambda: Case.clock_ends_at <= bindparam("soon", type_=Case.clock_ends_at.type),
    "quiet": lambda: Case.heard_at <= bindparam("quiet_since", type_=Case.heard_at.type),
    "mine": lambda: Custody.user_id == bindparam("me"),
    "priority": lambda: Case.priority_rank.in_(bindparam("priority", expanding=True)),
    "category": lambda: Case.problem_code.between(bindparam("from_code"), bindparam("to_code")),
    "county": lambda: Case.county == bindparam("county"),
    "language": lambda: Case.language == bindparam("language"),
    "owner": _owner,
    "since": lambda: Case.received_at < bindparam("since", type_=Case.received_at.type),
}


@lru_cache
def _rows_statement() -> Any:
    asked = exists().where(
        CriticalDate.case_id == Case.id, CriticalDate.standing == "open_question", CriticalDate.done_at.is_(None)
    )
    return (
        select(
            Case.id, Case.public_id, Case.number, Case.status, Case.programme_id, Case.problem_code, Case.county,
            Case.language, Case.interpreter, Case.in_person, Case.listing_title, Case.service_level,
            Case.priority_level, Case.points, Case.next_critical_on, Case.clock_ends_at, Case.listed_at,
            Case.received_at, Case.placed_at, Case.closed_at, Case.paused_at, Case.heard_at,
            Custody.user_id.label("owner"), asked.label("has_open_question"),
        )
        .outerjoin(Custody, (Custody.case_id == Case.id) & Custody.until_at.is_(None))
        .where(Case.id.in_(bindparam("ids", expanding=True)))
    )  # fmt: skip


def rows_of(ids: Sequence[int]) -> list[Any]:
    """The plain facts of some cases, in the order of the ids."""
    by_id = {row.id: row for row in session.execute(_rows_statement(), {"ids": list(ids)})}
    return [by_id[each] for each in ids if each in by_id]


@lru_cache
def _priorities_statement() -> Any:
    newest = select(func.max(Priority.id)).where(Priority.case_id.in_(bindparam("ids", expanding=True)))
    columns = (
        Priority.case_id,
        Priority.points,
        cast(Priority.factors, Text).label("factors"),
        Priority.rules_version,
        Priority.override_level,
        Priority.override_by_id,
        Priority.override_lapses_on,
    )
    reckoned = select(*columns).where(
        Priority.id.in_(newest.where(Priority.override_level.is_(None)).group_by(Priority.case_id))
    )
    live = select(*columns).where(
        Priority.case_id.in_(bindparam("ids", expanding=True)),
        Priority.override_level.is_not(None),
        Priority.lapsed_at.is_(None),
    )
    return union_all(reckoned, live)


def priorities_of(ids: Sequence[int]) -> dict[int, list[Any]]:
    """What each case's priority was reckoned from (as stored text), and the override above it if there is one."""
    found: dict[int, list[Any]] = {}
    for row in session.execute(_priorities_statement(), {"ids": list(ids)}):
        found.setdefault(row.case_id, []).append(row)
    return found


@dataclass(frozen=True)
class Try:
    """One thing that was done to place a case: somebody leads it, a live attempt, a proposal, or nobody can."""

    kind: str
    given_name: str | None
    family_name: str | None
    until_at: Any = None
    reason: str | None = None


@lru_cache
def _placement_statement() -> Any:
    ids: Any = bindparam("ids", expanding=True)
    last_run = select(func.max(DocketRun.id)).where(DocketRun.status == RunStatus.DONE).scalar_subquery()
    names = (Volunteer.given_name, Volunteer.family_name)
    leads = (
        select(Assignment.case_id, literal("lead", String).label("kind"), *names, Assignment.started_at.label("at"),
               literal("", String).label("reason"))
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .where(Assignment.case_id.in_(ids), Assignment.role == "lead", Assignment.ended_at.is_(None))
    )  # fmt: skip
    tries = (
        select(Opening.case_id, func.coalesce(Referral.status, ""), *names, Referral.ends_at, Referral.way)
        .select_from(Opening)
        .join(Referral, Referral.opening_id == Opening.id)
        .outerjoin(Volunteer, Volunteer.id == Referral.volunteer_id)
        .where(Opening.case_id.in_(ids), func.coalesce(Referral.status, "").in_([*LIVE, ReferralStatus.DECLINED]))
    )
    proposals = (
        select(Opening.case_id, literal("proposed"), *names, null(), literal(""))
        .select_from(Opening)
        .join(Proposal, Proposal.opening_id == Opening.id)
        .join(Volunteer, Volunteer.id == Proposal.volunteer_id)
        .where(
            Opening.case_id.in_(ids),
            func.coalesce(Proposal.run_id, 0) == last_run,
            Proposal.status == ProposalStatus.OPEN,
        )
    )
    nobody = (
        select(Opening.case_id, Unplaced.reason, null(), null(), null(), func.coalesce(Unplaced.binding_rule, ""))
        .select_from(Opening)
        .join(Unplaced, Unplaced.opening_id == Opening.id)
        .where(Opening.case_id.in_(ids), func.coalesce(Unplaced.run_id, 0) == last_run)
    )
    return union_all(leads, tries, proposals, nobody)


def tries_of(ids: Sequence[int]) -> dict[int, list[Try]]:
    """What was done to place each case, as of now and of the last docket run."""
    found: dict[int, list[Try]] = {}
    for row in session.execute(_placement_statement(), {"ids": list(ids)}):
        found.setdefault(row[0], []).append(Try(str(row[1]), row[2], row[3], row[4], row[5]))
    return found


@lru_cache
def _staff_statement() -> Any:
    working = select(RoleGrant.user_id).where(RoleGrant.role.in_(STAFF), RoleGrant.programme_id.in_(my_programmes()))
    return select(User.id, User.public_id, User.name, User.deactivated_at).where(User.id.in_(working))


def staff(viewer: User) -> list[Any]:
    """The people who work for the viewer's programmes, by name."""
    rows = session.execute(_staff_statement(), {"programmes": staff_of(viewer)["programmes"]})
    return sorted(rows, key=lambda row: row.name)


def days_since(moment: Any, now: Any) -> int:
    """Whole days that have passed."""
    return max(0, (now - moment) // timedelta(days=1))
