"""A report as figures under headings: what its page, its PDF, its spreadsheet and its CSV are all written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_date
from flask_babel import gettext as _

from app.core.i18n import hours, money, number

Value = str | int | None
UNITS = ("text", "count", "hours", "money", "percent", "days")


@dataclass(frozen=True)
class Behind:
    """The page of the records that make up a value; what it asks goes before the report's own period."""

    page: str
    asked: Mapping[str, Any]


def of_measure(key: str, dimension: str = "all", member: str = "all", days: tuple[date, date] | None = None) -> Behind:
    """What makes up a figure of the registry, on other days than the report's where they are given."""
    span = {"from": days[0], "to": days[1]} if days else {}
    return Behind("cases_behind", {"measure": key, "by": dimension, "member": member, **span})


@dataclass(frozen=True)
class Cell:
    """One value in its unit: whole numbers, hours in hundredths, money in cents; none where there is nothing to say.

    `behind` leads to the records that make it up, as long as it is not kept: later they may be others.
    """

    value: Value
    unit: str = "count"
    behind: Behind | None = field(default=None, compare=False)

    @property
    def shown(self) -> str:
        """As the page and the PDF write it."""
        if self.value is None:
            return "–"
        if isinstance(self.value, str):
            return self.value
        say: dict[str, Any] = {
            "hours": hours, "money": money, "percent": lambda n: f"{n} %", "count": number, "days": number,
        }  # fmt: skip
        return say[self.unit](self.value) or "0"

    @property
    def plain(self) -> str | int | float | None:
        """As the spreadsheet and the CSV hold it: hours and dollars, not their hundredths."""
        if self.unit in ("hours", "money") and isinstance(self.value, int):
            return self.value / 100
        return self.value


@dataclass(frozen=True)
class Table:
    """Rows under a heading; the first cell of a row names it."""

    key: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    foot: tuple[Cell, ...] = ()

    @property
    def every_row(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows with the sums beneath them."""
        return (*self.rows, self.foot) if self.foot else self.rows


@dataclass(frozen=True)
class Report:
    """A report of one period."""

    kind: str
    title: str
    whose: str  # the programme, and the grant where it is of one
    first: date
    last: date
    as_of: str  # up to when changes are counted, in words
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> Iterator[tuple[Any, ...]]:
        """One line for each figure: table, row, column, value, unit, first and last day unless it names its own."""
        for table in self.tables:
            for row in table.every_row:
                name = row[0].shown
                days = ("", "") if table.key in (STEPS, BEFORE) else (self.first, self.last)
                for head, cell in zip(table.header[1:], row[1:], strict=True):
                    yield (table.title, name, head, cell.plain, cell.unit, *days)


STEPS = "trend"  # the table of a picture's steps: weeks, months or quarters, before the period too
BEFORE = "before"  # a table of the period before, which its title names
LINE = ("table", "row", "column", "value", "unit", "from", "to")


def as_json(report: Report) -> dict[str, Any]:
    """To be kept: the same figures however often its files are written."""
    kept = asdict(report, dict_factory=lambda pairs: {name: value for name, value in pairs if name != "behind"})
    return {**kept, "first": report.first.isoformat(), "last": report.last.isoformat()}


def from_json(kept: Mapping[str, Any]) -> Report:
    """A report that was kept."""
    tables = tuple(
        Table(
            t["key"], t["title"], tuple(t["header"]), tuple(_row(row) for row in t["rows"]), t["note"], _row(t["foot"])
        )
        for t in kept["tables"]
    )
    days = (date.fromisoformat(kept["first"]), date.fromisoformat(kept["last"]))
    words = (kept["kind"], kept["title"], kept["whose"])
    return Report(*words, *days, kept["as_of"], tables, tuple(kept["notes"]))


def _row(cells: Sequence[Mapping[str, Any]]) -> tuple[Cell, ...]:
    return tuple(Cell(cell["value"], cell["unit"]) for cell in cells)


def text(value: str) -> Cell:
    """Words in a table."""
    return Cell(value, "text")


def summed(rows: Sequence[tuple[Cell, ...]], behind: Sequence[Behind | None] = ()) -> tuple[Cell, ...]:
    """The sums of every column of whole counts beneath its rows, with the figures they are."""
    if not rows:
        return ()
    columns = list(zip(*(row[1:] for row in rows), strict=True))
    sums = (sum(cell.value for cell in column if isinstance(cell.value, int)) for column in columns)
    known = behind or [None] * len(columns)
    return (text(_("In all")), *(Cell(n, of[0].unit, which) for n, of, which in zip(sums, columns, known, strict=True)))


def full_day(day: date) -> str:
    """`Jul 1, 2026`: what is kept in a file names the year."""
    return str(format_date(day, "MMM d, y"))


def full_day_at(moment: datetime, time_zone: str) -> str:
    """The day of a moment where the programme is."""
    return full_day(moment.astimezone(ZoneInfo(time_zone)).date())
