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

from app.accounts.models import Programme
from app.clients.models import Case, Opening
from app.core.db import engine, session

from . import changes
from .alike import Alike, Matter
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
    alike: Alike = field(default_factory=Alike)  # of those that somebody could ask for by themselves
    read: int = 0  # how many cases were asked for in the last look; -1 for all
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.some = self.every.where(Opening.case_id.in_(bindparam("cases", expanding=True)))

    def refresh(self) -> None:
        """Read everything when cold, later the cases that changed."""
        with self.lock:
            seen = changes.look(self.known)
            if EVERY in seen.cases or len(seen.cases) > MANY:
                matters = _read(self.every, self.purpose)
                for kept in (self.rows, self.of_case, self.listing, self.alike):
                    kept.clear()  # type: ignore[attr-defined]
                self._take(matters)
                self.read = -1
            else:
                self._read_again(sorted(seen.cases))
            self.known = seen.known

    def _read_again(self, changed: list[int]) -> None:
        self.read = len(changed)
        matters = _read(self.some, self.purpose, cases=changed) if changed else []
        for opening_id in [one for case_id in changed for one in self.of_case.pop(case_id, ())]:
            row = self.rows.pop(opening_id)
            self.listing[_field(row)].discard(opening_id)
            if self.purpose is Purpose.CLAIM:
                self.alike.drop(opening_id, row)
        self._take(matters)

    def _take(self, matters: list[Matter]) -> None:
        for matter in matters:
            self.rows[matter.opening_id] = matter.row
            self.of_case[matter.case_id].add(matter.opening_id)
            self.listing[_field(matter.row)].add(matter.opening_id)
        if self.purpose is Purpose.CLAIM:
            self.alike.add(matters)

    def open_to(self, volunteer: VolunteerRow) -> list[list[Matter]]:
        """What the volunteer may know of, those of a kind together."""
        with self.lock:
            return self.alike.open_to(volunteer)

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


def to_take(volunteer: VolunteerRow, today: date, every: Select[Any]) -> list[list[Matter]]:
    """Some open matters as judged for who asks for one by themselves, those of a kind together; likewise.

    :param every: selects the ids of all listed openings
    """
    if session.info.get("writing"):
        found = Alike()
        found.add(_read(every, Purpose.CLAIM))
        return found.open_to(volunteer)
    return _kept(today, every, Purpose.CLAIM).open_to(volunteer)


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


def _read(openings: Select[Any], purpose: Purpose, **asked: Any) -> list[Matter]:
    """The rows of openings, with what else a list of them is ordered and filtered by."""
    columns = (Opening.id, Opening.case_id, Case.listed_at, Opening.ends_on, Programme.time_zone)
    found = select(*columns).join(Case, Case.id == Opening.case_id).join(Programme).where(Opening.id.in_(openings))
    rows = case_rows(openings, purpose, **asked)
    return [
        Matter(each.id, each.case_id, rows[each.id], each.listed_at, each.ends_on, each.time_zone)
        for each in session.execute(found, asked)
        if each.id in rows
    ]
