"""Open matters that every rule and every term reads alike, so that one of them is judged for all.

Of two matters that differ only in who asks, since when, how urgently and before which date, whoever may take one may
take the other and fits it as well. Who is barred from one of them is kept beside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from .engine.docket import CaseRow, VolunteerRow

Kind = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """One open matter before it is laid out for a reader."""

    opening_id: int
    case_id: int
    row: CaseRow
    listed_at: datetime | None
    ends_on: date | None  # a package's last day
    zone: str


@dataclass
class Alike:
    """Open matters by kind, and which of them somebody or a firm is barred from."""

    of_kind: dict[Kind, dict[int, Matter]] = field(default_factory=lambda: defaultdict(dict))
    barred_from: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, matters: Iterable[Matter]) -> None:
        """Keep these."""
        for matter in matters:
            self.of_kind[kind_of(matter.row)][matter.opening_id] = matter
            for entry in matter.row.barred:
                self.barred_from[entry].add(matter.opening_id)

    def drop(self, opening_id: int, row: CaseRow) -> None:
        """Forget one."""
        kind = kind_of(row)
        self.of_kind[kind].pop(opening_id)
        if not self.of_kind[kind]:
            del self.of_kind[kind]
        for entry in row.barred:
            self.barred_from[entry].discard(opening_id)
            if not self.barred_from[entry]:
                del self.barred_from[entry]

    def clear(self) -> None:
        """Forget all."""
        self.of_kind.clear()
        self.barred_from.clear()

    def open_to(self, volunteer: VolunteerRow) -> list[list[Matter]]:
        """What the volunteer is not barred from, those of a kind together."""
        entries = (volunteer.volunteer_id, f"firm:{volunteer.firm}" if volunteer.firm else "")
        barred = set().union(*(self.barred_from.get(entry, ()) for entry in entries))
        found = (_without(kept, barred) for kept in self.of_kind.values())
        return [matters for matters in found if matters]


def _without(kept: dict[int, Matter], barred: Collection[int]) -> list[Matter]:
    if not barred:
        return list(kept.values())
    return [matter for opening_id, matter in kept.items() if opening_id not in barred]


def kind_of(row: CaseRow) -> Kind:
    """All that rules and terms read of a case but its bars."""
    return (
        row.role, row.licence, row.credentials, row.problem_code, row.any_field, row.level, row.language,
        row.interpreter, row.county, row.state, row.in_person, row.hours, row.trainings,
    )  # fmt: skip
