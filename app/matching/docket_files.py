"""The docket as it stands, written as the two spreadsheets that `flask match-files` reads; codes, never names."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from .engine.docket import CaseRow, Docket, VolunteerRow
from .spreadsheets import CASE_COLUMNS, VOLUNTEER_COLUMNS

NO_ROLE = "none"  # a blank would mean attorney


def write_docket(docket: Docket, out: Path) -> int:
    """Write `cases.csv` and `volunteers.csv`; returns how many parts were left out.

    Parts that ask for no field of law, as an interpreter's, have no place in those columns.
    """
    out.mkdir(parents=True, exist_ok=True)
    cases = [case for case in docket.cases if not case.any_field]
    _write(out / "cases.csv", CASE_COLUMNS, map(_case, cases))
    _write(out / "volunteers.csv", VOLUNTEER_COLUMNS, map(_volunteer, docket.volunteers))
    return len(docket.cases) - len(cases)


def _write(path: Path, columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(columns)
        lines.writerows([_text(row[name]) for name in columns] for row in rows)


def _case(case: CaseRow) -> dict[str, Any]:
    return {name: getattr(case, name) for name in CASE_COLUMNS}


def _volunteer(row: VolunteerRow) -> dict[str, Any]:
    areas = [f"{area}:{level}" for area, level in row.areas]
    return {**{name: getattr(row, name) for name in VOLUNTEER_COLUMNS}, "areas": areas, "roles": row.roles or NO_ROLE}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ";".join(str(one).replace(";", ",") for one in value)
    return str(value).replace(";", ",")  # which stands between the entries of a list
