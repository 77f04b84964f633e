"""The case service summary of the published table is the published table."""

from __future__ import annotations

import csv
import io
import itertools
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import Table, text

from app.accounts.models import Programme
from app.casework.models import ClosingReport, ClosingStatus
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import Base, session, transaction
from app.metrics import reports_files
from app.metrics.models_reports import ReportKind
from app.metrics.reports_files_made import pdf, xlsx
from tests import factories

PUBLISHED = Path(__file__).parents[2] / "benchmarks" / "data" / "case_mix_2010.csv"
CODES = ("A", "B", "F", "G", "H", "IA", "IB", "IC", "K", "L")
CLOSED = datetime(2026, 6, 1, 15, tzinfo=UTC)
MANY = """INSERT INTO {name} ({columns})
WITH RECURSIVE n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:last AS INTEGER))
SELECT {values} FROM {name}, n WHERE {name}.id = :like"""


@pytest.fixture
def like(app: Flask) -> tuple[int, int, int]:
    """One closed case with its report, to be written again and again."""
    with clock.at(CLOSED - timedelta(days=90)), transaction():
        programme = factories.programme()
        helper = factories.volunteer()
        case = factories.case(programme, CaseStatus.CLOSED)
        report = factories.add(
            ClosingReport(case=case, reported_by_id=helper.user_id, status=ClosingStatus.APPROVED, closing_code="A",
                          work_ended_on=CLOSED.date(), reported_at=CLOSED, approved_at=CLOSED)
        )  # fmt: skip
    return programme.id, case.id, report.id


def write_many(kind: type[Base], like: int, first: int, last: int, **changes: str) -> None:
    """Rows like one, with keys of their own."""
    table: Table = kind.__table__  # type: ignore[assignment]
    own = {"id": "n.i", "public_id": "'p' || CAST(n.i AS VARCHAR)", **changes}
    columns = [column.name for column in table.columns]
    values = ", ".join(own.get(name, f"{table.name}.{name}") for name in columns)
    statement = MANY.format(name=table.name, columns=", ".join(columns), values=values)
    session.execute(text(statement), {"first": first, "last": last, "like": like})


def lay(like: tuple[int, int, int], share: int, problems: int) -> dict[tuple[str, str], int]:
    """As many closed cases of each pair of codes as were published, or a share of them; how many there are."""
    _programme, case, report = like
    laid, at = {}, max(case, report) + 1
    with PUBLISHED.open(encoding="utf-8", newline="") as file, transaction():
        for row in itertools.islice(csv.DictReader(file), problems):
            for code in CODES:
                n = -(-int(row[code] or 0) // share)
                if n:
                    write_many(Case, case, at, at + n - 1, number="'P' || CAST(n.i AS VARCHAR)",
                               problem_code=f"'{row['problem_code']}'")  # fmt: skip
                    write_many(ClosingReport, report, at, at + n - 1, case_id="n.i", closing_code=f"'{code}'")
                    laid[row["problem_code"], code] = n
                    at += n
        session.delete(session.get_one(ClosingReport, report))
    return laid


def check(like: tuple[int, int, int], share: int = 1, problems: int = 1000) -> int:
    laid, spent = lay(like, share, problems), {}
    begun = time.perf_counter()
    programme = session.get_one(Programme, like[0])
    report = reports_files.build(ReportKind.LSC, programme, date(2026, 6, 1), date(2026, 6, 30))
    spent["figures"] = time.perf_counter() - begun
    matrix = report.tables[0]
    heads = [head for head in matrix.header[1:] if head in CODES]
    found: dict[tuple[str, str], Any] = {}
    for row in matrix.rows:
        for code, cell in zip(matrix.header[1:], row[1:], strict=True):
            found[row[0].shown[:2], code] = cell.value
    for (problem, code), n in laid.items():
        assert found[problem, code] == n, (problem, code)
    for at, code in enumerate(heads, 1):
        assert matrix.foot[at].value == sum(n for (_p, c), n in laid.items() if c == code), code
    total = matrix.foot[len(heads) + 1].value
    assert total == sum(laid.values())
    begun = time.perf_counter()
    printed = pdf(report)
    spent["PDF"] = time.perf_counter() - begun
    begun = time.perf_counter()
    xlsx(report)
    spent["spreadsheet"] = time.perf_counter() - begun
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages)
    assert f"{total:,}" in words
    print(f"{total:,} cases: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in spent.items()))  # noqa: T201
    return int(total)


def test_a_part_of_the_published_table_is_told_cell_by_cell(like: tuple[int, int, int]) -> None:
    assert check(like, 2_000, 4) > 50


@pytest.mark.full
def test_the_published_table_is_told_to_the_unit(like: tuple[int, int, int]) -> None:
    assert check(like) == 932_406
