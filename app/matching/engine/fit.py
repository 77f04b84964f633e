"""How well a pair fits: whole numbers of points by named term, summed, at least 1."""

from datetime import date
from typing import Any

from .docket import CaseRow, Docket, VolunteerRow
from .rules import area_of, level_gap, place_kind, speaks
from .settings import Settings
from .tables import (
    AREA_POINTS,
    EXPERTISE_POINTS,
    FATIGUE,
    HOUR,
    HOURS,
    LANGUAGE_POINTS,
    MAX_HOURS,
    PLACE_POINTS,
    ROTATION,
    SLACK_MOST,
)

TERMS: tuple[str, ...] = ("expertise", "area", "language", "place", "slack", "rotation", "fatigue")


def expertise(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the points for the volunteer's level, most for an equal one; none when it is not listed."""
    if area_of(cs, vs, pool, c, v) == 0:
        return 0
    gap = level_gap(cs, vs, pool, c, v)
    if gap < -1:
        return 0
    return pool[EXPERTISE_POINTS + min(gap, 2) + 1]


def area(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the points for listing the code itself or only its category."""
    listed = area_of(cs, vs, pool, c, v)
    if listed == 0:
        return 0
    return pool[AREA_POINTS + (1 if listed > 4 else 0)]


def language(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the points for speaking the client's language."""
    return pool[LANGUAGE_POINTS] if speaks(cs, vs, pool, c, v) else 0


def place(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the points for being near."""
    return pool[PLACE_POINTS + place_kind(cs, vs, pool, c, v)]


def slack(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the whole hours the volunteer's largest case leaves over, within bounds."""
    spare = (vs[v + MAX_HOURS] - cs[c + HOURS]) // HOUR
    return min(max(spare, 0), pool[SLACK_MOST])


def needs_mentor(cs: Any, vs: Any, pool: Any, c: int, v: int) -> bool:
    """Say whether the volunteer is one level under the case."""
    return area_of(cs, vs, pool, c, v) > 0 and level_gap(cs, vs, pool, c, v) == -1


def fit(cs: Any, vs: Any, pool: Any, c: int, v: int) -> int:
    """Return the fit of a pair: its terms summed, at least 1."""
    total = (
        expertise(cs, vs, pool, c, v)
        + area(cs, vs, pool, c, v)
        + language(cs, vs, pool, c, v)
        + place(cs, vs, pool, c, v)
    )
    total += slack(cs, vs, pool, c, v) + vs[v + ROTATION] + vs[v + FATIGUE]
    return max(total, 1)


def terms_of(cs: Any, vs: Any, pool: Any, c: int, v: int) -> dict[str, int]:
    """Return the points of each term for one pair of a docket."""
    return {
        "expertise": int(expertise(cs, vs, pool, c, v)),
        "area": int(area(cs, vs, pool, c, v)),
        "language": int(language(cs, vs, pool, c, v)),
        "place": int(place(cs, vs, pool, c, v)),
        "slack": int(slack(cs, vs, pool, c, v)),
        "rotation": int(vs[v + ROTATION]),
        "fatigue": int(vs[v + FATIGUE]),
    }


def fit_terms(case: CaseRow, volunteer: VolunteerRow, as_of: date, settings: Settings | None = None) -> dict[str, int]:
    """Return the points of each term for one pair; their sum, at least 1, is the fit."""
    return terms_of(*Docket.from_rows([case], [volunteer], as_of, settings).lists, 0, 0)


PARTS = (expertise, area, language, place, slack, fit)
