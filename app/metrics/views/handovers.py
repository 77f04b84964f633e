"""Trends of hand-backs, withdrawals and transfers, and the cases behind each number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.core.access import STAFF, open_to
from app.core.lists import csv_download

from .. import figures, handovers
from ..forms import period_asked
from . import bp
from .staff import the_programme, the_programmes


def _dimension() -> str:
    asked = request.args.get("by", "kind")
    return asked if asked in handovers.DIMENSIONS else "kind"


@bp.get("/reports/hand-overs")
@open_to(*STAFF)
def hand_overs() -> ResponseReturnValue:
    """Why leads go early, in each of the last five quarters."""
    programme, dimension = the_programme(), _dimension()
    spans = handovers.quarters(calendars.today(programme))
    found = handovers.changes(programme, spans[0][0], spans[-1][1])
    if request.args.get("format") == "csv":
        return csv_download("hand-overs", HEADER, _lines(found))
    labels = [figures.period_name(first, last) for first, last in spans]
    kinds = handovers.table(found, "kind", spans)
    series = [{"label": handovers.member_name("kind", kind), "values": row} for kind, row in kinds.items()]
    return render_template(
        "metrics/hand_overs.html", programme=programme, programmes=the_programmes(), dimension=dimension, spans=spans,
        labels=labels, rows=handovers.table(found, dimension, spans), series=series, total=len(found),
        dimensions=handovers.DIMENSIONS, member_name=handovers.member_name,
        wrong="" if request.args.get("by", "kind") == dimension else _("We cannot break this down by that."),
    )  # fmt: skip


HEADER = ("case", "day", "days since placement", "way out", "reason", "root cause", "problem area", "time")


def _lines(found: list[handovers.Change]) -> Iterator[tuple[Any, ...]]:
    for each in found:
        names = (handovers.member_name(dimension, each.members[dimension]) for dimension in handovers.DIMENSIONS)
        yield (each.case_number, each.on_day, each.days, *names)


@bp.get("/reports/hand-overs/cases")
@open_to(*STAFF)
def hand_overs_behind() -> ResponseReturnValue:
    """The cases behind one number of the trends."""
    programme, dimension = the_programme(), _dimension()
    period = period_asked(calendars.today(programme))
    member = request.args.get("member", "all")
    found = handovers.changes(programme, period.first, period.last)
    rows = [each for each in found if member in ("all", each.members[dimension])]
    if request.args.get("format") == "csv":
        return csv_download(f"hand-overs-{_day(period.first)}", HEADER, _lines(rows))
    label = "" if member == "all" else handovers.member_name(dimension, member)
    return render_template(
        "metrics/hand_overs_behind.html", programme=programme, period=period, rows=rows, label=label,
        dimension=dimension, member=member, member_name=handovers.member_name, period_name=figures.period_name,
    )  # fmt: skip


def _day(day: date) -> str:
    return day.isoformat()
