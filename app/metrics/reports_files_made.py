"""A report as a tagged PDF, a spreadsheet or a CSV file; each holds what the page shows, to the unit."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import typst
import xlsxwriter
from flask import Response
from flask_babel import gettext as _

from app.core import clock
from app.core.lists import csv_download

from .figures import period_name
from .report_contents import LINE, Cell, Report, Table, full_day
from .wording import file_name

TEMPLATES = Path(__file__).parent / "data"
FORMATS = ("pdf", "xlsx", "csv")
ACCESSIBLE = "ua-1"
NUMBERS = {"hours": "#,##0.00", "money": "$#,##0.00", "percent": '0" %"', "count": "#,##0", "days": "#,##0"}
SAFE = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def download(report: Report, kind: str) -> Response:
    """The report as a file of one kind."""
    name = file_name(report.kind, report.whose, report.first, report.last)
    if kind == "csv":
        return csv_download(name, LINE, report.lines)
    body, media = (pdf(report), "application/pdf") if kind == "pdf" else (xlsx(report), XLSX)
    return file_answer(body, media, f"{name}.{kind}")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_answer(body: bytes, media: str, name: str) -> Response:
    """A file to be kept, not shown in the browser."""
    answer = Response(body, mimetype=media)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def pdf(report: Report) -> bytes:
    """A tagged PDF, of the accessible kind where the typeface has every letter."""
    facts = {
        "title": report.title, "whose": report.whose, "period": period_name(report.first, report.last),
        "days": _("%(first)s to %(last)s", first=full_day(report.first), last=full_day(report.last)),
        "as_of": report.as_of, "notes": list(report.notes), "none": _("Nothing to report in this period."),
        "tables": [_printed(table) for table in report.tables],
    }  # fmt: skip
    return typeset("report.typ", facts)


def _printed(table: Table) -> dict[str, Any]:
    rows = [[{"text": cell.shown, "number": cell.unit != "text"} for cell in row] for row in table.rows]
    foot = [{"text": cell.shown, "number": cell.unit != "text"} for cell in table.foot]
    numbers = [any(row[at]["number"] for row in rows) for at in range(len(table.header))]
    return {"title": table.title, "header": list(table.header), "rows": rows, "foot": foot, "note": table.note,
            "numbers": numbers}  # fmt: skip


def typeset(template: str, facts: Mapping[str, Any]) -> bytes:
    """A PDF from a template and facts; facts are passed as data and never read as markup."""
    source = (TEMPLATES / template).read_bytes()
    given = {"facts": json.dumps(facts, ensure_ascii=False), "day": clock.now().date().isoformat()}
    try:
        return _compile(source, given, [ACCESSIBLE])
    except typst.TypstError:  # the typeface lacks a letter: tagged all the same, but not by the standard
        return _compile(source, given, [])


def _compile(source: bytes, given: dict[str, str], standards: list[str]) -> bytes:
    asked: Any = standards
    return bytes(typst.compile(source, format="pdf", sys_inputs=given, ignore_system_fonts=True, pdf_standards=asked))


def xlsx(report: Report) -> bytes:
    """A spreadsheet: one sheet for each table, and no text that a spreadsheet would run."""
    into = io.BytesIO()
    asked = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(into, asked)
    made_on = datetime.combine(date.fromisoformat(clock.now().date().isoformat()), time())
    book.set_properties({"title": report.title, "subject": report.whose, "created": made_on})
    styles = {unit: book.add_format({"num_format": shape}) for unit, shape in NUMBERS.items()}
    styles["head"], styles["wide"] = book.add_format({"bold": True}), book.add_format({"bold": True, "font_size": 14})
    for number, table in enumerate(report.tables, 1):
        _sheet(book.add_worksheet(f"{number} {table.title.translate(SAFE)}"[:31]), report, table, styles)
    book.close()
    return into.getvalue()


def _sheet(sheet: Any, report: Report, table: Table, styles: Mapping[str, Any]) -> None:
    sheet.write_string(0, 0, f"{report.title}: {table.title}", styles["wide"])
    sheet.write_string(1, 0, f"{report.whose}, {report.first} – {report.last}. {report.as_of}")
    for at, head in enumerate(table.header):
        sheet.write_string(3, at, head, styles["head"])
    for line, row in enumerate(table.every_row, 4):
        for at, cell in enumerate(row):
            _write(sheet, line, at, cell, styles)
    if table.note:
        sheet.write_string(5 + len(table.every_row), 0, table.note)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, max(1, len(table.header) - 1), 14)
    sheet.freeze_panes(4, 1)


def _write(sheet: Any, line: int, at: int, cell: Cell, styles: Mapping[str, Any]) -> None:
    if isinstance(cell.plain, str):
        sheet.write_string(line, at, cell.plain)
    elif cell.plain is not None:
        sheet.write_number(line, at, cell.plain, styles[cell.unit])
