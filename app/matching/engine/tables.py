"""Rows as tables of whole numbers, which is all the kernels read.

Three flat arrays, int64 but for an int32 pool.
`cases` and `people` hold one row of fixed width each; a person is one stretch of
memory. `pool` begins with the points and then holds what rows share: sets of met requirements as bits (32 to a
word), levels by problem code, counties and bars as sorted stretches; a row says where its own begin.
A case needs one numbered requirement of each kind (-1 for none); only what some case needs is numbered.
Building takes time and memory linear in the rows; volunteers with equal lists share one place in the pool.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .problems import categories, fold, fold_area
from .settings import Settings

if TYPE_CHECKING:
    from .docket import CaseRow, VolunteerRow

HOUR = 1_000_000
MOST_HOURS = 1_000_000_000
ANY_FIELD = "*"  # marks the code of a case that asks for no area of law
LEVEL_NUMBER = {"learning": 0, "competent": 1, "experienced": 2, "expert": 3}
MANY_SLOTS = 1_000_000

CASE_COLUMNS = (
    "role", "licence", "credential", "code", "level", "language", "interpreter", "county", "state",
    "in_person", "hours", "training", "barred", "barred_end",
)  # fmt: skip
(
    ROLE, LICENCE, CREDENTIAL, CODE, LEVEL, LANGUAGE, INTERPRETER, COUNTY, STATE,
    IN_PERSON, HOURS, TRAINING, BARRED, BARRED_END,
) = range(14)  # fmt: skip
CASE_WIDTH = 14

# What differs from case to case stands first, in one line of the processor's cache.
PERSON_COLUMNS = (
    "areas", "mentor", "max_hours", "languages", "counties", "counties_end", "states", "remote", "index",
    "rotation", "fatigue", "credentials", "trainings", "firm", "slots", "approved", "available", "rested",
    "licences", "roles", "declines",
)  # fmt: skip
(
    AREAS, MENTOR, MAX_HOURS, LANGUAGES, COUNTIES, COUNTIES_END, STATES, REMOTE, INDEX, ROTATION, FATIGUE,
    CREDENTIALS, TRAININGS, FIRM, SLOTS, APPROVED, AVAILABLE, RESTED, LICENCES, ROLES, DECLINES,
) = range(21)  # fmt: skip
PERSON_WIDTH = 21

EXPERTISE_POINTS, AREA_POINTS, PLACE_POINTS, LANGUAGE_POINTS, SLACK_MOST, RAMP = 0, 4, 6, 10, 11, 12


class Tables(NamedTuple):
    """One docket: cases [cases x 14], people [volunteers x 21] and the pool, flat; hours in millionths."""

    cases: Any
    people: Any
    pool: Any


class Pool:
    """What rows share, laid end to end."""

    def __init__(self, points: Sequence[int]) -> None:
        self.parts = [np.array(points, dtype=np.int64)]
        self.size = len(points)

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Append rows of equal width, shape [rows, width]; return where each begins."""
        starts = self.size + np.arange(len(rows), dtype=np.int64) * rows.shape[1]
        self.parts.append(rows.reshape(-1).astype(np.int64))
        self.size += rows.size
        return starts

    def add_stretches(self, stretches: Sequence[Sequence[int]]) -> np.ndarray:
        """Append stretches of any length; return the bounds of all, one more than there are."""
        bounds = self.size + np.cumsum([0, *(len(stretch) for stretch in stretches)], dtype=np.int64)
        self.parts.append(np.array([item for stretch in stretches for item in stretch], dtype=np.int64))
        self.size = int(bounds[-1])
        return bounds


class Numbers(dict[Hashable, int]):
    """Numbers handed out in the order things are first met."""

    def of(self, thing: Hashable) -> int:
        """Return the thing's number, a new one when it has none."""
        return self.setdefault(thing, len(self))


def _distinct(things: Iterable[Hashable]) -> tuple[np.ndarray, list[Any]]:
    """Return for each thing the place of its value among the distinct ones, then those."""
    numbers = Numbers()
    places = np.fromiter((numbers.of(thing) for thing in things), dtype=np.int64)
    return places, list(numbers)


def _bits(met: Sequence[Iterable[int]], count: int) -> np.ndarray:
    """Return a row of words for each set of numbers below `count`, shape [sets, words]."""
    rows = np.zeros((len(met), max(1, -(-count // 32))), dtype=np.int64)
    for row, numbers in zip(rows, met, strict=True):
        for number in numbers:
            row[number >> 5] |= 1 << (number & 31)
    return rows


def _met(needs: Sequence[frozenset[str]], lists: Sequence[Iterable[str]]) -> list[list[int]]:
    """Return for each list the numbers of the needs it holds whole."""
    wanting: dict[str, list[int]] = {}
    for number, need in enumerate(needs):
        for item in need:
            wanting.setdefault(item, []).append(number)
    met = []
    for items in lists:
        found: dict[int, int] = {}
        for item in set(items):
            for number in wanting.get(item, ()):
                found[number] = found.get(number, 0) + 1
        met.append([number for number, count in found.items() if count == len(needs[number])])
    return met


def _requirements(
    pool: Pool, needed: Iterable[frozenset[str]], offered: Iterable[Hashable]
) -> tuple[np.ndarray, np.ndarray]:
    """Return each case's requirement number and where each volunteer's set of met ones begins."""
    numbers = Numbers()
    need = np.fromiter((numbers.of(items) if items else -1 for items in needed), dtype=np.int64)
    places, lists = _distinct(offered)
    starts = pool.add(_bits(_met(list(numbers), lists), len(numbers)))  # type: ignore[arg-type]
    return need, starts[places]


def _licence_needed(case: "CaseRow") -> frozenset[str]:
    if case.role != "attorney":
        return frozenset()
    return frozenset([case.licence or case.state])


def _licences_offered(volunteer: "VolunteerRow") -> tuple[str, ...]:
    return (*volunteer.licences, "any") if volunteer.licences else ()


def _area_rows(codes: Sequence[str], lists: Sequence[tuple[tuple[str, str], ...]]) -> np.ndarray:
    """Return, per list and code, 0 (not listed), 1-4 (category, by level) or 5-8 (code, by level)."""
    rows = np.zeros((len(lists), max(1, len(codes))), dtype=np.int8)
    for row, areas in zip(rows, lists, strict=True):
        best: dict[str, int] = {}
        for area, level in areas:
            name = fold_area(area)
            best[name] = max(best.get(name, -1), LEVEL_NUMBER[level])
        for at, code in enumerate(codes):
            if code.endswith(ANY_FIELD):
                row[at] = 5  # as if listed, at the level such a part asks for
            elif code in best:
                row[at] = 5 + best[code]
            elif categories()[code] in best:
                row[at] = 1 + best[categories()[code]]
    return rows


def _declined(codes: Sequence[str], lists: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """Return for each list of declines the places of the codes it rules out."""
    found = []
    for declines in lists:
        names = {fold_area(area) for area in declines}
        found.append([at for at, code in enumerate(codes) if _is_named(code.removesuffix(ANY_FIELD), names)])
    return found


def _is_named(code: str, names: set[str]) -> bool:
    return code in names or categories()[code] in names


def _code_of(case: "CaseRow") -> str:
    """Return the problem code, marked where every volunteer counts as listing it."""
    return fold(case.problem_code) + (ANY_FIELD if case.any_field else "")


def _problem_columns(
    pool: Pool, cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]
) -> dict[str, np.ndarray]:
    numbers = Numbers()
    code = np.fromiter((numbers.of(_code_of(case)) for case in cases), dtype=np.int64)
    codes = [str(name) for name in numbers]
    places, lists = _distinct(volunteer.areas for volunteer in volunteers)
    areas = pool.add(_area_rows(codes, lists))[places]
    places, lists = _distinct(volunteer.declines for volunteer in volunteers)
    declines = pool.add(_bits(_declined(codes, lists), len(codes)))[places]
    return {"code": code, "areas": areas, "declines": declines}


def _county_columns(
    pool: Pool, cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]
) -> dict[str, np.ndarray]:
    """Number the cases' counties; a volunteer's known ones are a sorted stretch."""
    numbers = Numbers()
    county = np.fromiter((numbers.of(case.county) for case in cases), dtype=np.int64)
    places, lists = _distinct(volunteer.counties for volunteer in volunteers)
    known = [sorted({numbers[name] for name in listed if name in numbers}) for listed in lists]
    bounds = pool.add_stretches(known)
    return {"county": county, "counties": bounds[:-1][places], "counties_end": bounds[1:][places]}


def _barred_columns(
    pool: Pool, cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]
) -> dict[str, np.ndarray]:
    """Keep each case's bars as a sorted stretch: a volunteer's index, or -2 minus a firm's number."""
    named = {entry for case in cases for entry in case.barred}
    marks = {row.volunteer_id: at for at, row in enumerate(volunteers) if row.volunteer_id in named}
    firms = Numbers()
    firm = np.full(len(volunteers), -1, dtype=np.int64)
    for at, row in enumerate(volunteers):
        if row.firm and f"firm:{row.firm}" in named:
            firm[at] = -2 - firms.of(row.firm)
            marks.setdefault(f"firm:{row.firm}", int(firm[at]))
    bounds = pool.add_stretches([sorted({marks[e] for e in case.barred if e in marks}) for case in cases])
    return {"barred": bounds[:-1], "barred_end": bounds[1:], "firm": firm}


def _millionths(hours: float | None) -> int:
    return MOST_HOURS * HOUR if hours is None else round(min(hours, MOST_HOURS - 1) * HOUR)


def _numbers(values: Iterable[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)


def _rotation(volunteer: "VolunteerRow", as_of: date, settings: Settings) -> int:
    if volunteer.last_asked_on is None:
        return settings.rotation_most
    return min((as_of - volunteer.last_asked_on).days, settings.rotation_most)


def _case_columns(cases: Sequence["CaseRow"]) -> dict[str, np.ndarray]:
    return {
        "level": _numbers(LEVEL_NUMBER[case.level] for case in cases),
        "interpreter": _numbers(case.interpreter for case in cases),
        "in_person": _numbers(case.in_person for case in cases),
        "hours": _numbers(_millionths(case.hours) for case in cases),
    }


def _person_columns(volunteers: Sequence["VolunteerRow"], as_of: date, settings: Settings) -> dict[str, np.ndarray]:
    most_14d, most_60d = settings.asked_too_often_14d, settings.asked_too_often_60d
    return {
        "approved": _numbers(row.status == "approved" for row in volunteers),
        "available": _numbers(row.available_from is None or row.available_from <= as_of for row in volunteers),
        "rested": _numbers(row.asks_14d < most_14d and row.asks_60d < most_60d for row in volunteers),
        "remote": _numbers(row.remote for row in volunteers),
        "mentor": _numbers(row.mentor_ok for row in volunteers),
        "max_hours": _numbers(_millionths(row.max_hours) for row in volunteers),
        "index": np.arange(len(volunteers), dtype=np.int64),
        "slots": _numbers(min(row.slots, MANY_SLOTS) for row in volunteers),
        "rotation": _numbers(_rotation(row, as_of, settings) for row in volunteers),
        "fatigue": _numbers(-settings.fatigue_each * min(row.asks_60d, 100_000) for row in volunteers),
    }


def _points(settings: Settings) -> list[int]:
    """Return the points in the order the pool begins with: expertise, area, place by kind and the ramp 0-8."""
    return [
        settings.expertise_mentored, settings.expertise_equal, settings.expertise_above,
        settings.expertise_far_above, settings.area_category, settings.area_code,
        0, settings.place_remote, settings.place_state, settings.place_county,
        settings.language, settings.slack_most,
        *range(9),
    ]  # fmt: skip


def _required_columns(
    pool: Pool, cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]
) -> dict[str, np.ndarray]:
    """Return the columns of every rule of the kind: what the case needs is in the volunteer's list."""
    kinds: dict[tuple[str, str], tuple[Any, Any]] = {
        ("role", "roles"): (lambda case: frozenset([case.role]), lambda row: row.roles),
        ("licence", "licences"): (_licence_needed, _licences_offered),
        ("credential", "credentials"): (lambda case: frozenset(case.credentials), lambda row: row.credentials),
        ("language", "languages"): (lambda case: frozenset([case.language]), lambda row: row.languages),
        ("state", "states"): (lambda case: frozenset([case.state]), lambda row: row.counties),
        ("training", "trainings"): (lambda case: frozenset(case.trainings), lambda row: row.trainings),
    }
    columns: dict[str, np.ndarray] = {}
    for names, (needed, offered) in kinds.items():
        found = _requirements(pool, map(needed, cases), map(offered, volunteers))
        columns |= dict(zip(names, found, strict=True))
    return columns


def encode(cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"], as_of: date, settings: Settings) -> Tables:
    """Return the tables of a docket already in its order."""
    pool = Pool(_points(settings))
    columns = _required_columns(pool, cases, volunteers) | _problem_columns(pool, cases, volunteers)
    columns |= _county_columns(pool, cases, volunteers) | _barred_columns(pool, cases, volunteers)
    columns |= _case_columns(cases) | _person_columns(volunteers, as_of, settings)
    return Tables(
        np.stack([columns[name] for name in CASE_COLUMNS], axis=1).reshape(-1),
        np.stack([columns[name] for name in PERSON_COLUMNS], axis=1).reshape(-1),
        np.concatenate(pool.parts).astype(np.int32),
    )
