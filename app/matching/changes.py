"""Which volunteers and cases changed: noted in the transaction of each change, asked by whoever keeps them in memory.

No clock is compared. On SQLite one writes at a time, so the notes' numbers are in the order in which they were saved.
On PostgreSQL a note bears its transaction's number, and a look begins where the oldest transaction was still at work
at the look before: what was saved since is never before that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, event, func, insert, inspect, literal, select
from sqlalchemy.orm import ORMExecuteState, Session

from app.accounts.models import Programme, User
from app.clients.models import Case, Opening, Party
from app.core import clock
from app.core.db import AppSession, session, transaction
from app.volunteers.models import (
    Area,
    Credential,
    Membership,
    Organisation,
    Requirement,
    Standing,
    Tie,
    TieWord,
    Volunteer,
    VolunteerWord,
)

from .models import Assignment, Bar, Referral
from .models_changes import EVERY, DocketChange

KEPT = timedelta(days=3)  # memory is built anew each day
UNREAD = "not_on_docket"  # marks a statement that writes only columns which the engine never reads


@dataclass
class Touched:
    """The rows one flush or statement concerns."""

    volunteers: set[int] = field(default_factory=set)
    cases: set[int] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    openings: set[int] = field(default_factory=set)

    def add(self, table: str, values: Mapping[str, Any]) -> None:
        """Count what a row of a table says; what it does not name may be anybody."""
        for kind, column in WATCHED.get(table, ()):
            value = values.get(column) if column else EVERY
            if value is not None:
                getattr(self, kind).add(value)
            elif column not in MAY_BE_NOBODY:
                getattr(self, AT_LARGE[kind]).add(EVERY)


WATCHED: dict[str, tuple[tuple[str, str], ...]] = {
    kind.__tablename__: touched
    for kind, touched in {
        Volunteer: (("volunteers", "id"),),
        User: (("users", "id"),),
        Credential: (("volunteers", "volunteer_id"),),
        Area: (("volunteers", "volunteer_id"),),
        Membership: (("volunteers", "volunteer_id"), ("cases", "")),
        Standing: (("volunteers", "volunteer_id"), ("cases", "")),
        Referral: (("volunteers", "volunteer_id"), ("openings", "opening_id")),
        Assignment: (("volunteers", "volunteer_id"), ("cases", "case_id")),
        Requirement: (("volunteers", ""),),
        Organisation: (("volunteers", ""), ("cases", "")),
        Programme: (("cases", ""),),
        Case: (("cases", "id"),),
        Opening: (("cases", "case_id"),),
        Party: (("cases", "case_id"),),
        Bar: (("cases", "case_id"),),
        VolunteerWord: (("cases", ""),),
        Tie: (("cases", ""),),
        TieWord: (("cases", ""),),
    }.items()
}
"""Whose rows on the docket are read from a table; "" for everybody's."""
ONLY = {"programmes": ("slug", "time_zone"), "users": ("deactivated_at",)}  # what else changes of them is never read
AT_LARGE = {"volunteers": "volunteers", "users": "volunteers", "cases": "cases", "openings": "cases"}
MAY_BE_NOBODY = ("volunteer_id",)  # a firm's attempt has no volunteer yet


@event.listens_for(AppSession, "after_flush")
def _note_flushed(writing: Session, _context: Any) -> None:
    touched = Touched()
    watched = [row for row in writing.dirty if row.__tablename__ in WATCHED and _is_changed(row)]
    watched += [row for row in (*writing.new, *writing.deleted) if row.__tablename__ in WATCHED]
    for row in watched:
        touched.add(row.__tablename__, {column: getattr(row, column) for column in _columns(row.__tablename__)})
    _note(writing, touched)


def _is_changed(row: Any) -> bool:
    state = inspect(row)
    columns = ONLY.get(row.__tablename__, state.mapper.column_attrs.keys())
    return any(state.attrs[column].history.has_changes() for column in columns)


def _columns(table: str) -> Iterable[str]:
    return (column for _kind, column in WATCHED[table] if column)


@event.listens_for(AppSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    """Note what is written past the unit of work: a row it names, else everybody."""
    if not (state.is_insert or state.is_update or state.is_delete) or state.execution_options.get(UNREAD):
        return
    table, touched = str(getattr(state.statement.table, "name", "")), Touched()  # type: ignore[attr-defined]
    given = state.parameters if state.is_insert and isinstance(state.parameters, dict) else {}
    touched.add(table, {name.removeprefix("its_"): value for name, value in given.items()})
    if not given and any(column in MAY_BE_NOBODY for _kind, column in WATCHED.get(table, ())):
        touched.volunteers.add(EVERY)
    _note(state.session, touched)


def _note(writing: Session, touched: Touched) -> None:
    said = [("volunteer_id", one) for one in sorted(touched.volunteers)]
    said += [("case_id", one) for one in sorted(touched.cases)]
    if not said and not touched.users and not touched.openings:
        return
    connection = writing.connection()
    if touched.users:
        found = connection.execute(select(Volunteer.id).where(Volunteer.user_id.in_(touched.users)))
        said += [("volunteer_id", one) for one in found.scalars()]
    if touched.openings:
        found = connection.execute(select(Opening.case_id).where(Opening.id.in_(touched.openings)))
        said += [("case_id", one) for one in found.scalars()]
    if said:
        rows = [{"volunteer_id": None, "case_id": None, kind: one} for kind, one in said]
        connection.execute(insert(DocketChange).values(mark=_mark(connection.dialect.name)), rows)


def _mark(dialect: str) -> Any:
    return _number(func.pg_current_xact_id()) if dialect == "postgresql" else literal(0)


def _number(transaction_id: Any) -> Any:
    return cast(cast(transaction_id, Text), BigInteger)


@dataclass(frozen=True)
class Look:
    """Who changed since the look before; `known` is where the next one begins."""

    known: int
    volunteers: set[int]
    cases: set[int]


def look(known: int | None) -> Look:
    """Who changed since; everybody where nothing is known yet."""
    by_transaction = session.get_bind().dialect.name == "postgresql"
    now = int(session.execute(OLDEST_AT_WORK if by_transaction else LAST_NOTE).scalar_one())
    if known is None:
        return Look(now, {EVERY}, {EVERY})
    if now <= known and not by_transaction:
        return Look(known, set(), set())  # this reading began before one that is kept
    found = session.execute(BY_TRANSACTION if by_transaction else BY_NOTE, {"known": known}).all()
    volunteers = {row.volunteer_id for row in found if row.volunteer_id is not None}
    return Look(now, volunteers, {row.case_id for row in found if row.case_id is not None})


OLDEST_AT_WORK = select(_number(func.pg_snapshot_xmin(func.pg_current_snapshot())))
LAST_NOTE = select(func.coalesce(func.max(DocketChange.id), 0))
NOTED = select(DocketChange.volunteer_id, DocketChange.case_id).distinct()
BY_TRANSACTION = NOTED.where(DocketChange.mark >= bindparam("known"))
BY_NOTE = NOTED.where(DocketChange.id > bindparam("known"))


def forget() -> None:
    """Forget notes that nobody asks for any more; the newest stays, so that numbers only rise."""
    with transaction():
        newest = select(func.max(DocketChange.id)).scalar_subquery()
        old = delete(DocketChange).where(DocketChange.created_at < clock.now() - KEPT, DocketChange.id < newest)
        session.execute(old)
