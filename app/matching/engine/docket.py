"""The docket of one run: its rows in their strict order, and the tables made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from .settings import Settings
from .tables import AREAS, CASE_WIDTH, CODE, PERSON_WIDTH, SLOTS, Tables, encode

PRIORITIES = ("critical", "high", "normal", "low")
LEVELS = ("learning", "competent", "experienced", "expert")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What the rules and terms read of one case."""

    case_id: str
    priority: str
    points: int
    waiting_since: date
    next_critical_on: date | None
    problem_code: str
    level: str
    role: str
    state: str
    licence: str
    credentials: tuple[str, ...]
    county: str
    in_person: bool
    language: str
    interpreter: bool
    hours: float
    trainings: tuple[str, ...]
    barred: tuple[str, ...]
    programme: str
    any_field: bool = False  # asks for no area of law, as an interpreter's part does


@dataclass(frozen=True, slots=True)
class VolunteerRow:
    """What the rules and terms read of one volunteer; `areas` pairs a code or category with a level."""

    volunteer_id: str
    status: str
    roles: tuple[str, ...]
    firm: str
    licences: tuple[str, ...]
    credentials: tuple[str, ...]
    areas: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    counties: tuple[str, ...]
    remote: bool
    slots: int
    max_hours: float | None
    available_from: date | None
    trainings: tuple[str, ...]
    mentor_ok: bool
    declines: tuple[str, ...]
    last_asked_on: date | None
    asks_14d: int
    asks_60d: int


def urgency(case: CaseRow) -> tuple[Any, ...]:
    """Return the sort key of the priority order: a strict total order, the most urgent first."""
    return (
        PRIORITIES.index(case.priority),
        -case.points,
        case.next_critical_on is None,
        case.next_critical_on or date.max,
        case.waiting_since,
        case.case_id,
    )


def _volunteer_id(volunteer: VolunteerRow) -> str:
    return volunteer.volunteer_id


@dataclass(frozen=True, eq=False)
class Docket:
    """Cases in priority order, volunteers by id, and both as tables; an index is a place in that order."""

    cases: tuple[CaseRow, ...]
    volunteers: tuple[VolunteerRow, ...]
    as_of: date
    settings: Settings
    tables: Tables

    @classmethod
    def from_rows(
        cls,
        cases: Sequence[CaseRow],
        volunteers: Sequence[VolunteerRow],
        as_of: date,
        settings: Settings | None = None,
    ) -> "Docket":
        """Put the rows in their order and encode them; the order they came in has no influence."""
        settings = settings or Settings()
        ordered_cases = tuple(sorted(cases, key=urgency))
        ordered_volunteers = tuple(sorted(volunteers, key=_volunteer_id))
        tables = encode(ordered_cases, ordered_volunteers, as_of, settings)
        return cls(ordered_cases, ordered_volunteers, as_of, settings, tables)

    @cached_property
    def case_index(self) -> dict[str, int]:
        """Return the index of every case id."""
        return {case.case_id: index for index, case in enumerate(self.cases)}

    @cached_property
    def volunteer_index(self) -> dict[str, int]:
        """Return the index of every volunteer id."""
        return {volunteer.volunteer_id: index for index, volunteer in enumerate(self.volunteers)}

    def case_column(self, column: int) -> np.ndarray:
        """Return one column of the cases' table [cases]."""
        return self.tables.cases.reshape(-1, CASE_WIDTH)[:, column]  # type: ignore[no-any-return]

    def person_column(self, column: int) -> np.ndarray:
        """Return one column of the volunteers' table [volunteers]."""
        return self.tables.people.reshape(-1, PERSON_WIDTH)[:, column]  # type: ignore[no-any-return]

    @cached_property
    def slots(self) -> np.ndarray:
        """Return every volunteer's open slots [volunteers]."""
        return self.person_column(SLOTS).astype(np.int32)

    @cached_property
    def lists(self) -> Tables:
        """Return the tables as plain lists, which uncompiled kernels read three times as fast."""
        return Tables(*(table.tolist() for table in self.tables))

    @cached_property
    def alike(self) -> dict[tuple[int, ...], Any]:
        """Return the lists shortlists keep: who may take cases alike in some columns, by those columns' values."""
        return {}

    @cached_property
    def area_postings(self) -> tuple[np.ndarray, np.ndarray]:
        """Return, per code, who lists it or its category: starts [codes + 1] and volunteer indices, ascending."""
        begins = self.person_column(AREAS)
        codes = int(self.case_column(CODE).max(initial=-1)) + 1
        listing = [np.nonzero(self.tables.pool[begins + code])[0].astype(np.int32) for code in range(codes)]
        starts = np.cumsum([0, *(len(volunteers) for volunteers in listing)], dtype=np.int64)
        return starts, np.concatenate([*listing, np.zeros(0, dtype=np.int32)])

    @cached_property
    def area_posting_lists(self) -> tuple[list[int], list[int]]:
        """Return the area postings as plain lists."""
        starts, volunteers = self.area_postings
        return starts.tolist(), volunteers.tolist()
