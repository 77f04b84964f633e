"""The records behind the figures of gaps: volunteers with free places, cases that somebody more would have placed."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.core.access import STAFF, open_to
from app.core.db import session
from app.core.errors import NotFound
from app.core.lists import csv_download, here
from app.matching.models import DocketRun
from app.volunteers.models import Volunteer

from .. import figures, gaps
from ..window import Window, in_turn
from ..wording import file_name
from . import bp
from .behind_closed import page_of_rows, with_cases
from .staff import the_programme

PLACES_HEADER = ("volunteer", "capacity", "taken", "free")
WANTED_HEADER = ("case", "problem code", "county", "status")


@bp.get("/reports/gaps/places")
@open_to(*STAFF)
def places_behind() -> ResponseReturnValue:
    """The volunteers with a free place, all of them or those under one heading."""
    programme = the_programme()
    dimension, member = request.args.get("by", "all"), request.args.get("member", "all")
    if dimension not in ("all", *gaps.DIMENSIONS):
        raise NotFound
    found = gaps.places_behind(programme, dimension, member)
    label = "" if dimension == "all" else figures.member_name(dimension, member)
    if request.args.get("format") == "csv":
        lines = ((who.name, each.capacity, each.taken, each.free) for who, each in _volunteers(found))
        return csv_download(file_name("open-places", label), PLACES_HEADER, lines)
    page = page_of_rows(found)
    return render_template(
        "metrics/places_behind.html", programme=programme, label=label, page=page, rows=_volunteers(page.rows),
        free=sum(each.free for each in found), dimension=dimension, here=here,
    )  # fmt: skip


def _volunteers(found: Sequence[gaps.Places]) -> list[tuple[Volunteer, gaps.Places]]:
    people: dict[int, Volunteer] = {}
    for ids in in_turn(each.volunteer_id for each in found):
        people |= {who.id: who for who in session.execute(select(Volunteer).where(Volunteer.id.in_(ids))).scalars()}
    return [(people[each.volunteer_id], each) for each in found]


@bp.get("/reports/gaps/wanted")
@open_to(*STAFF)
def wanted_behind() -> ResponseReturnValue:
    """The cases that one more volunteer of a profile would have placed in a run."""
    programme, profile = the_programme(), request.args.get("profile", "")
    asked = select(DocketRun).where(DocketRun.public_id == request.args.get("run", ""))
    run = session.execute(asked.options(undefer(DocketRun.wanted))).scalar_one_or_none()
    if run is None:
        raise NotFound
    found = [(case_id, None) for case_id in gaps.wanted_behind(programme, run, profile)]
    if request.args.get("format") == "csv":
        lines = ((case.number, case.problem_code, case.county, case.status) for case, _none in with_cases(found))
        return csv_download(file_name("wanted", profile), WANTED_HEADER, lines)
    page = page_of_rows(found)
    return render_template(
        "metrics/wanted_behind.html", programme=programme, profile=profile, page=page, rows=with_cases(page.rows),
        here=here, on_day=Window(programme).day(run.finished_at) if run.finished_at else None,
    )  # fmt: skip
