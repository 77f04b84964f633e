"""Rows as columns of small whole numbers, which is all the kernels read.

A case needs one numbered requirement of each kind (-1 for none) and a volunteer meets a set of them,
kept as bits, 32 to a word, flat: bit r of volunteer v is in word `v * words + r // 32`. Only what some
case needs is numbered. Building takes time and memory linear in the rows; volunteers with equal lists share work.
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
LEVEL_NUMBER = {"learning": 0, "competent": 1, "experienced": 2, "expert": 3}
MANY_SLOTS = 1_000_000


class Columns(NamedTuple):
    """One docket as flat columns: `c_` per case [cases], `v_` per volunteer [volunteers], hours in millionths."""

    c_role: Any
    c_licence: Any
    c_credentials: Any
    c_code: Any
    c_level: Any
    c_language: Any
    c_interpreter: Any
    c_county: Any
    c_state: Any
    c_in_person: Any
    c_hours: Any
    c_trainings: Any
    barred_start: Any
    barred: Any
    v_approved: Any
    v_roles: Any
    v_licences: Any
    v_credentials: Any
    v_area: Any
    v_declines: Any
    v_languages: Any
    county_start: Any
    county_end: Any
    counties: Any
    v_states: Any
    v_remote: Any
    v_max_hours: Any
    v_available: Any
    v_trainings: Any
    v_firm: Any
    v_rested: Any
    v_slots: Any
    v_mentor: Any
    v_rotation: Any
    v_fatigue: Any
    expertise_points: Any
    area_points: Any
    place_points: Any
    language_points: int
    slack_most: int
    codes: int
    role_words: int
    licence_words: int
    credential_words: int
    decline_words: int
    language_words: int
    state_words: int
    training_words: int


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


def _bits(met: Sequence[Iterable[int]], words: int) -> np.ndarray:
    """Return a row of `words` words for each set of numbers, shape [sets, words]."""
    rows = np.zeros((len(met), words), dtype=np.int64)
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


def _requirements(needed: Iterable[frozenset[str]], offered: Iterable[Hashable]) -> tuple[np.ndarray, np.ndarray, int]:
    """Return each case's requirement number, the volunteers' bits (flat) and the words in a row."""
    numbers = Numbers()
    need = np.fromiter((numbers.of(items) if items else -1 for items in needed), dtype=np.int32)
    words = max(1, -(-len(numbers) // 32))
    places, lists = _distinct(offered)
    rows = _bits(_met(list(numbers), lists), words)  # type: ignore[arg-type]
    return need, rows[places].reshape(-1), words


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
            if code in best:
                row[at] = 5 + best[code]
            elif categories()[code] in best:
                row[at] = 1 + best[categories()[code]]
    return rows


def _declined(codes: Sequence[str], lists: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """Return for each list of declines the places of the codes it rules out."""
    found = []
    for declines in lists:
        names = {fold_area(area) for area in declines}
        found.append([at for at, code in enumerate(codes) if code in names or categories()[code] in names])
    return found


def _problem_columns(cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]) -> dict[str, Any]:
    numbers = Numbers()
    c_code = np.fromiter((numbers.of(fold(case.problem_code)) for case in cases), dtype=np.int32)
    codes = [str(code) for code in numbers]
    places, lists = _distinct(volunteer.areas for volunteer in volunteers)
    v_area = _area_rows(codes, lists)[places].reshape(-1)
    words = max(1, -(-len(codes) // 32))
    places, lists = _distinct(volunteer.declines for volunteer in volunteers)
    v_declines = _bits(_declined(codes, lists), words)[places].reshape(-1)
    return {
        "c_code": c_code,
        "v_area": v_area,
        "v_declines": v_declines,
        "codes": max(1, len(codes)),
        "decline_words": words,
    }


def _county_columns(cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]) -> dict[str, Any]:
    """Number the cases' counties; volunteers with equal lists share one sorted stretch of `counties`."""
    numbers = Numbers()
    c_county = np.fromiter((numbers.of(case.county) for case in cases), dtype=np.int32)
    places, lists = _distinct(volunteer.counties for volunteer in volunteers)
    known = [sorted({numbers[county] for county in listed if county in numbers}) for listed in lists]
    ends = np.cumsum([0, *(len(listed) for listed in known)])
    return {
        "c_county": c_county,
        "county_start": ends[:-1][places].astype(np.int32),
        "county_end": ends[1:][places].astype(np.int32),
        "counties": np.array([county for listed in known for county in listed], dtype=np.int32),
    }


def _barred_columns(cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"]) -> dict[str, Any]:
    """Keep each case's bars as one sorted stretch: a volunteer's index, or -2 minus a firm's number."""
    firms = Numbers()
    for case in cases:
        for entry in case.barred:
            if entry.startswith("firm:") and entry[5:].strip():
                firms.of(entry[5:].strip())
    named = {entry for case in cases for entry in case.barred}
    index = {row.volunteer_id: at for at, row in enumerate(volunteers) if row.volunteer_id in named}
    marks = {f"firm:{firm}": -2 - number for firm, number in firms.items()}
    stretches = []
    for case in cases:
        found = {index[entry] for entry in case.barred if entry in index}
        found |= {-2 - firms[entry[5:].strip()] for entry in case.barred if _names_firm(entry)}
        stretches.append(sorted(found))
    return {
        "barred_start": np.cumsum([0, *(len(stretch) for stretch in stretches)]).astype(np.int32),
        "barred": np.array([mark for stretch in stretches for mark in stretch], dtype=np.int32),
        "v_firm": np.fromiter((marks.get(f"firm:{row.firm}", -1) for row in volunteers), dtype=np.int32),
    }


def _names_firm(entry: str) -> bool:
    return entry.startswith("firm:") and bool(entry[5:].strip())


def _millionths(hours: float | None) -> int:
    return MOST_HOURS * HOUR if hours is None else round(min(hours, MOST_HOURS - 1) * HOUR)


def _flags(values: Iterable[bool]) -> np.ndarray:
    return np.fromiter((1 if value else 0 for value in values), dtype=np.int8)


def _case_columns(cases: Sequence["CaseRow"]) -> dict[str, Any]:
    return {
        "c_level": np.fromiter((LEVEL_NUMBER[case.level] for case in cases), dtype=np.int32),
        "c_interpreter": _flags(case.interpreter for case in cases),
        "c_in_person": _flags(case.in_person for case in cases),
        "c_hours": np.fromiter((_millionths(case.hours) for case in cases), dtype=np.int64),
    }


def _rotation(volunteer: "VolunteerRow", as_of: date, settings: Settings) -> int:
    if volunteer.last_asked_on is None:
        return settings.rotation_most
    return min((as_of - volunteer.last_asked_on).days, settings.rotation_most)


def _volunteer_columns(volunteers: Sequence["VolunteerRow"], as_of: date, settings: Settings) -> dict[str, Any]:
    most_14d, most_60d = settings.asked_too_often_14d, settings.asked_too_often_60d
    return {
        "v_approved": _flags(row.status == "approved" for row in volunteers),
        "v_remote": _flags(row.remote for row in volunteers),
        "v_max_hours": np.fromiter((_millionths(row.max_hours) for row in volunteers), dtype=np.int64),
        "v_available": _flags(row.available_from is None or row.available_from <= as_of for row in volunteers),
        "v_rested": _flags(row.asks_14d < most_14d and row.asks_60d < most_60d for row in volunteers),
        "v_slots": np.fromiter((min(row.slots, MANY_SLOTS) for row in volunteers), dtype=np.int32),
        "v_mentor": _flags(row.mentor_ok for row in volunteers),
        "v_rotation": np.fromiter((_rotation(row, as_of, settings) for row in volunteers), dtype=np.int32),
        "v_fatigue": np.fromiter(
            (-settings.fatigue_each * min(row.asks_60d, 100_000) for row in volunteers), dtype=np.int32
        ),
    }


def _points(settings: Settings) -> dict[str, Any]:
    """Return the tables of points: expertise by level gap + 1, area and place by kind."""
    return {
        "expertise_points": np.array(
            [
                settings.expertise_mentored,
                settings.expertise_equal,
                settings.expertise_above,
                settings.expertise_far_above,
            ],
            dtype=np.int32,
        ),
        "area_points": np.array([settings.area_category, settings.area_code], dtype=np.int32),
        "place_points": np.array(
            [0, settings.place_remote, settings.place_state, settings.place_county], dtype=np.int32
        ),
        "language_points": settings.language,
        "slack_most": settings.slack_most,
    }


def encode(
    cases: Sequence["CaseRow"], volunteers: Sequence["VolunteerRow"], as_of: date, settings: Settings
) -> Columns:
    """Return the columns of a docket already in its order."""
    kinds = {
        ("c_role", "v_roles", "role_words"): (
            (frozenset([case.role]) for case in cases),
            (row.roles for row in volunteers),
        ),
        ("c_licence", "v_licences", "licence_words"): (
            (_licence_needed(case) for case in cases),
            (_licences_offered(row) for row in volunteers),
        ),
        ("c_credentials", "v_credentials", "credential_words"): (
            (frozenset(case.credentials) for case in cases),
            (row.credentials for row in volunteers),
        ),
        ("c_language", "v_languages", "language_words"): (
            (frozenset([case.language]) for case in cases),
            (row.languages for row in volunteers),
        ),
        ("c_state", "v_states", "state_words"): (
            (frozenset([case.state]) for case in cases),
            (row.counties for row in volunteers),
        ),
        ("c_trainings", "v_trainings", "training_words"): (
            (frozenset(case.trainings) for case in cases),
            (row.trainings for row in volunteers),
        ),
    }
    columns: dict[str, Any] = {}
    for names, (needed, offered) in kinds.items():
        columns |= dict(zip(names, _requirements(needed, offered), strict=True))
    columns |= _problem_columns(cases, volunteers) | _county_columns(cases, volunteers)
    columns |= _barred_columns(cases, volunteers) | _case_columns(cases)
    columns |= _volunteer_columns(volunteers, as_of, settings) | _points(settings)
    return Columns(**columns)
