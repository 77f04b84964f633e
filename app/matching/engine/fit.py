"""How well a pair fits: whole numbers of points by named term, summed, at least 1."""

from datetime import date
from typing import Any

from .columns import HOUR
from .docket import CaseRow, Docket, VolunteerRow
from .rules import area_of, level_gap, place_kind, speaks
from .settings import Settings

TERMS: tuple[str, ...] = ("expertise", "area", "language", "place", "slack", "rotation", "fatigue")


def expertise(d: Any, c: int, v: int) -> int:
    """Return the points for the volunteer's level, most for an equal one; none when it is not listed."""
    if area_of(d, c, v) == 0:
        return 0
    gap = level_gap(d, c, v)
    if gap < -1:
        return 0
    return d.expertise_points[min(gap, 2) + 1]


def area(d: Any, c: int, v: int) -> int:
    """Return the points for listing the code itself or only its category."""
    listed = area_of(d, c, v)
    if listed == 0:
        return 0
    return d.area_points[1 if listed > 4 else 0]


def language(d: Any, c: int, v: int) -> int:
    """Return the points for speaking the client's language."""
    return d.language_points if speaks(d, c, v) else 0


def place(d: Any, c: int, v: int) -> int:
    """Return the points for being near."""
    return d.place_points[place_kind(d, c, v)]


def slack(d: Any, c: int, v: int) -> int:
    """Return the whole hours the volunteer's largest case leaves over, within bounds."""
    spare = (d.v_max_hours[v] - d.c_hours[c]) // HOUR
    return min(max(spare, 0), d.slack_most)


def needs_mentor(d: Any, c: int, v: int) -> bool:
    """Say whether the volunteer is one level under the case."""
    return area_of(d, c, v) > 0 and level_gap(d, c, v) == -1


def fit(d: Any, c: int, v: int) -> int:
    """Return the fit of a pair: its terms summed, at least 1."""
    total = expertise(d, c, v) + area(d, c, v) + language(d, c, v) + place(d, c, v)
    total += slack(d, c, v) + d.v_rotation[v] + d.v_fatigue[v]
    return max(total, 1)


def terms_of(d: Any, c: int, v: int) -> dict[str, int]:
    """Return the points of each term for one pair of a docket."""
    return {
        "expertise": int(expertise(d, c, v)),
        "area": int(area(d, c, v)),
        "language": int(language(d, c, v)),
        "place": int(place(d, c, v)),
        "slack": int(slack(d, c, v)),
        "rotation": int(d.v_rotation[v]),
        "fatigue": int(d.v_fatigue[v]),
    }


def fit_terms(case: CaseRow, volunteer: VolunteerRow, as_of: date, settings: Settings | None = None) -> dict[str, int]:
    """Return the points of each term for one pair; their sum, at least 1, is the fit."""
    return terms_of(Docket.from_rows([case], [volunteer], as_of, settings).columns, 0, 0)


PARTS = (expertise, area, language, place, slack, fit)
