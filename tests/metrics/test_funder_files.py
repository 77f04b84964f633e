"""A funder's PDF and spreadsheet hold what the funder's page and CSV hold, and nothing else."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.metrics import publishing, rollup
from app.metrics.measures import RATES
from app.metrics.models import PublishedPeriod
from app.metrics.report_contents import Cell
from app.metrics.views.funder_files import as_report
from tests import factories
from tests.metrics.lives import Lives
from tests.metrics.test_report_files import NOW, sheets

NO_RATES = dict.fromkeys(RATES)


def test_a_funders_files_are_the_published_page(app: Flask, client: FlaskClient) -> None:
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            lives = Lives(programme, seed=9)
            lives.some(20)
        rollup.refresh(programme.id)
        with transaction():
            first, _last = publishing.unpublished_periods(session.merge(lives.grant))[-3]
            period = publishing.sign_off(session.merge(lives.grant), first, actor=session.merge(lives.staff))
            pays = factories.user(Role.FUNDER, programme=programme, grant=session.merge(lives.grant))
            other = factories.user(Role.FUNDER, programme=programme, grant=factories.grant(programme, name="Other"))
        funder = factories.sign_in(client, pays)
        asked = f"period={period.public_id}"
        text = funder.get(f"/impact?{asked}&format=csv").get_data(as_text=True).lstrip("\ufeff")
        lines = [(row["label"], row["value"]) for row in csv.DictReader(io.StringIO(text))]
        held = [(row[0].shown, row[1]) for table in as_report(period).tables for row in table.rows]
        assert [label for label, _cell in held] == [label for label, _value in lines]
        assert [as_file(cell) for _label, cell in held] == [value for _label, value in lines]
        assert "hidden" in {value for _label, value in lines}
        words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(body(funder, asked, "pdf"))).pages)
        for label, cell in held:
            assert f"{label} {cell.shown}" in " ".join(words.split())
        cells = [row for sheet in sheets(body(funder, asked, "xlsx")) for row in sheet[3:]]
        assert {cell.shown for _label, cell in held if cell.value == "hidden"} <= {row[-1] for row in cells if row}
        stranger = factories.sign_in(app.test_client(), session.merge(other))
        assert stranger.get(f"/impact/file?{asked}").status_code == 404
        assert funder.get(f"/impact/file?{asked}&format=exe").status_code == 404


def body(funder: FlaskClient, asked: str, kind: str) -> bytes:
    return bytes(funder.get(f"/impact/file?{asked}&format={kind}").data)


def as_file(cell: Cell) -> str:
    """As a CSV writes it."""
    return "" if cell.plain is None else str(cell.plain)


def test_a_file_names_the_day_it_was_signed_off_where_the_programme_is(app: Flask) -> None:
    """Late in the evening in Wisconsin it is the day after in London."""
    late = datetime(2026, 7, 2, 2, 30, tzinfo=UTC)
    with clock.at(late), transaction():
        programme = factories.programme()
        grant, days = factories.grant(programme), (date(2026, 4, 1), date(2026, 6, 30))
        period = PublishedPeriod(
            programme=programme,
            grant=grant,
            starts_on=days[0],
            ends_on=days[1],
            signed_off_at=late,
            figures={"counts": {}, "flow": [], "tables": {}, **NO_RATES},
        )
        session.add(period)
        session.flush()
        assert as_report(period).as_of == "Signed off Jul 1, 2026"
