"""Dockets from two spreadsheets, without a database: reading them, and placing what they hold."""

from __future__ import annotations

import csv
import dataclasses
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.matching import cells
from app.matching.cells import BadCell, Reader
from app.matching.engine.docket import CaseRow, Docket, VolunteerRow
from app.matching.engine.settings import BadSetting, Settings, UnknownSetting
from app.matching.engine.solve import Placement, place
from app.matching.placement_files import RESULTS, write_placement

REQUIRED = object()
MEMO_CELL = 300


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is read, and what a blank in it means."""

    read: Reader
    blank: object = REQUIRED


CASE_COLUMNS: dict[str, Column] = {
    "case_id": Column(cells.text_cell),
    "priority": Column(cells.priority),
    "points": Column(cells.whole),
    "waiting_since": Column(cells.day),
    "next_critical_on": Column(cells.day, None),
    "problem_code": Column(cells.problem_code),
    "level": Column(cells.level, "competent"),
    "role": Column(cells.text_cell, "attorney"),
    "state": Column(cells.state),
    "licence": Column(cells.licence, ""),
    "credentials": Column(cells.items, ()),
    "county": Column(cells.county),
    "in_person": Column(cells.yes_or_no),
    "language": Column(cells.language),
    "interpreter": Column(cells.yes_or_no),
    "hours": Column(cells.hours),
    "trainings": Column(cells.items, ()),
    "barred": Column(cells.barred, ()),
    "programme": Column(cells.text_cell),
}

VOLUNTEER_COLUMNS: dict[str, Column] = {
    "volunteer_id": Column(cells.text_cell),
    "status": Column(cells.text_cell),
    "roles": Column(cells.items, ("attorney",)),
    "firm": Column(cells.text_cell, ""),
    "licences": Column(cells.list_of(cells.state), ()),
    "credentials": Column(cells.items, ()),
    "areas": Column(cells.list_of(cells.area_with_level), ()),
    "languages": Column(cells.list_of(cells.language), ()),
    "counties": Column(cells.list_of(cells.reach), ()),
    "remote": Column(cells.yes_or_no),
    "slots": Column(cells.whole),
    "max_hours": Column(cells.hours, None),
    "available_from": Column(cells.day, None),
    "trainings": Column(cells.items, ()),
    "mentor_ok": Column(cells.yes_or_no),
    "declines": Column(cells.list_of(cells.area), ()),
    "last_asked_on": Column(cells.day, None),
    "asks_14d": Column(cells.whole, 0),
    "asks_60d": Column(cells.whole, 0),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where it stands and why it cannot be read."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{line}{column}: {self.reason}"


class BadFiles(Exception):
    """The files hold rows that cannot be read, and nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True)
class MatchedFiles:
    """What a run over files gave: the placement, the rows left out and the files written."""

    placement: Placement
    skipped: list[Problem]
    written: list[Path]


class Sheet:
    """One spreadsheet being read: its header, its rows as typed values, and what is wrong with it."""

    def __init__(self, path: Path, columns: dict[str, Column]) -> None:
        self.path = path
        self.columns = columns
        self.problems: list[Problem] = []
        self.ids: dict[str, int] = {}
        self.memo: dict[str, dict[str, object]] = {name: {} for name in columns}

    def problem(self, line: int, column: str, reason: str) -> None:
        """Note one thing wrong."""
        self.problems.append(Problem(self.path.name, line, column, reason))

    def rows(self) -> Iterator[list[Any]]:
        """Yield the values of every good row in the order of the columns."""
        csv.field_size_limit(2**31 - 1)
        try:
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                lines = csv.reader(file)
                places = self._places(next(lines, []))
                if places:
                    yield from self._good_rows(lines, places)
        except OSError as error:
            self.problem(0, "", f"cannot be opened ({error.strerror})")
        except csv.Error as error:
            self.problem(lines.line_num, "", f"is not a CSV file ({error})")

    def _places(self, header: list[str]) -> list[int]:
        """Return where each column stands, or nothing when the header will not do."""
        names = [name.strip() for name in header]
        before = len(self.problems)
        if any("\0" in name or not _is_unicode(name) for name in names):
            self.problem(1, "", "is not UTF-8 text; save the sheet as CSV in UTF-8")
            return []
        for name in self.columns:
            if name not in names:
                self.problem(1, name, "the column is missing")
            elif names.count(name) > 1:
                self.problem(1, name, "the column stands there twice")
        self.width = len(names)
        return [] if len(self.problems) > before else [names.index(name) for name in self.columns]

    def _good_rows(self, lines: Any, places: list[int]) -> Iterator[list[Any]]:
        line = lines.line_num + 1
        for row in lines:
            if row:
                before = len(self.problems)
                values = self._values(row, places, line)
                if len(self.problems) == before:
                    yield values
            line = lines.line_num + 1

    def _values(self, row: list[str], places: list[int], line: int) -> list[Any]:
        if len(row) < self.width or any(cell.strip() for cell in row[self.width :]):
            self.problem(line, "", f"the row has {len(row)} cells where the header has {self.width}{_runs_on(row)}")
            return []
        values = [
            self._value(name, column, row[at].strip(), line)
            for (name, column), at in zip(self.columns.items(), places, strict=True)
        ]
        first = next(iter(self.columns))
        if isinstance(values[0], str) and self.ids.setdefault(values[0], line) != line:
            self.problem(line, first, f"{cells.shown(values[0])} is already on line {self.ids[values[0]]}")
        return values

    def _value(self, name: str, column: Column, text: str, line: int) -> object:
        """Return the cell's value; a bad cell is noted."""
        memo = self.memo[name]
        if text in memo:
            return memo[text]
        if not text:
            if column.blank is REQUIRED:
                self.problem(line, name, "must not be blank")
            return column.blank
        try:
            value = column.read(_utf8(text))
        except BadCell as error:
            self.problem(line, name, str(error))
            return REQUIRED
        if len(text) <= MEMO_CELL and column.read is not cells.text_cell:
            memo[text] = value
        return value


def _runs_on(row: list[str]) -> str:
    """Say how far a row with the wrong number of cells reaches, when a cell of it goes over lines."""
    more = sum(cell.count("\n") for cell in row)
    return f"; it takes in {more:,} more lines, so a quotation mark may be left open" if more else ""


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _utf8(text: str) -> str:
    if not _is_unicode(text):
        raise BadCell("is not UTF-8 text")
    if "\0" in text:
        raise BadCell(f"{cells.shown(text)} holds a NUL character")
    return text


def read_cases(path: Path) -> tuple[list[CaseRow], list[Problem]]:
    """Return the good rows of a file of cases, then what is wrong with the others."""
    sheet = Sheet(path, CASE_COLUMNS)
    rows = [CaseRow(*values) for values in sheet.rows()]
    return [row if row.licence else dataclasses.replace(row, licence=row.state) for row in rows], sheet.problems


def read_volunteers(path: Path, as_of: date) -> tuple[list[VolunteerRow], list[Problem]]:
    """Return the good rows of a file of volunteers, then what is wrong with the others."""

    def asked(text: str) -> date:
        asked_on = cells.day(text)
        if asked_on > as_of:
            raise BadCell(f"{asked_on} is after the day of the run, {as_of}")
        return asked_on

    sheet = Sheet(path, VOLUNTEER_COLUMNS | {"last_asked_on": Column(asked, None)})
    return [VolunteerRow(*values) for values in sheet.rows()], sheet.problems


def read_settings(path: Path | None) -> Settings:
    """Return the settings of a JSON file, or the usual ones.

    :raises BadFiles: it cannot be read, names an unknown setting or holds something other than numbers
    """
    if path is None:
        return Settings()
    try:
        numbers = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(numbers, dict):
            raise BadSetting("must be an object of names and numbers")
        return Settings.from_mapping(numbers)
    except OSError as error:
        raise BadFiles([Problem(path.name, 0, "", f"cannot be opened ({error.strerror})")]) from None
    except (UnknownSetting, BadSetting) as error:
        raise BadFiles([Problem(path.name, 1, "", str(error))]) from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise BadFiles([Problem(path.name, line, "", "is not JSON")]) from None


def _fatal(problems: list[Problem]) -> bool:
    """Say whether a file as a whole cannot be read, which no skipping of rows helps."""
    return any(problem.line <= 1 for problem in problems)


def refuse_overwriting(inputs: Iterable[Path], out: Path) -> None:
    """See that no input lies where a result would.

    :raises BadFiles: the results would take an input's place
    """
    reason = "the results would replace it; name another --out"
    taken = [path for path in inputs if any(_is_same(path, out / name) for name in RESULTS)]
    if taken:
        raise BadFiles([Problem(path.name, 0, "", reason) for path in taken])


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def match_files(
    cases: Path,
    volunteers: Path,
    as_of: date,
    out: Path,
    pairs: bool = False,
    settings: Settings | None = None,
    skip_bad_rows: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> MatchedFiles:
    """Place the cases of one file among the volunteers of another and write the result into a folder.

    :raises BadFiles: something cannot be read; nothing is written
    """
    begun = time.perf_counter()
    refuse_overwriting([cases, volunteers], out)
    case_rows, problems = read_cases(cases)
    volunteer_rows, more = read_volunteers(volunteers, as_of)
    problems += more
    if problems and (not skip_bad_rows or _fatal(problems)):
        raise BadFiles(problems)
    docket = Docket.from_rows(case_rows, volunteer_rows, as_of, settings or Settings())
    del case_rows, volunteer_rows
    read_seconds = time.perf_counter() - begun
    placement = place(docket, progress=progress)
    placement.seconds["read"] = read_seconds
    written = write_placement(placement, out, pairs=pairs)
    return MatchedFiles(placement, problems, written)
