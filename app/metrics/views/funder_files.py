"""A published period as a file: what the funder's page shows and no more."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.errors import NotFound

from .. import publishing
from ..models import PublishedPeriod
from ..publishing_lines import lines
from ..report_contents import Cell, Report, Table, full_day_at, text
from ..reports_files_made import download
from . import bp

UNITS = {"hours": "hours", "placement_rate": "percent", "answer_rate": "percent", "days_to_placement": "days"}


@bp.get("/impact/file")
@open_to(Role.FUNDER)
def impact_file() -> ResponseReturnValue:
    """The newest published period of one's grants, or the one asked for, as a PDF or a spreadsheet."""
    periods = publishing.periods_for(signed_in())
    kind = request.args.get("format", "pdf")
    found = publishing.live_one(periods, request.args.get("period"))
    if found is None or kind not in ("pdf", "xlsx"):
        raise NotFound
    return download(as_report(found), kind)


def as_report(period: PublishedPeriod) -> Report:
    """The lines of a publication under their headings; hidden counts stay the word."""
    found = groupby(lines(period.figures, period.starts_on, period.ends_on), key=lambda line: line[0])
    tables = tuple(
        Table(key, _title(key), (_("Figure"), _("Number")), tuple((text(line[2]), _cell(*line[1:4])) for line in of))
        for key, of in found
    )
    return Report(
        "impact", _("Impact"), f"{period.programme.name}, {period.grant.name}", period.starts_on, period.ends_on,
        _("Signed off %(day)s", day=full_day_at(period.signed_off_at, period.programme.time_zone)), tables,
        (_("Small counts, and whatever would give them away, are hidden to protect people. Zero is shown."),),
    )  # fmt: skip


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _cell(member: str, _label: str, value: Any) -> Cell:
    if isinstance(value, str):
        return text(value or _("nothing to count"))
    unit = UNITS.get(member, "count")
    return Cell(None if value is None else round(value * 100) if unit == "hours" else round(value), unit)
