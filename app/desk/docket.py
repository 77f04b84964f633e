"""The docket's page: which cases in which order, and everything the table says about them, in five queries.

The list is found by ids first. Each status of each programme is one arm that reads its index in order and stops early;
a scan of everything in sight happens only where a filter finds almost nothing. The count beyond a page is bounded too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from app.accounts.models import RoleGrant, User
from app.casework.models import ContactAttempt, Note, TimeEntry
from app.clients.models import Case, CriticalDate, Custody, Opening, Priority
from app.core import clock
from app.core.access import STAFF
from app.core.db import session
from app.core.lists import whole
from app.engagement.models import Checkin
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

# Order: the columns, the way round of each (+1 up), and whether the first may be missing: those come last.
ORDERS: dict[str, tuple[tuple[Any, ...], tuple[int, ...], bool]] = {
    "priority": ((Case.priority_rank, Case.points, Case.id), (1, -1, -1), False),
    "number": ((Case.number, Case.id), (-1, -1), False),
    "next": ((Case.next_critical_on, Case.id), (1, 1), True),
    "clock": ((Case.clock_ends_at, Case.id), (1, 1), True),
}


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
    given = {f"p{at}": programme for at, programme in enumerate(programmes)}
    given |= {f"s{at}": status for at, status in enumerate(wish.statuses)}
    given |= {**wish.values, "me": viewer.id, "soon": clock.now() + SOON, "quiet_since": clock.now() - QUIET}
    statement = _ids(len(programmes), len(wish.statuses), wish.sort, wish.narrows)
    before = (number - 1) * size
    ids = list(
        session.scalars(statement, {**given, "most": size + ahead, "reach": before + size + ahead, "skip": before})
    )
    return Found(ids[:size], number, before + len(ids) if ids else 0, len(ids) == size + ahead)


@lru_cache(maxsize=256)
def _ids(programmes: int, statuses: int, sort: str, narrows: tuple[str, ...]) -> Any:
    """The statement for one shape of the docket's address; only its values differ from reader to reader."""
    columns, ways, is_optional = ORDERS[sort.removeprefix("-")]
    if sort.startswith("-"):
        ways = tuple(-way for way in ways)
    if OWNED & set(narrows):
        return _owned(columns, ways, is_optional, programmes, statuses, narrows)
    presences = (columns[0].is_not(None), columns[0].is_(None)) if is_optional else (true(),)
    arms = [
        _arm(columns, ways, (at, presence), Case.programme_id == bindparam(f"p{p}"), status,
             *(CONDITIONS[name]() for name in narrows))
        for p in range(programmes)
        for status in _statuses(statuses, sort)
        for at, presence in enumerate(presences)
    ]  # fmt: skip
    if len(arms) == 1:
        return arms[0].with_only_columns(Case.id).limit(bindparam("most")).offset(bindparam("skip"))
    all_arms = union_all(*(select(arm.subquery()) for arm in arms)).subquery()
    keys = [_turned(all_arms.c[f"k{at}"], way) for at, way in enumerate((1, *ways))]
    return select(all_arms.c.id).order_by(*keys).limit(bindparam("most")).offset(bindparam("skip"))


def _statuses(number: int, sort: str) -> list[ColumnElement[bool]]:
    """A condition for each arm: by number many statuses are read together, as their index knows none of them."""
    each = [bindparam(f"s{at}", type_=Case.status.type) for at in range(number)]
    if sort.endswith("number") and number > 1:
        return [Case.status.in_(each)]
    return [Case.status == status for status in each]


def _owned(
    columns: Any, ways: Any, is_optional: bool, programmes: int, statuses: int, narrows: tuple[str, ...]
) -> Select[Any]:
    """One person's cases are few: they are read from what the person answers for, and put in order then."""
    empty_last = [columns[0].is_(None)] if is_optional else []
    stmt = select(Case.id).join(Custody, (Custody.case_id == Case.id) & Custody.until_at.is_(None))
    stmt = stmt.where(
        Case.programme_id.in_([bindparam(f"p{at}") for at in range(programmes)]),
        Case.status.in_([bindparam(f"s{at}", type_=Case.status.type) for at in range(statuses)]),
        *(CONDITIONS[name]() for name in narrows),
    )
    ordered = stmt.order_by(*empty_last, *(_turned(column, way) for column, way in zip(columns, ways, strict=True)))
    return ordered.limit(bindparam("most")).offset(bindparam("skip"))


def _arm(columns: Any, ways: Any, presence: tuple[int, Any], *where: ColumnElement[bool]) -> Select[Any]:
    group, condition = presence
    keys = [literal(group, Integer).label("k0"), *(column.label(f"k{at + 1}") for at, column in enumerate(columns))]
    found = select(Case.id, *keys).where(*where, condition)
    ordered = found.order_by(*(_turned(column, way) for column, way in zip(columns, ways, strict=True)))
    return ordered.limit(bindparam("reach"))


def _turned(column: Any, way: int) -> Any:
    return column if way > 0 else column.desc()


def _quiet() -> ColumnElement[bool]:
    """Nothing was heard of the case: no answer, contact, hours or note, and it is not new."""
    since = bindparam("quiet_since", type_=Case.placed_at.type)
    heard: tuple[tuple[Any, Any, Any], ...] = (
        (Checkin.case_id, Checkin.answered_at, true()),
        (ContactAttempt.case_id, ContactAttempt.at, ContactAttempt.reached.is_(True)),
        (TimeEntry.case_id, TimeEntry.created_at, TimeEntry.removed_at.is_(None)),
        (Note.case_id, Note.created_at, true()),
    )
    silent = [~exists().where(of == Case.id, at > since, counts) for of, at, counts in heard]
    return Case.placed_at.is_not(None) & (Case.placed_at <= since) & and_(*silent)


OWNED = frozenset({"mine", "owner"})


def _owner() -> ColumnElement[bool]:
    return Custody.user_id == select(User.id).where(User.public_id == bindparam("owner")).scalar_subquery()


CONDITIONS: Mapping[str, Any] = {
    "soon": lambda: Case.clock_ends_at <= bindparam("soon", type_=Case.clock_ends_at.type),
    "quiet": _quiet,
    "mine": lambda: Custody.user_id == bindparam("me"),
    "priority": lambda: Case.priority_rank.in_(bindparam("priority", expanding=True)),
    "category": lambda: func.substr(Case.problem_code, 1, 2).in_(bindparam("category", expanding=True)),
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
            Case.received_at, Case.placed_at, Case.closed_at, Case.paused_at, Custody.user_id.label("owner"),
            asked.label("has_open_question"),
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
