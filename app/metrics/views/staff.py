"""Figures for coordinators, and the records behind each of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Programme
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session
from app.core.errors import NotFound
from app.core.lists import csv_download

from .. import boards, county_figures, figures, goals, members, operations_goals, trend, wording
from ..forms import SPANS, Period, period_asked
from ..measures import DIMENSIONS, MEASURES
from ..models import RollUp
from . import bp

NOT_CHOSEN = ("all", "role", "audience", "item", "cause", "problem_closing")
BROKEN_DOWN = tuple(key for key in DIMENSIONS if key not in NOT_CHOSEN)
SHOWN_FIRST = ("requests", "listed_placed", "closed", "hours")


def the_programme() -> Programme:
    """The programme asked for, among the viewer's; the first where none is."""
    mine = signed_in().programme_ids(*STAFF)
    asked = select(Programme).where(Programme.id.in_(mine)).order_by(Programme.name)
    if request.args.get("programme"):
        asked = asked.where(Programme.slug == request.args["programme"])
    found = session.execute(asked.limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def the_programmes() -> list[Programme]:
    """The programmes the viewer works for, by name."""
    ids = signed_in().programme_ids(*STAFF)
    return list(session.execute(select(Programme).where(Programme.id.in_(ids)).order_by(Programme.name)).scalars())


@bp.get("/reports")
@open_to(*STAFF)
def reports() -> ResponseReturnValue:
    """What happened in a period, beside the one before and the goals."""
    programme = the_programme()
    period = period_asked(calendars.today(programme))
    if request.args.get("format") == "csv":
        now = figures.read_period(programme, period.first, period.last)
        goals.add_people(programme, now)
        return csv_download(f"figures-{period.first}-{period.last}", boards.HEADER, boards.rows(now))
    dimension, only, wrong = _arranged(programme)
    part = boards.part_of(dimension, request.args.get("part")) if only == boards.ALL else None
    by = figures.By(only[0], member=only[1])
    if part:
        by = figures.By(dimension, part.counts.union(SHOWN_FIRST), timed=part.timed)
    mapped = [county_figures.WANTED] if part else []
    now = figures.read_period(programme, period.first, period.last, dimensions=[boards.SHOWN, by, *mapped])
    earlier = figures.read_period(programme, *figures.before(period.first, period.last), dimensions=[boards.SHOWN, by])
    goals.add_people(programme, now, earlier, dimensions={"all", by.dimension})
    pictures, not_so = _pictures(programme, now, only)
    return render_template(
        "metrics/reports.html", programme=programme, programmes=the_programmes(), period=period, now=now,
        dimension=dimension, only=only, known=boards.known_by(only[0]), part=part, earlier=earlier,
        wrong=period.wrong or wrong or not_so, choices=boards.parts(dimension) if part else [],
        groups=boards.groups(now, earlier, _goals(programme, period, now), only),
        drawn=[MEASURES[key] for key in SHOWN_FIRST if now.by(key, dimension)] if part else [],
        rows=boards.by_members(now, earlier, part, dimension) if part else [],
        dimensions={key: DIMENSIONS[key] for key in BROKEN_DOWN}, spans=SPANS, shown=wording.remembered(),
        change=wording.change, member_name=figures.member_name, period_name=figures.period_name,
        data_as_of=data_as_of(programme),
        views=operations_goals.views_of(programme, viewer=signed_in()), this=_this_view(),
        quarters=_quarters(period, calendars.today(programme)), **pictures,
    )  # fmt: skip


def _arranged(programme: Programme) -> tuple[str, tuple[str, str], str]:
    """By what to break down, to which member to keep, and what is wrong with what was asked."""
    dimension, wrong = request.args.get("by", "category"), ""
    if dimension not in BROKEN_DOWN:
        dimension, wrong = "category", _("We cannot break figures down by that, so this is by kind of matter.")
    kept, _colon, member = request.args.get("only", "").partition(":")
    if not (kept or member):
        return dimension, boards.ALL, wrong
    if not may_keep_to(programme, kept, member):
        return dimension, boards.ALL, _("We do not know that filter, so every case counts.")
    return dimension, (kept, member), wrong


def may_keep_to(programme: Programme, dimension: str, member: str) -> bool:
    """Can figures be kept to a member of a heading?"""
    return dimension in BROKEN_DOWN and 0 < len(member) <= 40 and members.is_known(programme, dimension, member)


def _pictures(programme: Programme, now: figures.PeriodFigures, only: tuple[str, str]) -> tuple[dict[str, Any], str]:
    """The trend, and the counties where every case counts, as no other figure is kept by county too; what is wrong."""
    by, wrong = request.args.get("map", county_figures.COLOURED), ""
    if by not in county_figures.TOLD:
        by, wrong = county_figures.COLOURED, _("We cannot colour the map by that, so it shows the cases listed.")
    counties = county_figures.counties_of(now, programme, by) if only == boards.ALL else None
    steps = trend.read_trend(programme, now.first, now.last, only)
    return {"trend": steps, "counties": counties, "kinds": trend.KINDS}, wrong


def _this_view() -> str:
    """What a saved view keeps of the address."""
    return operations_goals.kept_query(request.query_string.decode("ascii", "replace"))


def _goals(programme: Programme, period: Period, now: figures.PeriodFigures) -> dict[str, goals.Progress]:
    found = goals.find_goals(programme, period.first, period.last)
    return goals.progress(found, now, calendars.today(programme))


def data_as_of(programme: Programme) -> Any:
    """When the figures were counted last; None before the first time."""
    newest = select(RollUp.finished_at).where(RollUp.programme_id == programme.id).order_by(RollUp.id.desc())
    return session.execute(newest.limit(1)).scalar()


def _quarters(period: Period, today: date) -> list[dict[str, Any]]:
    """This quarter and the four before, as links."""
    found, day = [], today
    for _n in range(5):
        first, last = figures.quarter_of(day)
        current = period.first == first and period.last == min(last, today)
        label = figures.period_name(first, last)
        found.append({"label": label, "first": first, "last": min(last, today), "current": current})
        day = figures.before(first, last)[0]
    return found
