"""What a funder reads: published periods of own grants, and nothing that leads to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.core.access import Role, open_to, signed_in
from app.core.errors import NotFound
from app.core.lists import csv_download

from .. import publishing
from ..figures import period_name
from ..measures import BY_KEY, RATES
from ..models import PublishedPeriod
from . import bp


@bp.get("/impact")
@open_to(Role.FUNDER)
def impact() -> ResponseReturnValue:
    """The newest published period, or the one asked for."""
    periods = publishing.periods_for(signed_in())
    if not periods:
        return render_template("metrics/impact_none.html")
    chosen = _chosen(periods)
    if request.args.get("format") == "csv":
        return csv_download(f"impact-{chosen.starts_on}-{chosen.ends_on}", HEADER, _lines(chosen))
    same_grant = [p for p in periods if p.grant_id == chosen.grant_id]
    newest = {p.grant_id: p for p in reversed(periods)}
    return render_template(
        "metrics/impact.html",
        chosen=chosen,
        figures=chosen.figures,
        periods=same_grant[:8],
        grants=sorted(newest.values(), key=lambda p: (p.programme.name, p.grant.name)),
        trend=same_grant[::-1][-8:],
        period_name=period_name,
        measures=BY_KEY,
        rates=RATES,
    )


def _chosen(periods: list[PublishedPeriod]) -> PublishedPeriod:
    asked = request.args.get("period")
    found = next((p for p in periods if asked in (None, p.public_id)), None)
    if found is None:
        raise NotFound
    return found


HEADER = ("table", "member", "label", "value", "from", "to")


def _lines(period: PublishedPeriod) -> Iterator[tuple[Any, ...]]:
    """The page's figures, hidden ones as the word."""
    days, figures = (period.starts_on, period.ends_on), period.figures
    for key, value in figures["counts"].items():
        hours = value / 100 if key == "hours" and value is not None else value
        yield ("counts", key, str(BY_KEY[key].name), _shown(hours), *days)
    for key in RATES:
        yield ("rates", key, str(RATES[key][0]), _shown(figures[key]), *days)
    for member, value in figures["flow"] or []:
        yield ("flow", member, str(BY_KEY[member].name), _shown(value), *days)
    for name, rows in figures["tables"].items():
        for member, label, value in rows or []:
            yield (name, member, label, _shown(value), *days)


def _shown(value: Any) -> Any:
    return "hidden" if value is None else value
