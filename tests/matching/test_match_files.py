"""Two spreadsheets become a placement, or nothing at all and a list of what is wrong with them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.matching.commands import match_files_command
from app.matching.placement_files import PROPOSAL_COLUMNS, UNFINISHED, UNPLACED_COLUMNS, WANTED_COLUMNS
from app.matching.spreadsheets import CASE_COLUMNS, VOLUNTEER_COLUMNS, read_cases, read_volunteers

SAMPLE = Path(__file__).parent / "sample_docket"
AS_OF = "2026-11-21"

CASE = dict(
    zip(
        CASE_COLUMNS,
        [
            "C1",
            "high",
            "7",
            "2026-11-01",
            "2026-12-01",
            "63b",
            "competent",
            "attorney",
            "WI",
            "WI",
            "",
            "55025",
            "yes",
            "en",
            "no",
            "12.5",
            "",
            "",
            "north",
        ],
        strict=True,
    )
)
VOLUNTEER = dict(
    zip(
        VOLUNTEER_COLUMNS,
        [
            "V1",
            "approved",
            "attorney",
            "",
            "WI",
            "",
            "63:expert;Housing:competent",
            "en;es",
            "55025;WI",
            "no",
            "1",
            "20",
            "",
            "dv",
            "no",
            "",
            "",
            "0",
            "0",
        ],
        strict=True,
    )
)


def write(path: Path, rows: list[dict[str, str]], columns: list[str] | None = None, **how: Any) -> Path:
    with path.open("w", newline="", encoding=how.get("encoding", "utf-8")) as file:
        out = csv.DictWriter(file, columns or list(rows[0]), extrasaction="ignore", lineterminator=how.get("end", "\n"))
        out.writeheader()
        out.writerows(rows)
    return path


def run(cases: Path, volunteers: Path, out: Path, *more: str) -> Result:
    arguments = [str(cases), str(volunteers), "--as-of", AS_OF, "--out", str(out), *more]
    return CliRunner().invoke(match_files_command, arguments)


def run_rows(
    folder: Path, cases: list[dict[str, str]], volunteers: list[dict[str, str]] | None = None, *more: str
) -> Result:
    cases_file = write(folder / "cases.csv", cases, list(CASE_COLUMNS))
    volunteers_file = write(folder / "volunteers.csv", volunteers or [VOLUNTEER], list(VOLUNTEER_COLUMNS))
    return run(cases_file, volunteers_file, folder / "out", *more)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sample_docket_is_written_whole(tmp_path: Path) -> None:
    result = run(SAMPLE / "cases.csv", SAMPLE / "volunteers.csv", tmp_path, "--pairs")
    assert result.exit_code == 0, result.output
    assert "110 of 160 cases placed (7 critical, 25 high, 52 normal, 26 low)" in result.output
    known = json.loads((SAMPLE / "optimum.json").read_text())
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["value"] == report["upper_bound"] == known["value"]
    assert (report["gap"], report["feasible_pairs"]) == (0, known["feasible_pairs"])
    assert list(report["seconds"]) == ["read", "candidates", "coverage", "fit", "certificate", "explain", "write"]
    proposals, unplaced = table(tmp_path / "proposals.csv"), table(tmp_path / "unplaced.csv")
    assert tuple(proposals[0]) == PROPOSAL_COLUMNS
    assert tuple(unplaced[0]) == UNPLACED_COLUMNS
    wanted = table(tmp_path / "wanted.csv")
    assert tuple(wanted[0]) == WANTED_COLUMNS
    assert sum(int(row["places"]) for row in wanted) == len(unplaced) == 50
    assert sum(int(row["fit"]) - int(row["load_penalty"]) for row in proposals) == known["value"]
    assert len(table(tmp_path / "pairs.csv")) == known["feasible_pairs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "pairs.csv", "proposals.csv", "report.json", "unplaced.csv", "wanted.csv",
    ]  # fmt: skip


def test_shuffled_rows_give_the_same_bytes(tmp_path: Path) -> None:
    cases, volunteers = table(SAMPLE / "cases.csv"), table(SAMPLE / "volunteers.csv")
    run(SAMPLE / "cases.csv", SAMPLE / "volunteers.csv", tmp_path / "straight")
    turned_cases = write(tmp_path / "cases.csv", cases[::-1], list(cases[0])[::-1])
    turned_volunteers = write(tmp_path / "volunteers.csv", volunteers[::-1])
    run(turned_cases, turned_volunteers, tmp_path / "turned")
    for name in ("proposals.csv", "unplaced.csv", "wanted.csv"):
        assert (tmp_path / "straight" / name).read_bytes() == (tmp_path / "turned" / name).read_bytes()


@pytest.mark.parametrize(("encoding", "end"), [("utf-8-sig", "\r\n"), ("utf-8", "\r\n"), ("utf-8-sig", "\n")])
def test_bom_line_ends_and_extra_columns_do_not_matter(tmp_path: Path, encoding: str, end: str) -> None:
    rows = [{"remark": "très bien", **CASE}]
    cases = write(tmp_path / "cases.csv", rows, encoding=encoding, end=end)
    volunteers = write(tmp_path / "volunteers.csv", [VOLUNTEER], encoding=encoding, end=end)
    result = run(cases, volunteers, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert table(tmp_path / "out" / "proposals.csv")[0]["case_id"] == "C1"


def test_every_blank_that_may_be_blank_has_its_meaning(tmp_path: Path) -> None:
    may = ["next_critical_on", "level", "role", "licence", "credentials", "trainings", "barred"]
    case = CASE | dict.fromkeys(may, "")
    (row,), wrong = read_cases(write(tmp_path / "c.csv", [case]))
    assert not wrong
    assert (row.level, row.role, row.licence, row.next_critical_on) == ("competent", "attorney", "WI", None)
    assert row.credentials == row.trainings == row.barred == ()
    may = [
        "roles", "firm", "licences", "credentials", "areas", "languages", "counties", "max_hours",
        "available_from", "trainings", "declines", "last_asked_on", "asks_14d", "asks_60d",
    ]  # fmt: skip
    blank = VOLUNTEER | dict.fromkeys(may, "")
    (person,), wrong = read_volunteers(write(tmp_path / "v.csv", [blank]), date(2026, 11, 21))
    assert not wrong
    assert (person.roles, person.firm, person.max_hours, person.available_from) == (("attorney",), "", None, None)
    assert (person.last_asked_on, person.asks_14d, person.asks_60d) == (None, 0, 0)
    assert person.licences == person.areas == person.languages == person.counties == person.declines == ()


def test_three_letter_languages_fold_and_leading_zeros_stay(tmp_path: Path) -> None:
    case = CASE | {"language": "spa", "county": "01001", "state": "AL", "problem_code": "02"}
    (row,), _ = read_cases(write(tmp_path / "c.csv", [case]))
    assert (row.language, row.county, row.problem_code) == ("es", "01001", "02")
    volunteer = VOLUNTEER | {"languages": "eng;chi;hmn;EN"}
    (person,), _ = read_volunteers(write(tmp_path / "v.csv", [volunteer]), date(2026, 11, 21))
    assert person.languages == ("en", "zh", "hmn")


def test_a_blank_after_firm_lets_no_conflict_through(tmp_path: Path) -> None:
    firm = VOLUNTEER | {"firm": "Acme LLP"}
    assert run_rows(tmp_path, [CASE | {"barred": "V9; firm: Acme LLP "}], [firm]).exit_code == 0
    (left,) = table(tmp_path / "out" / "unplaced.csv")
    assert (left["reason"], left["binding_rule"]) == ("no_one_can", "barred")


NEVER_BLANK = {
    "case_id", "priority", "points", "waiting_since", "problem_code", "state", "county", "in_person",
    "language", "interpreter", "hours", "programme",
}  # fmt: skip

BAD_CASES = [
    *((name, "", "must not be blank") for name in sorted(NEVER_BLANK)),
    ("priority", "urgent", "'urgent' is none of critical, high, normal, low"),
    ("points", "-3", "'-3' is negative"),
    ("points", "7.5", "'7.5' is not a whole number"),
    ("points", "٣", "'٣' is not a whole number"),
    ("points", "9" * 40, "is not a whole number"),
    ("waiting_since", "11/01/2026", "is not a day written like 2026-11-21"),
    ("waiting_since", "2026-02-30", "is not a day of the calendar"),
    ("next_critical_on", "20261201", "is not a day written like 2026-11-21"),
    ("problem_code", "11", "'11' is not a problem code that can be chosen"),
    ("problem_code", "Housing", "'Housing' is not a problem code that can be chosen"),
    ("problem_code", "630", "'630' is not a problem code that can be chosen"),
    ("problem_code", "00", "'00' is not a problem code that can be chosen"),
    ("level", "senior", "'senior' is none of learning, competent, experienced, expert"),
    ("state", "Wisconsin", "'Wisconsin' is not a two-letter state"),
    ("state", "ZZ", "'ZZ' is no state"),
    ("licence", "XX", "'XX' is no state"),
    ("county", "99999", "'99999' is a county of no state"),
    ("language", "xx", "'xx' is not an ISO 639 language code"),
    ("case_id", "C\0", "holds a NUL character"),
    ("licence", "all", "'all' is not a two-letter state"),
    ("county", "5025", "'5025' is not a county's five digits"),
    ("county", "WI", "'WI' is not a county's five digits"),
    ("in_person", "Yes", "'Yes' is none of yes, no"),
    ("interpreter", "1", "'1' is none of yes, no"),
    ("language", "english", "'english' is not an ISO 639 language code"),
    ("hours", "-1", "'-1' is negative"),
    ("hours", "nan", "'nan' is not a number of hours"),
    ("hours", "1e9", "'1e9' is not a number of hours"),
    ("hours", "x" * 1_000_000, "is not a number of hours"),
]

BAD_VOLUNTEERS = [
    *((name, "", "must not be blank") for name in ("volunteer_id", "status", "remote", "slots", "mentor_ok")),
    ("licences", "WI;any", "'any' is not a two-letter state"),
    ("areas", "63", "'63' names no level, as in 63:expert"),
    ("areas", "63:expert;99z:guru", "'guru' is none of learning"),
    ("areas", "Houses:expert", "'Houses' is neither a problem code that can be chosen nor a category"),
    ("areas", "11:expert", "'11' is neither a problem code that can be chosen nor a category"),
    ("languages", "en;e", "'e' is not an ISO 639 language code"),
    ("counties", "55025;ZZ", "'ZZ' is no state"),
    ("counties", "55025;55", "'55' is neither a county's five digits nor a two-letter state"),
    ("remote", "maybe", "'maybe' is none of yes, no"),
    ("slots", "-1", "'-1' is negative"),
    ("slots", "two", "'two' is not a whole number"),
    ("max_hours", "-0.5", "'-0.5' is negative"),
    ("available_from", "soon", "'soon' is not a day written like 2026-11-21"),
    ("declines", "Divorce", "'Divorce' is neither a problem code that can be chosen nor a category"),
    ("last_asked_on", "2026-11-22", "2026-11-22 is after the day of the run, 2026-11-21"),
    ("asks_14d", "-1", "'-1' is negative"),
    ("asks_60d", "1.0", "'1.0' is not a whole number"),
]


@pytest.mark.parametrize(("column", "value", "reason"), BAD_CASES)
def test_a_bad_case_is_named_and_nothing_written(tmp_path: Path, column: str, value: str, reason: str) -> None:
    result = run_rows(tmp_path, [CASE | {"case_id": "C0"}, CASE | {column: value}])
    assert result.exit_code == 2
    assert f"cases.csv, line 3, column {column}: " in result.stderr
    assert reason in result.stderr
    assert len(result.stderr) < 500
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("column", "value", "reason"), BAD_VOLUNTEERS)
def test_a_bad_volunteer_is_named_and_nothing_written(tmp_path: Path, column: str, value: str, reason: str) -> None:
    result = run_rows(tmp_path, [CASE], [VOLUNTEER | {"volunteer_id": "V0"}, VOLUNTEER | {column: value}])
    assert result.exit_code == 2
    assert f"volunteers.csv, line 3, column {column}: {reason}" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_duplicate_id_names_the_first_line(tmp_path: Path) -> None:
    result = run_rows(tmp_path, [CASE, CASE | {"case_id": "C2"}, CASE])
    assert result.exit_code == 2
    assert "cases.csv, line 4, column case_id: 'C1' is already on line 2" in result.stderr


def test_a_cell_over_two_lines_does_not_shift_the_line_named(tmp_path: Path) -> None:
    rows = [CASE | {"barred": "V8;\nV9"}, CASE | {"case_id": "C2", "points": "x"}]
    result = run_rows(tmp_path, rows)
    assert "cases.csv, line 4, column points: 'x' is not a whole number" in result.stderr


def test_missing_and_doubled_columns_are_named(tmp_path: Path) -> None:
    columns = [name for name in CASE_COLUMNS if name != "points"]
    cases = write(tmp_path / "cases.csv", [CASE], columns)
    volunteers = write(tmp_path / "volunteers.csv", [VOLUNTEER])
    volunteers.write_text(volunteers.read_text().replace("asks_60d", "asks_14d"))
    result = run(cases, volunteers, tmp_path / "out", "--skip-bad-rows")
    assert result.exit_code == 2
    assert "cases.csv, line 1, column points: the column is missing" in result.stderr
    assert "volunteers.csv, line 1, column asks_14d: the column stands there twice" in result.stderr
    assert not (tmp_path / "out").exists()


def test_empty_files_are_missing_columns_and_headers_alone_are_an_empty_docket(tmp_path: Path) -> None:
    empty, volunteers = tmp_path / "empty.csv", write(tmp_path / "volunteers.csv", [VOLUNTEER])
    empty.write_text("")
    assert "empty.csv, line 1, column case_id: the column is missing" in run(empty, volunteers, tmp_path / "o").stderr
    empty.write_text(",".join(CASE_COLUMNS))
    result = run(empty, volunteers, tmp_path / "out")
    assert result.exit_code == 0
    assert "0 of 0 cases placed" in result.output
    assert table(tmp_path / "out" / "proposals.csv") == []


def test_rows_too_short_or_too_long_are_bad(tmp_path: Path) -> None:
    cases = write(tmp_path / "cases.csv", [CASE], list(CASE_COLUMNS))
    cases.write_text(cases.read_text() + "C2,high\n" + cases.read_text().splitlines()[1].replace("C1", "C3") + ",x\n")
    result = run(cases, write(tmp_path / "volunteers.csv", [VOLUNTEER]), tmp_path / "out")
    assert result.exit_code == 2
    assert "cases.csv, line 3: the row has 2 cells where the header has 19" in result.stderr
    assert "cases.csv, line 4: the row has 20 cells where the header has 19" in result.stderr


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    cases = write(tmp_path / "cases.csv", [CASE], list(CASE_COLUMNS))
    cases.write_bytes(cases.read_bytes().replace(b"north", b"fianc\xe9"))
    result = run(cases, write(tmp_path / "volunteers.csv", [VOLUNTEER]), tmp_path / "out")
    assert result.exit_code == 2
    assert "cases.csv, line 2, column programme: is not UTF-8 text" in result.stderr


def test_a_sheet_in_another_encoding_is_called_that(tmp_path: Path) -> None:
    cases = write(tmp_path / "cases.csv", [CASE], encoding="utf-16")
    result = run(cases, write(tmp_path / "volunteers.csv", [VOLUNTEER]), tmp_path / "out")
    assert result.exit_code == 2
    assert "cases.csv, line 1: is not UTF-8 text; save the sheet as CSV in UTF-8" in result.stderr
    assert "missing" not in result.stderr


def test_a_quotation_mark_left_open_is_suspected(tmp_path: Path) -> None:
    cases = write(tmp_path / "cases.csv", [CASE, CASE | {"case_id": "C2"}, CASE | {"case_id": "C3"}])
    cases.write_text(cases.read_text().replace("C2,high", 'C2,"high'))
    result = run(cases, write(tmp_path / "volunteers.csv", [VOLUNTEER]), tmp_path / "out")
    assert result.exit_code == 2
    assert "cases.csv, line 3: the row has 2 cells where the header has 19; it takes in 2 more lines" in result.stderr


@pytest.mark.parametrize("name", ["pairs.csv", "proposals.csv", "wanted.csv"])
def test_results_never_take_the_place_of_what_they_were_made_from(tmp_path: Path, name: str) -> None:
    cases = write(tmp_path / name, [CASE])
    before = cases.read_bytes()
    result = run(cases, write(tmp_path / "volunteers.csv", [VOLUNTEER]), tmp_path / ".")
    assert result.exit_code == 2
    assert f"{name}: the results would replace it; name another --out" in result.stderr
    assert cases.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "volunteers.csv"])


def test_settings_are_not_replaced_by_the_report(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    numbers = tmp_path / "out" / "report.json"
    numbers.write_text('{"language": 11}')
    result = run_rows(tmp_path, [CASE], [VOLUNTEER], "--settings", str(numbers))
    assert result.exit_code == 2
    assert numbers.read_text() == '{"language": 11}'


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    result = run(tmp_path / "none.csv", tmp_path, tmp_path / "out")
    assert result.exit_code == 2
    assert "none.csv: cannot be opened (No such file or directory)" in result.stderr


def test_one_cell_of_a_million_characters_is_only_long(tmp_path: Path) -> None:
    long = ";".join(f"c{number:06d}" for number in range(125_000))
    result = run_rows(tmp_path, [CASE | {"credentials": long, "barred": long}], [VOLUNTEER | {"credentials": long}])
    assert result.exit_code == 0, result.output
    assert len(table(tmp_path / "out" / "proposals.csv")) == 1


def test_bad_rows_can_be_left_out_and_are_listed(tmp_path: Path) -> None:
    rows = [CASE, CASE | {"case_id": "C2", "points": "x", "hours": "y"}, CASE | {"case_id": "C3", "state": ""}]
    result = run_rows(tmp_path, rows, [VOLUNTEER], "--skip-bad-rows")
    assert result.exit_code == 0
    assert "3 problems; these rows were left out" in result.stderr
    assert "cases.csv, line 3, column hours: 'y' is not a number of hours" in result.stderr
    assert "1 of 1 cases placed" in result.output


def test_every_row_left_out_is_listed(tmp_path: Path) -> None:
    rows = [CASE | {"case_id": f"C{n}", "points": "x"} for n in range(80)]
    result = run_rows(tmp_path, rows, [VOLUNTEER], "--skip-bad-rows")
    assert result.stderr.count("column points: 'x' is not a whole number") == 80


def test_many_problems_are_counted_not_all_printed(tmp_path: Path) -> None:
    result = run_rows(tmp_path, [CASE | {"case_id": f"C{n}", "points": "x"} for n in range(80)])
    assert result.stderr.count("cases.csv, line") == 50
    assert "and 30 more" in result.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"languages": 3}', "unknown setting 'languages'"),
        ('{"language": -3}', "language must be a whole number from 0 to 4000"),
        ("[1]", "must be an object"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_settings_that_will_not_do_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    numbers = tmp_path / "numbers.json"
    numbers.write_text(text)
    result = run_rows(tmp_path, [CASE], [VOLUNTEER], "--settings", str(numbers))
    assert result.exit_code == 2
    assert f"numbers.json, line 1: {reason}" in result.stderr
    assert not (tmp_path / "out").exists()


def test_settings_change_the_result_and_are_reported(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    numbers.write_text('{"language": 11}')
    assert run_rows(tmp_path, [CASE], [VOLUNTEER], "--settings", str(numbers)).exit_code == 0
    assert table(tmp_path / "out" / "proposals.csv")[0]["language"] == "11"
    assert json.loads((tmp_path / "out" / "report.json").read_text())["settings"]["language"] == 11


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    result = run_rows(tmp_path, [CASE])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert (tmp_path / "out").read_text() == "a file"


def test_a_folder_in_a_results_place_leaves_all_old_results(tmp_path: Path) -> None:
    assert run_rows(tmp_path, [CASE]).exit_code == 0
    out = tmp_path / "out"
    (out / "wanted.csv").unlink()
    (out / "wanted.csv").mkdir()
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    result = run_rows(tmp_path, [CASE | {"case_id": "C9"}])
    assert result.exit_code == 1
    assert "wanted.csv cannot be written: Is a directory" in result.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_a_run_killed_while_results_move_in_leaves_no_report(tmp_path: Path) -> None:
    assert run_rows(tmp_path, [CASE]).exit_code == 0
    child = os.fork()
    if child == 0:
        sys.addaudithook(
            lambda event, given: os._exit(9) if event == "os.rename" and "wanted" in str(given[1]) else None
        )
        run_rows(tmp_path, [CASE | {"case_id": "C9"}])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not (tmp_path / "out" / "report.json").exists()
    assert run_rows(tmp_path, [CASE | {"case_id": "C9"}]).exit_code == 0
    assert [row["case_id"] for row in table(tmp_path / "out" / "proposals.csv")] == ["C9"]
    assert (tmp_path / "out" / "report.json").exists()


def test_a_run_without_pairs_leaves_no_old_pairs_behind(tmp_path: Path) -> None:
    run_rows(tmp_path, [CASE], [VOLUNTEER], "--pairs")
    assert (tmp_path / "out" / "pairs.csv").exists()
    run_rows(tmp_path, [CASE], [VOLUNTEER])
    assert not (tmp_path / "out" / "pairs.csv").exists()


def test_a_small_docket_never_loads_the_compiler(tmp_path: Path) -> None:
    program = (
        "import sys; from app.matching.commands import match_files_command as run;"
        f"run([{str(SAMPLE / 'cases.csv')!r}, {str(SAMPLE / 'volunteers.csv')!r}, '--as-of', '{AS_OF}',"
        f"'--out', {str(tmp_path)!r}], standalone_mode=False);"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_help_names_every_file_and_column() -> None:
    text = CliRunner().invoke(match_files_command, ["--help"]).output
    named = {*CASE_COLUMNS, *VOLUNTEER_COLUMNS, *PROPOSAL_COLUMNS, *WANTED_COLUMNS, "blocking_cases", "after_"}
    assert [name for name in sorted(named) if name not in text] == []
    for name in ("proposals.csv", "unplaced.csv", "wanted.csv", "report.json", "pairs.csv"):
        assert name in text


def test_what_a_killed_writer_left_is_cleared_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    out = tmp_path / "out"
    left, nameless, alive = (out / f"{UNFINISHED}{who}" for who in (f"{ended.pid}-a1", "x", f"{os.getppid()}-b2"))
    for folder in (left, nameless, alive):
        folder.mkdir(parents=True)
        (folder / "unplaced.csv").write_text("half")
    assert run_rows(tmp_path, [CASE]).exit_code == 0
    assert [path.name for path in out.glob(".*")] == [alive.name]
    assert (alive / "unplaced.csv").read_text() == "half"
