"""Trends of escalations: how many, how soon, where it hurts; each number opens its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Programme
from app.core import i18n
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session
from app.core.lists import csv_download, here
from app.volunteers.models import Volunteer

from .. import escalation_trends as trends
from .. import queries_escalations as queries
from . import bp

HEADER = ("breakdown", "in_all", "still_open", "answered_in_time", "hours_to_respond", "hours_to_close")


@bp.get("/escalations/trends")
@open_to(*STAFF)
def escalation_trends() -> ResponseReturnValue:
    """What the escalations of twelve months tell, broken down one way."""
    programmes, today = queries.programmes_of_staff(signed_in()), i18n.today()
    chosen = next((each for each in programmes if each.slug == request.args.get("programme")), None)
    dimension = request.args.get("by", "cause")
    dimension = dimension if dimension in trends.DIMENSIONS else "cause"
    months = trends.months(today)
    found = trends.told([chosen] if chosen else programmes, months[0])
    rows = trends.table(found, dimension)
    names = _names(programmes, rows if dimension == "volunteer" else ())
    if request.args.get("format") == "csv":
        return csv_download("escalation-trends", HEADER, _lines(rows, dimension, names))
    return render_template(
        "engagement/escalation_trends.html", all=trends.figures(found), rows=rows, dimension=dimension, here=here,
        dimensions=trends.DIMENSIONS, trends=trends, hurts=trends.where_it_hurts(found, today), chosen=chosen,
        names=_namer(names), behind=_behind(dimension, chosen), programmes=programmes, **_series(found, months),
        roots=_roots(found, chosen),
        **_chips(programmes, chosen, dimension),
    )  # fmt: skip


def _names(programmes: list[Programme], volunteers: Any) -> dict[str, str]:
    """The names of programmes, and of the volunteers shown."""
    found = select(Volunteer).where(Volunteer.public_id.in_([each for each in volunteers if each != trends.NONE]))
    people = session.scalars(found).all() if volunteers else []
    return {each.slug: each.name for each in programmes} | {each.public_id: each.name for each in people}


def _namer(names: dict[str, str]) -> Callable[[str, str], str]:
    def name(dimension: str, member: str) -> str:
        return _month(member) if dimension == "month" else trends.member_name(dimension, member, names)

    return name


def _month(member: str) -> str:
    return f"{i18n.MONTHS[i18n.language()][int(member[5:7]) - 1]} {member[:4]}"


def _behind(dimension: str, chosen: Programme | None) -> Callable[[str, str], str]:
    """The address of the records behind a number."""

    def address(member: str, state: str) -> str:
        where: dict[str, Any] = {"programme": chosen.slug} if chosen else {}
        return url_for(".escalations", **{**where, dimension: member, "state": state})

    return address


def _series(found: list[trends.Told], months: list[date]) -> dict[str, Any]:
    counts = {month: each.count for month, each in trends.table(found, "month").items()}
    keys = [month.isoformat()[:7] for month in months]
    values = [counts.get(key, 0) for key in keys]
    return {"labels": [_month(key)[:3] for key in keys], "series": [{"label": _("this month"), "values": values}]}


def _roots(found: list[trends.Told], chosen: Programme | None) -> list[dict[str, Any]]:
    """The root causes of what was closed, the most frequent first."""
    behind = _behind("root", chosen)
    rows = trends.table([each for each in found if not each.is_open], "root")
    return [{"label": trends.member_name("root", root), "value": each.count, "url": behind(root, "closed")}
            for root, each in list(rows.items())[:8]]  # fmt: skip


def _chips(programmes: list[Programme], chosen: Programme | None, dimension: str) -> dict[str, Any]:
    every = [{"label": _("All"), "url": here(programme=None), "current": chosen is None}]
    return {
        "programme_chips": every + [{"label": each.name, "url": here(programme=each.slug), "current": each == chosen}
                                    for each in programmes],
        "dimension_chips": [{"label": label, "url": here(by=key), "current": key == dimension}
                            for key, label in trends.DIMENSIONS.items()],
    }  # fmt: skip


def _lines(rows: dict[str, trends.Figures], dimension: str, names: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    for member, each in rows.items():
        times = ("" if hours is None else round(hours, 1) for hours in (each.to_respond, each.to_close))
        share = "" if each.in_time is None else round(each.in_time, 3)
        yield (trends.member_name(dimension, member, names), each.count, each.still_open, share, *times)
