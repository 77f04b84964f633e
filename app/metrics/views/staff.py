"""Figures for coordinators, and the cases behind each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant, Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.lists import csv_download

from .. import figures, publishing
from ..forms import Period, period_asked
from ..measures import BY_KEY, COUNTS, DIMENSIONS, RATES
from ..models import RollUp
from . import bp


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
    """What happened in a period, beside the one before."""
    programme = the_programme()
    period = period_asked(calendars.today(programme))
    dimension = request.args.get("by", "category")
    dimension = dimension if dimension in DIMENSIONS and dimension != "all" else "category"
    now = figures.read_period(programme, period.first, period.last)
    if request.args.get("format") == "csv":
        return csv_download(f"figures-{period.first}-{period.last}", HEADER, _lines(programme, now))
    earlier = figures.read_period(programme, *figures.before(period.first, period.last))
    return render_template(
        "metrics/reports.html",
        programme=programme,
        programmes=the_programmes(),
        period=period,
        now=now,
        earlier=earlier,
        dimension=dimension,
        counts=COUNTS,
        rates=RATES,
        dimensions={k: v for k, v in DIMENSIONS.items() if k != "all"},
        member_name=figures.member_name,
        period_name=figures.period_name,
        shown_first=SHOWN_FIRST,
        data_as_of=_data_as_of(programme),
        grants=_grants(programme),
        quarters=_quarters(period, calendars.today(programme)),
    )


SHOWN_FIRST = ("requests", "listed_placed", "closed", "hours")
HEADER = ("measure", "name", "dimension", "member", "label", "value", "unit", "from", "to")


def _lines(programme: Programme, now: figures.PeriodFigures) -> Iterator[tuple[Any, ...]]:
    for measure in COUNTS:
        for dimension in measure.dimensions:
            for member, value in now.by(measure.key, dimension).items():
                label = figures.member_name(dimension, member) if dimension != "all" else ""
                shown = value / 100 if measure.unit == "hours" else value
                names = (measure.key, str(measure.name), dimension, member, label)
                yield (*names, shown, measure.unit, now.first, now.last)


def _data_as_of(programme: Programme) -> Any:
    newest = select(RollUp.finished_at).where(RollUp.programme_id == programme.id).order_by(RollUp.id.desc())
    return session.execute(newest.limit(1)).scalar()


def _grants(programme: Programme) -> list[tuple[Grant, list[tuple[date, date]]]]:
    grants = session.execute(select(Grant).where(Grant.programme_id == programme.id).order_by(Grant.name)).scalars()
    return [(grant, publishing.unpublished_periods(grant)) for grant in grants]


def _quarters(period: Period, today: date) -> list[dict[str, Any]]:
    """This quarter and the four before, as links."""
    found, day = [], today
    for _n in range(5):
        first, last = figures.quarter_of(day)
        found.append(
            {
                "label": figures.period_name(first, last),
                "first": first,
                "last": last,
                "current": (period.first == first),
            }
        )
        day = figures.before(first, last)[0]
    return found


@bp.get("/reports/<measure>/cases")
@open_to(*STAFF)
def cases_behind(measure: str) -> ResponseReturnValue:
    """The cases behind one figure."""
    if measure not in BY_KEY:
        raise NotFound
    programme = the_programme()
    period = period_asked(calendars.today(programme))
    dimension, member = request.args.get("by", "all"), request.args.get("member", "all")
    rows = figures.cases_behind(programme, measure, period.first, period.last, dimension=dimension, member=member)
    if request.args.get("format") == "csv":
        header = ("case", "day", "amount", "category", "county", "status")
        lines = ((c.number, f.on_day, f.amount, c.problem_code, c.county, c.status) for c, f in rows)
        return csv_download(f"{measure}-{period.first}-{period.last}", header, lines)
    label = "" if member == "all" else figures.member_name(dimension, member)
    return render_template(
        "metrics/cases.html",
        measure=BY_KEY[measure],
        rows=rows,
        period=period,
        label=label,
        programme=programme,
        period_name=figures.period_name,
    )


@bp.post("/reports/sign-off")
@open_to(Role.COORDINATOR)
def sign_off() -> ResponseReturnValue:
    """Publish a quarter for a grant's funder."""
    try:
        first = date.fromisoformat(request.form.get("first", ""))
    except ValueError:
        raise NotFound from None
    with transaction():
        mine = signed_in().programme_ids(Role.COORDINATOR)
        found = select(Grant).where(Grant.public_id == request.form.get("grant", ""), Grant.programme_id.in_(mine))
        grant = session.execute(found).scalar_one_or_none()
        if grant is None:
            raise NotFound
        restate = request.form.get("restate") == "1"
        publishing.sign_off(grant, first, actor=signed_in(), restate=restate)
        name, slug = grant.name, grant.programme.slug
    flash(_("Published for %(grant)s. Its funder reads it from now on.", grant=name))
    return redirect(url_for(".reports", programme=slug), 303)
