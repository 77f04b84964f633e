"""An independent judge: the meaning of the docket spelt out row by row, with scipy for the optimum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.matching.engine.docket import CaseRow, VolunteerRow
from app.matching.engine.problems import categories
from app.matching.engine.settings import Settings

ORDER = ["learning", "competent", "experienced", "expert"]
PRIORITY = ["critical", "high", "normal", "low"]


def level_listed(case: CaseRow, volunteer: VolunteerRow) -> tuple[str, int] | None:
    """Return how the area is listed and the level in it."""
    code = case.problem_code[:2]
    for kind, name in (("code", code), ("category", categories()[code])):
        levels = [
            ORDER.index(level) for area, level in volunteer.areas if (area[:2] if area[0].isdigit() else area) == name
        ]
        if levels:
            return kind, max(levels)
    return None


def declines(case: CaseRow, volunteer: VolunteerRow) -> bool:
    folded = {area[:2] if area[0].isdigit() else area for area in volunteer.declines}
    return bool(folded & {case.problem_code[:2], categories()[case.problem_code[:2]]})


def broken(case: CaseRow, volunteer: VolunteerRow, as_of: date, settings: Settings) -> list[str]:
    """Return the rules the pair fails, in order."""
    listed = level_listed(case, volunteer)
    licence = case.licence or case.state
    short = listed is not None and listed[1] < ORDER.index(case.level)
    one_under = listed is not None and listed[1] == ORDER.index(case.level) - 1
    near = case.county in volunteer.counties or case.state in volunteer.counties
    verdicts = {
        "not_approved": volunteer.status != "approved",
        "wrong_role": case.role not in volunteer.roles,
        "no_licence": case.role == "attorney"
        and (not volunteer.licences if licence == "any" else licence not in volunteer.licences),
        "no_credential": not set(case.credentials) <= set(volunteer.credentials),
        "no_area": listed is None,
        "below_level": short and not (one_under and volunteer.mentor_ok),
        "opted_out": declines(case, volunteer),
        "no_language": case.language not in volunteer.languages and not case.interpreter,
        "too_far": not near and (case.in_person or not volunteer.remote),
        "too_long": volunteer.max_hours is not None and case.hours > volunteer.max_hours,
        "not_available": volunteer.available_from is not None and volunteer.available_from > as_of,
        "no_training": not set(case.trainings) <= set(volunteer.trainings),
        "barred": volunteer.volunteer_id in case.barred
        or (volunteer.firm != "" and f"firm:{volunteer.firm}" in case.barred),
        "asked_too_often": volunteer.asks_14d >= settings.asked_too_often_14d
        or volunteer.asks_60d >= settings.asked_too_often_60d,
    }
    return [name for name, fails in verdicts.items() if fails]


def points(case: CaseRow, volunteer: VolunteerRow, as_of: date) -> int:
    """Return the fit of a feasible pair under the usual settings."""
    listed = level_listed(case, volunteer)
    assert listed is not None
    gap = listed[1] - ORDER.index(case.level)
    total = {-1: 180, 0: 380, 1: 340}.get(gap, 280)
    total += 120 if listed[0] == "code" else 40
    total += 150 if case.language in volunteer.languages else 0
    if case.county in volunteer.counties:
        total += 120
    else:
        total += 90 if case.state in volunteer.counties else 60
    total += 80 if volunteer.max_hours is None else min(80, math.floor(volunteer.max_hours - case.hours))
    asked = volunteer.last_asked_on
    total += 70 if asked is None else min(70, (as_of - asked).days)
    return max(1, total - 25 * volunteer.asks_60d)


def in_order(cases: list[CaseRow]) -> list[CaseRow]:
    return sorted(
        cases,
        key=lambda case: (
            PRIORITY.index(case.priority),
            -case.points,
            case.next_critical_on or date(9999, 12, 31),
            case.waiting_since,
            case.case_id,
        ),
    )


@dataclass
class Verdict:
    """What the best placement is: pairs with fit, covered ids, and its value."""

    fits: dict[str, dict[str, int]]
    covered: list[str]
    value: int


def matching_exists(wanted: list[str], fits: dict[str, dict[str, int]], slots: dict[str, int]) -> bool:
    """Say whether all the wanted cases can be placed at once (augmenting paths, no cleverness)."""
    held: dict[str, list[str]] = {volunteer: [] for volunteer in slots}

    def seat(case: str, seen: set[str]) -> bool:
        for volunteer in fits[case]:
            if volunteer in seen:
                continue
            seen.add(volunteer)
            if len(held[volunteer]) < slots[volunteer]:
                held[volunteer].append(case)
                return True
            for other in list(held[volunteer]):
                if seat(other, seen):
                    held[volunteer].remove(other)
                    held[volunteer].append(case)
                    return True
        return False

    return all(seat(case, set()) for case in wanted)


def best_value(covered: list[str], fits: dict[str, dict[str, int]], slots: dict[str, int]) -> int:
    """Return the greatest value of placing exactly these cases, every slot a column of its own."""
    columns = [(name, nth) for name, count in slots.items() for nth in range(min(count, len(covered)))]
    if not covered:
        return 0
    worth = np.full((len(covered), len(columns)), -1e9)
    for row, case in enumerate(covered):
        for column, (name, nth) in enumerate(columns):
            if name in fits[case]:
                worth[row, column] = fits[case][name] - (0 if nth == 0 else 30 + 50 * (nth - 1))
    rows, chosen = linear_sum_assignment(worth, maximize=True)
    return round(worth[rows, chosen].sum())


def judge(cases: list[CaseRow], volunteers: list[VolunteerRow], as_of: date) -> Verdict:
    """Return what the best placement of a small docket is."""
    settings = Settings()
    fits = {
        case.case_id: {
            row.volunteer_id: points(case, row, as_of) for row in volunteers if not broken(case, row, as_of, settings)
        }
        for case in cases
    }
    slots = {row.volunteer_id: row.slots for row in volunteers}
    covered: list[str] = []
    for case in in_order(cases):
        if matching_exists([*covered, case.case_id], fits, slots):
            covered.append(case.case_id)
    return Verdict(fits, covered, best_value(covered, fits, slots))
