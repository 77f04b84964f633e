"""The edges of the rules that engine/test_rules.py and test_match_files.py do not tick off one by one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from app.matching.engine.docket import LEVELS
from app.matching.engine.fit import fit_terms
from app.matching.engine.rules import rules_against
from app.matching.engine.settings import Settings
from app.matching.spreadsheets import CASE_COLUMNS, VOLUNTEER_COLUMNS
from tests.matching.engine.rows import AS_OF, a_case, a_volunteer
from tests.matching.test_match_files import CASE, VOLUNTEER, run, run_rows, table, write

STEPS = {0: 380, 1: 340, 2: 280, 3: 280, -1: 180}
MAY_BE_BLANK = {
    "licence", "next_critical_on", "level", "role", "roles", "max_hours", "available_from", "last_asked_on", "asks_14d",
    "asks_60d", "credentials", "trainings", "barred", "licences", "areas", "languages", "counties", "declines", "firm",
}  # fmt: skip


@pytest.mark.parametrize("has", LEVELS)
@pytest.mark.parametrize("asked", LEVELS)
@pytest.mark.parametrize("area", ["63", "63b", "Housing"])
def test_each_step_of_the_levels(asked: str, has: str, area: str) -> None:
    step = LEVELS.index(has) - LEVELS.index(asked)
    for mentor_ok in (False, True):
        case, person = a_case(level=asked, problem_code="63a"), a_volunteer(areas=((area, has),), mentor_ok=mentor_ok)
        able = step >= 0 or (step == -1 and mentor_ok)
        assert rules_against(case, person, AS_OF, Settings()) == ([] if able else ["below_level"])
        if able:
            terms = fit_terms(case, person, AS_OF, Settings())
            assert (terms["expertise"], terms["area"]) == (STEPS[step], 40 if area == "Housing" else 120)


@pytest.mark.parametrize(
    ("asks_14d", "asks_60d", "too_often"),
    [(0, 0, False), (1, 1, False), (1, 3, False), (2, 2, True), (2, 3, True), (0, 4, True), (1, 4, True)],
)
def test_exactly_two_and_four_asks(asks_14d: int, asks_60d: int, too_often: bool) -> None:
    person = a_volunteer(asks_14d=asks_14d, asks_60d=asks_60d)
    assert rules_against(a_case(), person, AS_OF, Settings()) == (["asked_too_often"] if too_often else [])
    assert fit_terms(a_case(), person, AS_OF, Settings())["fatigue"] == -25 * asks_60d


@pytest.mark.parametrize(("days", "points"), [(0, 0), (1, 1), (13, 13), (14, 14), (69, 69), (70, 70), (71, 70)])
def test_days_since_asked(days: int, points: int) -> None:
    person = a_volunteer(last_asked_on=AS_OF - timedelta(days=days))
    assert fit_terms(a_case(), person, AS_OF, Settings())["rotation"] == points


def test_dates_on_the_day_of_the_run(tmp_path: Path) -> None:
    day = date(2026, 11, 21).isoformat()
    case = CASE | {"waiting_since": day, "next_critical_on": day}
    assert run_rows(tmp_path, [case], [VOLUNTEER | {"last_asked_on": day, "available_from": day}]).exit_code == 0
    assert [row["rotation"] for row in table(tmp_path / "out" / "proposals.csv")] == ["0"]


@pytest.mark.parametrize("column", [*CASE_COLUMNS, *VOLUNTEER_COLUMNS])
def test_each_blank_means_what_it_may_or_is_named(tmp_path: Path, column: str) -> None:
    case, person = ({**row, column: ""} if column in row else row for row in (CASE, VOLUNTEER))
    result = run_rows(tmp_path, [case], [person])
    if column in MAY_BE_BLANK:
        assert result.exit_code == 0, result.output
    else:
        assert result.exit_code == 2
        assert f"line 2, column {column}: " in result.stderr
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("column", [*CASE_COLUMNS, *VOLUNTEER_COLUMNS])
def test_each_missing_column_is_named(tmp_path: Path, column: str) -> None:
    columns = [[name for name in of if name != column] for of in (CASE_COLUMNS, VOLUNTEER_COLUMNS)]
    files = [
        write(tmp_path / f"{name}.csv", [row], kept)
        for name, row, kept in zip(("cases", "volunteers"), (CASE, VOLUNTEER), columns, strict=True)
    ]
    result = run(*files, tmp_path / "out")
    assert result.exit_code == 2
    assert f"line 1, column {column}: the column is missing" in result.stderr
    assert not (tmp_path / "out").exists()


def test_no_slot_places_nobody_and_the_proof_lists_no_case(tmp_path: Path) -> None:
    assert run_rows(tmp_path, [CASE], [VOLUNTEER | {"slots": "0"}]).exit_code == 0
    (row,) = table(tmp_path / "out" / "unplaced.csv")
    assert (row["reason"], row["blocking_volunteers"], row["blocking_cases"]) == ("all_taken", "V1", "")
