"""Every open matter as the engine reads it, kept in memory, and read again where a change of its case was noted.

The other half of `at_hand`: what the shortlist of a volunteer and their list of open matters begin from. A bar, a
conflict, a hold or an offer is a change of its case and counts at the next look; whatever may bar many (firms,
households, names of volunteers) reads all again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from flask import current_app
from sqlalchemy import Engine, Select, bindparam, select

from app.clients.models import Opening
from app.core.db import engine, session

from . import changes
from .barring import Purpose
from .engine.docket import CaseRow, VolunteerRow
from .engine.problems import categories, fold, fold_area
from .models_changes import EVERY
from .rules import case_rows

MANY = 500  # more changed ones than this are read with all others
ANY = ""  # the field of what asks for none

Rows = dict[int, CaseRow]


@dataclass
class CasesAtHand:
    """The rows of one day by opening, which openings a case has, and up to which change they are known."""

    of: Engine
    day: date
    every: Select[Any]  # the ids of all open matters of the day
    purpose: Purpose = Purpose.MATCH
    known: int | None = None
    rows: Rows = field(default_factory=dict)
    of_case: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    listing: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    read: int = 0  # how many cases were asked for in the last look; -1 for all
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.some = self.every.where(Opening.case_id.in_(bindparam("cases", expanding=True)))

    def refresh(self) -> None:
        """Read everything when cold, later the cases that changed."""
        with self.lock:
            seen = changes.look(self.known)
            if EVERY in seen.cases or len(seen.cases) > MANY:
                rows, cases = _read(self.every, self.purpose)
                self.rows.clear()
                self.of_case.clear()
                self.listing.clear()
                self._take(rows, cases)
                self.read = -1
            else:
                self._read_again(sorted(seen.cases))
            self.known = seen.known

    def _read_again(self, changed: list[int]) -> None:
        self.read = len(changed)
        rows, cases = _read(self.some, self.purpose, cases=changed) if changed else ({}, {})
        for opening_id in [one for case_id in changed for one in self.of_case.pop(case_id, ())]:
            self.listing[_field(self.rows.pop(opening_id))].discard(opening_id)
        self._take(rows, cases)

    def _take(self, rows: Rows, cases: dict[int, int]) -> None:
        self.rows |= rows
        for opening_id, row in rows.items():
            self.of_case[cases[opening_id]].add(opening_id)
            self.listing[_field(row)].add(opening_id)

    def all_rows(self) -> Rows:
        """Every open matter."""
        with self.lock:
            return dict(self.rows)

    def in_fields_of(self, volunteer: VolunteerRow) -> Rows:
        """What is about a field that the volunteer lists, or asks for none."""
        listed = {fold_area(area) for area, _level in volunteer.areas}
        with self.lock:
            found = [
                opening_id
                for code, openings in self.listing.items()
                if code == ANY or code in listed or categories()[code] in listed
                for opening_id in openings
            ]
            return {opening_id: self.rows[opening_id] for opening_id in found}


def in_fields_of(volunteer: VolunteerRow, today: date, every: Select[Any]) -> Rows:
    """The open matters of the volunteer's fields, as things stand now; inside a change from the database alone.

    :param every: selects the ids of all open matters of the day
    """
    if session.info.get("writing"):
        return case_rows(every)
    return _kept(today, every, Purpose.MATCH).in_fields_of(volunteer)


def to_take(today: date, every: Select[Any]) -> Rows:
    """All of some open matters as judged for who asks for one by themselves; likewise.

    :param every: selects the ids of all listed openings
    """
    if session.info.get("writing"):
        return case_rows(every, Purpose.CLAIM)
    return _kept(today, every, Purpose.CLAIM).all_rows()


def _kept(today: date, every: Select[Any], purpose: Purpose) -> CasesAtHand:
    """What this process keeps for a purpose, as things stand now."""
    name = f"cases_at_hand_to_{purpose}"
    kept: CasesAtHand | None = current_app.extensions.get(name)
    if kept is None or kept.day != today or kept.of is not engine():
        kept = current_app.extensions[name] = CasesAtHand(engine(), today, every, purpose)
    kept.refresh()
    return kept


def _field(row: CaseRow) -> str:
    return ANY if row.any_field else fold(row.problem_code)


def _read(openings: Select[Any], purpose: Purpose, **asked: Any) -> tuple[Rows, dict[int, int]]:
    """The rows of openings, and the case of each."""
    of_case = select(Opening.id, Opening.case_id).where(Opening.id.in_(openings))
    return case_rows(openings, purpose, **asked), {row.id: row.case_id for row in session.execute(of_case, asked)}
