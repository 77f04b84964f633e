"""Where cases wait, what is missing, what is to come, and how programmes compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.core.access import STAFF, open_to
from app.core.errors import NotFound
from app.core.lists import csv_download, here

from .. import boards, figures, gaps, goals, members, waits, wording
from ..forms import SPANS, period_asked
from ..measures import DIMENSIONS, MEASURES
from ..registry import STAGES
from . import bp
from .behind_closed import page_of_rows, with_cases
from .staff import the_programme, the_programmes

WAITING_HEADER = ("case", "days", "problem code", "county")


def _heading(known: Sequence[str]) -> tuple[str, str]:
    """By what to break down, and what is to be said where that cannot be."""
    asked = request.args.get("by", "category")
    if asked in known:
        return asked, ""
    return "category", _("We cannot break this down by that, so it is by kind of matter.")


@bp.get("/reports/waits")
@open_to(*STAFF)
def bottlenecks() -> ResponseReturnValue:
    """How long each stage takes, and what stands in it now."""
    programme = the_programme()
    period = period_asked(calendars.today(programme))
    earlier = figures.before(period.first, period.last)
    dimension, unlike = _heading(waits.HEADINGS[1:])
    now, before = waits.read(programme, dimension, (period.first, period.last), earlier)
    members = {m for stage in STAGES for m in now.by(f"stage_{stage}", dimension)}
    known = sorted((figures.member_name(dimension, member), member) for member in members)
    asked = request.args.get("member", "")
    wrong = "" if asked in ("", *members) else _("No such case left a stage in the period; every case is shown.")
    cell = (dimension, asked) if asked in members else ("all", "all")
    found = waits.stages(programme, now, before, cell)
    return render_template(
        "metrics/bottlenecks.html", programme=programme, programmes=the_programmes(), period=period, stages=found,
        slowest=waits.slowest(found), known=known, cell=cell, wrong=period.wrong or unlike or wrong, spans=SPANS,
        period_name=figures.period_name, earlier=earlier, dimension=dimension,
        dimensions={key: DIMENSIONS[key] for key in waits.HEADINGS[1:]},
    )  # fmt: skip


@bp.get("/reports/waits/<stage>")
@open_to(*STAFF)
def cases_waiting(stage: str) -> ResponseReturnValue:
    """The cases in a stage now, those longest there first."""
    if stage not in STAGES:
        raise NotFound
    programme = the_programme()
    dimension, member = request.args.get("by", "all"), request.args.get("member", "all")
    if dimension not in waits.HEADINGS or not members.exists(programme, dimension, member):
        raise NotFound
    found = waits.cases_waiting(programme, stage, dimension, member)
    label = "" if dimension == "all" else figures.member_name(dimension, member)
    if request.args.get("format") == "csv":
        lines = ((case.number, days, case.problem_code, case.county) for case, days in with_cases(found))
        return csv_download(wording.file_name("waiting", stage, label), WAITING_HEADER, lines)
    page = page_of_rows(found)
    return render_template(
        "metrics/waiting_cases.html", programme=programme, measure=MEASURES[f"stage_{stage}"], page=page,
        rows=with_cases(page.rows), label=label, here=here,
    )  # fmt: skip


@bp.get("/reports/gaps")
@open_to(*STAFF)
def service_gaps() -> ResponseReturnValue:
    """What waits beside who could take it, whom to recruit, and what is to come."""
    programme = the_programme()
    dimension, wrong = _heading(gaps.DIMENSIONS)
    runs, wanted = gaps.wanted_over_time(programme)
    free = gaps.open_places(programme)
    return render_template(
        "metrics/gaps.html", programme=programme, programmes=the_programmes(), dimension=dimension,
        dimensions={key: DIMENSIONS[key] for key in gaps.DIMENSIONS}, runs=runs,
        needs=gaps.needs(programme, dimension, free), wanted=wanted, outlook=gaps.outlook(programme, free),
        member_name=figures.member_name, horizons=gaps.HORIZONS, wrong=wrong,
    )  # fmt: skip


@bp.get("/reports/programmes")
@open_to(*STAFF)
def programmes_compared() -> ResponseReturnValue:
    """Every figure of each programme the reader works for, side by side."""
    programme = the_programme()
    mine = the_programmes()
    period = period_asked(calendars.today(programme))
    read: list[tuple[Any, figures.PeriodFigures]] = []
    for each in mine[:12]:
        found = figures.read_period(each, period.first, period.last, dimensions=[boards.SHOWN])
        goals.add_people(each, found)
        read.append((each, found))
    return render_template(
        "metrics/programmes.html", programme=programme, period=period, read=read, more=len(mine) - len(read),
        groups=boards.parts("all"), shown=wording.remembered(), period_name=figures.period_name, spans=SPANS,
    )  # fmt: skip
