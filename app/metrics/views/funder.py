"""What a funder reads: published periods of own grants, and nothing that leads to a person."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.core.access import Role, open_to, signed_in
from app.core.errors import NotFound
from app.core.lists import csv_download

from .. import publishing, stories
from ..figures import period_name
from ..models import PublishedPeriod
from ..publishing_lines import HEADER, lines
from ..publishing_page import page_of_period
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
        rows = lines(chosen.figures, chosen.starts_on, chosen.ends_on)
        return csv_download(f"impact-{chosen.starts_on}-{chosen.ends_on}", HEADER, rows)
    same_grant = [p for p in periods if p.grant_id == chosen.grant_id]
    newest = {p.grant_id: p for p in reversed(periods)}
    return render_template(
        "metrics/impact.html",
        page=page_of_period(chosen, same_grant),
        chosen=chosen,
        period_name=period_name,
        periods=same_grant,
        grants=sorted(newest.values(), key=lambda p: (p.programme.name, p.grant.name)),
        stories=stories.shown_to_funders(chosen.grant),
    )


def _chosen(periods: list[PublishedPeriod]) -> PublishedPeriod:
    found = publishing.live_one(periods, request.args.get("period"))
    if found is None:
        raise NotFound
    return found
