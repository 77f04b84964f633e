"""A publication as its readers get it: shown figures, hidden ones as none, and rates made of shown figures alone."""

from __future__ import annotations

from typing import Any

from app.accounts.models import Grant

from .figures import member_name
from .publishing_cells import COUNTS, FLOW, STAGES, TABLES, Cells, figures_of, member_of, name_of
from .publishing_goals import goals_of, longer_goals_of
from .publishing_system import Floors, Version

SHOWN = ("accepted", "listed", "closed", "closed_limited", "closed_extended", "clients_helped", "people_helped",
         "hours", "checkins_sent", "checkins_answered")  # fmt: skip
assert set(COUNTS) <= {*SHOWN}  # noqa: S101  # what is counted is published or hidden, never forgotten


def as_published(version: Version, hidden: frozenset[str], grant: Grant, floors: Floors) -> dict[str, Any]:
    """Everything a reader gets of a version; what is hidden is none and looks the same whatever the reason."""
    cells = figures_of(version.exact)
    shown = {name: None if name in hidden else n for name, n in cells.items()}
    counts = {m: shown.get(name_of(m), 0) for m in SHOWN}
    flow: list[list[Any]] = [[m, shown.get(name_of(m), 0)] for m in FLOW]
    return {
        "counts": counts,
        "flow": flow,
        "stages": _stages(cells, shown),
        "need": _need(version),
        "placement_rate": placement_rate(dict(map(tuple, flow)), counts["listed"]),
        "days_to_placement": _days(version, cells, counts, dict(map(tuple, flow)), floors),
        "answer_rate": percent(counts["checkins_answered"], counts["checkins_sent"]),
        "tables": {f"{m}_by_{d}": _table(shown, m, d, grant) for m, d in TABLES},
        "goals": goals_of(grant, *version.span),
        "longer_goals": longer_goals_of(grant, *version.span),
        "floors": [floors.small, floors.crossed],
    }


def _stages(cells: Cells, shown: dict[str, int | None]) -> dict[str, int | None] | None:
    """Where the accepted cases have come to; none where they do not add up to those accepted."""
    counted = sum(cells.get(name_of("stage", "stage", s), 0) for s in STAGES)
    if counted != cells.get(name_of("accepted"), 0):
        return None
    return {stage: shown.get(name_of("stage", "stage", stage), 0) for stage in STAGES}


def _need(version: Version) -> dict[str, int | None]:
    """Whom the whole programme turned away; nothing where it is not told, as in earlier publications."""
    told = version.exact.get("need")
    if told is None:
        return {}
    total = sum(cells[name_of("rejected")] for cells in told["months"].values())
    return {"rejected": None if told["hidden"] else total}


def placement_rate(flow: dict[Any, Any], listed: int | None) -> int | None:
    """Placed, divided by those listed less those waiting, which is all that left the list; of shown figures alone."""
    placed, waiting = flow["listed_placed"], flow["listed_waiting"]
    return None if placed is None or waiting is None or listed is None else percent(placed, listed - waiting)


def percent(part: int | None, whole: int | None) -> int | None:
    """A share in whole percent; none where a figure is hidden or nothing is there to share."""
    return None if part is None or not whole else round(100 * part / whole)


def _days(
    version: Version, cells: Cells, counts: dict[str, int | None], flow: dict[Any, Any], floors: Floors
) -> int | None:
    """The median says something of every case listed, so it is shown only beside all of their counts."""
    hidden = counts["listed"] is None or None in flow.values()
    few = cells.get(name_of("listed_placed"), 0) < floors.crossed
    return None if hidden or few else version.exact["once"].get("days_to_placement")


def _table(shown: dict[str, int | None], measure: str, dimension: str, grant: Grant) -> list[list[Any]]:
    """Rows of member, label and number: the greatest first, hidden ones by name, zeros last."""
    rows = {member_of(name)[2]: n for name, n in shown.items() if name.startswith(f"{measure}/{dimension}/")}
    if dimension == "county":
        rows = {**dict.fromkeys(grant.programme.counties, 0), **rows}
    labelled = [[member, str(member_name(dimension, member)), n] for member, n in rows.items()]
    return sorted(labelled, key=lambda row: (row[2] is None or row[2] == 0, row[2] == 0, -(row[2] or 0), row[1]))
