"""Where counties stand on the tile map: about as they lie to each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.core.facts import rows_of

COLUMNS = 5
CENTRES = Path(__file__).parent / "data" / "county_centres.csv"


def placed_on_map(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Counties (code, name, number) as tiles: rows from north to south, in each from west to east."""
    where = {row[0]: centre(row[0]) for row in rows}
    north = sorted(rows, key=lambda row: (-where[row[0]][0], row[0]))
    tiles = []
    for start in range(0, len(north), COLUMNS):
        west = sorted(north[start : start + COLUMNS], key=lambda row: (where[row[0]][1], row[0]))
        for col, (_key, label, value) in enumerate(west):
            tiles.append({"label": label.removesuffix(" County"), "value": value, "row": start // COLUMNS, "col": col})
    return tiles


def centre(fips: str) -> tuple[float, float]:
    """Roughly where a county lies: latitude and longitude; none known is in the far south."""
    return _centres().get(fips, (-90.0, 0.0))


@lru_cache
def _centres() -> dict[str, tuple[float, float]]:
    return {row["fips"]: (float(row["lat"]), float(row["lon"])) for row in rows_of(CENTRES)}
