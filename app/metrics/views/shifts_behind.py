"""The clinics and advice shifts behind their figures."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.models import Programme
from app.core.access import signed_in
from app.core.db import session
from app.core.lists import csv_download, page_of
from app.volunteers.models_shifts import Shift
from app.volunteers.queries_shifts import shifts_at
from app.volunteers.words import SHIFTS

from .. import figures, shift_figures, wording
from ..definitions import Measure
from ..firms import belongs
from ..forms import Period

HEADER = ("day", "volunteer", "kind", "hours", "people")


def shifts_behind(programme: Programme, measure: Measure, period: Period, cell: tuple[str, str]) -> ResponseReturnValue:
    """The shifts of a period, as many as the figure says and as long; page by page or as a file."""
    found = shifts_at(programme, period.first, period.last, viewer=signed_in())
    given = shift_figures.figures(programme, (period.first, period.last))[0][measure.key]
    value, label = sum(given.values()), ""
    if cell[0] == "firm":
        found = found.where(belongs(Shift.volunteer_id, cell[1]))
        value, label = given.get(cell[1], 0), figures.member_name(*cell)
    if request.args.get("format") == "csv":
        rows = ((s.on_day, s.volunteer.name, s.kind, s.hundredths / 100, s.people_served)
                for s in session.scalars(found))  # fmt: skip
        return csv_download(wording.file_name("shifts", label, period.first, period.last), HEADER, rows)
    return render_template(
        "metrics/shifts_behind.html", measure=measure, page=page_of(found, scalars=True), names=SHIFTS,
        said=wording.shown(measure, value), label=label, period=period, programme=programme,
        period_name=figures.period_name,
    )  # fmt: skip
