"""A report's page, PDF, spreadsheet and CSV hold the same numbers, and those are the figures of every other page."""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from pypdf import PdfReader

from app.accounts.models import Grant, Programme, User
from app.casework.models import AmountKind, ClosingAmount, ClosingReport
from app.core import clock
from app.core.db import session, transaction
from app.matching.models import Assignment
from app.metrics import (
    county_figures,
    figures,
    lsc,
    operations_rates,
    report_figures,
    report_pages,
    reports_files,
    rollup,
    trend,
)
from app.metrics.measures import MEASURES
from app.metrics.models_reports import ReportKind
from app.metrics.report_contents import Cell, Report, Table, as_json, from_json, text
from app.metrics.reports_files_made import pdf, xlsx
from tests import factories
from tests.metrics.lives import Lives

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
SHEETS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def world(app: Flask) -> tuple[Programme, Grant, User]:
    """Random cases, half of them led by volunteers to their end, with a rate for a part of the period."""
    with clock.at(NOW), transaction():
        programme = factories.programme(slug="lakeshore")
        lives = Lives(programme, seed=5)
        lives.some(24)
        operations_rates.enter_rate(programme, role="lead", cents=3479, first=date(2026, 2, 1), last=None,
                                    source="Published for 2024", actor=lives.staff)  # fmt: skip
        for lead in session.query(Assignment).filter(Assignment.id % 2 == 0):
            lead.end_reason = "closed"
        for n, report in enumerate(session.query(ClosingReport).order_by(ClosingReport.id)):
            kind = list(AmountKind)[n % len(AmountKind)]
            months = 6 if kind is AmountKind.MONTHLY else None
            session.add(ClosingAmount(report_id=report.id, kind=kind, cents=100_050 + n, months=months))
    with clock.at(NOW):
        rollup.refresh(programme.id)
        yield programme, lives.grant, lives.staff


def numbers_of(report: Report) -> list[str]:
    """Every number that the page shows, in order."""
    return [cell.shown for table in report.tables for row in table.every_row for cell in row if cell.unit != "text"]


def sheets(body: bytes) -> list[list[list[str]]]:
    """A spreadsheet's cells as they are stored: sheet, row, cell."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        strings = [
            "".join(part.text or "" for part in each.iter(f"{SHEETS}t"))
            for each in ElementTree.fromstring(packed.read("xl/sharedStrings.xml"))  # noqa: S314
        ]
        names = sorted(n for n in packed.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n))
        trees = [ElementTree.fromstring(packed.read(name)) for name in names]  # noqa: S314
    assert not any(list(tree.iter(f"{SHEETS}f")) for tree in trees), "a formula"
    return [[[_cell(cell, strings) for cell in row] for row in tree.iter(f"{SHEETS}row")] for tree in trees]


def _cell(cell: ElementTree.Element, strings: list[str]) -> str:
    value = cell.findtext(f"{SHEETS}v") or ""
    return strings[int(value)] if cell.get("t") == "s" else value


def test_page_pdf_spreadsheet_and_csv_say_the_same(client: FlaskClient, world: tuple[Programme, Grant, User]) -> None:
    programme, grant, staff = world
    desk = factories.sign_in(client, session.merge(staff))
    for kind in ReportKind:
        report = reports_files.build(kind, programme, FIRST, LAST, grant if kind is ReportKind.GRANT else None)
        assert len(numbers_of(report)) > 15
        asked = f"/reports/files/{kind.value}?programme=lakeshore&from={FIRST}&to={LAST}"
        asked += f"&grant={grant.public_id}" if kind is ReportKind.GRANT else ""
        shown = re.findall(r'<td[^>]*class="r"[^>]*>(?:<span>)?(?:<b>)?(?:<a[^>]*>)?([^<]*)', desk.get(asked).text)
        assert [cell for cell in shown if cell] == numbers_of(report)
        same_in_print(report, desk.get(f"{asked}&format=pdf").data)
        same_in_csv(report, desk.get(f"{asked}&format=csv").get_data(as_text=True))
        same_in_spreadsheet(report, desk.get(f"{asked}&format=xlsx").data)


def same_in_print(report: Report, body: bytes) -> None:
    """Each row's numbers stand beside each other in the printed text, which is tagged."""
    printed = PdfReader(io.BytesIO(body))
    assert printed.trailer["/Root"]["/MarkInfo"]["/Marked"] == True  # type: ignore[index]  # noqa: E712
    words = " ".join("".join(page.extract_text() for page in printed.pages).split())
    for table in report.tables:
        for row in table.every_row:
            for numbers, run in itertools.groupby(row, key=lambda cell: cell.unit != "text"):
                if numbers:
                    assert " ".join(cell.shown for cell in run) in words, (table.key, row[0].shown)


def same_in_csv(report: Report, body: str) -> None:
    held = [cell.plain for table in report.tables for row in table.every_row for cell in row[1:]]
    rows = list(csv.DictReader(io.StringIO(body.lstrip("\ufeff"))))
    assert [row["value"] for row in rows] == ["" if value is None else str(value) for value in held]


def same_in_spreadsheet(report: Report, body: bytes) -> None:
    for table, cells in zip(report.tables, sheets(body), strict=True):
        for row, kept in zip(table.every_row, cells[3:], strict=False):
            wanted = [cell.plain for cell in row if cell.plain not in (None, "")]
            found = [value for value in kept if value != ""]
            assert wanted == [
                f if isinstance(w, str) else float(f) for w, f in zip(wanted, found, strict=True)
            ]  # fmt: skip


def test_reports_say_what_every_other_page_says(world: tuple[Programme, Grant, User]) -> None:
    programme, grant, _staff = world
    for grant_id in (None, grant.id):
        for first, last in ((FIRST, LAST), (date(2026, 2, 3), date(2026, 4, 17))):
            period = figures.read_period(programme, first, last, grant_id=grant_id)
            closed = lsc.closed_cases(programme, first, last, grant_id)
            assert closed.total == period.count("closed") > 0
            assert {code: closed.of_code(code) for code in closed.codes() if closed.of_code(code)} == period.by(
                "closed", "closing_code"
            )
            led = {a.case_id for a in session.query(Assignment).filter_by(role="lead", end_reason="closed")}
            reports = lsc.closings(programme, first, last, ClosingReport.case_id)
            assert grant_id or sum(closed.pai.values()) == sum(case in led for case in session.scalars(reports))
            assert (first, last) != (FIRST, LAST) or 0 < sum(closed.pai.values()) < closed.total
            hours = list(report_figures.hours_by_day(programme, first, last, grant_id))
            assert sum(n for _role, _day, n in hours) == period.count("hours")
            money = lsc.money_by_kind(programme, first, last, grant_id)
            for kind in AmountKind:
                cents = sum(sums for (of, _months), (_n, sums) in money.items() if of is kind)
                assert cents == period.count(f"money_{kind.value}"), kind
    with transaction():
        report = session.query(ClosingReport).filter(ClosingReport.approved_at.is_not(None)).first()
        report.approved_at = datetime(2026, 12, 1, 5, 59, tzinfo=UTC)  # November still in Chicago
    programme = session.merge(programme)
    assert lsc.closed_cases(programme, date(2026, 11, 30), date(2026, 11, 30)).total == 1
    assert lsc.closed_cases(programme, date(2026, 12, 1), date(2026, 12, 31)).total == 0


def test_a_case_that_others_closed_again_is_no_volunteers(world: tuple[Programme, Grant, User]) -> None:
    """What a volunteer closed and staff opened again and closed themselves is a case of staff."""
    programme, _grant, _staff = world
    before = sum(lsc.closed_cases(programme, FIRST, LAST).pai.values())
    with transaction():
        lead = session.query(Assignment).filter_by(role="lead", end_reason="closed").join(
            ClosingReport, ClosingReport.case_id == Assignment.case_id
        ).filter(ClosingReport.superseded_at.is_(None), ClosingReport.approved_at.is_not(None)).first()  # fmt: skip
        last = session.query(ClosingReport).filter_by(case_id=lead.case_id, superseded_at=None).one()
        lead.ended_at = datetime(2026, 1, 5, tzinfo=UTC)
        session.add(ClosingReport(
            case_id=last.case_id, reported_by_id=last.reported_by_id, status=last.status, closing_code="A",
            work_ended_on=date(2026, 1, 4), reported_at=lead.ended_at, approved_at=lead.ended_at,
            superseded_at=datetime(2026, 1, 9, tzinfo=UTC),
        ))  # fmt: skip
    assert sum(lsc.closed_cases(programme, FIRST, LAST).pai.values()) == before - 1


def test_bad_input_is_a_sentence(client: FlaskClient) -> None:
    with transaction():
        programme = factories.programme(slug="lakeshore")
        grant, staff = factories.grant(programme), factories.coordinator(programme)
    desk = factories.sign_in(client, staff)
    assert "The period ended before it began" in desk.get("/reports/files/lsc?from=2026-05-01&to=2026-04-01").text
    assert "The period has not begun yet" in desk.get("/reports/files/board?from=2027-05-01&to=2027-06-01").text
    answer = desk.get("/reports/files/grant")
    assert answer.status_code == 422
    assert "Choose the grant that the report is about." in answer.text
    assert "Figures as of " in desk.get("/reports/files/lsc").text, "not as of the nightly count: it is read as it is"
    empty = desk.get(f"/reports/files/grant?grant={grant.public_id}&from=2019-05-01&to=2019-06-01")
    assert empty.status_code == 200
    assert "Nothing in this period." in empty.text
    assert desk.get("/reports/files/grant?grant=unknown").status_code == 404


def test_what_is_kept_is_the_same_report_and_runs_nothing() -> None:
    cells = ((text("=cmd|' /C calc'!A0 你 #strong[x]"), Cell(1250, "hours"), Cell(None, "money")),)
    report = Report("lsc", "T", "P", FIRST, LAST, "", (Table("t", "T/[1]", ("A", "B", "C"), cells, foot=cells[0]),))
    assert from_json(as_json(report)) == report
    app = Flask("files")
    Babel(app)
    with app.app_context():
        assert sheets(xlsx(report))[0][3][0].startswith("=cmd")
        assert pdf(report).startswith(b"%PDF")


def test_every_page_of_figures_is_a_file_with_the_same_numbers(app: Flask, client: FlaskClient) -> None:
    """What a page shows stands in its spreadsheet, and its PDF is made; a period that cannot be makes none."""
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            lives = Lives(programme, seed=9)
            lives.some(20)
        rollup.refresh(programme.id)
        desk = factories.sign_in(client, lives.staff)
        for kind in report_pages.PAGES:
            lines = _lines_of(desk, kind)
            spreadsheet = desk.get(f"/reports/pages/{kind}?from=2026-01-01&to=2026-06-30&format=xlsx").data
            cells = {cell for sheet in sheets(spreadsheet) for row in sheet for cell in row}
            assert {line["row"] for line in lines} <= cells, kind
        told = {(line["row"], line["column"]): line["value"] for line in _lines_of(desk, "waits")}
        assert (
            f">{told['On the list', 'Left it']}<span" in desk.get("/reports/waits?from=2026-01-01&to=2026-06-30").text
        )
        _pictures_equal(desk, programme, _lines_of(desk, "figures"))
        housing = desk.get("/reports/pages/figures?only=category:Housing")
        assert housing.data.startswith(b"%PDF")
        assert "housing-2026" in housing.headers["Content-Disposition"], "a CSV file says it nowhere else"
        for wrong in ("figures?only=colour:red&format=csv", "figures?only=county&format=csv", "waits?from=soon"):
            assert desk.get(f"/reports/pages/{wrong}").status_code == 422, wrong
        assert desk.get("/reports/pages/waits?from=2026-02-01&to=2026-02-31&format=xlsx").status_code == 422
        assert {desk.get(f"/reports/pages/{wrong}").status_code for wrong in ("nothing", "gaps?format=exe")} == {404}


def _pictures_equal(desk: FlaskClient, programme: Programme, lines: list[dict[str, str]]) -> None:
    """The steps of the trend add up to the period, the counties to the programme; page and file show the same."""
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    read = figures.read_period(programme, first, last)
    page = desk.get(f"/reports?from={first}&to={last}&map=closed").text
    for key in trend.DRAWN:
        name = str(MEASURES[key].name)
        steps = _column(lines, "Step by step", name)
        assert sum([*steps.values()][6:]) == read.count(key) > 0
        assert (next(iter(steps)), [*steps][-1], len(steps)) == ("Jul 2025", "Jun 2026", 12)
        assert all(f'>{n}<span class="vh"> {name}, {step}<' in page for step, n in steps.items() if n)
    for key in county_figures.TOLD:
        name = str(MEASURES[key].name)
        told = {figures.member_name("county", member): n for member, n in read.by(key, "county").items()}
        counties = _column(lines, "County by county", name)
        assert told == {county: n for county, n in counties.items() if n}
        assert sum(counties.values()) == read.count(key)
        assert all(f'>{n}<span class="vh"> {name}, {county}<' in page for county, n in told.items())
    assert "We cannot colour the map by that" in desk.get("/reports?map=colour").text
    _weeks_equal_their_cases(programme)


def _column(lines: list[dict[str, str]], table: str, column: str) -> dict[str, int]:
    return {
        line["row"]: int(line["value"])
        for line in lines
        if line["table"].startswith(table) and line["column"] == column
    }


def _weeks_equal_their_cases(programme: Programme) -> None:
    """Each week of a short period, and of the one before it, of one kind of matter too."""
    for only in (("all", "all"), ("category", "Housing")):
        weeks = trend.read_trend(programme, date(2026, 2, 10), date(2026, 3, 4), only)
        assert (weeks.kind, len(weeks.steps), weeks.steps[-1].name) == ("week", 12, "Week of Mar 2, 2026, to Mar 4")
        for measure, counts in weeks.lines:
            behind = Counter[date]()
            for fact in figures.facts_behind(
                programme, measure.key, weeks.steps[0].first, date(2026, 3, 4), dimension=only[0], member=only[1]
            ):
                behind[fact.on_day - timedelta(days=fact.on_day.weekday())] += fact.amount
            assert counts == tuple(behind[step.first] for step in weeks.steps), measure.key
        assert any(sum(counts) for _measure, counts in weeks.lines), only
    assert trend.read_trend(programme, date(2024, 1, 1), date(2026, 12, 31), ("role", "lead")).lines == ()


def _lines_of(desk: FlaskClient, kind: str) -> list[dict[str, str]]:
    text = desk.get(f"/reports/pages/{kind}?from=2026-01-01&to=2026-06-30&format=csv").text
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
