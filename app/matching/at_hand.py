"""Every volunteer as the engine reads them, kept in memory, and read again where a change of them was noted.

Each process keeps its own rows of the day. What changed since is asked of the database each time (`changes`), so that
what one process writes counts in all others at their next look.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from flask import current_app
from sqlalchemy import Engine

from app.core.db import engine, session

from . import changes
from .engine.docket import CaseRow, VolunteerRow
from .engine.problems import categories, fold, fold_area
from .models_changes import EVERY
from .volunteer_rows import volunteer_rows

MANY = 2_000  # more changed ones than this are read with everybody else

Rows = dict[int, VolunteerRow]


@dataclass
class AtHand:
    """The rows of one day, who lists which field, and up to which change they are known."""

    of: Engine
    day: date
    known: int | None = None
    rows: Rows = field(default_factory=dict)
    listing: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    read: int = 0  # how many rows were read in the last look
    lock: Lock = field(default_factory=Lock)

    def refresh(self, zone: str) -> None:
        """Read everybody when cold, later those who changed."""
        with self.lock:
            seen = changes.look(self.known)
            if EVERY in seen.volunteers or len(seen.volunteers) > MANY:
                rows = volunteer_rows(self.day, zone)
                self.rows.clear()
                self.listing.clear()
                self._take(rows)
            else:
                changed = sorted(seen.volunteers)
                self._take(volunteer_rows(self.day, zone, volunteer_ids=changed) if changed else {})
            self.known = seen.known

    def _take(self, rows: Rows) -> None:
        self.read = len(rows)
        for volunteer_id, row in rows.items():
            for area in _fields(self.rows.get(volunteer_id)):
                self.listing[area].discard(volunteer_id)
            for area in _fields(row):
                self.listing[area].add(volunteer_id)
            self.rows[volunteer_id] = row

    def of_field(self, case: CaseRow) -> Rows:
        """Who lists what a case is about; everybody where it asks for no field."""
        with self.lock:
            if case.any_field:
                return dict(self.rows)
            code = fold(case.problem_code)
            found = self.listing.get(code, set()) | self.listing.get(categories()[code], set())
            return {volunteer_id: self.rows[volunteer_id] for volunteer_id in sorted(found)}


def of_field(case: CaseRow, today: date, zone: str) -> Rows:
    """The rows of the volunteers who list what a case is about, as things stand now.

    Inside a change they are read from the database alone: it sees what is not saved yet and may never be.
    """
    if session.info.get("writing"):
        return volunteer_rows(today, zone)
    kept: AtHand | None = current_app.extensions.get("volunteers_at_hand")
    if kept is None or kept.day != today or kept.of is not engine():
        kept = current_app.extensions["volunteers_at_hand"] = AtHand(engine(), today)
    kept.refresh(zone)
    return kept.of_field(case)


def _fields(row: VolunteerRow | None) -> set[str]:
    return {fold_area(area) for area, _level in row.areas} if row else set()
