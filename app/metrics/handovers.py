"""Trends of hand-backs, withdrawals and transfers: what ended a lead early, by quarter, and the cases behind each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import Programme
from app.casework import transfer_words
from app.casework.transfer_models import GONE, Transfer
from app.clients.models import Case
from app.clients.problems import category
from app.core.db import session
from app.matching.models import Assignment

from .figures import before, quarter_of

QUARTERS = 5
DIMENSIONS: dict[str, Any] = {
    "kind": _l("Way out"),
    "reason": _l("Reason given"),
    "cause": _l("Root cause"),
    "category": _l("Problem area"),
    "time": _l("Time from placement"),
}
BANDS: tuple[tuple[str, int, Any], ...] = (
    ("week", 7, _l("up to 7 days")),
    ("month", 30, _l("8 to 30 days")),
    ("quarter", 90, _l("31 to 90 days")),
    ("later", 100_000, _l("later")),
)


@dataclass(frozen=True)
class Change:
    """One lead who went early."""

    case_number: str
    case_id: str
    title: str | None
    transfer_id: str
    on_day: date
    days: int
    members: dict[str, str]


def quarters(today: date) -> list[tuple[date, date]]:
    """This quarter and the four before it, the oldest first."""
    found = [quarter_of(today)]
    while len(found) < QUARTERS:
        found.append(before(*found[-1]))
    return list(reversed(found))


def changes(programme: Programme, first: date, last: date) -> list[Change]:
    """Every lead who went early between two days, the newest first; in one query."""
    low = datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=1)
    high = datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=2)
    columns = (
        Case.number, Case.public_id, Case.listing_title, Case.problem_code, Transfer.public_id.label("transfer_id"),
        Transfer.kind, Transfer.reason, Transfer.root_cause, Transfer.left_at, Assignment.started_at,
    )  # fmt: skip
    found = (
        select(*columns)
        .join(Case, Case.id == Transfer.case_id)
        .join(Assignment, Assignment.id == Transfer.assignment_id)
        .where(Case.programme_id == programme.id, Transfer.status.in_(GONE), Transfer.left_at.between(low, high))
        .order_by(Transfer.left_at.desc(), Transfer.id.desc())
    )
    zone = ZoneInfo(programme.time_zone)
    rows = (_change(row, zone) for row in session.execute(found))
    return [row for row in rows if first <= row.on_day <= last]


def _change(row: Any, zone: ZoneInfo) -> Change:
    on_day, began = row.left_at.astimezone(zone).date(), row.started_at.astimezone(zone).date()
    days = (on_day - began).days
    members = {
        "kind": str(row.kind),
        "reason": f"{row.kind}:{row.reason}",
        "cause": row.root_cause or "open",
        "category": category(row.problem_code) or "unknown",
        "time": next(key for key, most, _label in BANDS if days <= most),
    }
    return Change(row.number, row.public_id, row.listing_title, row.transfer_id, on_day, days, members)


def table(found: Iterable[Change], dimension: str, spans: Sequence[tuple[date, date]]) -> dict[str, list[int]]:
    """How many each member of a dimension has in each span, the most frequent member first."""
    counted: dict[str, Counter[int]] = {}
    for change in found:
        at = next(n for n, (first, last) in enumerate(spans) if first <= change.on_day <= last)
        counted.setdefault(change.members[dimension], Counter())[at] += 1
    rows = {member: [counts[n] for n in range(len(spans))] for member, counts in counted.items()}
    return dict(sorted(rows.items(), key=lambda row: (-sum(row[1]), row[0])))


def member_name(dimension: str, member: str) -> str:
    """What a member is called."""
    if dimension == "reason":
        kind, _colon, reason = member.partition(":")
        said = transfer_words.REASONS.get(kind, {}).get(reason, reason)
        return f"{transfer_words.KINDS.get(kind, kind)}: {said}"
    known: dict[str, Any] = {
        **transfer_words.KINDS, **transfer_words.root_causes(), **{key: label for key, _most, label in BANDS},
        "open": _("not noted yet"), "unknown": _("not known yet"),
    }  # fmt: skip
    return str(known.get(member, member))
