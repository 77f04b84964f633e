"""The docket's indexes: one for each order, over open and over ended cases, wide enough to filter without a row.

A county holds few cases: those are read by the county, and put in order then.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from .statuses import OPEN, CaseStatus

ENDED = tuple(status for status in CaseStatus if status not in OPEN)
FILTERED = (
    "status", "county", "language", "problem_code", "received_at", "priority_rank", "heard_at", "clock_ends_at",
)  # fmt: skip
ORDERS = {
    "priority": ("priority_rank", "points DESC", "id DESC"),
    "number": ("number DESC", "id DESC"),
    "next": ("next_critical_on", "id"),
    "clock": ("clock_ends_at", "id"),
    "heard": ("heard_at", "id"),  # of open cases only: nobody waits to hear of an ended one
}
COUNTY = (
    "programme_id", "county", "language", "status", "priority_rank", "points", "id", "number", "next_critical_on",
    "clock_ends_at", "heard_at", "problem_code", "received_at",
)  # fmt: skip


def _among(statuses: tuple[CaseStatus, ...]) -> str:
    return f"status IN ({', '.join(repr(status.value) for status in statuses)})"


HALVES = {"open": _among(OPEN), "ended": _among(ENDED)}


def docket_indexes() -> list[Index]:
    """Every order of the docket as an index that is read from one end until the page is full."""
    return [
        _index(half, order, columns)
        for order, columns in ORDERS.items()
        for half in HALVES
        if (half, order) != ("ended", "heard")
    ] + [_of_a_county(half) for half in HALVES]


def _index(half: str, order: str, columns: tuple[str, ...]) -> Index:
    names = {column.partition(" ")[0] for column in columns}
    more = [column for column in FILTERED if column not in names]
    ordered = [text(column) if " " in column else column for column in ("programme_id", *columns, *more)]
    where = text(HALVES[half])
    return Index(f"ix_cases_{half}_{order}", *ordered, sqlite_where=where, postgresql_where=where)


def _of_a_county(half: str) -> Index:
    where = text(HALVES[half])
    return Index(f"ix_cases_{half}_county", *COUNTY, sqlite_where=where, postgresql_where=where)
